"""Calls from an export: many written down at once, exactly as ``calls.record`` writes one down.

An import is one transaction, and while it lasts nobody else can write (SQLite) or record a complaint (PostgreSQL: the
month's running number is locked). Row by row a month of calls would hold the desk up for a minute; here every
question is asked for all calls together and every table is written in a few statements.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import NamedTuple

from sqlalchemy import bindparam, select, update

from extensions import db
from models import Clock, Complaint, TimelineEvent
from rules import sla
from rules.escalation import REQUIRED_DUTY_ROLE
from rules.permissions import Permission
from rules.vocabulary import EventKind
from services import (
    bulk,
    clocks,
    customers,
    duty,
    escalations,
    group_counting,
    milestones,
    numbers,
    places,
    regrading,
    timeline,
)
from services.actors import Actor, require
from services.calls import Found, Intake, draft, how_it_came
from services.regrading import Yardstick


@dataclass(frozen=True)
class ImportedCall:
    """A call, and the place in the same list of the call it repeats.

    A call that repeats a complaint which stands already says so in its intake.
    """

    intake: Intake
    repeats: int | None = None


class Written(NamedTuple):
    """The complaint that a call became."""

    complaint_id: int
    number: str


def record(calls: Sequence[ImportedCall], *, actor: Actor, now: datetime) -> list[Written]:
    """Write the calls down: complaints, clocks, history. For those of the last day the duty member is called.

    The caller has checked the intakes (``calls.check``) and knows that their numbers are new. Returns what
    they became, in the order of the calls.

    Raises:
        NotAllowed: the role does not allow it.
        IntegrityError: somebody else wrote the same customer, place or number at the same moment; nothing is
            broken, and trying again finds what they wrote.
    """
    require(actor, Permission.IMPORT)
    if not calls:
        return []
    measure = regrading.yardstick()
    drafts = _complaints([call.intake for call in calls], measure, actor=actor, now=now)
    bulk.write_and_identify(Complaint, drafts, by=["number"])
    _link(calls, drafts)
    bulk.write(TimelineEvent, _history(calls, drafts, measure, actor=actor, now=now))
    _count_in(drafts, now=now)
    bulk.write(Clock, _clocks(drafts, now=now))
    _call_duty([complaint.id for complaint in drafts if not complaint.is_history], now=now)
    return [Written(complaint.id, complaint.number) for complaint in drafts]


def _complaints(intakes: Sequence[Intake], measure: Yardstick, *, actor: Actor, now: datetime) -> list[Complaint]:
    spots = places.find_or_create_rooms((intake.community, intake.room) for intake in intakes)
    callers = [
        customers.Caller(intake.contact_name.strip(), intake.phone, spots[intake.community, intake.room].room_id)
        for intake in intakes
    ]
    files = customers.find_or_create_many(callers, actor=actor, now=now)
    projects = customers.projects_by_contract(intake.contract_no for intake in intakes)
    roles = {role.code: role.id for role in duty.roles()}
    # Last, because from here on nobody else gets a number until the transaction ends.
    given = numbers.complaint_numbers(now, len(intakes))
    drafts = []
    for intake, number in zip(intakes, given, strict=True):
        spot = spots[intake.community, intake.room]
        found = Found(
            number=number,
            customer_id=files[intake.phone],
            project_id=projects.get(intake.contract_no.strip().upper()),
            community=spot.community,
            community_id=spot.community_id,
            room_id=spot.room_id,
            duty_role_id=roles[REQUIRED_DUTY_ROLE[intake.category]],
        )
        complaint = draft(intake, found, measure, actor=actor, now=now)
        complaint.is_history = sla.is_history(intake.first_word_at, now)
        drafts.append(complaint)
    return drafts


def _link(calls: Sequence[ImportedCall], drafts: Sequence[Complaint]) -> None:
    """Repeats inside the list: the ids are known only now."""
    pairs = []
    for call, complaint in zip(calls, drafts, strict=True):
        if call.repeats is not None:
            complaint.repeat_of_id = drafts[call.repeats].id
            pairs.append({"later": complaint.id, "earlier": complaint.repeat_of_id})
    if pairs:
        statement = update(Complaint).where(Complaint.id == bindparam("later"))
        db.session.connection().execute(statement.values(repeat_of_id=bindparam("earlier")), pairs)


def _count_in(drafts: Sequence[Complaint], *, now: datetime) -> None:
    """Count the households that call now; the drafts learn the level that their clocks begin with."""
    live = {complaint.id: complaint for complaint in drafts if not complaint.is_history}
    group_counting.count_in(list(live.values()), now=now, are_new=True)
    for some in bulk.batches(live):
        rows = select(Complaint.id, Complaint.household_count, Complaint.suggested_severity)
        for row in db.session.execute(rows.where(Complaint.id.in_(some), Complaint.household_count > 1)):
            live[row.id].household_count = row.household_count
            live[row.id].suggested_severity = row.suggested_severity


def _clocks(drafts: Sequence[Complaint], *, now: datetime) -> Iterator[Clock]:
    terms = clocks.current_terms()
    for complaint in drafts:
        for clock in milestones.first_clocks(complaint, terms=terms, now=now):
            clock.complaint_id = complaint.id
            yield clock


def _call_duty(ids: Sequence[int], *, now: datetime) -> None:
    """Make the phones ring, in the order of the calls."""
    for some in bulk.batches(ids):
        live = db.session.scalars(select(Complaint).where(Complaint.id.in_(some)).order_by(Complaint.first_word_at))
        for complaint in live.all():
            escalations.call_first(complaint, now=now)
    db.session.flush()


def _history(
    calls: Sequence[ImportedCall],
    drafts: Sequence[Complaint],
    measure: Yardstick,
    *,
    actor: Actor,
    now: datetime,
) -> Iterator[TimelineEvent]:
    """The first line of each complaint, and a line on both sides of every repeat."""
    given, line = _numbers(drafts), partial(timeline.draft, actor=actor, now=now)
    for call, complaint in zip(calls, drafts, strict=True):
        yield line(complaint.id, EventKind.IMPORTED, details=how_it_came(complaint, call.intake, measure))
        if complaint.repeat_of_id is not None:
            earlier = complaint.repeat_of_id
            yield line(complaint.id, EventKind.REPEAT_LINKED, details={"number": given[earlier], "is_later": True})
            yield line(earlier, EventKind.REPEAT_LINKED, details={"number": complaint.number, "is_later": False})


def _numbers(drafts: Sequence[Complaint]) -> dict[int, str]:
    """The numbers of the drafts and of every complaint that one of them repeats, by id."""
    given = {complaint.id: complaint.number for complaint in drafts}
    others = {complaint.repeat_of_id for complaint in drafts if complaint.repeat_of_id is not None} - given.keys()
    for some in bulk.batches(others):
        rows = select(Complaint.id, Complaint.number).where(Complaint.id.in_(some))
        given.update((row.id, row.number) for row in db.session.execute(rows))
    return given
