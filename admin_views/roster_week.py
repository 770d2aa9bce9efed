"""The roster's week as a grid: which box stands in which row and column. Pure: shifts and gaps in, boxes out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from extensions import COMPANY_ZONE
from models import Shift
from rules.escalation import DutyRoleCode
from rules.roster import Interval

DAY = timedelta(days=1)
NIGHT_TAIL = timedelta(hours=12)
"""What runs past midnight, but not past noon, stands on the day it began: a night is one box."""

_NAME = re.compile(r"(20\d\d)-W(\d\d)")


@dataclass(frozen=True)
class Week:
    """A week of company time, Monday to Sunday, by its ISO year and number."""

    year: int
    number: int

    @classmethod
    def read(cls, name: str) -> Week | None:
        """The week that ``2026-W48`` names; None when it names none of this century."""
        match = _NAME.fullmatch(name)
        try:
            week = cls(int(match[1]), int(match[2])) if match else None
            return week if week and week.monday else None
        except ValueError:
            return None

    @classmethod
    def of(cls, moment: datetime) -> Week:
        """The week of a moment, in company time."""
        year, number, _ = moment.astimezone(COMPANY_ZONE).isocalendar()
        return cls(year, number)

    @property
    def monday(self) -> date:
        """Its first day."""
        return date.fromisocalendar(self.year, self.number, 1)

    @property
    def days(self) -> list[datetime]:
        """The seven midnights at which its days begin."""
        return [datetime.combine(self.monday + n * DAY, time(), COMPANY_ZONE) for n in range(7)]

    @property
    def start(self) -> datetime:
        """Monday's midnight."""
        return self.days[0]

    @property
    def end(self) -> datetime:
        """The midnight after Sunday, which is the next week's."""
        return self.start + 7 * DAY

    @property
    def before(self) -> Week:
        """The week before."""
        return Week.of(self.start - DAY)

    @property
    def after(self) -> Week:
        """The week after."""
        return Week.of(self.end)

    def __str__(self) -> str:
        return f"{self.year}-W{self.number:02d}"


@dataclass(frozen=True)
class Box:
    """A shift, or a gap when ``shift`` is None, as far as one day shows it."""

    starts_at: datetime
    ends_at: datetime
    shift: Shift | None = None

    @property
    def hours(self) -> str:
        """Its hours in company time: 08–16, 16–24, 20–08, 08:30–12."""
        return f"{_hour(self.starts_at)}–{_hour(self.ends_at, midnight='24')}"

    @property
    def is_continued(self) -> bool:
        """Whether the shift began on an earlier day."""
        return self.shift is not None and self.shift.starts_at < self.starts_at


Row = list[list[Box]]
"""One role's week: the boxes of each of its seven days."""


def grid(
    week: Week, *, shifts: Iterable[Shift], gaps: Mapping[DutyRoleCode, Iterable[Interval]]
) -> dict[DutyRoleCode, Row]:
    """The boxes of every role, day by day, each day in the order of the clock; rows in the order of ``gaps``."""
    rows: dict[DutyRoleCode, Row] = {code: [[] for _ in range(7)] for code in gaps}
    for shift in shifts:
        for day, box in _boxes(week, shift.starts_at, shift.ends_at, shift):
            rows[shift.role.code][day].append(box)
    for code, free in gaps.items():
        for starts_at, ends_at in free:
            for day, box in _boxes(week, starts_at, ends_at):
                rows[code][day].append(box)
    for row in rows.values():
        for boxes in row:
            boxes.sort(key=lambda box: (box.starts_at, box.ends_at))
    return rows


def _boxes(week: Week, starts_at: datetime, ends_at: datetime, shift: Shift | None = None) -> Iterator[tuple[int, Box]]:
    """Cut a length of time at its midnights, except where that would cut a night in two."""
    at = max(starts_at, week.start)
    while at < min(ends_at, week.end):
        day = (at - week.start) // DAY
        midnight = week.start + (day + 1) * DAY
        is_one_night = ends_at - at <= DAY and ends_at - midnight <= NIGHT_TAIL
        stop = ends_at if is_one_night else midnight
        yield day, Box(at, stop, shift)
        at = stop


def _hour(moment: datetime, *, midnight: str = "00") -> str:
    local = moment.astimezone(COMPANY_ZONE)
    if local.hour == local.minute == 0:
        return midnight
    return f"{local:%H:%M}" if local.minute else f"{local:%H}"
