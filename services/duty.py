"""Who is on duty: shifts, with overrides, swaps and leave laid over them; who leads, who is next (D-03).

What the roster says about a past moment never changes: shifts are called off, not rewritten, and nothing begins in
the past. ``rules/roster.py`` holds the answer itself; here are the rows it is made from.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from extensions import COMPANY_ZONE, db
from models import DutyRole, Leave, Override, Person, Shift, Span
from rules import roster, texts
from rules.escalation import DutyRoleCode
from rules.permissions import Permission
from rules.refusals import Conflict, Refusal
from rules.roster import Absence, Interval, Overriding, Planned
from rules.rotations import LONGEST_TURN
from rules.vocabulary import N_, Role
from services import people, records, shift_notices
from services.actors import Actor, require

LONGEST_SHIFT = timedelta(days=7)
LONGEST_OVERRIDE = timedelta(days=31)
MAX_REMARKS = 200

_LOOK_BACK = {Shift: LONGEST_TURN + timedelta(days=1), Override: LONGEST_OVERRIDE + timedelta(days=1)}
"""Nothing is longer; this keeps years of past rows out of every look at the roster."""

_LOOK_AHEAD = (timedelta(days=8), timedelta(days=120))
"""The next shift is mostly near; where it is not, one longer look finds it."""

A_MOMENT = timedelta(microseconds=1)
"""Added to an end that is to be included."""

Row = TypeVar("Row", Shift, Override)


@dataclass(frozen=True)
class Duty:
    """One person really on duty for one role; ``shift`` and ``override`` say what put them there.

    With both, the person stands in for whoever has the shift.
    """

    role: DutyRole
    person: Person
    starts_at: datetime
    ends_at: datetime
    shift: Shift | None = None
    override: Override | None = None

    @property
    def role_id(self) -> int:
        """The role's id."""
        return self.role.id

    @property
    def person_id(self) -> int:
        """The person's id."""
        return self.person.id

    @property
    def hours(self) -> Interval:
        """From when to when."""
        return self.starts_at, self.ends_at

    @property
    def remarks(self) -> str:
        """Why it is so, as far as somebody said."""
        if self.override is not None:
            return self.override.reason
        return self.shift.remarks if self.shift is not None else ""


def roles() -> list[DutyRole]:
    """The roles of the duty group, in the order of the roster."""
    return list(db.session.scalars(select(DutyRole).order_by(DutyRole.sort_order, DutyRole.id)))


def role(code: DutyRoleCode) -> DutyRole:
    """The role with this code; reference data, always there."""
    return db.session.scalars(select(DutyRole).where(DutyRole.code == code)).one()


def between(*, start: datetime, end: datetime, role: DutyRoleCode | None = None) -> list[Duty]:
    """Who is on duty at some moment from ``start`` up to ``end``, of one role or of all, in the roster's order.

    Each with its whole hours, also where they reach beyond.
    """
    shifts = _rows(Shift, start, end, role)
    reach = _reach([(start, end), *(_stands(shift) for shift in shifts)])
    overrides = _rows(Override, *reach, role)
    while (wider := _reach([reach, *(_stands(override) for override in overrides)])) != reach:
        reach, overrides = wider, _rows(Override, *wider, role)
    answer = roster.resolve(
        [Planned(row.role_id, row.person_id, *_stands(row), key=row.id) for row in shifts],
        [Overriding(row.role_id, row.person_id, row.instead_of_id, *_stands(row), key=row.id) for row in overrides],
        _absences({row.person_id for row in shifts} | {row.person_id for row in overrides if row.person_id}, *reach),
    )
    shift_of, override_of = {row.id: row for row in shifts}, {row.id: row for row in overrides}
    found = [
        _duty(shift_of.get(stretch.planned), override_of.get(stretch.override), stretch.starts_at, stretch.ends_at)
        for stretch in answer
        if stretch.starts_at < end and stretch.ends_at > start
    ]
    return sorted(found, key=lambda each: (each.role.sort_order, each.role_id, each.starts_at))


def on_duty(*, at: datetime, role: DutyRoleCode | None = None) -> list[Duty]:
    """Who is on duty at the moment ``at``, for one role or for all, the one that began first on top."""
    return between(start=at, end=at + A_MOMENT, role=role)


