"""Coverage of the roster: when is nobody there (N5)?"""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.roster import Interval, coverage, gaps, merged

START = datetime(2026, 11, 21, tzinfo=UTC)
END = START + timedelta(hours=24)


def hours(begin: float, end: float) -> Interval:
    """From so many to so many hours after the start."""
    return START + timedelta(hours=begin), START + timedelta(hours=end)


shifts = st.lists(
    st.tuples(st.integers(-6, 30), st.integers(1, 12)).map(lambda shift: hours(shift[0], sum(shift))), max_size=8
)


@pytest.mark.parametrize(
    ("covered", "free"),
    [
        pytest.param([], [(0, 24)], id="nobody at all"),
        pytest.param([(0, 24)], [], id="one long shift"),
        pytest.param([(0, 12), (12, 24)], [], id="shifts that touch leave no gap"),
        pytest.param([(0, 12), (13, 24)], [(12, 13)], id="an hour between"),
        pytest.param([(12, 24), (-4, 13)], [], id="overlapping, in any order"),
        pytest.param([(6, 20), (8, 10)], [(0, 6), (20, 24)], id="one inside the other"),
        pytest.param([(24, 30), (-5, 0)], [(0, 24)], id="shifts beside the time do not count"),
    ],
)
def test_gaps_are_what_no_shift_covers(covered: list[tuple[int, int]], free: list[tuple[int, int]]) -> None:
    assert gaps([hours(*shift) for shift in covered], start=START, end=END) == [hours(*gap) for gap in free]


@given(shifts)
def test_every_hour_is_either_covered_or_in_a_gap(covered: list[Interval]) -> None:
    free = gaps(covered, start=START, end=END)
    for hour in range(24):
        moment = START + timedelta(hours=hour)
        is_covered = any(begin <= moment < end for begin, end in covered)
        assert is_covered != any(begin <= moment < end for begin, end in free)


@given(shifts)
def test_merged_intervals_are_in_order_and_apart(covered: list[Interval]) -> None:
    result = merged(covered)
    assert all(one[1] < other[0] for one, other in itertools.pairwise(result))
    assert merged(result) == result


@given(shifts)
def test_the_covered_share_lies_between_nothing_and_all(covered: list[Interval]) -> None:
    assert 0 <= coverage(gaps(covered, start=START, end=END), start=START, end=END) <= 1


def test_half_a_day_is_half() -> None:
    assert coverage(gaps([hours(0, 12)], start=START, end=END), start=START, end=END) == 0.5
