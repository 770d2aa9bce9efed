"""What may leave now: by the hour, by the phone, whoever else waits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session, scoped_session

import rules.reply_codes
from gateways.base import Message, Verdict, VerdictKind
from models import Notification
from rules import message_kinds
from rules.throttles import DAY, Window
from rules.vocabulary import NotificationKind, NotificationState
from services import bulk, claims, notifications, numbers, outbox
from tests.cast import Cast
from tests.conftest import Hands
from tests.factories import ComplaintFactory, NotificationFactory
from tests.providers import Provider, fleet_of
from tests.services.conftest import call

Db = scoped_session[Session]
State = NotificationState


class TestByNight:
    """Shanghai, Sunday evening: a customer's phone is left alone from nine to eight."""

    @pytest.fixture
    def evening(self, clock: Hands) -> datetime:
        """Ten to nine."""
        return clock.forward(hours=22, minutes=50)

    @pytest.fixture
    def report(self, evening: datetime, session: Db) -> Notification:
        """News for a customer, written while it might still come."""
        complaint = ComplaintFactory()
        queued = notifications.queue(
            kind=NotificationKind.PROGRESS_REPORT,
            customer=complaint.customer,
            dedup_key="report",
            complaint=complaint,
            now=evening,
            expires_at=evening + timedelta(hours=14),
            number=complaint.number,
            words="正在施工",
        )
        assert queued is not None and queued.due_at == evening
        return queued

    def test_what_was_left_lying_until_night_waits_for_the_morning(
        self, report: Notification, clock: Hands, send: Callable[..., int]
    ) -> None:
        clock.forward(minutes=20)
        assert send(Provider()) == 0
        assert report.due_at == clock.now() + timedelta(hours=10, minutes=50)
        clock.forward(hours=10, minutes=50)
        assert send(Provider()) == 1

    def test_what_was_refused_for_now_is_not_tried_again_by_night(
        self, report: Notification, clock: Hands, send: Callable[..., int]
    ) -> None:
        provider = Provider([Verdict(VerdictKind.RETRY, retry_after=timedelta(minutes=15))])
        send(provider)
        clock.forward(minutes=16)
        assert send(provider) == 0
        assert len(provider.ids) == 1

    def test_calls_leave_at_any_hour(self, cast: Cast, clock: Hands, send: Callable[..., int]) -> None:
        call(cast, clock.forward(hours=4))
        assert send(Provider()) == 1


def test_a_crowd_for_one_phone_keeps_nobody_else_waiting(
    cast: Cast, session: Db, send: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "LOOK_AHEAD", 3)
    NotificationFactory.create_batch(20, person=cast.zhou, priority=0)
    other = NotificationFactory(priority=7)
    provider = Provider()
    send(provider)
    assert other.public_id in provider.ids
    assert len(provider.ids) == 2


def test_what_waits_for_its_phone_says_so_once(cast: Cast, session: Db, clock: Hands, send: Callable[..., int]) -> None:
    crowd = NotificationFactory.create_batch(5, person=cast.zhou)
    for _ in range(4):
        send(Provider())
        clock.forward(minutes=1)
    last = max(crowd, key=lambda each: each.id)
    assert last.state is State.QUEUED
    assert [step.words for step in last.steps] == ["throttled"]


def test_when_every_code_is_given_the_oldest_is_given_again(
    cast: Cast, now: datetime, session: Db, send: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules.reply_codes, "HOW_MANY", 2)
    place = numbers.reply_place
    asked = []

    def counted(count: int) -> int:
        asked.append(count)
        assert len(asked) < 500, "it goes round and round"
        return place(count)

    monkeypatch.setattr(numbers, "reply_place", counted)
    calls = []
    for person in (cast.zhou, cast.lin, cast.zhao):
        calls.append(call(cast, now, person=person))
        send(Provider())
    assert [each.state for each in calls] == [State.ACCEPTED] * 3
    still = [each.reply_code for each in calls if each.code_ended_at is None]
    assert len(set(still)) == len(still) == 2


class TestACrowdBeforeACall:
    """Whatever else is due, and however much of it: a call leaves at once."""

    @pytest.mark.parametrize("priority", [message_kinds.FIRST, message_kinds.URGENT, message_kinds.LATER])
    def test_that_may_not_leave_yet(
        self, cast: Cast, now: datetime, session: Db, send: Callable[..., int], priority: int
    ) -> None:
        about = {"person": None, "person_id": cast.zhou.id, "phone": cast.zhou.phone, "priority": priority}
        bulk.write(Notification, NotificationFactory.build_batch(2000, **about))
        urgent, provider = call(cast, now, person=cast.lin), Provider()
        send(provider)
        assert urgent.public_id in provider.ids
        assert len(provider.ids) == 2
        assert send(provider) == 0

    def test_that_takes_long_to_send(self, cast: Cast, now: datetime, session: Db, send: Callable[..., int]) -> None:
        """Eight in the morning, news for two hundred customers; a complaint comes up while they are sent."""
        calls = []

        class Morning(Provider):
            def send(self, message: Message) -> Verdict:
                if len(self.handed) == 5:
                    calls.append(call(cast, now))
                    session.commit()
                return super().send(message)

        NotificationFactory.create_batch(100, priority=message_kinds.NORMAL)
        morning = Morning()
        assert send(morning) == 101
        assert morning.ids.index(calls[0].public_id) <= claims.HANDFUL


def test_what_a_provider_takes_for_one_number_in_a_day_is_never_exceeded(cast: Cast, session: Db, clock: Hands) -> None:
    """The day is any stretch of 24 hours, whatever the date; another number is counted by itself."""
    provider = Provider()
    fleet = fleet_of(provider, windows=(Window(3, DAY),))

    def send() -> int:
        session.commit()
        return outbox.dispatch(fleet=fleet, clock=clock.now)

    NotificationFactory.create_batch(5, person=cast.zhou, expires_at=clock.now() + 3 * DAY)
    assert [(send(), clock.forward(hours=1))[0] for _ in range(8)] == [1, 1, 1, 0, 0, 0, 0, 0]
    NotificationFactory(person=cast.lin, due_at=clock.now())
    assert send() == 1
    clock.forward(hours=15, minutes=59)
    assert send() == 0
    clock.forward(minutes=1)
    assert (send(), send()) == (1, 0)
    clock.forward(hours=1)
    assert send() == 1
