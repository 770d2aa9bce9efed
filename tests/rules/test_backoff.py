"""Back-off: sooner for what is urgent, never sooner than the provider wishes, and never for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.backoff import (
    ACCOUNT_PAUSE,
    GRACE,
    LONGEST_REST,
    MOST_ATTEMPTS,
    MOST_QUESTIONS,
    PATIENCE,
    TRIPS_AFTER,
    after_account_trouble,
    ask_at,
    is_better_elsewhere,
    rest,
    retry_at,
)
from rules.vocabulary import MessageClass

AT = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
TOMORROW = AT + timedelta(days=1)
DUTY, CUSTOMER = MessageClass.DUTY, MessageClass.CUSTOMER

classes = st.sampled_from(list(MessageClass))
wishes = st.none() | st.timedeltas()
moments = st.integers(-3600, 3 * 86400).map(lambda seconds: AT + timedelta(seconds=seconds))


def seconds(moment: datetime | None) -> float | None:
    return None if moment is None else (moment - AT).total_seconds()


class TestRefusedForNow:
    @pytest.mark.parametrize(
        ("message_class", "attempts", "waits"),
        [
            (DUTY, 1, 5),
            (DUTY, 2, 15),
            (DUTY, 3, 60),
            (DUTY, 4, 300),
            (DUTY, 5, None),
            (DUTY, 6, None),
            (CUSTOMER, 1, 60),
            (CUSTOMER, 2, 300),
            (CUSTOMER, 3, 900),
            (CUSTOMER, 4, 3600),
            (CUSTOMER, 5, None),
        ],
    )
    def test_each_wait_is_longer_until_there_is_none(
        self, message_class: MessageClass, attempts: int, waits: int | None
    ) -> None:
        assert seconds(retry_at(message_class, attempts=attempts, at=AT, expires_at=TOMORROW)) == waits

    @pytest.mark.parametrize(
        ("wish", "waits"),
        [
            pytest.param(timedelta(seconds=40), 40, id="longer than ours"),
            pytest.param(timedelta(seconds=1), 5, id="shorter than ours"),
            pytest.param(timedelta(seconds=-9), 5, id="nonsense"),
            pytest.param(timedelta(hours=23), 23 * 3600, id="most of a day"),
            pytest.param(timedelta(hours=24), None, id="longer than the message is wanted"),
            pytest.param(timedelta.max, None, id="for ever"),
        ],
    )
    def test_the_provider_s_wish_is_honoured(self, wish: timedelta, waits: int | None) -> None:
        assert seconds(retry_at(DUTY, attempts=1, at=AT, expires_at=TOMORROW, wish=wish)) == waits

    @given(classes, st.integers(-1, 9), wishes, moments)
    def test_it_is_later_than_now_and_before_the_message_expires_or_not_at_all(
        self, message_class: MessageClass, attempts: int, wish: timedelta | None, expires_at: datetime
    ) -> None:
        moment = retry_at(message_class, attempts=attempts, at=AT, expires_at=expires_at, wish=wish)
        assert moment is None or AT < moment < expires_at
        assert moment is None or wish is None or moment - AT >= min(wish, timedelta(days=1))
        assert attempts < MOST_ATTEMPTS or moment is None

    @pytest.mark.parametrize(
        ("message_class", "wish", "elsewhere"),
        [
            (DUTY, None, False),
            (DUTY, timedelta(minutes=2), False),
            (DUTY, timedelta(minutes=2, seconds=1), True),
            (CUSTOMER, timedelta(hours=1), False),
            (CUSTOMER, timedelta(days=1), True),
        ],
    )
    def test_a_call_that_would_wait_too_long_goes_another_way(
        self, message_class: MessageClass, wish: timedelta | None, elsewhere: bool
    ) -> None:
        assert is_better_elsewhere(message_class, wish) is elsewhere


class TestAccountTrouble:
    def test_another_channel_is_tried_at_once(self) -> None:
        assert after_account_trouble(at=AT, expires_at=TOMORROW, has_another=True) == AT

    def test_without_another_the_message_waits_for_the_channel(self) -> None:
        assert after_account_trouble(at=AT, expires_at=TOMORROW, has_another=False) == AT + ACCOUNT_PAUSE

    @pytest.mark.parametrize("has_another", [True, False])
    def test_as_long_as_it_is_wanted(self, has_another: bool) -> None:
        assert after_account_trouble(at=AT, expires_at=AT, has_another=has_another) is None


class TestWithoutAVerdict:
    @pytest.mark.parametrize(
        ("message_class", "asked", "waits"),
        [
            pytest.param(DUTY, 0, 30, id="a call: half a minute"),
            pytest.param(DUTY, 1, 90, id="then a minute more"),
            pytest.param(DUTY, 5, 1890, id="the last question"),
            pytest.param(DUTY, 6, None, id="unknown for good"),
            pytest.param(CUSTOMER, 0, 300, id="a customer: five minutes"),
            pytest.param(CUSTOMER, 1, 900, id="then ten more"),
        ],
    )
    def test_the_provider_is_asked(self, message_class: MessageClass, asked: int, waits: int | None) -> None:
        assert seconds(ask_at(message_class, attempted_at=AT, asked=asked)) == waits

    @given(classes)
    def test_questions_become_rarer_and_end(self, message_class: MessageClass) -> None:
        asked = [ask_at(message_class, attempted_at=AT, asked=count) for count in range(MOST_QUESTIONS)]
        moments = [AT, *(moment for moment in asked if moment is not None)]
        waits = [after - before for before, after in pairwise(moments)]
        assert len(waits) == MOST_QUESTIONS and waits == sorted(set(waits)) and waits[0] == GRACE[message_class]
        assert ask_at(message_class, attempted_at=AT, asked=MOST_QUESTIONS) is None

    def test_no_customer_is_asked_for_too_soon(self) -> None:
        assert GRACE[CUSTOMER] >= timedelta(minutes=5) > GRACE[DUTY]


class TestAChannelThatFails:
    @pytest.mark.parametrize(
        ("failures", "minutes"), [(0, None), (4, None), (5, 1), (6, 2), (7, 4), (8, 8), (9, 15), (10**6, 15)]
    )
    def test_rests(self, failures: int, minutes: int | None) -> None:
        assert rest(failures) == (None if minutes is None else timedelta(minutes=minutes))

    def test_not_after_a_few_and_never_for_long(self) -> None:
        assert rest(TRIPS_AFTER - 1) is None and rest(10**9) == LONGEST_REST


def test_every_class_has_its_grace_and_its_patience() -> None:
    assert GRACE.keys() == PATIENCE.keys() == set(MessageClass)
