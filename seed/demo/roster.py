"""The demo's roster: round the clock for the last month and the next two weeks (D-03).

Legal is short of people, and the roster shows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from extensions import COMPANY_ZONE
from rules.escalation import DutyRoleCode
from seed.demo.cast import Cast
from services import duty

SHIFT = timedelta(hours=8)
OLD_SHIFT = timedelta(days=7)
"""Until a week ago the group changed once a week."""

BACK = timedelta(days=32)
AHEAD = timedelta(days=14)

ROTATION = {
    DutyRoleCode.CS_SUPERVISOR: ("roster", "chenlu", "fangning"),
    DutyRoleCode.ENGINEERING: ("duty", "suntao", "zhenghai"),
    DutyRoleCode.DESIGN: ("hejing", "xuke"),
    DutyRoleCode.LEGAL: ("gaoyan", "shenyue"),
}
"""Who takes turns; the first of each role is on duty at the moment the demo is loaded."""

GAPS = {DutyRoleCode.LEGAL: (2, 11)}
"""Shifts, counted from the present one, that nobody has taken yet."""


def fill(cast: Cast, *, now: datetime) -> None:
    """Put the group on duty, each shift entered before it began."""
    roles = {role.code: role for role in duty.roles()}
    for starts_at, length, turn in _slots(now):
        for code, group in ROTATION.items():
            if turn in GAPS.get(code, ()):
                continue
            duty.schedule(
                role=roles[code],
                person=cast[group[turn % len(group)]],
                starts_at=starts_at,
                ends_at=starts_at + length,
                actor=cast["roster"],
                now=min(starts_at, now) - timedelta(days=3),
            )


def _slots(now: datetime) -> Iterator[tuple[datetime, timedelta, int]]:
    """Every shift's beginning, length and turn; the shift that covers ``now`` has turn 0."""
    here = now.astimezone(COMPANY_ZONE)
    present = here.replace(hour=here.hour // 8 * 8, minute=0, second=0, microsecond=0)
    change = present - timedelta(days=7)
    old = -(-(change - (now - BACK)) // OLD_SHIFT)
    for back in range(old, 0, -1):
        yield change - back * OLD_SHIFT, OLD_SHIFT, -21 - back
    for turn in range(-21, AHEAD // SHIFT):
        yield present + turn * SHIFT, SHIFT, turn
