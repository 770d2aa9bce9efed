"""Throttles: never more than a window allows, never later than it must be, and room left for what is urgent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.throttles import (
    ALTOGETHER,
    DAY,
    HOUR,
    LOOK_BACK,
    MINUTE,
    OF_CLASS,
    OF_TEMPLATE,
    URGENT,
    Window,
    next_permitted,
    open_to,
    permitted_at,
    smooth,
)
from rules.vocabulary import MessageClass

START = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
TABLES = [*OF_CLASS.values(), ALTOGETHER, OF_TEMPLATE]
CALM = sorted(set(MessageClass) - URGENT)

tables = st.sampled_from(TABLES)
waits = st.lists(st.integers(0, 3 * 3600).map(lambda seconds: timedelta(seconds=seconds)), max_size=60)
histories = st.lists(st.integers(-2 * 86400, 0).map(lambda seconds: START + timedelta(seconds=seconds)), max_size=60)


def minutes(moments: Sequence[datetime]) -> list[float]:
    return [(moment - START) / MINUTE for moment in moments]


def storm(windows: Sequence[Window], count: int) -> list[datetime]:
    """When so many messages leave that all want to leave at once."""
    sent: list[datetime] = []
    for _ in range(count):
        sent.append(next_permitted(sent, windows, START))
    return sent


def most_in(moments: Sequence[datetime], length: timedelta) -> int:
    """The most of them in any stretch of that length; one begins with a message or holds fewer."""
    return max((sum(begin <= moment < begin + length for moment in moments) for begin in moments), default=0)


def is_within(moments: Sequence[datetime], windows: Sequence[Window]) -> bool:
    return all(most_in(moments, window.length) <= window.count for window in windows)


class TestOneWindow:
    def test_nothing_sent_nothing_waits(self) -> None:
        assert next_permitted([], [Window(1, MINUTE)], START) == START

    @pytest.mark.parametrize(
        ("ago", "waits"),
        [
            pytest.param(0, 60, id="just now"),
            pytest.param(59, 1, id="59 seconds ago"),
            pytest.param(60, 0, id="a whole minute ago"),
            pytest.param(61, 0, id="longer ago"),
        ],
    )
    def test_one_a_minute(self, ago: int, waits: int) -> None:
        sent = [START - timedelta(seconds=ago)]
        assert next_permitted(sent, [Window(1, MINUTE)], START) == START + timedelta(seconds=waits)

    def test_none_leaves_before_one_that_left(self) -> None:
        ahead = START + timedelta(seconds=5)  # Another worker's clock runs ahead.
        assert next_permitted([ahead], [Window(9, MINUTE)], START) == ahead

    @pytest.mark.parametrize(("count", "length", "reserve"), [(0, MINUTE, 0), (1, MINUTE, 1), (1, 0 * MINUTE, 0)])
    def test_one_that_never_opens_is_none(self, count: int, length: timedelta, reserve: int) -> None:
        with pytest.raises(ValueError, match="never open"):
            Window(count, length, reserve=reserve)


class TestSmoothWindows:
    def test_what_comes_on_top_is_spread_over_the_rest(self) -> None:
        """Eleven an hour after five in a quarter: one each seven and a half minutes, not six and then silence."""
        sent = storm([Window(5, 15 * MINUTE), smooth(11, HOUR)], 12)
        assert minutes(sent) == [0, 0, 0, 0, 0, 15, 22.5, 30, 37.5, 45, 52.5, 60]

    def test_a_plain_window_stays_shut(self) -> None:
        sent = storm([Window(5, 15 * MINUTE), Window(11, HOUR)], 12)
        assert minutes(sent) == [0, 0, 0, 0, 0, 15, 15, 15, 15, 15, 30, 60]

    def test_a_smooth_one_by_itself_is_plain(self) -> None:
        assert minutes(storm([smooth(2, HOUR)], 3)) == [0, 0, 60]

    def test_a_duty_member_hears_within_the_first_minutes_and_never_nothing_for_long(self) -> None:
        sent = storm(OF_CLASS[MessageClass.DUTY], 60)
        pauses = [after - before for before, after in pairwise(sent)]
        assert minutes(sent[:5]) == [0, 1, 2, 3, 4]
        assert max(pauses) <= timedelta(minutes=13)


class TestEveryTable:
    @settings(max_examples=60, deadline=None)
    @given(tables, waits)
    def test_no_window_is_ever_exceeded(self, windows: Sequence[Window], asked_after: list[timedelta]) -> None:
        now, sent = START, list[datetime]()
        for wait in asked_after:
            now += wait
            sent.append(next_permitted(sent, windows, now))
        assert is_within(sent, windows)

    @given(tables, histories)
    def test_nothing_waits_longer_than_it_must(self, windows: Sequence[Window], sent: list[datetime]) -> None:
        plain = [window for window in windows if not window.is_smooth]
        at = next_permitted(sent, plain, START)
        sooner = at - timedelta(microseconds=1)
        if sooner >= START and is_within(sent, plain):
            assert not is_within([*sent, sooner], plain)

    @given(tables, histories, st.integers(0, 86400))
    def test_whoever_asks_later_is_never_told_an_earlier_moment(
        self, windows: Sequence[Window], sent: list[datetime], seconds: int
    ) -> None:
        later = START + timedelta(seconds=seconds)
        assert START <= next_permitted(sent, windows, START) <= next_permitted(sent, windows, later)

    @given(tables, histories, st.integers(-2 * 86400, 0))
    def test_one_more_message_never_lets_the_next_leave_sooner(
        self, windows: Sequence[Window], sent: list[datetime], seconds: int
    ) -> None:
        more = [*sent, START + timedelta(seconds=seconds)]
        assert next_permitted(sent, windows, START) <= next_permitted(more, windows, START)

    @given(tables, histories)
    def test_the_moment_it_says_is_permitted(self, windows: Sequence[Window], sent: list[datetime]) -> None:
        at = next_permitted(sent, windows, START)
        assert next_permitted(sent, windows, at) == at

    @given(tables, histories)
    def test_the_order_of_the_moments_is_all_the_same(self, windows: Sequence[Window], sent: list[datetime]) -> None:
        assert next_permitted(sent, windows, START) == next_permitted(sorted(sent), windows, START)

    @pytest.mark.parametrize("windows", TABLES)
    def test_each_longer_window_allows_more_but_less_often(self, windows: Sequence[Window]) -> None:
        for shorter, longer in pairwise(windows):
            assert shorter.length < longer.length and shorter.count < longer.count
            assert longer.count / (longer.length / MINUTE) < shorter.count / (shorter.length / MINUTE)


class TestTheReserve:
    @settings(max_examples=40, deadline=None)
    @given(waits, st.sampled_from(CALM))
    def test_whatever_else_was_sent_an_urgent_message_finds_room(
        self, asked_after: list[timedelta], message_class: MessageClass
    ) -> None:
        now, sent = START, list[datetime]()
        for wait in asked_after:
            now = max(now + wait, *sent[-1:], START)
            sent.append(next_permitted(sent, open_to(message_class, ALTOGETHER), now))
        now = max([now, *sent])
        for _ in range(min(window.reserve for window in ALTOGETHER)):
            assert next_permitted(sent, ALTOGETHER, now) == now
            sent.append(now)

    def test_what_is_not_urgent_does_not_get_it(self) -> None:
        sent = [START] * 3
        assert next_permitted(sent, open_to(MessageClass.STAFF, ALTOGETHER), START) == START + MINUTE
        assert next_permitted(sent, open_to(MessageClass.DUTY, ALTOGETHER), START) == START

    def test_calls_codes_and_alarms_are_urgent(self) -> None:
        assert {each for each in MessageClass if each in URGENT} == {
            MessageClass.DUTY,
            MessageClass.VERIFICATION,
            MessageClass.ALARM,
        }


class TestAltogether:
    def test_every_class_has_its_windows(self) -> None:
        assert OF_CLASS.keys() == set(MessageClass)

    def test_a_code_is_sent_as_often_as_providers_allow(self) -> None:
        assert OF_CLASS[MessageClass.VERIFICATION] == (Window(1, MINUTE), Window(5, HOUR), Window(10, DAY))

    def test_the_strictest_of_the_three_decides(self) -> None:
        def at(**sent: list[datetime]) -> datetime:
            return permitted_at(MessageClass.DUTY, START, **{"of_class": [], "altogether": [], **sent})

        assert at() == START
        assert at(of_class=[START]) == START + MINUTE
        assert at(altogether=[START] * 6) == START + MINUTE
        assert at(of_template=[START] * 50) == START + DAY
        assert at(of_template=[START] * 20) == START

    def test_of_the_reserve_only_what_is_urgent_gets_any(self) -> None:
        def at(message_class: MessageClass) -> datetime:
            return permitted_at(message_class, START, of_class=[], altogether=[START] * 3)

        assert {each for each in MessageClass if at(each) == START} == URGENT
        assert {at(each) for each in CALM} == {START + MINUTE}

    def test_a_provider_with_a_lower_cap_has_its_own(self) -> None:
        """Tencent as it is before it is asked for more: the same text twice a day."""
        twice_a_day = (Window(1, timedelta(seconds=30)), Window(2, DAY))
        at = permitted_at(
            MessageClass.DUTY, START, of_class=[], altogether=[], of_template=[START - HOUR] * 2, provider=twice_a_day
        )
        assert at == START - HOUR + DAY

    def test_a_storm_of_two_days_stays_under_every_cap_and_is_never_silent_for_an_hour(self) -> None:
        sent: list[datetime] = []
        now = START
        while now < START + 2 * DAY:
            now = permitted_at(MessageClass.DUTY, now, of_class=sent, altogether=sent, of_template=sent)
            sent.append(now)
        assert most_in(sent, DAY) == 50
        assert is_within(sent, [*OF_CLASS[MessageClass.DUTY], *ALTOGETHER])
        assert max(after - before for before, after in pairwise(sent)) < HOUR

    def test_a_day_back_is_far_enough(self) -> None:
        assert LOOK_BACK == DAY
