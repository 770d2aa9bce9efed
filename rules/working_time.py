"""Working time: which hours count for a clock that runs in working hours (SL3).

A week of intervals, lunch breaks between them; public holidays rest and their make-up days (调休) work, as the State
Council announces them and the ``holidays`` library keeps them; special days of the desk's own table win over both.
Pure functions over aware moments; days and hours are those of the zone they are given.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

from holidays import country_holidays

from rules import documents
from rules.refusals import Refusal
from rules.vocabulary import N_, Term

MOST_INTERVALS = 20
DAY_MINUTES = 24 * 60
FARTHEST = timedelta(days=3 * 366)
"""How far ahead working time is looked for; a calendar without any gives up there instead of never."""


class Day(Term):
    """A day of the working week; a make-up day has hours of its own, whatever weekday it falls on."""

    MONDAY = "mon", N_("Monday")
    TUESDAY = "tue", N_("Tuesday")
    WEDNESDAY = "wed", N_("Wednesday")
    THURSDAY = "thu", N_("Thursday")
    FRIDAY = "fri", N_("Friday")
    SATURDAY = "sat", N_("Saturday")
    SUNDAY = "sun", N_("Sunday")
    MAKE_UP = "make_up", N_("Make-up day")


WEEK: Final = (
    Day.MONDAY,
    Day.TUESDAY,
    Day.WEDNESDAY,
    Day.THURSDAY,
    Day.FRIDAY,
    Day.SATURDAY,
    Day.SUNDAY,
)
WEEKEND: Final = (Day.SATURDAY, Day.SUNDAY)


@dataclass(frozen=True)
class Hours:
    """An interval of the day in minutes since midnight, the end excluded; on which days it is worked."""

    days: tuple[Day, ...]
    begins: int
    ends: int


@dataclass(frozen=True)
class WorkingTime:
    """The company's week, and whether it keeps the public holidays."""

    hours: tuple[Hours, ...]
    keeps_holidays: bool = True

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> WorkingTime:
        """Read a policy's document.

        Raises:
            Refusal: an interval ends before it begins or overlaps another, or a week has no working time.
        """
        rows = documents.rows(document, "hours", most=MOST_INTERVALS)
        hours = tuple(_hours(row, f"hours-{place}") for place, row in enumerate(rows))
        for day in Day:
            _refuse_overlap(hours, day)
        if not any(day in interval.days for interval in hours for day in WEEK):
            raise Refusal(N_("A week needs working time, or no clock would ever run out."), field="hours")
        if not any(Day.MAKE_UP in interval.days for interval in hours):
            raise Refusal(N_("Make-up days need working time too."), field="hours")
        return cls(hours, bool(document.get("keeps_holidays", True)))

    def of(self, day: Day) -> tuple[tuple[int, int], ...]:
        """The intervals of one kind of day, in order, in minutes since midnight."""
        return tuple(sorted((each.begins, each.ends) for each in self.hours if day in each.days))

    @property
    def day_length(self) -> timedelta:
        """What "a working day" is worth: the longest day of the week."""
        return timedelta(minutes=max(sum(end - begin for begin, end in self.of(day)) for day in WEEK))


def _hours(row: Mapping[str, Any], at: str) -> Hours:
    begins = minutes_of(row.get("begins"), field=f"{at}-begins")
    ends = minutes_of(row.get("ends"), field=f"{at}-ends")
    if ends <= begins:
        raise Refusal(N_("The working time must end after it begins."), field=f"{at}-ends")
    days = documents.words(Day, row.get("days", []), field=f"{at}-days")
    if not days:
        raise Refusal(N_("Please choose at least one day."), field=f"{at}-days")
    return Hours(days, begins, ends)


def _refuse_overlap(hours: tuple[Hours, ...], day: Day) -> None:
    of_day = sorted((each.begins, each.ends, place) for place, each in enumerate(hours) if day in each.days)
    for (_, ends, _), (begins, _, place) in itertools.pairwise(of_day):
        if begins < ends:
            raise Refusal(N_("This overlaps another interval of %(day)s."), field=f"hours-{place}-begins", day=day)


