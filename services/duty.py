"""The duty roster: who is on duty, who leads, who is next, and the reminders before a shift (D-03)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import joinedload

from extensions import COMPANY_ZONE, db
from models import DutyRole, Person, Shift
from rules import roster, texts
from rules.escalation import DutyRoleCode
from rules.permissions import Permission
from rules.refusals import Conflict, Refusal
from rules.roster import Interval
from rules.settings import SettingKey
from rules.vocabulary import N_, NotificationKind, Role
from services import notifications, people, records, settings
from services.actors import Actor, require

LONGEST_SHIFT = timedelta(days=7)
MAX_REMARKS = 200


def roles() -> list[DutyRole]:
    """The roles of the duty group, in the order of the roster."""
    return list(db.session.scalars(select(DutyRole).order_by(DutyRole.sort_order, DutyRole.id)))


def role(code: DutyRoleCode) -> DutyRole:
    """The role with this code; reference data, always there."""
    return db.session.scalars(select(DutyRole).where(DutyRole.code == code)).one()


def on_duty(*, at: datetime, role: DutyRoleCode | None = None) -> list[Shift]:
    """The shifts that cover the moment ``at``, of one role or of all, the one that began first on top."""
    statement = _valid_shifts().where(Shift.starts_at <= at, Shift.ends_at > at, _not_long_over(at))
    if role is not None:
        statement = statement.where(DutyRole.code == role)
    return list(db.session.scalars(statement.order_by(DutyRole.sort_order, Shift.starts_at, Shift.id)))


def next_shift(*, role: DutyRoleCode, after: datetime) -> Shift | None:
    """The next shift of the role that begins after the moment."""
    statement = _valid_shifts().where(DutyRole.code == role, Shift.starts_at > after)
    return db.session.scalars(statement.order_by(Shift.starts_at, Shift.id).limit(1)).first()


def between(*, start: datetime, end: datetime) -> list[Shift]:
    """Every valid shift that touches the time from ``start`` up to ``end``."""
    statement = _valid_shifts().where(Shift.starts_at < end, Shift.ends_at > start, _not_long_over(start))
    return list(db.session.scalars(statement.order_by(DutyRole.sort_order, Shift.starts_at, Shift.id)))


def of_person(person: Person, *, after: datetime, limit: int) -> list[Shift]:
    """The person's own shifts that are not over at the moment ``after``, the next one on top."""
    statement = _valid_shifts().where(Shift.person_id == person.id, Shift.ends_at > after)
    return list(db.session.scalars(statement.order_by(Shift.starts_at, Shift.id).limit(limit)))


def candidates(*, role: DutyRole | None = None) -> list[Person]:
    """Everybody who can be on duty: their phone rings and they may acknowledge; the role's own post on top."""
    reachable = [person for person in people.who_may(Permission.ACKNOWLEDGE) if person.phone]
    return sorted(reachable, key=lambda person: role is None or person.position is not role.position)


def gaps(*, start: datetime, end: datetime) -> dict[DutyRoleCode, list[Interval]]:
    """For each role of the group, when nobody stands for it between the two moments (N5)."""
    taken: dict[DutyRoleCode, list[Interval]] = {role.code: [] for role in roles()}
    for shift in between(start=start, end=end):
        taken[shift.role.code].append((shift.starts_at, shift.ends_at))
    return {code: roster.gaps(intervals, start=start, end=end) for code, intervals in taken.items()}


def leaders(*, at: datetime) -> list[Person]:
    """Who leads the group at that moment: on duty for the leader's role, else in its post, else who manages duty.

    The last resort are the administrators, so that there is always somebody to tell.
    """
    leading = db.session.scalars(select(DutyRole).where(DutyRole.is_leader).limit(1)).one()
    on_shift = _distinct([shift.person for shift in on_duty(at=at, role=leading.code)])
    return (
        on_shift
        or people.with_position(leading.position)
        or people.with_role(Role.DUTY_MANAGER)
        or people.with_role(Role.ADMINISTRATOR)
    )


def group(*, at: datetime) -> list[Person]:
    """Everybody on duty at that moment, each once."""
    return _distinct([shift.person for shift in on_duty(at=at)])


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
    """Put somebody on duty for a role.

    Raises:
        Refusal: the times make no sense or lie in the past, or the person cannot be called.
        Conflict: the person stands for the role at that time already.
    """
    require(actor, Permission.SCHEDULE)
    texts.check(remarks, field="remarks", longest=MAX_REMARKS)
    _check(None, role=role, person=person, starts_at=starts_at, ends_at=ends_at, now=now)
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
    records.note_edit(shift, actor=actor, now=now)
    db.session.flush()
    return shift


def change(
    shift: Shift, *, person: Person, starts_at: datetime, ends_at: datetime, remarks: str, actor: Actor, now: datetime
) -> None:
    """Change a shift that is not over; everybody whose hours it changes is told.

    Raises:
        Refusal: as for scheduling. Conflict: the shift is over or was called off.
    """
    require(actor, Permission.SCHEDULE)
    _refuse_if_over(shift, now)
    texts.check(remarks, field="remarks", longest=MAX_REMARKS)
    _check(shift, role=shift.role, person=person, starts_at=starts_at, ends_at=ends_at, now=now)
    affected = _distinct([shift.person, person])
    has_moved = (shift.person, shift.starts_at, shift.ends_at) != (person, starts_at, ends_at)
    shift.person, shift.starts_at, shift.ends_at, shift.remarks = person, starts_at, ends_at, remarks
    records.note_edit(shift, actor=actor, now=now)
    db.session.flush()
    if has_moved:
        _tell_of_change(shift, affected, now=now)


