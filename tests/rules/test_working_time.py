"""Working time: counted by the minute, it is what the calendar on the wall says."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.refusals import Refusal
from rules.working_time import (
    DEFAULT_DOCUMENT,
    ROUND_THE_CLOCK,
    WEEK,
    Day,
    WorkingCalendar,
    WorkingTime,
    is_announced,
    public_days,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
MINUTE = timedelta(minutes=1)
USUAL = WorkingTime.from_document(DEFAULT_DOCUMENT)


def local(text: str) -> datetime:
    """A moment in company time: ``local("2026-09-18 17:00")``."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def calendar(special: dict[date, bool] | None = None, week: WorkingTime = USUAL) -> WorkingCalendar:
    return WorkingCalendar(week, SHANGHAI, special or {})


def hours(*rows: tuple[str, str, list[str]], **more: Any) -> dict[str, Any]:
    return {"hours": [{"begins": begins, "ends": ends, "days": days} for begins, ends, days in rows], **more}


# --- the oracle -----------------------------------------------------------------------------------------------------


def is_worked(moment: datetime, week: WorkingTime, special: dict[date, bool]) -> bool:
    """Whether the minute that begins here is worked, asked as a person would ask the calendar on the wall."""
    at = moment.astimezone(SHANGHAI)
    day = at.date()
    rests_or_works = special.get(day, public_days(day.year).get(day) if week.keeps_holidays else None)
    kind: Day | None = WEEK[day.weekday()]
    if rests_or_works is False:
        kind = None
    elif rests_or_works is True and (day.weekday() >= 5 or not week.of(WEEK[day.weekday()])):
        kind = Day.MAKE_UP
    minute = at.hour * 60 + at.minute
    return kind is not None and any(begins <= minute < ends for begins, ends in week.of(kind))


def after_by_the_minute(start: datetime, length: timedelta, week: WorkingTime, special: dict[date, bool]) -> datetime:
    moment = start
    while length > timedelta(0):
        length -= MINUTE if is_worked(moment, week, special) else timedelta(0)
        moment += MINUTE
    return moment


def counted_by_the_minute(start: datetime, end: datetime, week: WorkingTime, special: dict[date, bool]) -> timedelta:
    total, moment = timedelta(0), start
    while moment < end:
        total += MINUTE if is_worked(moment, week, special) else timedelta(0)
        moment += MINUTE
    return total


# Times around everything that is odd: year ends, a leap day, Spring Festival with its make-up Sundays, National Day.
ODD_DAYS = [date(2025, 12, 30), date(2026, 2, 10), date(2026, 9, 18), date(2026, 9, 29), date(2027, 2, 3)]
ODD_DAYS += [date(2028, 2, 27), date(2024, 2, 3), date(2026, 12, 30), date(2024, 9, 13)]
starts = st.builds(
    lambda day, minute: datetime.combine(day, time(), SHANGHAI) + minute * MINUTE,
    st.sampled_from(ODD_DAYS),
    st.integers(0, 6 * 1440),
)
specials = st.dictionaries(
    st.builds(lambda day, n: day + timedelta(days=n), st.sampled_from(ODD_DAYS), st.integers(0, 10)),
    st.booleans(),
    max_size=5,
)


@st.composite
def weeks(draw: st.DrawFn) -> WorkingTime:
    """A week of one to three intervals that do not overlap, on days of its own."""
    cuts = sorted(draw(st.lists(st.integers(0, 1440), min_size=2, max_size=6, unique=True)))
    rows = []
    for begins, ends in zip(cuts[::2], cuts[1::2], strict=False):
        days = draw(st.lists(st.sampled_from([day.value for day in Day]), min_size=1, unique=True))
        rows.append((f"{begins // 60}:{begins % 60:02d}", f"{ends // 60}:{ends % 60:02d}", days))
    always = draw(st.sampled_from([day.value for day in WEEK]))
    rows[0] = (*rows[0][:2], sorted({*rows[0][2], always, Day.MAKE_UP.value}))
    return WorkingTime.from_document(hours(*rows, keeps_holidays=draw(st.booleans())))


@settings(max_examples=150, deadline=None)
@given(starts, st.integers(0, 1200), weeks() | st.just(USUAL), specials)
def test_the_end_is_where_counting_minutes_ends(
    start: datetime, minutes: int, week: WorkingTime, special: dict[date, bool]
) -> None:
    length = min(minutes * MINUTE, 3 * week.day_length)
    found = calendar(special, week).after(start, length)
    assert found == after_by_the_minute(start, length, week, special)


@settings(max_examples=150, deadline=None)
@given(starts, st.integers(0, 12 * 1440), weeks() | st.just(USUAL), specials)
def test_what_was_worked_between_two_moments_is_the_sum_of_its_minutes(
    start: datetime, minutes: int, week: WorkingTime, special: dict[date, bool]
) -> None:
    end = start + minutes * MINUTE
    assert calendar(special, week).counted(start, end) == counted_by_the_minute(start, end, week, special)


@settings(max_examples=100, deadline=None)
@given(starts, weeks() | st.just(USUAL), specials)
def test_work_is_open_from_the_next_minute_that_is_worked(
    start: datetime, week: WorkingTime, special: dict[date, bool]
) -> None:
    moment = start
    while not is_worked(moment, week, special):
        moment += MINUTE
    assert calendar(special, week).open_from(start) == moment


