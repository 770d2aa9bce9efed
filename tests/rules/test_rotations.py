"""Rotations: when one turn ends and the next begins, also where the clocks change."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.refusals import Refusal
from rules.rotations import (
    MAX_SLOTS,
    THREE_SHIFTS,
    Pattern,
    RotationKind,
    Slot,
    Turn,
    Unit,
    check,
    check_order,
    moment,
    turns,
)

NEW_YORK = ZoneInfo("America/New_York")
SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)
SPRING = date(2026, 3, 8)
"""At two in the morning the clocks of New York show three."""
AUTUMN = date(2026, 11, 1)
"""At two in the morning the clocks of New York show one again."""


def utc(month: int, day: int, hour: int, minute: int = 0, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def some(pattern: Pattern, count: int, start: datetime | None = None) -> list[Turn]:
    """The first turns from a moment on, by default from the very beginning."""
    start = start or pattern.begins_at
    return list(itertools.islice(turns(pattern, start=start, end=start + 400 * DAY), count))


class TestWallClock:
    @pytest.mark.parametrize(
        ("wall", "zone", "expected"),
        [
            pytest.param(datetime(2026, 11, 22, 8), SHANGHAI, utc(11, 22, 0), id="an ordinary morning"),
            pytest.param(datetime(2026, 3, 8, 1, 59), NEW_YORK, utc(3, 8, 6, 59), id="the minute before the skip"),
            pytest.param(datetime(2026, 3, 8, 2, 0), NEW_YORK, utc(3, 8, 7), id="the first skipped minute"),
            pytest.param(datetime(2026, 3, 8, 2, 30), NEW_YORK, utc(3, 8, 7), id="in the middle of the skip"),
            pytest.param(datetime(2026, 3, 8, 3, 0), NEW_YORK, utc(3, 8, 7), id="right after the skip"),
            pytest.param(datetime(2026, 11, 1, 1, 30), NEW_YORK, utc(11, 1, 5, 30), id="twice: the first one"),
            pytest.param(datetime(2026, 11, 1, 2, 0), NEW_YORK, utc(11, 1, 7), id="right after the repeated hour"),
            pytest.param(
                datetime(2026, 10, 4, 2, 15), ZoneInfo("Australia/Lord_Howe"), utc(10, 3, 15, 30), id="half an hour"
            ),
        ],
    )
    def test_a_time_on_the_wall_is_one_moment(self, wall: datetime, zone: ZoneInfo, expected: datetime) -> None:
        assert moment(wall, zone) == expected

    @given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)), st.sampled_from([NEW_YORK, SHANGHAI]))
    def test_later_on_the_wall_is_never_earlier(self, wall: datetime, zone: ZoneInfo) -> None:
        wall = wall.replace(microsecond=0)
        assert moment(wall, zone) <= moment(wall + timedelta(minutes=1), zone)


class TestTurns:
    def test_daily(self) -> None:
        first, second = some(Pattern(RotationKind.DAILY, date(2026, 11, 22)), 2)
        assert (first.number, first.starts_at, first.ends_at) == (0, utc(11, 22, 0), utc(11, 23, 0))
        assert (second.number, second.starts_at) == (1, first.ends_at)

    def test_weekly_over_the_end_of_the_year(self) -> None:
        third = some(Pattern(RotationKind.WEEKLY, date(2026, 12, 14), time(9)), 3)[2]
        assert (third.starts_at, third.ends_at) == (utc(12, 28, 1), utc(1, 4, 1, year=2027))

    def test_every_six_hours(self) -> None:
        pattern = Pattern(RotationKind.HOURLY, date(2026, 11, 22), time(8), every=6)
        assert [turn.starts_at.hour for turn in some(pattern, 5)] == [0, 6, 12, 18, 0]

    @pytest.mark.parametrize(
        ("unit", "length"), [(Unit.DAYS, timedelta(days=3)), (Unit.HOURS, timedelta(hours=3))], ids=str
    )
    def test_an_interval_of_one_s_own(self, unit: Unit, length: timedelta) -> None:
        turn = some(Pattern(RotationKind.CUSTOM, date(2026, 11, 22), every=3, unit=unit), 1)[0]
        assert turn.ends_at - turn.starts_at == length

    def test_three_shifts_follow_each_other_without_a_gap(self) -> None:
        """In the order of the clock, though a day's night is named last."""
        made = some(Pattern(RotationKind.SHIFT, date(2026, 11, 22), slots=THREE_SHIFTS), 30)
        assert all(one.ends_at == other.starts_at for one, other in itertools.pairwise(made))

    def test_early_middle_night_and_a_day_off_for_four(self) -> None:
        pattern = Pattern(RotationKind.SHIFT, date(2026, 11, 22), slots=THREE_SHIFTS)
        slots_of_first = [
            (turn.starts_at.astimezone(SHANGHAI).day, turn.starts_at.astimezone(SHANGHAI).hour)
            for turn in some(pattern, 15)
            if turn.number % 4 == 0
        ]
        assert slots_of_first[:4] == [(22, 8), (23, 16), (24, 0), (26, 8)]

    def test_a_week_of_early_shifts_then_a_week_of_middle_ones(self) -> None:
        pattern = Pattern(RotationKind.SHIFT, date(2026, 11, 23), slots=THREE_SHIFTS, every=7)
        early = [turn.number % 3 for turn in some(pattern, 60) if turn.starts_at.astimezone(SHANGHAI).hour == 8]
        assert early[:7] == [0] * 7 and early[7:14] == [2] * 7

    def test_a_night_shift_ends_the_next_day(self) -> None:
        slot = Slot("夜班", time(22), time(6))
        turn = some(Pattern(RotationKind.SHIFT, date(2026, 11, 22), slots=(slot,)), 1)[0]
        assert turn.ends_at - turn.starts_at == timedelta(hours=8)

    def test_nothing_before_the_first_day(self) -> None:
        pattern = Pattern(RotationKind.DAILY, date(2026, 11, 22))
        assert list(turns(pattern, start=utc(11, 1, 0), end=pattern.begins_at)) == []

    @given(
        st.sampled_from([RotationKind.DAILY, RotationKind.HOURLY, RotationKind.SHIFT]),
        st.integers(1, 6),
        st.integers(0, 5000),
    )
    def test_asking_later_gives_the_same_turns(self, kind: RotationKind, every: int, hours: int) -> None:
        """The tenth year costs what the first one does."""
        pattern = Pattern(kind, date(2026, 3, 1), zone="America/New_York", every=every, slots=THREE_SHIFTS)
        start = pattern.begins_at + timedelta(hours=hours)
        window = (start, start + 2 * DAY)
        everything = turns(pattern, start=pattern.begins_at, end=window[1])
        assert list(turns(pattern, start=window[0], end=window[1])) == [t for t in everything if t.ends_at > start]


