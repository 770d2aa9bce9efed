"""Fairness of the roster: how much of the hours, the nights, the weekends and the holidays each person carries (N5).

Pure: intervals of aware UTC moments in, lengths of time out. Days and nights are those of the company's zone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from typing import TypeVar

from holidays import HolidayBase, country_holidays

from rules.roster import Interval, merged
from rules.vocabulary import N_, Term

NIGHT_ENDS = time(6)
NIGHT_BEGINS = time(22)
NOTHING = timedelta(0)

Key = TypeVar("Key")


class DayKind(Term):
    """What a day is to somebody who is on duty on it."""

    WORKDAY = "workday", N_("Working day")
    WEEKEND = "weekend", N_("Weekend")
    HOLIDAY = "holiday", N_("Public holiday")


KindOfDay = Callable[[date], DayKind]


@dataclass(frozen=True)
class Load:
    """What somebody carries: all hours, and how many of them lie at night, on weekends and on public holidays.

    A Saturday night counts as night and as weekend; a public holiday never counts as weekend.
    """

    total: timedelta = NOTHING
    night: timedelta = NOTHING
    weekend: timedelta = NOTHING
    holiday: timedelta = NOTHING

    def __add__(self, other: Load) -> Load:
        return Load(
            self.total + other.total,
            self.night + other.night,
            self.weekend + other.weekend,
            self.holiday + other.holiday,
        )


def load(intervals: Iterable[Interval], *, zone: tzinfo, kind_of_day: KindOfDay) -> Load:
    """What these hours on duty weigh; hours for two roles at once count once."""
    return sum(
        (_of_one_day(piece, day, zone, kind_of_day(day)) for day, piece in _by_day(merged(intervals), zone)), Load()
    )


def loads(duties: Iterable[tuple[Key, datetime, datetime]], *, zone: tzinfo, kind_of_day: KindOfDay) -> dict[Key, Load]:
    """What each person carries, given who is on duty from when to when."""
    hours: dict[Key, list[Interval]] = {}
    for who, starts_at, ends_at in duties:
        hours.setdefault(who, []).append((starts_at, ends_at))
    return {who: load(intervals, zone=zone, kind_of_day=kind_of_day) for who, intervals in hours.items()}


def spread(carried: Mapping[Key, Load]) -> float:
    """How far the one with most hours is from the one with least, as a share of the average; 0 is perfectly fair."""
    totals = [weight.total for weight in carried.values()]
    average = sum(totals, NOTHING) / len(totals) if totals else NOTHING
    return (max(totals) - min(totals)) / average if average else 0.0


def public_kind(day: date) -> DayKind:
    """What a day is by China's public calendar: a weekend that is worked to make up for days off is no weekend.

    A day off that was moved to make a longer break is free like a weekend; only the holiday itself is a holiday.
    """
    name = _calendar().get(day)
    if name is not None:
        return DayKind.WEEKEND if name.startswith(_MOVED) else DayKind.HOLIDAY
    return DayKind.WORKDAY if _calendar().is_working_day(day) else DayKind.WEEKEND


_MOVED = "Day off"


@cache
def _calendar() -> HolidayBase:
    return country_holidays("CN", language="en_US")


def _by_day(intervals: Iterable[Interval], zone: tzinfo) -> Iterator[tuple[date, Interval]]:
    """The intervals cut at the zone's midnights, each piece with its day."""
    for starts_at, ends_at in intervals:
        day = starts_at.astimezone(zone).date()
        at = starts_at
        while at < ends_at:
            next_day = day + timedelta(days=1)
            stop = min(_moment(next_day, time(), zone), ends_at)
            yield day, (at, stop)
            day, at = next_day, stop


def _of_one_day(piece: Interval, day: date, zone: tzinfo, kind: DayKind) -> Load:
    starts_at, ends_at = piece
    length = ends_at - starts_at
    day_begins, day_ends = _moment(day, NIGHT_ENDS, zone), _moment(day, NIGHT_BEGINS, zone)
    by_day = max(min(ends_at, day_ends) - max(starts_at, day_begins), NOTHING)
    return Load(
        total=length,
        night=length - by_day,
        weekend=length if kind is DayKind.WEEKEND else NOTHING,
        holiday=length if kind is DayKind.HOLIDAY else NOTHING,
    )


def _moment(day: date, at: time, zone: tzinfo) -> datetime:
    """A time of a day in UTC, where lengths are true even when the clocks change."""
    return datetime.combine(day, at, zone).astimezone(UTC)