def next_of_each(*, after: datetime) -> dict[int, Duty]:
    """Who is next for every role, by the role's id: the first to begin after the moment."""
    following: dict[int, Duty] = {}
    for ahead in _LOOK_AHEAD:
        for found in between(start=after, end=after + ahead):
            if found.starts_at > after:
                following.setdefault(found.role_id, found)
        if len(following) == len(roles()):
            break
    return following


def of_person(person: Person, *, after: datetime, limit: int) -> list[Duty]:
    """The person's own hours that are not over at the moment ``after``, the next ones on top."""
    own: list[Duty] = []
    for ahead in _LOOK_AHEAD:
        own = [found for found in between(start=after, end=after + ahead) if found.person_id == person.id]
        if len(own) >= limit:
            break
    return sorted(own, key=lambda each: each.starts_at)[:limit]


def candidates(*, role: DutyRole | None = None) -> list[Person]:
    """Everybody who can be on duty: their phone rings and they may acknowledge; the role's own post on top."""
    reachable = [person for person in people.who_may(Permission.ACKNOWLEDGE) if person.phone]
    return sorted(reachable, key=lambda person: role is None or person.position is not role.position)


def leaders(*, at: datetime) -> list[Person]:
    """Who leads the group at that moment: on duty for the leader's role, else in its post, else who manages duty.

    The last resort are the administrators, so that there is always somebody to tell.
    """
    leading = _leading()
    on_shift = people.distinct(found.person for found in on_duty(at=at, role=leading.code))
    return (
        on_shift
        or people.with_position(leading.position)
        or people.with_role(Role.DUTY_MANAGER)
        or people.with_role(Role.ADMINISTRATOR)
    )


def is_leader(person: Person, *, at: datetime) -> bool:
    """Whether somebody leads the group: on duty for the leader's role at that moment, or in the leader's post."""
    leading = _leading()
    if person.is_active and person.position is leading.position:
        return True
    return any(found.person_id == person.id for found in on_duty(at=at, role=leading.code))


def group(*, at: datetime) -> list[Person]:
    """Everybody on duty at that moment, each once."""
    return people.distinct(found.person for found in on_duty(at=at))


def changes_at(at: datetime, *, role: DutyRole) -> int:
    """How many rows put somebody there for the role at that moment or took them away, taken back or not.

    It only grows: whoever was told of a gap and finds another number was told of another gap.
    """
    rows = [*db.session.scalars(_meant_for(Shift, at, role)), *db.session.scalars(_meant_for(Override, at, role))]
    leaves = select(func.count()).where(
        Leave.person_id.in_({row.person_id for row in rows}), Leave.starts_at <= at, Leave.ends_at > at
    )
    return len(rows) + (db.session.scalar(leaves) or 0)


def stands_in(shift: Shift, person: Person) -> bool:
    """Whether the person is really on duty during this shift, or during a part of it."""
    present = between(start=shift.starts_at, end=shift.ends_at, role=shift.role.code)
    return any(found.person_id == person.id for found in present)


# --- planning by hand ------------------------------------------------------------------------------------------------


def schedule(
    *,
    role: DutyRole,
    person: Person,
    starts_at: datetime,
    ends_at: datetime,
    remarks: str = "",
    actor: Actor,
    now: datetime,
) -> Shift:
    """Put somebody on duty for a role, and tell them.

    Raises:
        Refusal: the times make no sense or lie in the past, or the person cannot be called or is on leave.
        Conflict: the person stands for the role at that time already.
    """
    require(actor, Permission.SCHEDULE)
    texts.check(remarks, field="remarks", longest=MAX_REMARKS)
    starts_at = _checked_start(starts_at, ends_at, now=now)
    check_free(person, role=role, starts_at=starts_at, ends_at=ends_at)
    with telling(start=starts_at, end=ends_at, role=role.code, now=now):
        shift = _add(role, person, starts_at, ends_at, remarks, actor=actor, now=now)
        records.note_edit(shift, actor=actor, now=now)
    return shift


