"""Coverage of the duty roles: how much of the coming time, and what is to be done about the rest (N5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from rules import roster
from rules.escalation import DutyRoleCode
from rules.roster import Interval
from services import duty
from services.duty import Duty

AHEAD = timedelta(days=14)

Intervals = dict[DutyRoleCode, list[Interval]]


@dataclass(frozen=True)
class Hole:
    """Hours of a role that somebody has to look at: nobody stands there, or these two or more people."""

    role: DutyRoleCode
    starts_at: datetime
    ends_at: datetime
    person_ids: tuple[int, ...] = ()

    @property
    def is_gap(self) -> bool:
        """Whether nobody is there."""
        return not self.person_ids


@dataclass(frozen=True)
class Coverage:
    """Who is missing and who is one too many between two moments, for each role in the roster's order."""

    start: datetime
    end: datetime
    gaps: Intervals
    doubles: Intervals
    holes: list[Hole]

    @property
    def covered(self) -> float:
        """The covered share of the time over all roles, in percent."""
        shares = [roster.coverage(free, start=self.start, end=self.end) for free in self.gaps.values()]
        return 100 * sum(shares) / len(shares) if shares else 0.0

    @property
    def gap_count(self) -> int:
        """How many gaps there are."""
        return sum(len(free) for free in self.gaps.values())

    @property
    def double_count(self) -> int:
        """How often two people stand for one role."""
        return sum(len(found) for found in self.doubles.values())


def ahead(*, now: datetime) -> Coverage:
    """The coming fourteen days."""
    return between(start=now, end=now + AHEAD)


def between(*, start: datetime, end: datetime) -> Coverage:
    """The time between the two moments, by the roster."""
    return of(duty.between(start=start, end=end), start=start, end=end)


def of(duties: Iterable[Duty], *, start: datetime, end: datetime) -> Coverage:
    """What these duties cover of the time between the two moments; the holes by their beginning."""
    taken: dict[DutyRoleCode, list[Duty]] = {role.code: [] for role in duty.roles()}
    for each in duties:
        taken[each.role.code].append(each)
    hours = {code: [each.hours for each in found] for code, found in taken.items()}
    gaps = {code: roster.gaps(intervals, start=start, end=end) for code, intervals in hours.items()}
    doubles = {code: roster.doubles(intervals, start=start, end=end) for code, intervals in hours.items()}
    holes = [Hole(code, *interval) for code, free in gaps.items() for interval in free]
    holes += [Hole(code, *twice, _there(taken[code], twice)) for code, found in doubles.items() for twice in found]
    return Coverage(start, end, gaps, doubles, sorted(holes, key=lambda hole: hole.starts_at))


def _there(duties: Iterable[Duty], hours: Interval) -> tuple[int, ...]:
    """Who stands there in these hours, the one who came first on top."""
    found = (each for each in duties if roster.overlap(each.hours, hours))
    return tuple(dict.fromkeys(each.person_id for each in sorted(found, key=lambda each: each.starts_at)))
