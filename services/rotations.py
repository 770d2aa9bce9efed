"""Rotations: people take turns, and the shifts of the coming weeks are made from that.

A shift that was made stays. An edit calls off those that have not begun and makes others; the one that runs is left
to its end, unless its member does not take turns any more: then it ends now. What somebody called off stays off.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import and_, select, update
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.attributes import flag_modified

from extensions import db
from models import DutyRole, Person, RecordChange, Rotation, RotationMember, Shift
from rules import rotations as rules
from rules import texts
from rules.permissions import Permission
from rules.refusals import Conflict, Refusal
from rules.roster import Interval, merged, overlap
from rules.rotations import Pattern
from rules.settings import SettingKey
from rules.vocabulary import N_
from services import duty, records, settings
from services.actors import SYSTEM, Actor, require
from services.duty import Duty

MAX_NAME = 60
MAX_REASON = 200
EXTEND_STEP = timedelta(days=1)
"""The horizon moves on in whole days, so that the job writes once a day and not every minute."""

FARTHEST_BEGINNING = timedelta(days=366)

_Turn = tuple[int, datetime, datetime]
"""Whose turn (a place in the order, or a person's id), from when, until when."""


@dataclass(frozen=True)
class PlannedTurn:
    """A turn as it would be; ``away`` is when its member is on leave."""

    person: Person
    starts_at: datetime
    ends_at: datetime
    away: list[Interval] = field(default_factory=list)


@dataclass(frozen=True)
class Preview:
    """What a rotation would make, and who stands for the role at the same time already."""

    turns: list[PlannedTurn]
    clashes: list[Duty]


def active() -> list[Rotation]:
    """Every rotation that runs, in the order of the roster."""
    statement = select(Rotation).join(Rotation.role).where(Rotation.stopped_at.is_(None))
    return list(db.session.scalars(statement.order_by(DutyRole.sort_order, Rotation.id)))


def preview(
    *, role: DutyRole, pattern: Pattern, members: Sequence[Person], now: datetime, rotation: Rotation | None = None
) -> Preview:
    """What would be made of this up to the horizon; ``rotation`` is the one that is being edited, if any.

    Raises:
        Refusal: as for ``create``.
    """
    _check(pattern, members, now=now, rotation=rotation)
    until = now + _horizon()
    away = {person: duty.away(person, start=now, end=until + rules.LONGEST_TURN) for person in set(members)}
    turns = []
    off = _called_off_by_hand(rotation, start=now) if rotation is not None else set()
    for number, starts_at, ends_at in _numbered(pattern, start=now, end=until):
        person = members[number % len(members)]
        if (person.id, starts_at) in off:
            continue
        absent = [leave for leave in away[person] if overlap(leave, (starts_at, ends_at))]
        turns.append(PlannedTurn(person, starts_at, ends_at, absent))
    present = duty.between(start=now, end=until, role=role.code)
    others = [each for each in present if rotation is None or not _is_of(each, rotation)]
    planned = merged((turn.starts_at, turn.ends_at) for turn in turns)
    return Preview(turns, [each for each in others if any(overlap(each.hours, hours) for hours in planned)])


def create(
    *, role: DutyRole, name: str, pattern: Pattern, members: Sequence[Person], actor: Actor, now: datetime
) -> Rotation:
    """Let people take turns; the shifts up to the horizon are made at once, and their members told.

    Raises:
        Refusal: nobody takes turns or cannot be called, the pattern makes no sense, or it begins in the past.
    """
    require(actor, Permission.SCHEDULE)
    _check(pattern, members, now=now)
    rotation = Rotation(
        role=role, name=_checked_name(name), made_until=now + _horizon(), created_at=now, created_by_id=actor.id
    )
    _put(rotation, pattern, members)
    db.session.add(rotation)
    records.note_edit(rotation, actor=actor, now=now)
    db.session.flush()
    duty.take_turns(role)
    with _telling(rotation, now):
        _make(rotation, _turns(rotation, start=now, end=rotation.made_until), actor=actor, now=now)
    return rotation


def edit(
    rotation: Rotation, *, name: str, pattern: Pattern, members: Sequence[Person], actor: Actor, now: datetime
) -> None:
    """Change who takes turns when, from the pattern's first day on or from now; what changes for whom, they are told.

    Raises:
        Refusal: as for ``create``, or it would begin after the days that are planned already.
        Conflict: the rotation was stopped.
    """
    require(actor, Permission.SCHEDULE)
    _refuse_if_stopped(rotation)
    _check(pattern, members, now=now, rotation=rotation)
    effective = now if pattern.first_day == rotation.first_day else max(now, pattern.begins_at)
    if effective > rotation.made_until:
        raise Refusal(N_("The change must begin within the days that are planned already."), field="first_day")
    duty.take_turns(rotation.role)
    old_pattern, old_members = rotation.pattern, rotation.people
    rotation.name = _checked_name(name)
    _put(rotation, pattern, members)
    flag_modified(rotation, "name")  # Members are rows of their own; the version rises all the same.
    changes = records.changes_of(rotation)
    if old_members != list(members):
        changes["members"] = ([str(person) for person in old_members], [str(person) for person in members])
    records.note_change(rotation, changes, actor=actor, now=now)
    db.session.flush()
    if (old_pattern, old_members) != (rotation.pattern, list(members)):
        with _telling(rotation, now):
            _replan(rotation, effective=effective, actor=actor, now=now)


def stop(rotation: Rotation, *, reason: str, actor: Actor, now: datetime) -> None:
    """Make no more shifts and call off those that have not begun; the one that runs is left to its end.

    Raises:
        Refusal: no reason. Conflict: it was stopped before.
    """
    require(actor, Permission.SCHEDULE)
    _refuse_if_stopped(rotation)
    texts.check_given(reason, N_("Please give a reason."), field="reason", longest=MAX_REASON)
    duty.take_turns(rotation.role)
    rotation.stopped_at, rotation.stopped_by_id, rotation.stop_reason = now, actor.id, reason.strip()
    records.note_edit(rotation, actor=actor, now=now)
    with _telling(rotation, now):
        _call_off(_to_begin(rotation, now), reason.strip(), actor=actor, now=now)


def extend(*, now: datetime) -> int:
    """Make the shifts up to the horizon, which moves on every day; returns how many were made.

    What a desk that stood still did not make in time is not made afterwards: nobody stood there.
    """
    until = now + _horizon()
    behind = [rotation for rotation in active() if rotation.made_until + EXTEND_STEP <= until]
    return sum(_extend(rotation, until, now=now) for rotation in behind)


def _extend(rotation: Rotation, until: datetime, *, now: datetime) -> int:
    duty.take_turns(rotation.role)
    known_until = rotation.made_until
    mine = (
        update(Rotation)
        .where(Rotation.id == rotation.id, Rotation.made_until == known_until, Rotation.stopped_at.is_(None))
        .values(made_until=until)
        .returning(Rotation.id)
        .execution_options(synchronize_session=False)
    )
    if db.session.scalar(mine) is None:
        return 0
    db.session.refresh(rotation)
    is_late = known_until < now
    turns = _turns(rotation, start=now if is_late else known_until, end=until, with_running=is_late)
    return len(_make(rotation, turns, actor=SYSTEM, now=now))


def _replan(rotation: Rotation, *, effective: datetime, actor: Actor, now: datetime) -> None:
    """Bring the shifts in line with an edited rotation, touching as few as possible."""
    takes_turns = {person.id for person in rotation.people}
    standing = _standing(rotation, now)
    begun = [shift for shift in standing if shift.starts_at <= now or shift.starts_at < effective]
    cut = [shift for shift in begun if effective == now and shift.person_id not in takes_turns]
    start = max([effective, *(shift.ends_at for shift in begun if shift not in cut)])
    wanted = set(_turns(rotation, start=start, end=rotation.made_until))
    gone = [shift for shift in standing if shift not in begun and _turn_of(shift) not in wanted] + cut
    _call_off(gone, f"→ {rotation.name}", actor=actor, now=now)
    off = _called_off_by_hand(rotation, start=start)
    missing = wanted - {_turn_of(shift) for shift in standing}
    new = sorted((turn for turn in missing if turn[:2] not in off), key=lambda turn: turn[1])
    _make(rotation, new, actor=actor, now=now)


def _numbered(pattern: Pattern, *, start: datetime, end: datetime, with_running: bool = True) -> Iterator[_Turn]:
    """Turns as number, beginning and end; one that runs at ``start`` begins there, or is left out."""
    for turn in rules.turns(pattern, start=start, end=end):
        if with_running or turn.starts_at >= start:
            yield turn.number, max(turn.starts_at, start), turn.ends_at


def _turns(rotation: Rotation, *, start: datetime, end: datetime, with_running: bool = True) -> list[_Turn]:
    """The same with the person's id for the number; who has left the company leaves their turns empty."""
    order = rotation.people
    return [
        (order[number % len(order)].id, starts_at, ends_at)
        for number, starts_at, ends_at in _numbered(rotation.pattern, start=start, end=end, with_running=with_running)
        if order[number % len(order)].is_active
    ]


def _turn_of(shift: Shift) -> _Turn:
    return shift.person_id, shift.starts_at, shift.ends_at


def _standing(rotation: Rotation, now: datetime) -> list[Shift]:
    """The rotation's shifts that are not over, in order."""
    statement = (
        select(Shift)
        .where(Shift.rotation_id == rotation.id, Shift.ends_at > now, Shift.cancelled_at.is_(None))
        .options(joinedload(Shift.person))
    )
    return list(db.session.scalars(statement.order_by(Shift.starts_at, Shift.id)))


def _called_off_by_hand(rotation: Rotation, *, start: datetime) -> set[tuple[int, datetime]]:
    """Whose turns somebody took out of the roster from ``start`` on, and when they would begin.

    What people do to a shift is on record; what an edit of the rotation does is on the rotation's own.
    """
    statement = (
        select(Shift.person_id, Shift.starts_at)
        .join(RecordChange, and_(RecordChange.record_id == Shift.id, RecordChange.at == Shift.cancelled_at))
        .where(RecordChange.record_type == Shift.__tablename__, Shift.rotation_id == rotation.id, Shift.ends_at > start)
    )
    return {(row.person_id, max(row.starts_at, start)) for row in db.session.execute(statement)}


def _to_begin(rotation: Rotation, now: datetime) -> list[Shift]:
    return [shift for shift in _standing(rotation, now) if shift.starts_at > now]


def _make(rotation: Rotation, turns: Iterable[_Turn], *, actor: Actor, now: datetime) -> list[Shift]:
    """Make shifts of these turns, except where the same person was put on duty by hand at the same moment."""
    turns = list(turns)
    if not turns:
        return []
    by_hand = select(Shift.person_id, Shift.starts_at).where(
        Shift.role_id == rotation.role_id, Shift.starts_at >= turns[0][1], Shift.cancelled_at.is_(None)
    )
    taken = {(row.person_id, row.starts_at) for row in db.session.execute(by_hand)}
    made = [
        Shift(
            role=rotation.role,
            person_id=person_id,
            rotation_id=rotation.id,
            starts_at=starts_at,
            ends_at=ends_at,
            created_at=now,
            created_by_id=actor.id,
        )
        for person_id, starts_at, ends_at in turns
        if (person_id, starts_at) not in taken
    ]
    db.session.add_all(made)
    db.session.flush()
    return made


def _call_off(shifts: Iterable[Shift], reason: str, *, actor: Actor, now: datetime) -> None:
    for shift in shifts:
        shift.cancelled_at, shift.cancelled_by_id, shift.cancel_reason = now, actor.id, reason
    db.session.flush()


def _telling(rotation: Rotation, now: datetime) -> AbstractContextManager[None]:
    return duty.telling(start=now, end=rotation.made_until, role=rotation.role.code, now=now)


def _put(rotation: Rotation, pattern: Pattern, members: Sequence[Person]) -> None:
    rotation.kind, rotation.every, rotation.unit = pattern.kind, pattern.every, pattern.unit
    rotation.slots = [slot.to_document() for slot in pattern.slots]
    rotation.first_day, rotation.handover_at, rotation.zone = pattern.first_day, pattern.handover_at, pattern.zone
    for member, person in zip(rotation.members, members, strict=False):
        member.person = person
    del rotation.members[len(members) :]
    for place in range(len(rotation.members), len(members)):
        rotation.members.append(RotationMember(place=place, person=members[place]))


def _check(pattern: Pattern, members: Sequence[Person], *, now: datetime, rotation: Rotation | None = None) -> None:
    rules.check(pattern)
    rules.check_order(members)
    for person in members:
        duty.check_reachable(person, field="members")
    today = now.astimezone(ZoneInfo(pattern.zone)).date()
    if pattern.first_day < today and (rotation is None or rotation.first_day != pattern.first_day):
        raise Refusal(N_("A rotation cannot begin in the past."), field="first_day")
    if pattern.first_day > today + FARTHEST_BEGINNING:
        raise Refusal(N_("A rotation begins within a year."), field="first_day")


def _checked_name(name: str) -> str:
    texts.check_given(name, N_("Please give the name."), field="name", longest=MAX_NAME)
    return name.strip()


def _refuse_if_stopped(rotation: Rotation) -> None:
    if rotation.stopped_at is not None:
        raise Conflict(N_("This rotation was stopped."))


def _horizon() -> timedelta:
    return timedelta(days=settings.value(SettingKey.ROTATION_HORIZON_DAYS))


def _is_of(found: Duty, rotation: Rotation) -> bool:
    return found.shift is not None and found.shift.rotation_id == rotation.id