def change(
    shift: Shift, *, person: Person, starts_at: datetime, ends_at: datetime, remarks: str, actor: Actor, now: datetime
) -> Shift:
    """Change a shift that is not over; everybody whose hours it changes is told. Returns the shift that now stands.

    Hours and person of a shift are final: it is called off, and another takes its place. One that has begun stands up
    to this moment.

    Raises:
        Refusal: as for scheduling. Conflict: the shift is over or was called off.
    """
    require(actor, Permission.SCHEDULE)
    _refuse_if_over(shift, now)
    texts.check(remarks, field="remarks", longest=MAX_REMARKS)
    if (shift.person, shift.starts_at, shift.ends_at) == (person, starts_at, ends_at):
        shift.remarks = remarks
        records.note_edit(shift, actor=actor, now=now)
        db.session.flush()
        return shift
    begins_at = max(starts_at, now) if starts_at == shift.starts_at else starts_at
    begins_at = _checked_start(begins_at, ends_at, now=now)
    start, end = min(shift.starts_at, begins_at), max(shift.ends_at, ends_at)
    with telling(start=start, end=end, role=shift.role.code, now=now), db.session.begin_nested():
        _end(shift, _replaced_by(person, begins_at, ends_at), actor=actor, now=now)
        check_free(person, role=shift.role, starts_at=begins_at, ends_at=ends_at)
        other = _add(shift.role, person, begins_at, ends_at, remarks, actor=actor, now=now)
    _note_difference(shift, other, actor=actor, now=now)
    return other


def call_off(shift: Shift, *, reason: str, actor: Actor, now: datetime) -> None:
    """Take a shift out of the roster; its row stays, with who did it and why. One that has begun ends now.

    Raises:
        Refusal: no reason. Conflict: the shift is over or was called off before.
    """
    require(actor, Permission.SCHEDULE)
    _refuse_if_over(shift, now)
    texts.check_given(reason, N_("Please give a reason."), field="reason", longest=MAX_REMARKS)
    with telling(start=shift.starts_at, end=shift.ends_at, role=shift.role.code, now=now):
        _end(shift, reason.strip(), actor=actor, now=now)


def check_reachable(person: Person, *, field: str = "person") -> None:
    """Refuse somebody whose phone would not ring.

    Raises:
        Refusal: no mobile number, or the account is switched off; beside ``field``.
    """
    if not person.is_active or not person.phone:
        raise Refusal(N_("This person has no mobile number and could not be called."), field=field)


def check_free(
    person: Person, *, role: DutyRole, starts_at: datetime, ends_at: datetime, field: str = "person"
) -> None:
    """Let somebody be put on duty only if they can be called, are there, and do not stand for the role already.

    Two who plan the same role take turns from here on, so that the second one sees what the first one wrote.

    Raises:
        Refusal: no mobile number, or on leave at that time. Conflict: on duty for this role already.
    """
    check_reachable(person, field=field)
    take_turns(role)
    if away(person, start=starts_at, end=ends_at):
        raise Refusal(N_("This person is on leave at that time."), field=field)
    if any(found.person_id == person.id for found in between(start=starts_at, end=ends_at, role=role.code)):
        raise Conflict(N_("This person is on duty for this role at that time already."), field="starts_at")


def available(*, role: DutyRole, start: datetime, end: datetime, leaving_out: Collection[Person] = ()) -> list[Person]:
    """The candidates who could stand for the role all this time: not on leave, not on duty for it already."""
    found = [person for person in candidates(role=role) if person not in leaving_out]
    busy = {each.person_id for each in between(start=start, end=end, role=role.code)}
    gone = {absence.person for absence in _absences({person.id for person in found}, start, end)}
    return [person for person in found if person.id not in busy | gone]


@contextmanager
def telling(*, start: datetime, end: datetime, now: datetime, role: DutyRoleCode | None = None) -> Iterator[None]:
    """Tell everybody whose hours the block changes, between the two moments, what they were and what they are now."""
    start, end = _reach([(start, end), *(found.hours for found in between(start=start, end=end, role=role))])
    before = _hours_of_everybody(start, end, role)
    yield
    db.session.flush()
    after = _hours_of_everybody(start, end, role)
    for who in {**before, **after}:
        shift_notices.tell(*who, before=before.get(who, ()), after=after.get(who, ()), now=now)


def take_turns(role: DutyRole) -> None:
    """Wait until nobody else plans this role, up to the end of the transaction."""
    db.session.execute(select(DutyRole.id).where(DutyRole.id == role.id).with_for_update())


def away(person: Person, *, start: datetime, end: datetime) -> list[Interval]:
    """When the person is on leave, as far as that touches the time from ``start`` up to ``end``."""
    return [(absence.starts_at, absence.ends_at) for absence in _absences({person.id}, start, end)]


# --- the rows behind the answer --------------------------------------------------------------------------------------


