"""When one takes over from another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.handovers import Watch, changes

MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC)
LIN, ZHOU, HE, GAO = 1, 2, 3, 4


def at(hour: float) -> datetime:
    return MIDNIGHT + timedelta(hours=hour)


def told(
    *watches: tuple[int, float, float], after: float = -100, until: float = 100
) -> list[tuple[float, object, int]]:
    """The changes as (hour, who gives, who takes)."""
    found = changes([Watch(who, at(start), at(end)) for who, start, end in watches], after=at(after), until=at(until))
    return [((change.at - MIDNIGHT) / timedelta(hours=1), change.given_by, change.taken_by) for change in found]


@pytest.mark.parametrize(
    ("watches", "expected"),
    [
        pytest.param([], [], id="nobody at all"),
        pytest.param([(LIN, 0, 8), (ZHOU, 8, 16)], [(0, None, LIN), (8, LIN, ZHOU)], id="one after the other"),
        pytest.param([(LIN, 0, 8), (LIN, 8, 16)], [(0, None, LIN)], id="to oneself nothing is handed over"),
        pytest.param([(LIN, 0, 8), (ZHOU, 10, 16)], [(0, None, LIN), (10, LIN, ZHOU)], id="over a gap"),
        pytest.param([(LIN, 0, 8), (ZHOU, 33, 40)], [(0, None, LIN), (33, None, ZHOU)], id="over a day of nobody"),
        pytest.param([(LIN, 0, 8), (LIN, 10, 16)], [(0, None, LIN)], id="nor when one is back after a gap"),
        pytest.param([(LIN, 0, 8), (ZHOU, 4, 8)], [(0, None, LIN)], id="who joins takes nothing over"),
        pytest.param(
            [(LIN, 0, 8), (ZHOU, 4, 12), (HE, 8, 16)],
            [(0, None, LIN), (8, LIN, HE)],
            id="who leaves a colleague behind hands over to who comes",
        ),
        pytest.param(
            [(LIN, 0, 8), (ZHOU, 0, 8), (HE, 8, 16)],
            [(0, None, LIN), (0, None, ZHOU), (8, LIN, HE), (8, ZHOU, HE)],
            id="one takes over from two",
        ),
        pytest.param(
            [(LIN, 0, 8), (HE, 8, 16), (GAO, 8, 16)],
            [(0, None, LIN), (8, LIN, HE), (8, LIN, GAO)],
            id="two take over from one",
        ),
    ],
)
def test_changes(watches: list[tuple[int, float, float]], expected: list[tuple[float, object, int]]) -> None:
    assert told(*watches) == expected


def test_only_the_time_that_is_asked_for() -> None:
    week = [(LIN, 0, 8), (ZHOU, 8, 16), (HE, 16, 24)]
    assert told(*week, after=8, until=16) == [(16, ZHOU, HE)]
    assert told(*week, after=7.9, until=15.9) == [(8, LIN, ZHOU)]


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 40), st.integers(1, 12)), max_size=8))
def test_everybody_who_is_newly_there_takes_over_unless_a_colleague_stayed(rows: list[tuple[int, int, int]]) -> None:
    watches = [Watch(who, at(start), at(start + length)) for who, start, length in rows]
    found = changes(watches, after=at(-1), until=at(100))
    for hour in range(60):
        there = {w.person_id for w in watches if w.starts_at <= at(hour) < w.ends_at}
        just_before = {w.person_id for w in watches if w.starts_at < at(hour) <= w.ends_at}
        taking = {change.taken_by for change in found if change.at == at(hour)}
        giving = {change.given_by for change in found if change.at == at(hour)}
        if not just_before:
            assert taking <= there and len(there - taking) <= 1 and len(giving) <= 1
        elif just_before <= there or not there - just_before:
            assert not taking
        else:
            assert (giving, taking) == (just_before - there, there - just_before)
    assert found == sorted(found, key=lambda change: change.at)
    assert len(set(found)) == len(found)
