"""What the calendar shows at once: a week or a month of company time, by the name it has in the address."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property

from extensions import COMPANY_ZONE

DAY = timedelta(days=1)

_WEEK = re.compile(r"(20\d\d)-W(\d\d)")
_MONTH = re.compile(r"(20\d\d)-(\d\d)")


def midnight(day: date) -> datetime:
    """The moment at which a day begins."""
    return datetime.combine(day, time(), COMPANY_ZONE)


@dataclass(frozen=True)
class Week:
    """A week of company time, Monday to Sunday, by its ISO year and number."""

    year: int
    number: int

    @classmethod
    def read(cls, name: str) -> Week | None:
        """The week that ``2026-W48`` names; None when it names none of this century."""
        match = _WEEK.fullmatch(name)
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

    @cached_property
    def days(self) -> list[datetime]:
        """The seven midnights at which its days begin."""
        return [midnight(self.monday + n * DAY) for n in range(7)]

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
class Month:
    """A month of company time."""

    year: int
    number: int

    @classmethod
    def read(cls, name: str) -> Month | None:
        """The month that ``2026-11`` names; None when it names none of this century."""
        match = _MONTH.fullmatch(name)
        return cls(int(match[1]), int(match[2])) if match and 1 <= int(match[2]) <= 12 else None

    @classmethod
    def of(cls, moment: datetime) -> Month:
        """The month of a moment, in company time."""
        local = moment.astimezone(COMPANY_ZONE)
        return cls(local.year, local.month)

    @cached_property
    def days(self) -> list[datetime]:
        """The midnights at which its days begin."""
        first = date(self.year, self.number, 1)
        days = [first + n * DAY for n in range(31)]
        return [midnight(day) for day in days if day.month == self.number]

    @property
    def weeks(self) -> list[list[datetime | None]]:
        """Its days as a wall calendar shows them, Monday to Sunday; None outside the month."""
        cells: list[datetime | None] = [None] * self.start.weekday() + [*self.days]
        cells += [None] * (-len(cells) % 7)
        return [cells[n : n + 7] for n in range(0, len(cells), 7)]

    @property
    def start(self) -> datetime:
        """The first midnight."""
        return self.days[0]

    @property
    def end(self) -> datetime:
        """The midnight after its last day, which is the next month's."""
        return self.days[-1] + DAY

    @property
    def before(self) -> Month:
        """The month before."""
        return Month.of(self.start - DAY)

    @property
    def after(self) -> Month:
        """The month after."""
        return Month.of(self.end)

    def __str__(self) -> str:
        return f"{self.year}-{self.number:02d}"


Span = Week | Month
