"""The roster: who stands there at any moment (D-03), and when nobody does (N5)?"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rules.refusals import Refusal
from rules.roster import (
    Absence,
    Interval,
    Overriding,
    Planned,
    begin,
    check_length,
    coverage,
    doubles,
    gaps,
    merged,
    resolve,
)
from rules.rotations import THREE_SHIFTS, Pattern, RotationKind, Slot, Unit, turns

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


# --- the answer of the roster ----------------------------------------------------------------------------------------

MINUTE = timedelta(minutes=1)
ROLE, OTHER_ROLE = 1, 2


def turn(person: int, begin: float, end: float, role: int = ROLE) -> Planned:
    return Planned(role, person, *hours(begin, end), key=1)


def override(come: int | None, go: int | None, begin: float, end: float, key: int = 7) -> Overriding:
    return Overriding(ROLE, come, go, *hours(begin, end), key=key)


def away(person: int, begin: float, end: float) -> Absence:
    return Absence(person, *hours(begin, end))


def answer(*layers: object) -> list[tuple[int, float, float]]:
    """Person, from and until, in hours after the start."""
    found = resolve(
        [each for each in layers if isinstance(each, Planned)],
        [each for each in layers if isinstance(each, Overriding)],
        [each for each in layers if isinstance(each, Absence)],
    )
    hour = timedelta(hours=1)
    return [(each.person, (each.starts_at - START) / hour, (each.ends_at - START) / hour) for each in found]


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        pytest.param([turn(1, 0, 8), turn(2, 8, 16)], [(1, 0, 8), (2, 8, 16)], id="turns as planned"),
        pytest.param([turn(1, 0, 8), override(2, 1, 2, 4)], [(1, 0, 2), (2, 2, 4), (1, 4, 8)], id="stands in"),
        pytest.param([turn(1, 0, 8), override(2, 1, 6, 12)], [(1, 0, 6), (2, 6, 8)], id="stands in where there is one"),
        pytest.param([turn(1, 0, 8), override(2, 3, 0, 8)], [(1, 0, 8)], id="stands in for somebody who is not there"),
        pytest.param([turn(1, 0, 8), override(2, None, 4, 12)], [(1, 0, 8), (2, 4, 12)], id="one more"),
        pytest.param([turn(1, 0, 8), override(None, 1, 4, 12)], [(1, 0, 4)], id="one less"),
        pytest.param([override(2, None, 4, 12)], [(2, 4, 12)], id="added where nobody is"),
        pytest.param(
            [turn(1, 0, 8), override(2, 1, 0, 8), override(3, 2, 4, 8)], [(2, 0, 4), (3, 4, 8)], id="passed on again"
        ),
        pytest.param(
            [turn(1, 0, 8), override(2, 1, 0, 8), override(1, 2, 0, 8)], [(1, 0, 8)], id="there and back again"
        ),
        pytest.param(
            [turn(1, 0, 8), override(3, 2, 0, 8), override(2, 1, 0, 8)], [(2, 0, 8)], id="in the order they were made"
        ),
        pytest.param([turn(1, 0, 8), turn(2, 0, 8), override(2, 1, 0, 8)], [(2, 0, 8)], id="nobody stands twice"),
        pytest.param([turn(1, 0, 8), override(1, None, 6, 10)], [(1, 0, 8), (1, 8, 10)], id="nor beside themself"),
        pytest.param([turn(1, 0, 8), away(1, 2, 4)], [(1, 0, 2), (1, 4, 8)], id="on leave"),
        pytest.param([turn(1, 0, 8), override(2, 1, 0, 8), away(2, 4, 12)], [(2, 0, 4)], id="the stand-in on leave"),
        pytest.param([turn(1, 0, 8), override(2, 1, 0, 8), away(1, 0, 8)], [(2, 0, 8)], id="leave that was covered"),
        pytest.param([turn(1, 0, 8), away(1, 0, 8)], [], id="leave that nobody covers"),
        pytest.param([turn(1, 0, 8, OTHER_ROLE), override(2, 1, 0, 8)], [(1, 0, 8)], id="another role's override"),
        pytest.param([turn(1, 0, 8), turn(1, 8, 16)], [(1, 0, 8), (1, 8, 16)], id="two turns stay two"),
    ],
)
def test_the_layers_lie_over_each_other(layers: list[object], expected: list[tuple[int, float, float]]) -> None:
    assert answer(*layers) == expected


def test_a_stretch_says_what_put_it_there() -> None:
    first, second = resolve([turn(1, 0, 8)], [override(2, 1, 4, 8, key=9)], [])
    assert (first.planned, first.override) == (1, 0)
    assert (second.planned, second.override) == (1, 9), "both: the person stands in"


@pytest.mark.parametrize(
    ("taken", "twice"),
    [
        pytest.param([(0, 8), (8, 16)], [], id="one after the other"),
        pytest.param([(0, 8), (6, 16)], [(6, 8)], id="two hours together"),
        pytest.param([(0, 12), (2, 4), (3, 6)], [(2, 6)], id="inside each other"),
        pytest.param([(-4, 2), (-4, 30)], [(0, 2)], id="only what is asked for"),
    ],
)
def test_doubles_are_when_two_are_there(taken: list[tuple[float, float]], twice: list[tuple[float, float]]) -> None:
    assert doubles([hours(*each) for each in taken], start=START, end=END) == [hours(*each) for each in twice]


class TestBeginning:
    @pytest.mark.parametrize(
        ("seconds", "begins"),
        [pytest.param(0, 0, id="now"), pytest.param(-59, 0, id="this very minute"), pytest.param(60, 60, id="later")],
    )
    def test_what_is_planned_begins_now_or_later(self, seconds: int, begins: int) -> None:
        assert begin(START + timedelta(seconds=seconds), now=START) == START + timedelta(seconds=begins)

    def test_a_minute_ago_is_the_past(self) -> None:
        with pytest.raises(Refusal) as refusal:
            begin(START - MINUTE, now=START)
        assert refusal.value.field == "starts_at"


@pytest.mark.parametrize(
    ("end", "is_fine"),
    [
        pytest.param(0, False, id="no length"),
        pytest.param(-1, False, id="backwards"),
        pytest.param(24, True, id="as long as may be"),
        pytest.param(24.001, False, id="longer"),
    ],
)
def test_a_length_has_bounds(end: float, is_fine: bool) -> None:
    if is_fine:
        check_length(*hours(0, end), longest=timedelta(days=1))
    else:
        with pytest.raises(Refusal) as refusal:
            check_length(*hours(0, end), longest=timedelta(days=1))
        assert refusal.value.field == "ends_at"


# --- random rosters against somebody who looks at the clock every minute ---------------------------------------------

DAYS = 3
PEOPLE = range(1, 6)
FIRST_DAYS = (
    date(2026, 3, 7),  # the night after, New York puts its clocks forward
    date(2026, 10, 31),  # the night after, back
    date(2026, 12, 30),
    date(2028, 2, 28),
    date(2026, 11, 21),
)
ZONES = ("Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "UTC")
SLOTS = (
    THREE_SHIFTS,
    (Slot("夜", time(22, 30), time(6)), Slot("日", time(6), time(18))),
    (Slot("整", time(2, 30), time(2, 30)),),
)


def _clock(zone: str, first_day: date) -> Iterator[tuple[datetime, datetime]]:
    """Every minute of the days from ``first_day`` on: the moment, and what the wall clock shows."""
    at = datetime.combine(first_day, time(), ZoneInfo(zone)).astimezone(UTC)
    for _ in range(DAYS * 24 * 60):
        yield at, at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        at += MINUTE


def guard(pattern: Pattern, people: list[int]) -> dict[datetime, set[int]]:
    """Who stands there, told by somebody who looks at the wall clock every minute and hands over when it is time."""
    if pattern.kind is RotationKind.SHIFT:
        return _slot_guard(pattern, people)
    seen: dict[datetime, set[int]] = {}
    handover, number = datetime.combine(pattern.first_day, pattern.handover_at), -1
    for at, wall in _clock(pattern.zone, pattern.first_day):
        while wall >= handover:
            number += 1
            handover += pattern.step
        seen[at] = {people[number % len(people)]} if number >= 0 else set()
    return seen


def _slot_guard(pattern: Pattern, people: list[int]) -> dict[datetime, set[int]]:
    coming = sorted(
        (*slot.on(pattern.first_day + timedelta(days=day)), people[(place - day // pattern.every) % len(people)])
        for day in range(DAYS + 1)
        for place, slot in enumerate(pattern.slots)
    )
    seen: dict[datetime, set[int]] = {}
    present: list[tuple[datetime, int]] = []
    for at, wall in _clock(pattern.zone, pattern.first_day):
        while coming and wall >= coming[0][0]:
            _, until, person = coming.pop(0)
            present.append((until, person))
        present = [(until, person) for until, person in present if wall < until]
        seen[at] = {person for _, person in present}
    return seen


patterns = st.builds(
    Pattern,
    kind=st.sampled_from(RotationKind),
    first_day=st.sampled_from(FIRST_DAYS),
    handover_at=st.sampled_from([time(8), time(2, 30), time(0), time(1, 15)]),
    zone=st.sampled_from(ZONES),
    every=st.integers(1, 5),
    unit=st.sampled_from(Unit),
    slots=st.sampled_from(SLOTS),
)
orders = st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=4)
stretches = st.tuples(st.integers(0, DAYS * 24 * 60), st.integers(1, 36 * 60))
changes = st.lists(
    st.tuples(st.none() | st.sampled_from(PEOPLE), st.none() | st.sampled_from(PEOPLE), stretches).filter(
        lambda change: change[0] != change[1]
    ),
    max_size=6,
)
absences = st.lists(st.tuples(st.sampled_from(PEOPLE), stretches), max_size=4)


@settings(max_examples=80)
@example([(Pattern(RotationKind.DAILY, FIRST_DAYS[0], time(2, 30), "America/New_York"), [1, 2])], [], [])
@example([(Pattern(RotationKind.HOURLY, FIRST_DAYS[1], time(1, 15), "America/New_York"), [1, 2])], [], [])
@given(st.lists(st.tuples(patterns, orders), min_size=1, max_size=2), changes, absences)
def test_at_every_minute_the_roster_says_what_somebody_who_looks_every_minute_says(
    rotations: list[tuple[Pattern, list[int]]],
    changes: list[tuple[int | None, int | None, tuple[int, int]]],
    absences: list[tuple[int, tuple[int, int]]],
) -> None:
    """Rotations of every kind, overrides, swaps (two overrides), leave; month and year ends; clocks that change."""
    guards = [guard(pattern, people) for pattern, people in rotations]
    start, end = max(min(seen) for seen in guards), min(max(seen) for seen in guards)
    if start >= end:
        rotations, guards = rotations[:1], guards[:1]
        start, end = min(guards[0]), max(guards[0])

    def stretch(length: tuple[int, int]) -> Interval:
        return start + length[0] * MINUTE, start + sum(length) * MINUTE

    planned = [
        Planned(ROLE, people[each.number % len(people)], each.starts_at, each.ends_at)
        for pattern, people in rotations
        for each in turns(pattern, start=start, end=end)
    ]
    overrides = [Overriding(ROLE, come, go, *stretch(length)) for come, go, length in changes]
    gone = [Absence(person, *stretch(length)) for person, length in absences]

    told: dict[datetime, list[int]] = defaultdict(list)
    for each in resolve(planned, overrides, gone):
        at = max(each.starts_at, start)
        while at < min(each.ends_at, end):
            told[at].append(each.person)
            at += MINUTE

    at = start
    while at < end:
        standing = set().union(*(seen[at] for seen in guards))
        for change in overrides:
            if change.starts_at <= at < change.ends_at and (change.instead_of is None or change.instead_of in standing):
                standing -= {change.instead_of}
                standing |= {change.person} - {None}
        standing -= {each.person for each in gone if each.starts_at <= at < each.ends_at}
        assert sorted(told[at]) == sorted(standing), at
        at += MINUTE
