"""Overrides: for a while somebody comes, goes, or stands in for another. The shifts below stay as they are."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from extensions import db
from models import DutyRole, Override, Person
from rules import roster, texts
from rules.permissions import Permission
from rules.refusals import Conflict, Refusal
from rules.roster import Interval, overlap
from rules.vocabulary import N_
from services import duty, records
from services.actors import Actor, require

MAX_REASON = 200


def add(
    *, role: DutyRole, person: Person, starts_at: datetime, ends_at: datetime, reason: str, actor: Actor, now: datetime
) -> Override:
    """Put somebody on duty beside whoever the shifts name.

    Raises:
        Refusal: the times make no sense or lie in the past, no reason, or the person cannot be called or is on leave.
        Conflict: they stand for the role at that time already.
    """
    hours = _checked(starts_at, ends_at, reason, actor=actor, now=now)
    duty.check_free(person, role=role, starts_at=hours[0], ends_at=hours[1])
    return _lay(role, hours, person=person, instead_of=None, reason=reason, actor=actor, now=now)


def remove(
    *, role: DutyRole, person: Person, starts_at: datetime, ends_at: datetime, reason: str, actor: Actor, now: datetime
) -> Override:
    """Take somebody off duty for a while; nobody stands in for them.

    Raises:
        Refusal: the times make no sense or lie in the past, or no reason. Conflict: they do not stand there anyway.
    """
    hours = _checked(starts_at, ends_at, reason, actor=actor, now=now)
    duty.take_turns(role)
    _standing(person, role, hours)
    return _lay(role, hours, person=None, instead_of=person, reason=reason, actor=actor, now=now)


def replace(
    *,
    role: DutyRole,
    person: Person,
    substitute: Person,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    actor: Actor,
    now: datetime,
) -> Override:
    """Let ``substitute`` stand in wherever ``person`` would stand in that time.

    Raises:
        Refusal: the times make no sense or lie in the past, no reason, both are the same person, or the substitute
            cannot be called or is on leave.
        Conflict: the person does not stand there anyway, or the substitute does already.
    """
    hours = _checked(starts_at, ends_at, reason, actor=actor, now=now)
    if substitute.id == person.id:
        raise Refusal(N_("Somebody else has to stand in."), field="substitute")
    duty.take_turns(role)
    for begins, ends in _standing(person, role, hours):
        duty.check_free(substitute, role=role, starts_at=begins, ends_at=ends, field="substitute")
    return _lay(role, hours, person=substitute, instead_of=person, reason=reason, actor=actor, now=now)


def cancel(override: Override, *, reason: str, actor: Actor, now: datetime) -> None:
    """Take an override back. One that has begun ends now, and what it did until now stays.

    Raises:
        Refusal: no reason. Conflict: it is over, or was taken back before.
    """
    require(actor, Permission.SCHEDULE)
    if override.is_over(now):
        raise Conflict(N_("This override is over and stays as it was."))
    texts.check_given(reason, N_("Please give a reason."), field="reason", longest=MAX_REASON)
    duty.take_turns(override.role)
    with duty.telling(start=override.starts_at, end=override.ends_at, role=override.role.code, now=now):
        override.cancelled_at, override.cancelled_by_id, override.cancel_reason = now, actor.id, reason.strip()
        records.note_edit(override, actor=actor, now=now)


def between(*, start: datetime, end: datetime, limit: int = 200) -> list[Override]:
    """The overrides that stand at some moment between the two, the first to begin on top."""
    statement = (
        select(Override)
        .where(Override.touching(start, end), Override.starts_at >= start - duty.LONGEST_OVERRIDE)
        .options(joinedload(Override.person), joinedload(Override.instead_of))
        .order_by(Override.starts_at, Override.id)
        .limit(limit)
    )
    return list(db.session.scalars(statement))


def _checked(starts_at: datetime, ends_at: datetime, reason: str, *, actor: Actor, now: datetime) -> Interval:
    require(actor, Permission.SCHEDULE)
    roster.check_length(starts_at, ends_at, longest=duty.LONGEST_OVERRIDE)
    if ends_at <= now:
        raise Refusal(N_("This would be over already."), field="ends_at")
    texts.check_given(reason, N_("Please give a reason."), field="reason", longest=MAX_REASON)
    return roster.begin(starts_at, now=now), ends_at


def _standing(person: Person, role: DutyRole, hours: Interval) -> list[Interval]:
    """When the person would stand for the role in these hours.

    Raises:
        Conflict: not at all.
    """
    present = duty.between(start=hours[0], end=hours[1], role=role.code)
    shared = [overlap(found.hours, hours) for found in present if found.person_id == person.id]
    if not shared:
        raise Conflict(N_("This person is not on duty for this role at that time."), field="person")
    return [each for each in shared if each is not None]


def _lay(
    role: DutyRole,
    hours: Interval,
    *,
    person: Person | None,
    instead_of: Person | None,
    reason: str,
    actor: Actor,
    now: datetime,
) -> Override:
    override = Override(
        role=role,
        person=person,
        instead_of=instead_of,
        starts_at=hours[0],
        ends_at=hours[1],
        reason=reason.strip(),
        created_at=now,
        created_by_id=actor.id,
    )
    with duty.telling(start=hours[0], end=hours[1], role=role.code, now=now):
        db.session.add(override)
        records.note_edit(override, actor=actor, now=now)
    return override