@given(starts, st.integers(0, 5000), specials)
def test_counting_until_the_end_gives_the_length_back(start: datetime, minutes: int, special: dict[date, bool]) -> None:
    days = calendar(special)
    assert days.counted(start, days.after(start, minutes * MINUTE)) == minutes * MINUTE


# --- named cases ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        pytest.param("2026-11-20 17:00", 1, "2026-11-23 17:00", id="a Friday evening ends on Monday"),
        pytest.param("2026-11-21 22:00", 1, "2026-11-23 18:00", id="Saturday night (D-04) begins on Monday morning"),
        pytest.param("2026-11-23 09:00", 1, "2026-11-23 18:00", id="a full day ends the same evening"),
        pytest.param("2026-11-23 12:30", 1, "2026-11-24 12:00", id="a lunch break counts for nothing"),
        pytest.param("2026-09-18 17:00", 1, "2026-09-20 17:00", id="a make-up Sunday is worked"),
        pytest.param("2026-09-30 17:00", 3, "2026-10-10 17:00", id="National Day rests, its make-up Saturday works"),
        pytest.param("2025-12-31 17:00", 1, "2026-01-04 17:00", id="over the year's end to a make-up Sunday"),
        pytest.param("2028-02-28 17:00", 2, "2028-03-01 17:00", id="a leap day is a day"),
    ],
)
def test_working_days_in_the_chinese_calendar(start: str, days: int, end: str) -> None:
    assert calendar().after(local(start), days * USUAL.day_length) == local(end)


def test_a_special_day_wins_over_the_public_calendar() -> None:
    sunday, monday = date(2026, 11, 22), date(2026, 11, 23)
    days = calendar({sunday: True, monday: False})
    assert days.after(local("2026-11-20 18:00"), timedelta(hours=1)) == local("2026-11-22 10:00")
    assert days.after(local("2026-11-22 18:00"), timedelta(hours=1)) == local("2026-11-24 10:00")


def test_a_holiday_that_the_company_works_has_its_weekday_s_hours() -> None:
    assert calendar({date(2026, 10, 1): True}).kind_of(date(2026, 10, 1)) is Day.THURSDAY


def test_a_calendar_that_never_works_gives_up_in_three_years_instead_of_never() -> None:
    only_sunday = WorkingTime.from_document(hours(("9:00", "9:01", ["sun", "make_up"]), keeps_holidays=False))
    never = {date(2026, 11, 22) + timedelta(weeks=n): False for n in range(200)}
    start = local("2026-11-21 10:00")
    assert calendar(never, only_sunday).after(start, MINUTE) == start + timedelta(days=3 * 366)


def test_the_make_up_days_of_a_year_that_nobody_announced_yet_are_not_known() -> None:
    assert is_announced(2026)
    assert not is_announced(2035)


def test_round_the_clock_every_minute_counts() -> None:
    start = datetime(2026, 10, 1, tzinfo=UTC)
    assert ROUND_THE_CLOCK.after(start, timedelta(hours=30)) == start + timedelta(hours=30)
    assert ROUND_THE_CLOCK.counted(start, start + MINUTE) == MINUTE
    assert ROUND_THE_CLOCK.counted(start, start - MINUTE) == timedelta(0)


def test_midnight_ends_a_night_shift() -> None:
    night = WorkingTime.from_document(hours(("22:00", "24:00", ["mon", "make_up"]), ("00:00", "06:00", ["tue"])))
    assert calendar(None, night).after(local("2026-11-23 21:00"), timedelta(hours=3)) == local("2026-11-24 01:00")


@pytest.mark.parametrize(
    ("document", "field"),
    [
        pytest.param({}, "hours", id="no hours at all"),
        pytest.param({"hours": "nine to five"}, "hours", id="no table"),
        pytest.param({"hours": [7]}, "hours", id="no row"),
        pytest.param(hours(("9:00", "12:00", ["make_up"])), "hours", id="no weekday"),
        pytest.param(hours(("9:00", "12:00", ["mon"])), "hours", id="no hours on make-up days"),
        pytest.param(hours(("12:00", "9:00", ["mon"])), "hours-0-ends", id="ends before it begins"),
        pytest.param(hours(("9:00", "9:00", ["mon"])), "hours-0-ends", id="lasts no time"),
        pytest.param(hours(("nine", "12:00", ["mon"])), "hours-0-begins", id="no time of day"),
        pytest.param(hours(("9:00", "24:01", ["mon"])), "hours-0-ends", id="after midnight"),
        pytest.param(hours(("9:60", "24:00", ["mon"])), "hours-0-begins", id="sixty minutes"),
        pytest.param(hours(("-9:00", "24:00", ["mon"])), "hours-0-begins", id="negative"),
        pytest.param(hours(("9:00", "12:00", [])), "hours-0-days", id="on no day"),
        pytest.param(hours(("9:00", "12:00", ["someday"])), "hours-0-days", id="on a day nobody knows"),
        pytest.param(
            hours(("9:00", "12:00", ["mon", "make_up"]), ("11:59", "13:00", ["sun", "mon"])),
            "hours-1-begins",
            id="overlaps",
        ),
    ],
)
def test_hours_that_make_no_sense_are_refused_beside_their_field(document: dict[str, Any], field: str) -> None:
    with pytest.raises(Refusal) as refused:
        WorkingTime.from_document(document)
    assert refused.value.field == field
