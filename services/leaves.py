"""Leave: when somebody is not there. It takes them out of the roster; what is left open is seen at once."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from extensions import db
from models import Leave, Person
from rules import roster, texts
from rules.permissions import Permission
from rules.refusals import Conflict, Refusal
from rules.vocabulary import N_
from services import duty, records
from services.actors import Actor, require
from services.duty import Duty

MAX_REASON = 200
LONGEST_LEAVE = timedelta(days=366)


def record(
    person: Person, *, starts_at: datetime, ends_at: datetime, reason: str = "", actor: Actor, now: datetime
) -> tuple[Leave, list[Duty]]:
    """Write down that somebody will not be there; returns the leave and the hours on duty that it leaves open.

    Members do it for themselves, who plans the shifts for everybody.

    Raises:
        NotAllowed: it is somebody else's leave. Refusal: the times make no sense or lie in the past.
        Conflict: they are on leave at that time already.
    """
    _require_own_or_planning(person, actor)
    roster.check_length(starts_at, ends_at, longest=LONGEST_LEAVE)
    if ends_at <= now:
        raise Refusal(N_("This would be over already."), field="ends_at")
    texts.check(reason, field="reason", longest=MAX_REASON)
    starts_at = roster.begin(starts_at, now=now)
    _lock(person)
    if duty.away(person, start=starts_at, end=ends_at):
        raise Conflict(N_("This person is on leave at that time already."), field="starts_at")
    conflicts = conflicts_of(person, start=starts_at, end=ends_at)
    leave = Leave(
        person=person,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=reason.strip(),
        created_at=now,
        created_by_id=actor.id,
    )
    with _telling(leave, actor, now):
        db.session.add(leave)
        records.note_edit(leave, actor=actor, now=now)
    return leave, conflicts


def cancel(leave: Leave, *, actor: Actor, now: datetime) -> None:
    """Take leave back. One that has begun ends now; hours on duty that come later count again.

    Raises:
        NotAllowed: it is somebody else's leave. Conflict: it is over, or the person has left the company.
    """
    _require_own_or_planning(leave.person, actor)
    if leave.is_departure:
        raise Conflict(N_("This person has left. Switch the account on again first."))
    if leave.is_over(now):
        raise Conflict(N_("This leave is over and stays as it was."))
    with _telling(leave, actor, now):
        leave.cancelled_at, leave.cancelled_by_id = now, actor.id
        records.note_edit(leave, actor=actor, now=now)


def conflicts_of(person: Person, *, start: datetime, end: datetime) -> list[Duty]:
    """When the person stands in the roster in that time, for whatever role."""
    return [found for found in duty.between(start=start, end=end) if found.person_id == person.id]


def between(*, start: datetime, end: datetime, person: Person | None = None, limit: int = 200) -> list[Leave]:
    """Leave that falls between the two moments, of one person or of all, the first to begin on top."""
    statement = select(Leave).where(Leave.touching(start, end), ~Leave.is_departure).options(joinedload(Leave.person))
    if person is not None:
        statement = statement.where(Leave.person_id == person.id)
    return list(db.session.scalars(statement.order_by(Leave.starts_at, Leave.id).limit(limit)))


def _require_own_or_planning(person: Person, actor: Actor) -> None:
    require(actor, Permission.ACKNOWLEDGE if actor.id == person.id else Permission.SCHEDULE)


def _lock(person: Person) -> None:
    """Two leaves of one person are written one after the other."""
    db.session.execute(select(Person.id).where(Person.id == person.id).with_for_update(key_share=True))


def _telling(leave: Leave, actor: Actor, now: datetime) -> AbstractContextManager[None]:
    """Whoever enters their own leave knows."""
    if actor.id == leave.person.id:
        return nullcontext()
    return duty.telling(start=leave.starts_at, end=leave.ends_at, now=now)