def call_off(shift: Shift, *, reason: str, actor: Actor, now: datetime) -> None:
    """Take a shift out of the roster; its row stays, with who did it and why.

    Raises:
        Refusal: no reason. Conflict: the shift is over or was called off before.
    """
    require(actor, Permission.SCHEDULE)
    _refuse_if_over(shift, now)
    texts.check_given(reason, N_("Please give a reason."), field="reason", longest=MAX_REMARKS)
    shift.cancelled_at, shift.cancelled_by_id, shift.cancel_reason = now, actor.id, reason.strip()
    records.note_edit(shift, actor=actor, now=now)
    db.session.flush()
    _tell_of_change(shift, [shift.person], now=now, is_called_off=True)


def remind(*, now: datetime) -> int:
    """Queue the reminder for every shift that begins soon, once per person and beginning; returns how many."""
    until = now + settings.minutes(SettingKey.SHIFT_REMINDER_MINUTES)
    soon = _valid_shifts().where(Shift.starts_at > now, Shift.starts_at <= until)
    queued = [
        notifications.queue(
            kind=NotificationKind.SHIFT_REMINDER,
            person=shift.person,
            dedup_key=f"shift:{shift.id}:remind:{shift.person_id}:{int(shift.starts_at.timestamp())}",
            shift=shift,
            now=now,
            role=_ROLE_WORDS[shift.role.code],
            start=f"{shift.starts_at.astimezone(COMPANY_ZONE):%m月%d日%H:%M}",
        )
        for shift in db.session.scalars(soon.order_by(Shift.starts_at, Shift.id))
    ]
    return sum(notification is not None for notification in queued)


_ROLE_WORDS = {
    DutyRoleCode.CS_SUPERVISOR: "客服主管",
    DutyRoleCode.ENGINEERING: "工程",
    DutyRoleCode.DESIGN: "设计",
    DutyRoleCode.LEGAL: "法务",
}


def role_word(code: DutyRoleCode) -> str:
    """The role as an SMS says it."""
    return _ROLE_WORDS[code]


def _not_long_over(at: datetime) -> ColumnElement[bool]:
    """No shift is longer than ``LONGEST_SHIFT``; this keeps years of past shifts out of every look at the roster."""
    return Shift.starts_at >= at - LONGEST_SHIFT


def _valid_shifts() -> Select[Shift]:
    return (
        select(Shift)
        .join(Shift.role)
        .join(Shift.person)
        .where(Shift.cancelled_at.is_(None), Person.is_active)
        .options(joinedload(Shift.person))
    )


def _check(
    shift: Shift | None, *, role: DutyRole, person: Person, starts_at: datetime, ends_at: datetime, now: datetime
) -> None:
    if ends_at <= starts_at:
        raise Refusal(N_("The shift must end after it begins."), field="ends_at")
    if ends_at - starts_at > LONGEST_SHIFT:
        raise Refusal(N_("A shift is at most 7 days long."), field="ends_at")
    if ends_at <= now:
        raise Refusal(N_("This shift would be over already."), field="ends_at")
    if not person.is_active or not person.phone:
        raise Refusal(N_("This person has no mobile number and could not be called."), field="person")
    # Two who plan the same role take turns, so that the second one sees what the first one wrote.
    db.session.execute(select(DutyRole.id).where(DutyRole.id == role.id).with_for_update())
    clash = select(Shift.id).where(
        Shift.role_id == role.id,
        Shift.person_id == person.id,
        Shift.cancelled_at.is_(None),
        Shift.starts_at < ends_at,
        Shift.ends_at > starts_at,
    )
    if shift is not None:
        clash = clash.where(Shift.id != shift.id)
    if db.session.scalar(clash.limit(1)) is not None:
        raise Conflict(N_("This person is on duty for this role at that time already."), field="starts_at")


def _refuse_if_over(shift: Shift, now: datetime) -> None:
    if shift.cancelled_at is not None:
        raise Conflict(N_("This shift was called off."))
    if shift.ends_at <= now:
        raise Conflict(N_("This shift is over and stays as it was."))


def _tell_of_change(shift: Shift, affected: list[Person], *, now: datetime, is_called_off: bool = False) -> None:
    """Tell everybody concerned; the message to a person who lost the shift is not tied to it, or it would be void."""
    for person in affected:
        notifications.queue(
            kind=NotificationKind.SHIFT_CHANGED,
            person=person,
            dedup_key=f"shift:{shift.id}:v{shift.version}:{person.id}",
            shift=None if is_called_off or person is not shift.person else shift,
            now=now,
            role=_ROLE_WORDS[shift.role.code],
        )


def _distinct(group: list[Person]) -> list[Person]:
    return list({person.id: person for person in group}.values())
