"""The digest of the morning: what is open, overdue and due today, told to whoever leads and whoever is in charge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import ColumnElement, func, or_, select

from extensions import COMPANY_ZONE, db
from models import Clock, Complaint, Heartbeat, Person, Promise
from rules.vocabulary import ClockState, NotificationKind
from services import duty, notifications, workbench

AT = time(8)
"""When it is told, in the company's time."""

NOT_AFTER = time(10)
"""A desk that slept longer says nothing: by then everybody has looked."""

JOB = "send_digests"
"""The job whose heartbeat says that this morning's digest was told."""


@dataclass(frozen=True)
class Tally:
    """Complaints that are open, and among them those that are overdue and those that fall due today."""

    open: int = 0
    overdue: int = 0
    today: int = 0


def send(*, now: datetime) -> int:
    """In the morning tell everybody what waits for them, once a day; returns how many messages.

    Who leads the duty group hears of all complaints, whoever has some in hand of their own. Where nothing is open,
    nothing is said; who is on leave is left alone.
    """
    here = now.astimezone(COMPANY_ZONE)
    begins_at = datetime.combine(here.date(), AT, COMPANY_ZONE)
    if not AT <= here.time() < NOT_AFTER or _was_told(since=begins_at):
        return 0
    return sum(_tell(person, tally, now=now) for person, tally in _tallies(now).items())


def _was_told(*, since: datetime) -> bool:
    ended_at = db.session.scalar(select(Heartbeat.succeeded_at).where(Heartbeat.job == JOB))
    return ended_at is not None and ended_at >= since


def _tallies(now: datetime) -> Mapping[Person, Tally]:
    """Everybody who is told, with what waits for them."""
    by_handler = tallies_by_handler(now)
    handlers = _present((key for key in by_handler if key is not None), now)
    found = {person: by_handler[person.id] for person in handlers}
    if by_handler:
        tallies = by_handler.values()
        total = Tally(*(sum(numbers) for numbers in zip(*(astuple(tally) for tally in tallies), strict=True)))
        found |= dict.fromkeys(duty.leaders(at=now), total)
    return found


def tallies_by_handler(now: datetime) -> dict[int | None, Tally]:
    """What is open, by the id of whoever has it; None stands for what nobody has."""
    midnight = datetime.combine(now.astimezone(COMPANY_ZONE).date() + timedelta(days=1), time(), COMPANY_ZONE)
    pressing = select(Clock.complaint_id).where(*workbench.PRESSING)
    overdue = pressing.where(Clock.state == ClockState.BREACHED)
    of_clocks = pressing.where(Clock.state == ClockState.RUNNING, Clock.due_at < midnight)
    of_promises = select(Promise.complaint_id).where(Promise.is_open, Promise.due_at < midnight)
    every = _by_handler()
    late = _by_handler(Complaint.id.in_(overdue))
    today = _by_handler(or_(Complaint.id.in_(of_clocks), Complaint.id.in_(of_promises)))
    return {key: Tally(count, late[key], today[key]) for key, count in every.items()}


def _by_handler(*conditions: ColumnElement[bool]) -> Counter[int | None]:
    statement = select(Complaint.handler_id, func.count()).where(Complaint.is_open, Complaint.is_counted, *conditions)
    rows = db.session.execute(statement.group_by(Complaint.handler_id))
    return Counter(dict(iter(rows)))


def _present(ids: Iterable[int], now: datetime) -> list[Person]:
    """Those who work here and are not on leave."""
    people = db.session.scalars(select(Person).where(Person.id.in_(list(ids)), Person.is_active).order_by(Person.id))
    return [person for person in people if not duty.away(person, start=now, end=now + duty.A_MOMENT)]


def _tell(person: Person, tally: Tally, *, now: datetime) -> bool:
    queued = notifications.queue(
        kind=NotificationKind.MORNING_DIGEST,
        person=person,
        dedup_key=f"digest:{now.astimezone(COMPANY_ZONE):%Y%m%d}:{person.id}",
        now=now,
        open=str(tally.open),
        overdue=str(tally.overdue),
        today=str(tally.today),
    )
    return queued is not None
