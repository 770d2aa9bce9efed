"""Who carries how much of the roster."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.fairness import DayKind, Load, load, loads, public_kind, spread

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
NATIONAL_DAY = date(2026, 10, 1)


def kind_of_day(day: date) -> DayKind:
    """Saturdays and Sundays are free; the first of October is a holiday."""
    if day == NATIONAL_DAY:
        return DayKind.HOLIDAY
    return DayKind.WEEKEND if day.weekday() >= 5 else DayKind.WORKDAY


def weighed(start: datetime, hours: float, zone: ZoneInfo = SHANGHAI) -> tuple[float, float, float, float]:
    """Hours, night, weekend and holiday hours of one stretch that begins at a local time."""
    begins = start.replace(tzinfo=zone).astimezone(UTC)
    carried = load([(begins, begins + hours * HOUR)], zone=zone, kind_of_day=kind_of_day)
    return carried.total / HOUR, carried.night / HOUR, carried.weekend / HOUR, carried.holiday / HOUR


@pytest.mark.parametrize(
    ("start", "hours", "expected"),
    [
        pytest.param(datetime(2026, 11, 23, 8), 8, (8, 0, 0, 0), id="a day shift on a Monday"),
        pytest.param(datetime(2026, 11, 23, 16), 8, (8, 2, 0, 0), id="the late shift has two hours of night"),
        pytest.param(datetime(2026, 11, 23, 0), 8, (8, 6, 0, 0), id="the night shift has six"),
        pytest.param(datetime(2026, 11, 23, 22), 8, (8, 8, 0, 0), id="22 to 6 is all night"),
        pytest.param(datetime(2026, 11, 23, 6), 16, (16, 0, 0, 0), id="6 to 22 is no night"),
        pytest.param(datetime(2026, 11, 27, 20), 12, (12, 8, 8, 0), id="a Friday's night is a weekend after midnight"),
        pytest.param(datetime(2026, 11, 28, 0), 48, (48, 16, 48, 0), id="a whole weekend"),
        pytest.param(datetime(2026, 9, 30, 20), 12, (12, 8, 0, 8), id="into a holiday"),
        pytest.param(datetime(2026, 11, 23, 8), 168, (168, 56, 48, 0), id="a week"),
    ],
)
def test_hours_are_weighed(start: datetime, hours: float, expected: tuple[float, ...]) -> None:
    assert weighed(start, hours) == expected


@pytest.mark.parametrize(
    ("day", "night_hours"),
    [
        pytest.param(datetime(2026, 3, 29), 7, id="the night that loses an hour"),
        pytest.param(datetime(2026, 10, 25), 9, id="the night that gains one"),
    ],
)
def test_where_the_clocks_change_a_night_is_as_long_as_it_is(day: datetime, night_hours: float) -> None:
    begins = (day - timedelta(days=1)).replace(hour=22, tzinfo=BERLIN).astimezone(UTC)
    ends = day.replace(hour=6, tzinfo=BERLIN).astimezone(UTC)
    assert load([(begins, ends)], zone=BERLIN, kind_of_day=kind_of_day).night == night_hours * HOUR


def test_two_roles_at_once_are_one_stretch_of_time() -> None:
    begins = datetime(2026, 11, 23, tzinfo=UTC)
    duties = [("lin", begins, begins + 8 * HOUR), ("lin", begins + 4 * HOUR, begins + 10 * HOUR)]
    assert loads(duties, zone=SHANGHAI, kind_of_day=kind_of_day)["lin"].total == 10 * HOUR


def test_each_person_carries_their_own() -> None:
    begins = datetime(2026, 11, 23, tzinfo=UTC)
    duties = [("lin", begins, begins + 8 * HOUR), ("chen", begins + 8 * HOUR, begins + 12 * HOUR)]
    carried = loads(duties, zone=SHANGHAI, kind_of_day=kind_of_day)
    assert {who: weight.total / HOUR for who, weight in carried.items()} == {"lin": 8, "chen": 4}


@pytest.mark.parametrize(
    ("hours", "expected"),
    [((), 0), ((0, 0), 0), ((8,), 0), ((8, 8, 8), 0), ((6, 10), 0.5), ((0, 16), 2)],
)
def test_the_spread_is_measured_against_the_average(hours: tuple[float, ...], expected: float) -> None:
    assert spread({place: Load(total=length * HOUR) for place, length in enumerate(hours)}) == expected


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        pytest.param(date(2026, 11, 23), DayKind.WORKDAY, id="a Monday"),
        pytest.param(date(2026, 11, 28), DayKind.WEEKEND, id="a Saturday"),
        pytest.param(date(2026, 10, 1), DayKind.HOLIDAY, id="National Day"),
        pytest.param(date(2026, 10, 3), DayKind.HOLIDAY, id="a Saturday that is a public holiday"),
        pytest.param(date(2026, 10, 10), DayKind.WORKDAY, id="a Saturday to make up for days off"),
        pytest.param(date(2026, 9, 20), DayKind.WORKDAY, id="a Sunday to make up for days off"),
        pytest.param(date(2026, 10, 7), DayKind.WEEKEND, id="a Wednesday off for which a Saturday is worked"),
        pytest.param(date(2026, 2, 17), DayKind.HOLIDAY, id="Spring Festival"),
    ],
)
def test_what_a_day_is(day: date, kind: DayKind) -> None:
    assert public_kind(day) is kind


minutes = st.integers(0, 60 * 24 * 20)


@given(st.lists(st.tuples(minutes, st.integers(1, 60 * 30)), max_size=4), st.sampled_from([SHANGHAI, BERLIN]))
def test_it_equals_a_count_minute_by_minute(stretches: list[tuple[int, int]], zone: ZoneInfo) -> None:
    first = datetime(2026, 10, 12, tzinfo=UTC)  # The clocks of Berlin change within these weeks.
    covered = {minute for begin, length in stretches for minute in range(begin, begin + length)}
    counted = Load()
    for minute in covered:
        local = (first + minute * MINUTE).astimezone(zone)
        is_night = local.hour >= 22 or local.hour < 6
        kind = kind_of_day(local.date())
        counted += Load(
            total=MINUTE,
            night=MINUTE * is_night,
            weekend=MINUTE * (kind is DayKind.WEEKEND),
            holiday=MINUTE * (kind is DayKind.HOLIDAY),
        )
    intervals = [(first + begin * MINUTE, first + (begin + length) * MINUTE) for begin, length in stretches]
    assert load(intervals, zone=zone, kind_of_day=kind_of_day) == counted
