"""Calendar feeds: a secret address for a person's shifts or a role's, made, renewed and ended by that person."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from extensions import db
from models import Appointment, CalendarFeed, DutyRole, Person
from rules.permissions import Permission
from services import appointments, duty, records
from services.actors import require
from services.duty import Duty

BACK = timedelta(days=35)
AHEAD = timedelta(days=92)
"""What a feed tells: the last month and the next three."""

MOST = 4000
"""Entries of one feed; a role that changes every hour fits into it."""


def of_person(person: Person) -> dict[int | None, CalendarFeed]:
    """The person's living feeds by the id of their role; None is the feed of their own shifts."""
    statement = select(CalendarFeed).where(CalendarFeed.person_id == person.id, CalendarFeed.ended_at.is_(None))
    return {feed.role_id: feed for feed in db.session.scalars(statement)}


def renew(*, role: DutyRole | None, actor: Person, now: datetime) -> str:
    """Give the feed a new secret, which is returned this once; the address before it is not found any more."""
    require(actor, Permission.VIEW)
    # Whoever presses twice takes turns with themself.
    db.session.execute(select(Person.id).where(Person.id == actor.id).with_for_update(key_share=True))
    end(role=role, actor=actor, now=now)
    secret = secrets.token_urlsafe(32)
    feed = CalendarFeed(person=actor, role=role, secret_hash=_hash(secret), created_at=now)
    db.session.add(feed)
    records.note_edit(feed, actor=actor, now=now)
    db.session.flush()
    return secret


def end(*, role: DutyRole | None, actor: Person, now: datetime) -> None:
    """Close the feed's address; nothing happens when there is none."""
    feed = of_person(actor).get(role.id if role else None)
    if feed is None:
        return
    feed.ended_at = now
    records.note_edit(feed, actor=actor, now=now)
    db.session.flush()


def find(secret: str) -> CalendarFeed | None:
    """The living feed with this secret, as long as its person works here and may see the roster."""
    statement = (
        select(CalendarFeed)
        .where(CalendarFeed.secret_hash == _hash(secret), CalendarFeed.ended_at.is_(None))
        .options(joinedload(CalendarFeed.person), joinedload(CalendarFeed.role))
    )
    feed = db.session.scalar(statement)
    return feed if feed is not None and feed.person.may(Permission.VIEW) else None


def duties(feed: CalendarFeed, *, now: datetime) -> list[Duty]:
    """What the feed tells, the earliest first."""
    found = [
        each
        for each in duty.between(start=now - BACK, end=now + AHEAD)
        if (each.person_id == feed.person_id if feed.role_id is None else each.role_id == feed.role_id)
    ]
    return sorted(found, key=lambda each: (each.starts_at, each.person_id))[:MOST]


def visits(feed: CalendarFeed, *, now: datetime) -> list[Appointment]:
    """Where the feed's person goes, the earliest first; nowhere for the feed of a role."""
    if feed.role_id is not None:
        return []
    return appointments.of_person(feed.person_id, start=now - BACK, end=now + AHEAD, limit=MOST)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
