"""The workbench: what needs somebody now. A few bounded queries, whatever the number of complaints."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import ScalarSelect, Select, SQLColumnExpression, func, select
from sqlalchemy.orm import contains_eager, joinedload

from extensions import COMPANY_ZONE, db
from models import Clock, Compensation, Complaint, Handover, Person, Promise
from rules.escalation import DutyRoleCode
from rules.vocabulary import ClockKind, ClockState, CompensationStatus, Status
from services import duty, swaps
from services.duty import Duty

ROWS = 30
COUNT_CAP = 100
MOST_CLOCKS = 10
"""Clocks of one complaint that run at once, at most; a page of complaints is looked for in so many times its rows."""


@dataclass(frozen=True)
class Matter:
    """A complaint that waits for somebody, with its most urgent clock (None when all of them are stopped).

    ``silent_since`` is the first word of a customer who has waited for an answer longer than the golden two hours
    (G-02): a risk, whatever else was done.
    """

    complaint: Complaint
    clock: Clock | None
    silent_since: datetime | None = None


@dataclass(frozen=True)
class Counts:
    """How much waits; counting stops at ``COUNT_CAP``."""

    overdue: int
    unacknowledged: int
    mine: int
    compensations: int
    handovers: int
    swaps: int


@dataclass(frozen=True)
class Post:
    """A role of the duty group now: who is there, until when, and who comes next."""

    role: DutyRoleCode
    shifts: list[Duty]
    following: Duty | None


def urgent(*, handler: Person | None = None) -> list[Matter]:
    """Open complaints by the clock that runs out first; of one handler or of all."""
    pressing = select(Clock.complaint_id, Clock.id).where(*PRESSING)
    if handler is not None:
        pressing = pressing.join(Clock.complaint).where(Complaint.handler_id == handler.id, Complaint.is_open)
    by_time = pressing.order_by(Clock.due_at, Clock.id).limit(ROWS * MOST_CLOCKS)
    first: dict[int, int] = {}
    for complaint_id, clock_id in db.session.execute(by_time):
        first.setdefault(complaint_id, clock_id)
    statement = (
        select(Clock)
        .join(Clock.complaint)
        .where(Clock.id.in_(list(first.values())[:ROWS]))
        .options(contains_eager(Clock.complaint).joinedload(Complaint.handler))
        .order_by(Clock.due_at, Clock.id)
    )
    clocks = list(db.session.scalars(statement))
    silent = silent_since([clock.complaint_id for clock in clocks])
    return [Matter(clock.complaint, clock, silent.get(clock.complaint_id)) for clock in clocks]


def unacknowledged() -> list[Matter]:
    """Open complaints that nobody has, the oldest first word on top."""
    return _matters(select(Complaint).where(*NOBODY_HAS_IT).order_by(Complaint.first_word_at))


def mine(person: Person) -> list[Matter]:
    """The open complaints this person handles, the one with the most urgent clock on top."""
    matters = _matters(select(Complaint).where(*_of(person)).order_by(Complaint.id.desc()))
    far = datetime.max.replace(tzinfo=UTC)
    return sorted(matters, key=lambda matter: matter.clock.due_at if matter.clock else far)


def counts(person: Person) -> Counts:
    """The numbers in the navigation: every page asks for them, so they are one question."""
    asked = {
        "overdue": _overdue(),
        "unacknowledged": select(Complaint.id).where(*NOBODY_HAS_IT),
        "mine": select(Complaint.id).where(*_of(person)),
        "compensations": select(Compensation.id).where(
            Compensation.status == CompensationStatus.OFFERED, Compensation.offered_by_id != person.id
        ),
        "handovers": select(Handover.id).where(Handover.waiting(), Handover.taken_by_id == person.id),
    }
    found = db.session.execute(select(*(_capped(statement).label(name) for name, statement in asked.items()))).one()
    return Counts(**found._mapping, swaps=len(swaps.waiting_for(person)))


def posts(*, now: datetime) -> list[Post]:
    """Every role of the duty group: who is on duty now and who is next."""
    present, following = duty.on_duty(at=now), duty.next_of_each(after=now)
    return [
        Post(
            role=role.code,
            shifts=[shift for shift in present if shift.role_id == role.id],
            following=following.get(role.id),
        )
        for role in duty.roles()
    ]


def promises_today(*, now: datetime) -> list[Promise]:
    """Promises that fall due today (company time) and those that are overdue, not more than a page."""
    today = now.astimezone(COMPANY_ZONE).date()
    midnight = datetime.combine(today + timedelta(days=1), time(), COMPANY_ZONE)
    begin = datetime.combine(today, time(), COMPANY_ZONE)
    eager = joinedload(Promise.complaint)
    overdue = select(Promise).where(Promise.is_open, Promise.due_at < begin)
    todays = select(Promise).where(Promise.withdrawn_at.is_(None), Promise.due_at >= begin, Promise.due_at < midnight)
    found = [
        *db.session.scalars(overdue.options(eager).order_by(Promise.due_at.desc()).limit(10)),
        *db.session.scalars(todays.options(eager).order_by(Promise.due_at).limit(ROWS)),
    ]
    return [
        promise for promise in found if promise.complaint.status is not Status.VOID and promise.complaint.is_counted
    ]


DRILLS = select(Complaint.id).where(Complaint.is_drill.is_(True))
"""Complaints that are played (N15); the condition of the partial index ``ix_complaints_drill_recorded_at_id``."""

PRESSING = (
    Clock.is_unstopped,
    Clock.state != ClockState.PAUSED,
    Clock.kind != ClockKind.GOLDEN,
    Clock.complaint_id.not_in(DRILLS),
)
"""What somebody must act on: a paused clock waits for the customer, the golden two hours are a flag beside the others.
The first condition is that of the partial index ``ix_clocks_unstopped_due_at``."""

NOBODY_HAS_IT = (Complaint.acknowledged_at.is_(None), ~Complaint.is_history, Complaint.is_open, Complaint.is_counted)
"""The condition of the partial index ``ix_complaints_unacknowledged``."""


def _matters(statement: Select[Complaint]) -> list[Matter]:
    complaints = list(db.session.scalars(statement.options(joinedload(Complaint.handler)).limit(ROWS)))
    ids = [complaint.id for complaint in complaints]
    clocks, silent = first_clocks(ids), silent_since(ids)
    return [Matter(each, clocks.get(each.id), silent.get(each.id)) for each in complaints]


def _of(person: Person) -> tuple[SQLColumnExpression[bool], ...]:
    return Complaint.handler_id == person.id, Complaint.is_open, Complaint.is_counted


def first_clocks(complaint_ids: Collection[int]) -> dict[int, Clock]:
    """The most urgent clock of each complaint, in one query; a paused one only where nothing else runs."""
    statement = (
        select(Clock)
        .where(Clock.complaint_id.in_(complaint_ids), Clock.is_unstopped, Clock.kind != ClockKind.GOLDEN)
        .order_by(Clock.due_at.desc(), Clock.id)
    )
    found = sorted(db.session.scalars(statement), key=lambda clock: clock.state is not ClockState.PAUSED)
    return {clock.complaint_id: clock for clock in found}


def silent_since(complaint_ids: Collection[int]) -> dict[int, datetime]:
    """Whose customer has waited for an answer for longer than the golden two hours, and since when (G-02)."""
    statement = select(Clock.complaint_id, Clock.started_at).where(
        Clock.complaint_id.in_(complaint_ids), Clock.kind == ClockKind.GOLDEN, Clock.state == ClockState.BREACHED
    )
    return {row.complaint_id: row.started_at for row in db.session.execute(statement)}


def _overdue() -> Select[int]:
    """The complaints behind the oldest overdue clocks. Bounded before they are made distinct: the other way round
    SQLite would walk through every clock there ever was, complaint by complaint.
    """
    oldest = select(Clock.complaint_id).where(*PRESSING, Clock.state == ClockState.BREACHED).order_by(Clock.due_at)
    return select(oldest.limit(COUNT_CAP * MOST_CLOCKS).subquery().c.complaint_id).distinct()


def _capped(statement: Select[int]) -> ScalarSelect[int]:
    return select(func.count()).select_from(statement.limit(COUNT_CAP).subquery()).scalar_subquery()
