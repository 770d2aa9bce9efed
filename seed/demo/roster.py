"""The demo's roster: round the clock for the last five weeks and the next four (D-03).

Until a week ago the group changed once a week; since then every role has a rotation of its own kind. Legal is short of
people: one is away in court for a while, and the roster shows the gap. Somebody stands in for a colleague, one swap
waits for an answer and one for approval.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from extensions import COMPANY_ZONE
from models import Person, Rotation
from rules import rotations as rules
from rules.escalation import DutyRoleCode
from rules.rotations import THREE_SHIFTS, Pattern, RotationKind, Unit
from seed.demo.cast import Cast
from seed.demo.week import Story, Week
from services import duty, leaves, outbox, overrides, rotations, sandbox, swaps
from services.duty import Duty

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
BACK, CHANGED = 35, 7
"""The roster begins five weeks ago and was made anew a week ago."""

MEMBERS = {
    DutyRoleCode.CS_SUPERVISOR: ("roster", "chenlu", "fangning"),
    DutyRoleCode.ENGINEERING: ("duty", "suntao", "zhenghai"),
    DutyRoleCode.DESIGN: ("hejing", "xuke"),
    DutyRoleCode.LEGAL: ("gaoyan", "shenyue"),
}
"""Who takes turns; the first of each role is on duty at the moment the demo is loaded."""

NAMES = {
    DutyRoleCode.CS_SUPERVISOR: "客服主管 · 每日一换",
    DutyRoleCode.ENGINEERING: "工程 · 早中夜三班",
    DutyRoleCode.DESIGN: "设计 · 每周一换",
    DutyRoleCode.LEGAL: "法务 · 十二小时一换",
}


def fill(cast: Cast, *, now: datetime) -> None:
    """Let the duty group take turns the old way; how that changed are ``stories`` of their own."""
    _weekly(cast, now=now - (BACK + 1) * DAY)


def stories(week: Week) -> Iterator[Story]:
    """What became of the roster since, among everything else that happened."""
    yield _goes_on(week)
    yield _changes(week)


def _goes_on(week: Week) -> Story:
    """It is made ahead every day, and all of it anew before the last week."""
    for back in range(CHANGED + 2, -1, -1):
        yield week.before_end(days=back)
        rotations.extend(now=week.now)
        if back == CHANGED + 1:
            for rotation in rotations.active():
                _make_anew(rotation, week.cast, now=week.end)


def _changes(week: Week) -> Story:
    """What was changed in it since yesterday."""
    yield week.before_end(hours=26)
    _go_to_court(week.cast, now=week.now)
    yield week.before_end(hours=20)
    _stand_in(week.cast, now=week.now)
    yield week.before_end(hours=5)
    yield from _swap(week)


def _weekly(cast: Cast, *, now: datetime) -> None:
    """The old way: one after the other, a week each."""
    first_day = _day(now + DAY)
    for code, logins in MEMBERS.items():
        rotations.create(
            role=duty.role(code),
            name=NAMES[code].split(" ")[0],
            pattern=Pattern(RotationKind.WEEKLY, first_day),
            members=[cast[login] for login in logins],
            actor=cast["roster"],
            now=now,
        )
    outbox.dispatch(fleet=sandbox.fleet(lambda: now), clock=lambda: now)


def _make_anew(rotation: Rotation, cast: Cast, *, now: datetime) -> None:
    """The new way, from a week ago on, so that the right one is on duty ``now``."""
    pattern = _pattern(rotation.role.code, _day(now - CHANGED * DAY))
    members = [cast[login] for login in MEMBERS[rotation.role.code]]
    present = next(turn.number for turn in rules.turns(pattern, start=now, end=now + DAY) if turn.starts_at <= now)
    offset = -present % len(members)
    rotations.edit(
        rotation,
        name=NAMES[rotation.role.code],
        pattern=pattern,
        members=members[offset:] + members[:offset],
        actor=cast["roster"],
        now=now - (CHANGED + 1) * DAY,
    )


def _pattern(code: DutyRoleCode, first_day: date) -> Pattern:
    daily = Pattern(RotationKind.DAILY, first_day, time(8))
    return {
        DutyRoleCode.CS_SUPERVISOR: daily,
        DutyRoleCode.ENGINEERING: replace(daily, kind=RotationKind.SHIFT, slots=THREE_SHIFTS),
        DutyRoleCode.DESIGN: replace(daily, kind=RotationKind.WEEKLY),
        DutyRoleCode.LEGAL: replace(daily, kind=RotationKind.CUSTOM, every=12, unit=Unit.HOURS),
    }[code]


def _go_to_court(cast: Cast, *, now: datetime) -> None:
    """Two days ahead, and nobody to take the hours."""
    lawyer = cast["gaoyan"]
    starts_at = datetime.combine(_day(now) + 3 * DAY, time(8), COMPANY_ZONE)
    leaves.record(
        lawyer, starts_at=starts_at, ends_at=starts_at + 36 * HOUR, reason="去外地开庭", actor=lawyer, now=now
    )


def _stand_in(cast: Cast, *, now: datetime) -> None:
    ahead = _coming(cast["suntao"], DutyRoleCode.ENGINEERING, after=now + 40 * HOUR)
    overrides.replace(
        role=ahead.role,
        person=ahead.person,
        substitute=_somebody_for(ahead, cast["zhenghai"]),
        starts_at=ahead.starts_at,
        ends_at=ahead.ends_at,
        reason="总部培训，郑海代一班",
        actor=cast["roster"],
        now=now,
    )


def _swap(week: Week) -> Story:
    """One that waits for approval, one that waits for the answer of whoever logs in as ``duty``."""
    cast = week.cast
    evening = _coming(cast["chenlu"], DutyRoleCode.CS_SUPERVISOR, after=week.now + 50 * HOUR)
    accepted = swaps.request(evening, to=cast["fangning"], reason="女儿家长会", actor=evening.person, now=week.now)
    yield HOUR
    swaps.accept(accepted, actor=cast["fangning"], now=week.now)
    yield HOUR
    later = _coming(cast["zhenghai"], DutyRoleCode.ENGINEERING, after=week.now + 98 * HOUR)
    swaps.request(later, to=cast["duty"], reason="回老家接父母", actor=later.person, now=week.now)


def _coming(person: Person, code: DutyRoleCode, *, after: datetime) -> Duty:
    """The person's first hours for the role that begin after the moment and were not changed yet."""
    ahead = duty.between(start=after, end=after + 14 * DAY, role=code)
    return next(
        found for found in ahead if found.person is person and found.starts_at > after and found.override is None
    )


def _somebody_for(ahead: Duty, *preferred: Person) -> Person:
    free = duty.available(role=ahead.role, start=ahead.starts_at, end=ahead.ends_at, leaving_out=[ahead.person])
    return next(person for person in (*preferred, *free) if person in free)


def _day(moment: datetime) -> date:
    return moment.astimezone(COMPANY_ZONE).date()