def _rows(kind: type[Row], start: datetime, end: datetime, code: DutyRoleCode | None) -> list[Row]:
    """The rows that stand at some moment between the two, in the order in which they were made."""
    statement = (
        select(kind)
        .where(kind.touching(start, end), kind.starts_at >= start - _LOOK_BACK[kind])
        .options(joinedload(kind.person))
        .order_by(kind.id)
    )
    if code is not None:
        statement = statement.where(kind.role_id == select(DutyRole.id).where(DutyRole.code == code).scalar_subquery())
    return list(db.session.scalars(statement))


def _meant_for(kind: type[Row], at: datetime, role: DutyRole) -> Select[Row]:
    """The rows with this moment in their hours, also those that were called off."""
    return select(kind).where(
        kind.role_id == role.id, kind.starts_at <= at, kind.ends_at > at, kind.starts_at >= at - _LOOK_BACK[kind]
    )


def _absences(person_ids: set[int], start: datetime, end: datetime) -> list[Absence]:
    if not person_ids:
        return []
    rows = db.session.scalars(select(Leave).where(Leave.person_id.in_(person_ids), Leave.touching(start, end)))
    return [Absence(row.person_id, *_stands(row)) for row in rows]


def _stands(row: Span) -> Interval:
    return row.starts_at, row.stands_until


def _reach(intervals: Iterable[Interval]) -> Interval:
    starts, ends = zip(*intervals, strict=True)
    return min(starts), max(ends)


def _duty(shift: Shift | None, override: Override | None, starts_at: datetime, ends_at: datetime) -> Duty:
    source = override or shift
    if source is None or source.person is None:
        raise LookupError("somebody is on duty for no reason")
    return Duty(source.role, source.person, starts_at, ends_at, shift, override)


def _leading() -> DutyRole:
    return db.session.scalars(select(DutyRole).where(DutyRole.is_leader).limit(1)).one()


def _checked_start(starts_at: datetime, ends_at: datetime, *, now: datetime) -> datetime:
    if ends_at <= starts_at:
        raise Refusal(N_("The shift must end after it begins."), field="ends_at")
    if ends_at - starts_at > LONGEST_SHIFT:
        raise Refusal(N_("A shift is at most 7 days long."), field="ends_at")
    if ends_at <= now:
        raise Refusal(N_("This shift would be over already."), field="ends_at")
    return roster.begin(starts_at, now=now)


def _add(
    role: DutyRole, person: Person, starts_at: datetime, ends_at: datetime, remarks: str, *, actor: Actor, now: datetime
) -> Shift:
    shift = Shift(
        role=role,
        person=person,
        starts_at=starts_at,
        ends_at=ends_at,
        remarks=remarks,
        created_at=now,
        created_by_id=actor.id,
    )
    db.session.add(shift)
    return shift


def _end(shift: Shift, reason: str, *, actor: Actor, now: datetime) -> None:
    shift.cancelled_at, shift.cancelled_by_id, shift.cancel_reason = now, actor.id, reason
    records.note_edit(shift, actor=actor, now=now)
    db.session.flush()


def _replaced_by(person: Person, starts_at: datetime, ends_at: datetime) -> str:
    """What took a shift's place, in a way that every reader understands."""
    begin, end = (moment.astimezone(COMPANY_ZONE) for moment in (starts_at, ends_at))
    return f"→ {person} {begin:%m-%d %H:%M} – {end:%m-%d %H:%M}"


def _refuse_if_over(shift: Shift, now: datetime) -> None:
    if shift.cancelled_at is not None:
        raise Conflict(N_("This shift was called off."))
    if shift.ends_at <= now:
        raise Conflict(N_("This shift is over and stays as it was."))


def _note_difference(old: Shift, new: Shift, *, actor: Actor, now: datetime) -> None:
    """Write down beside the new shift what it changes about the old one."""
    names = ("person_id", "starts_at", "ends_at", "remarks")
    pairs = {name: (getattr(old, name), getattr(new, name)) for name in names}
    changes = {name: (was, becomes) for name, (was, becomes) in pairs.items() if was != becomes}
    records.note_change(new, records.named(new, changes), actor=actor, now=now)


def _hours_of_everybody(
    start: datetime, end: datetime, code: DutyRoleCode | None
) -> dict[tuple[Person, DutyRoleCode], list[Interval]]:
    """Everybody's hours for each role; what follows without a break is one."""
    hours: dict[tuple[Person, DutyRoleCode], list[Interval]] = defaultdict(list)
    for found in between(start=start, end=end, role=code):
        hours[found.person, found.role.code].append(found.hours)
    return {who: roster.merged(each) for who, each in hours.items()}