class TestSummerTime:
    def test_a_day_is_an_hour_shorter_in_spring(self) -> None:
        turn = some(Pattern(RotationKind.DAILY, SPRING - DAY, zone="America/New_York"), 1)[0]
        assert turn.ends_at - turn.starts_at == timedelta(hours=23)

    def test_a_day_is_an_hour_longer_in_autumn(self) -> None:
        turn = some(Pattern(RotationKind.DAILY, AUTUMN - DAY, zone="America/New_York"), 1)[0]
        assert turn.ends_at - turn.starts_at == timedelta(hours=25)

    def test_the_handover_stays_at_eight_on_the_wall(self) -> None:
        made = some(Pattern(RotationKind.DAILY, SPRING - 3 * DAY, zone="America/New_York"), 7)
        assert {turn.starts_at.astimezone(NEW_YORK).hour for turn in made} == {8}

    def test_an_hour_that_does_not_exist_is_nobody_s(self) -> None:
        pattern = Pattern(RotationKind.HOURLY, SPRING, time(0), zone="America/New_York")
        made = some(pattern, 4)
        assert [turn.number for turn in made] == [0, 1, 3, 4]
        assert all(one.ends_at == other.starts_at for one, other in itertools.pairwise(made))

    def test_an_hour_that_comes_twice_is_one_person_s(self) -> None:
        made = some(Pattern(RotationKind.HOURLY, AUTUMN, time(0), zone="America/New_York"), 4)
        assert [turn.ends_at - turn.starts_at for turn in made] == [timedelta(hours=h) for h in (1, 2, 1, 1)]


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        pytest.param("zone", {"zone": "Mars/Olympus"}, id="unknown zone"),
        pytest.param("zone", {"zone": ""}, id="no zone"),
        pytest.param("zone", {"zone": "/etc/passwd"}, id="a path"),
        pytest.param("zone", {"zone": "Asia"}, id="a folder of zones"),
        pytest.param("every", {"every": 0}, id="never"),
        pytest.param("every", {"kind": RotationKind.HOURLY, "every": 25}, id="hourly, but longer than a day"),
        pytest.param("every", {"kind": RotationKind.CUSTOM, "every": 15}, id="more than 14 days"),
        pytest.param(
            "every", {"kind": RotationKind.CUSTOM, "every": 337, "unit": Unit.HOURS}, id="more than 336 hours"
        ),
        pytest.param("slots", {"kind": RotationKind.SHIFT, "slots": ()}, id="a day without shifts"),
        pytest.param(
            "slots",
            {"kind": RotationKind.SHIFT, "slots": (Slot("早", time(8), time(16)), Slot("中", time(15), time(23)))},
            id="overlapping",
        ),
        pytest.param(
            "slots",
            {"kind": RotationKind.SHIFT, "slots": (Slot("夜", time(22), time(6)), Slot("早", time(5), time(12)))},
            id="overlapping past midnight",
        ),
        pytest.param(
            "slots",
            {"kind": RotationKind.SHIFT, "slots": (Slot("整", time(8), time(8)), Slot("早", time(9), time(10)))},
            id="a whole day and more",
        ),
        pytest.param(
            "slots",
            {
                "kind": RotationKind.SHIFT,
                "slots": tuple(Slot("", time(hour), time(hour + 1)) for hour in range(MAX_SLOTS + 1)),
            },
            id="too many",
        ),
    ],
)
def test_a_pattern_that_makes_no_sense_is_refused(field: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(Refusal) as refusal:
        check(Pattern(**{"kind": RotationKind.DAILY, "first_day": date(2026, 11, 22), **wrong}))
    assert refusal.value.field == field


@pytest.mark.parametrize(
    "fine",
    [
        Pattern(RotationKind.SHIFT, SPRING, slots=THREE_SHIFTS),
        Pattern(RotationKind.SHIFT, SPRING, slots=(Slot("整天", time(8), time(8)),)),
        Pattern(RotationKind.HOURLY, SPRING, every=24),
        Pattern(RotationKind.CUSTOM, SPRING, every=14),
        Pattern(RotationKind.WEEKLY, SPRING, zone="America/New_York"),
    ],
    ids=str,
)
def test_a_pattern_at_the_bounds_is_fine(fine: Pattern) -> None:
    check(fine)


@pytest.mark.parametrize("order", [[], [1] * 51], ids=["nobody", "more than fifty"])
def test_an_order_has_somebody_and_an_end(order: list[int]) -> None:
    with pytest.raises(Refusal) as refusal:
        check_order(order)
    assert refusal.value.field == "members"


def test_a_slot_is_kept_and_read_back() -> None:
    assert [Slot.from_document(slot.to_document()) for slot in THREE_SHIFTS] == list(THREE_SHIFTS)
