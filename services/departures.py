"""Who leaves the company and who comes back: the account, and what becomes of their hours on duty."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import datetime

from sqlalchemy import select

from extensions import db
from models import Leave, Person
from rules.permissions import Permission
from rules.roster import NO_END
from rules.vocabulary import Role
from services import duty, people, records
from services.actors import Actor, require


def set_active(person: Person, *, is_active: bool, actor: Actor, now: datetime) -> None:
    """Switch an account on or off; history keeps the person either way, and the roster lets them go from now on.

    Whoever comes back is told which hours on duty are theirs again; whoever leaves is reached by no message any more.

    Raises:
        Conflict: it is the last active administrator.
    """
    require(actor, Permission.EDIT_PEOPLE)
    if not is_active and Role.ADMINISTRATOR in person.roles:
        people.refuse_to_lose_last_administrator(person)
    with duty.telling(start=now, end=NO_END, now=now) if is_active else nullcontext():
        if is_active is not person.is_active:
            _note_on_roster(person, is_active=is_active, actor=actor, now=now)
        person.is_active = is_active
        person.session_epoch += 1
        records.note_edit(person, actor=actor, now=now)


def _note_on_roster(person: Person, *, is_active: bool, actor: Actor, now: datetime) -> None:
    """Whoever leaves is away from now on, without an end; whoever comes back is not away any longer."""
    if not is_active:
        departure = Leave(
            person=person, starts_at=now, ends_at=NO_END, is_departure=True, created_at=now, created_by_id=actor.id
        )
        db.session.add(departure)
        return
    open_ended = select(Leave).where(Leave.person_id == person.id, Leave.is_departure, Leave.cancelled_at.is_(None))
    for departure in db.session.scalars(open_ended):
        departure.cancelled_at, departure.cancelled_by_id = now, actor.id
