"""The case file in words: everything that is known of a complaint, in numbered parts (G-05, N17)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flask_babel import gettext as _
from sqlalchemy import select

from admin_views import timeline_words
from admin_views.paper_words import issuer, joined, moment, name, wording, yes, yuan
from extensions import db
from models import Compensation, Complaint, FollowUp, WorkOrder
from rules import phones
from services.papers import Block, Facts, Heading, Paper, Table, Words


def paper(complaint: Complaint, copy: int) -> Paper:
    """The whole case for a copy of this number; the customer's phone number stands in it."""
    return Paper(
        title=_("Case file"),
        number=f"{complaint.number} / {copy}",
        subtitle=joined([complaint.contact_name, complaint.place, _("copy %(copy)s", copy=copy)]),
        issuer=issuer(),
        blocks=list(_numbered(complaint)),
        wording=wording(),
        is_sealed=True,
    )


def _numbered(complaint: Complaint) -> Iterator[Block]:
    """The parts one after the other, each with its number; an empty one says so."""
    parts = (
        (_("The complaint"), _complaint(complaint)),
        (_("Who is responsible"), _responsibilities(complaint)),
        (_("Promises"), _promises(complaint)),
        (_("Times kept and missed"), _clocks(complaint)),
        (_("Work done"), _work(complaint)),
        (_("Compensation and who decided"), _compensations(complaint)),
        (_("What the customer said afterwards"), _follow_ups(complaint)),
        (_("Evidence"), _evidence(complaint)),
        (_("Timeline"), _timeline(complaint)),
    )
    for number, (title, blocks) in enumerate(parts, 1):
        yield Heading(f"{number}  {title}")
        yield from list(blocks) or [Words(_("Nothing is on record."), is_muted=True)]


def _complaint(complaint: Complaint) -> Iterator[Block]:
    number = joined([phones.national(complaint.contact_phone), complaint.contact_phone_extension])
    yield Facts(
        [
            (_("Customer"), joined([complaint.contact_name, number])),
            (_("Place"), complaint.place),
            (_("Contract"), complaint.project.contract_no if complaint.project else complaint.contract_no_stated),
            (_("First word"), joined([moment(complaint.first_word_at), _(complaint.channel.label)])),
            (_("Recorded"), joined([moment(complaint.recorded_at), name(complaint.recorded_by)])),
            (_("Category"), _(complaint.category.label)),
            (_("Level"), joined([_(complaint.level.label), complaint.severity_reason])),
            (_("First responder"), name(complaint.first_responder) if complaint.first_responder else ""),
            (_("Handler"), name(complaint.handler) if complaint.handler else ""),
            (_("Status"), joined([_(complaint.status.label), moment(complaint.closed_at or complaint.resolved_at)])),
        ]
    )
    yield Facts([(_("In the customer's words"), complaint.problem), (_("Solution"), complaint.resolution)])


def _responsibilities(complaint: Complaint) -> Iterator[Block]:
    rows = [
        (each.person.name, _(each.kind.label), _(each.side.label), moment(each.named_at), moment(each.ended_at))
        for each in complaint.responsibilities
    ]
    yield from _table([_("Who"), _("As"), _("Side"), _("Named"), _("Until")], rows, (2, 2, 2.4, 2.4, 2.4))


def _promises(complaint: Complaint) -> Iterator[Block]:
    rows = [
        (each.text, name(each.made_by), moment(each.made_at), moment(each.due_at), moment(each.kept_at))
        for each in complaint.promises
    ]
    yield from _table([_("What"), _("By whom"), _("Promised"), _("Until"), _("Kept")], rows, (4.6, 1.6, 2.4, 2.4, 2.4))


def _clocks(complaint: Complaint) -> Iterator[Block]:
    rows = [
        (
            _(clock.kind.label),
            moment(clock.started_at),
            moment(clock.due_at),
            moment(clock.stopped_at),
            _(clock.state.label),
        )
        for clock in sorted(complaint.clocks, key=lambda clock: (clock.started_at, clock.id))
    ]
    yield from _table([_("Target"), _("Began"), _("Until"), _("Stopped"), _("Outcome")], rows, (3, 2.4, 2.4, 2.4, 1.8))


def _work(complaint: Complaint) -> Iterator[Block]:
    orders = db.session.scalars(
        select(WorkOrder).where(WorkOrder.complaint_id == complaint.id).order_by(WorkOrder.id)
    ).all()
    rows = [
        (
            order.number,
            joined([_(order.kind.label), _(order.part.label), order.words]),
            name(order.technician or order.crew),
            moment(order.done_at),
            _(order.state.label),
        )
        for order in orders
    ]
    yield from _table(
        [_("Work order"), _("What"), _("By whom"), _("Done"), _("State")], rows, (2.2, 4.4, 1.6, 2.4, 1.8)
    )


def _compensations(complaint: Complaint) -> Iterator[Block]:
    for item in complaint.compensations:
        yield Facts(
            [
                (_("Compensation"), joined([_(item.kind.label), yuan(item.amount), _(item.status.label)])),
                (_("Reason"), item.reason),
            ]
        )
        yield from _table([_("When"), _("Step"), _("Taken by"), _("Words")], _decisions(item), (2.4, 2, 2.4, 5))


def _decisions(item: Compensation) -> list[tuple[str, ...]]:
    return [
        (
            moment(step.at),
            _(step.step.label),
            joined([name(step.by), _("for %(name)s", name=step.for_whom.name) if step.for_whom else ""]),
            step.words,
        )
        for step in item.decisions
    ]


def _follow_ups(complaint: Complaint) -> Iterator[Block]:
    found = db.session.scalars(
        select(FollowUp).where(FollowUp.complaint_id == complaint.id).order_by(FollowUp.due_at, FollowUp.id)
    ).all()
    rows = [
        (
            moment(each.ended_at or each.due_at),
            joined([_(each.state.label), _(each.way.label) if each.way else ""]),
            " / ".join(str(score or "—") for score in (each.attitude, each.quality, each.efficiency)),
            "—" if each.is_satisfied is None else yes(each.is_satisfied),
            each.words,
        )
        for each in found
    ]
    head = [_("When"), _("How"), _("Attitude / quality / efficiency"), _("Satisfied"), _("Words")]
    yield from _table(head, rows, (2.4, 2, 2.2, 1.4, 4))


def _evidence(complaint: Complaint) -> Iterator[Block]:
    rows = [
        (
            str(number),
            joined([each.original_name, _(each.use.label), _(each.side.label) if each.side else ""]),
            joined([moment(each.uploaded_at), name(each.uploaded_by) if each.uploaded_by else _("Customer")]),
            each.sha256,
        )
        for number, each in enumerate(complaint.evidence, 1)
    ]
    yield from _table([_("No."), _("File"), _("Came"), _("SHA-256")], rows, (0.8, 3.6, 2.6, 5))


def _timeline(complaint: Complaint) -> Iterator[Block]:
    rows = [
        (
            moment(event.at),
            name(event.actor),
            "\n".join(filter(None, [timeline_words.sentence(event), event.note])),
        )
        for event in sorted(complaint.timeline, key=lambda event: (event.at, event.id))
    ]
    yield from _table([_("When"), _("Who"), _("What")], rows, (2.4, 1.6, 8))


def _table(head: list[str], rows: Iterable[tuple[str, ...]], shares: tuple[float, ...]) -> Iterator[Block]:
    listed = list(rows)
    if listed:
        yield Table(head, listed, shares)
