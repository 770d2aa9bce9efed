"""What the calendar shows at once: a week or a month of company time, by the name it has in the address."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Self

from extensions import COMPANY_ZONE

DAY = timedelta(days=1)

_WEEK = re.compile(r"(20\d\d)-W(\d\d)")
_MONTH = re.compile(r"(20\d\d)-(\d\d)")


def midnight(day: date) -> datetime:
    """The moment at which a day begins."""
    return datetime.combine(day, time(), COMPANY_ZONE)


@dataclass(frozen=True)
class Span(ABC):
    """Whole days that follow each other: a week or a month of a year, by its number."""

    year: int
    number: int

    @classmethod
    @abstractmethod
    def of(cls, moment: datetime) -> Self:
        """The one that a moment falls into, in company time."""

    @property
    @abstractmethod
    def days(self) -> list[datetime]:
        """The midnights at which its days begin."""

    @property
    def start(self) -> datetime:
        """The first midnight."""
        return self.days[0]

    @property
    def end(self) -> datetime:
        """The midnight after its last day, at which the next one begins."""
        return self.days[-1] + DAY

    @property
    def before(self) -> Self:
        """The one before."""
        return self.of(self.start - DAY)

    @property
    def after(self) -> Self:
        """The one after."""
        return self.of(self.end)


class Week(Span):
    """A week of company time, Monday to Sunday, by its ISO year and number."""

    @classmethod
    def read(cls, name: str) -> Self | None:
        """The week that ``2026-W48`` names; None when it names none of this century."""
        match = _WEEK.fullmatch(name)
        try:
            week = cls(int(match[1]), int(match[2])) if match else None
            return week if week and week.monday else None
        except ValueError:
            return None

    @classmethod
    def of(cls, moment: datetime) -> Self:
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

    def __str__(self) -> str:
        return f"{self.year}-W{self.number:02d}"


class Month(Span):
    """A month of company time."""

    @classmethod
    def read(cls, name: str) -> Self | None:
        """The month that ``2026-11`` names; None when it names none of this century."""
        match = _MONTH.fullmatch(name)
        return cls(int(match[1]), int(match[2])) if match and 1 <= int(match[2]) <= 12 else None

    @classmethod
    def of(cls, moment: datetime) -> Self:
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

    def __str__(self) -> str:
        return f"{self.year}-{self.number:02d}"