def minutes_of(text: Any, *, field: str) -> int:
    """Minutes since midnight of ``"09:30"``; ``"24:00"`` is the end of the day.

    Raises:
        Refusal: it is no time of day.
    """
    try:
        hour, minute = (int(part) for part in str(text).split(":"))
    except ValueError:
        raise Refusal(N_("This is no time of day; it looks like 09:30."), field=field) from None
    total = hour * 60 + minute
    if not (hour >= 0 and 0 <= minute < 60 and total <= DAY_MINUTES):
        raise Refusal(N_("This is no time of day; it looks like 09:30."), field=field)
    return total


class Calendar(Protocol):
    """Which time counts."""

    def after(self, start: datetime, length: timedelta) -> datetime:
        """The first moment by which so much time has counted since ``start``."""
        ...

    def counted(self, start: datetime, end: datetime) -> timedelta:
        """How much of the time between the two moments counts."""
        ...


class RoundTheClock:
    """Every minute counts, 24 × 7."""

    def after(self, start: datetime, length: timedelta) -> datetime:
        """So much later."""
        return start + length

    def counted(self, start: datetime, end: datetime) -> timedelta:
        """All of it."""
        return max(end - start, timedelta(0))


ROUND_THE_CLOCK: Final = RoundTheClock()


@dataclass(frozen=True)
class WorkingCalendar:
    """Working time on real days: the week, the public calendar, and the desk's special days (True: worked)."""

    week: WorkingTime
    zone: ZoneInfo
    special: Mapping[date, bool] = field(default_factory=dict)

    def after(self, start: datetime, length: timedelta) -> datetime:
        """The first moment by which so much working time has passed since ``start``."""
        if length <= timedelta(0):
            return start
        for begins, ends in self._stretches(start, start + FARTHEST):
            if length <= ends - begins:
                return begins + length
            length -= ends - begins
        return start + FARTHEST

    def counted(self, start: datetime, end: datetime) -> timedelta:
        """The working time between the two moments."""
        return sum((ends - begins for begins, ends in self._stretches(start, end)), timedelta(0))

    def open_from(self, moment: datetime) -> datetime:
        """The moment itself when it is working time, else when work begins next."""
        return next((begins for begins, _ in self._stretches(moment, moment + FARTHEST)), moment)

    def kind_of(self, day: date) -> Day | None:
        """Which hours a day has; None when nobody works: special days first, then the public calendar."""
        is_worked = self.special.get(day)
        weekday = WEEK[day.weekday()]
        if is_worked is None and self.week.keeps_holidays:
            is_worked = public_days(day.year).get(day)
        if is_worked is None:
            return weekday
        if not is_worked:
            return None
        return Day.MAKE_UP if weekday in WEEKEND or not self.week.of(weekday) else weekday

    def _stretches(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The working time between the two moments, stretch by stretch, in UTC."""
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        day = start.astimezone(self.zone).date()
        last = end.astimezone(self.zone).date()
        while day <= last:
            kind = self.kind_of(day)
            for first, past in self.week.of(kind) if kind else ():
                begins, ends = max(start, self._moment(day, first)), min(end, self._moment(day, past))
                if begins < ends:
                    yield begins, ends
            day += timedelta(days=1)

    def _moment(self, day: date, minutes: int) -> datetime:
        if minutes == DAY_MINUTES:
            day, minutes = day + timedelta(days=1), 0
        return datetime.combine(day, time(*divmod(minutes, 60)), self.zone).astimezone(UTC)


@functools.cache
def public_days(year: int) -> Mapping[date, bool]:
    """The days of a year on which China works (True) or rests otherwise than its weekday says.

    The years beside it are asked too: what is announced for one may move days of the other.
    """
    known = country_holidays("CN", years=(year - 1, year, year + 1), expand=False)
    resting = {day: False for day in known if day.year == year}
    return resting | {day: True for day in known.weekend_workdays if day.year == year}


def is_announced(year: int) -> bool:
    """Whether the library knows the year's make-up days; before that only the statutory holidays are known."""
    return any(public_days(year).values())


DEFAULT_DOCUMENT: dict[str, Any] = {
    "hours": [
        {"days": ["mon", "tue", "wed", "thu", "fri", "make_up"], "begins": "09:00", "ends": "12:00"},
        {"days": ["mon", "tue", "wed", "thu", "fri", "make_up"], "begins": "13:30", "ends": "18:00"},
    ],
    "keeps_holidays": True,
}
"""Five days of seven and a half hours with a lunch break, public holidays kept."""
