"""A work order in words: the service card before the work, the service report after it (A-10, A-11)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import select

from admin_views.paper_words import day, issuer, joined, moment, name, wording, yuan
from extensions import COMPANY_ZONE, db
from models import ContractWarranty, WorkCost, WorkOrder
from rules import warranty
from rules.vocabulary import EvidenceUse, PolicyKind, WorkOrderState
from services import policies
from services.papers import Block, Facts, Heading, Paper, Signatures, Table, Words


def card(order: WorkOrder) -> Paper:
    """Before the work: what is planned, when, by whom, and what it costs the customer."""
    return _paper(order, _("Repair service card"), list(_before(order)))


def report(order: WorkOrder) -> Paper:
    """After the work: what was done and with what, and how long it is under warranty."""
    return _paper(order, _("Service report"), list(_after(order)))


def is_done(order: WorkOrder) -> bool:
    """Whether there is anything to report."""
    return order.state in (WorkOrderState.DONE, WorkOrderState.CLOSED)


def _paper(order: WorkOrder, title: str, blocks: list[Block]) -> Paper:
    place = order.complaint.place if order.complaint else str(order.customer.room or "")
    return Paper(
        title=title,
        number=order.number,
        subtitle=joined([order.customer.name, place]),
        issuer=issuer(),
        blocks=blocks,
        wording=wording(),
    )


def _before(order: WorkOrder) -> Iterator[Block]:
    yield Heading(_("The plan"))
    yield Facts(
        [
            *_whose(order),
            (_("What is done"), order.words),
            (_("Planned"), f"{moment(order.planned_start_at)} – {moment(order.planned_done_at)}"),
            (_("Done by"), name(order.technician or order.crew) if order.technician or order.crew else ""),
        ]
    )
    yield Heading(_("What it costs you"))
    yield from _price(order)
    yield Words(_("Nothing that costs more is done without your agreement first."), is_muted=True)
    yield Signatures([_("Customer, date"), _("Technician, date")])


def _price(order: WorkOrder) -> Iterator[Block]:
    if order.is_free:
        yield Facts([(_("Price"), _("Free of charge")), (_("Why"), reason(order))])
        return
    offers = order.quotations
    if not offers:
        yield Facts([(_("Price"), _("To be quoted before the work begins")), (_("Why"), reason(order))])
        return
    answers = {None: _("not answered yet"), True: _("accepted"), False: _("refused")}
    last = offers[-1]
    yield Facts(
        [
            (_("Price"), joined([yuan(last.amount), answers[last.is_accepted], moment(last.answered_at)])),
            (_("For"), last.words),
            (_("Why"), reason(order)),
        ]
    )


def reason(order: WorkOrder) -> str:
    """Who pays, and why: the warranty, what the defect comes from, and what somebody wrote to it (N10)."""
    return joined([_(order.coverage.label), _(order.cause.label), order.why])


def _after(order: WorkOrder) -> Iterator[Block]:
    yield Heading(_("What was done"))
    yield Facts(
        [
            *_whose(order),
            (_("Asked for"), order.words),
            (_("Done"), order.done_words),
            (_("Time"), f"{moment(order.started_at)} – {moment(order.done_at)}"),
            (_("Done by"), name(order.technician or order.crew) if order.technician or order.crew else ""),
        ]
    )
    yield Heading(_("Material and labour"))
    yield from _costs(order)
    yield from _price(order)
    yield Heading(_("Warranty"))
    until = warranty_until(order)
    yield Facts(
        [
            (_("Part of the work"), _(order.part.label)),
            (_("Under warranty until"), day(until) if until else _("from the day the work is accepted")),
        ]
    )
    yield Words(_("If the same fault comes back, call us: we come again under the same number."), is_muted=True)
    yield from _signed(order)


def _whose(order: WorkOrder) -> list[tuple[str, str]]:
    return [
        (_("Complaint"), order.complaint.number if order.complaint else ""),
        (_("Customer"), joined([order.customer.name, order.customer.masked_phone])),
        (_("Contract"), order.project.contract_no if order.project else ""),
        (_("Work"), joined([_(order.kind.label), _(order.part.label)])),
    ]


def _costs(order: WorkOrder) -> Iterator[Block]:
    """What went into it; what a free repair cost the company is its own affair, so amounts stand on paid ones only."""
    standing = [cost for cost in order.costs if cost.struck_at is None]
    if not standing:
        yield Words(_("Nothing is on record."), is_muted=True)
    elif order.is_free:
        rows = [(_(cost.kind.label), cost.what, cost.batch, _quantity(cost)) for cost in standing]
        yield Table([_("Kind"), _("What"), _("Batch"), _("Quantity")], rows, (2, 5, 3, 2), numbers=(3,))
    else:
        priced = [
            (_(cost.kind.label), cost.what, cost.batch, _quantity(cost), yuan(cost.unit_price), yuan(cost.amount))
            for cost in standing
        ]
        total = (_("Together"), "", "", "", "", yuan(sum((cost.amount for cost in standing[1:]), standing[0].amount)))
        head = [_("Kind"), _("What"), _("Batch"), _("Quantity"), _("Price"), _("Amount")]
        yield Table(head, [*priced, total], (1.6, 3.6, 2.4, 1.8, 2, 2.2), numbers=(3, 4, 5), is_summed=True)


def _quantity(cost: WorkCost) -> str:
    return f"{cost.quantity.normalize():f} {cost.unit}".strip()


def _signed(order: WorkOrder) -> Iterator[Block]:
    """Signed on the screen already, with the file's checksum; or why not; or room to sign."""
    for item in order.evidence:
        if item.use is EvidenceUse.SIGNATURE:
            signed = joined([moment(item.uploaded_at), f"SHA-256 {item.sha256}"])
            yield Facts([(_("Signed on the screen"), signed)])
            return
    if order.exception:
        yield Facts([(_("Without a signature"), order.exception)])
    yield Signatures([_("Customer, date"), _("Technician, date")])


def warranty_until(order: WorkOrder) -> date | None:
    """The last day of the warranty of what was worked on; None before the whole work was accepted.

    By the floors in force and the contract, from the acceptance: a repair does not shorten it (A-02).
    """
    if order.project is None or order.project.accepted_on is None:
        return None
    months = db.session.scalar(
        select(ContractWarranty.months).where(
            ContractWarranty.project_id == order.project_id, ContractWarranty.part == order.part
        )
    )
    kind = PolicyKind.WARRANTY
    floors = policies.READERS[kind](policies.current(kind).document)
    assert isinstance(floors, warranty.WarrantyPolicy)
    found_on = (order.done_at or order.made_at).astimezone(COMPANY_ZONE).date()
    return warranty.judge(
        order.part, accepted_on=order.project.accepted_on, found_on=found_on, policy=floors, contract_months=months
    ).until
