"""From the outbox to the phone: never lost, never twice, and the truth when nobody knows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from flask import Flask, current_app
from sqlalchemy import func, select
from sqlalchemy.orm import Session, scoped_session

from extensions import db
from gateways.base import Fate, Message, Verdict, VerdictKind
from models import Complaint, Notification, SmsInboxMessage
from rules import backoff
from rules.vocabulary import EventKind, NotificationKind, NotificationState
from services import attempts, complaints, notifications, outbox, sandbox
from tests.cast import Cast
from tests.conftest import Hands
from tests.factories import ComplaintFactory, NotificationFactory, PersonFactory
from tests.providers import Provider, fleet_of
from tests.services.conftest import lines

Db = scoped_session[Session]
Messages = Callable[..., list[Notification]]
ACCEPTED, RETRY, ACCOUNT, PERMANENT, UNKNOWN = VerdictKind


class PowerCut(BaseException):
    """The worker dies here."""


@pytest.fixture
def send(app: Flask, clock: Hands, session: Db, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Dispatch with this provider and no other, at the test's time."""

    def dispatch(provider: Any = None, **more: Any) -> int:
        session.commit()
        fleet = fleet_of(provider or Provider())
        monkeypatch.setitem(app.extensions, "channels", fleet)
        return outbox.dispatch(fleet=fleet, clock=clock.now, **more)

    return dispatch


@pytest.fixture
def one(session: Db) -> Notification:
    """A message that waits."""
    notification: Notification = NotificationFactory()
    session.commit()
    return notification


def test_the_sandbox_shows_a_message_as_the_phone_would(
    one: Notification, send: Callable[..., int], clock: Hands, session: Db
) -> None:
    assert outbox.dispatch(fleet=sandbox.fleet(clock.now), clock=clock.now) == 1
    arrived = session.scalars(select(SmsInboxMessage)).one()
    assert (arrived.phone, arrived.text, arrived.message_id) == (one.phone, f"【安心桥】{one.text}", one.public_id)
    assert (one.state, one.accepted_at, one.attempts) == (NotificationState.ACCEPTED, clock.now(), 1)
    assert outbox.dispatch(fleet=sandbox.fleet(clock.now), clock=clock.now) == 0


def test_the_gravest_goes_first(session: Db, send: Callable[..., int]) -> None:
    normal, urgent = NotificationFactory(priority=5), NotificationFactory(priority=1)
    provider = Provider()
    send(provider)
    assert provider.ids == [urgent.public_id, normal.public_id]


def test_more_than_a_batch_is_sent_in_one_run(session: Db, send: Callable[..., int]) -> None:
    for _ in range(7):
        NotificationFactory()
    assert send(batch=3) == 7


class TestWhatTheProviderSays:
    def test_a_refusal_for_now_is_tried_again_after_a_pause(
        self, one: Notification, send: Callable[..., int], clock: Hands
    ) -> None:
        provider = Provider([Verdict(RETRY, code="BUSY")])
        send(provider)
        assert (one.state, one.provider_code) == (NotificationState.QUEUED, "BUSY")
        assert send(provider) == 0
        clock.forward(seconds=5)
        assert send(provider) == 1
        assert (one.state, one.attempts) == (NotificationState.ACCEPTED, 2)

    def test_after_five_refusals_it_has_failed_and_the_timeline_says_so(
        self, complaint: Complaint, send: Callable[..., int], clock: Hands, messages: Messages
    ) -> None:
        provider = Provider([Verdict(RETRY, code="BUSY")] * 9)
        for _ in range(9):
            send(provider)
            clock.forward(minutes=5)
        call = messages()[0]
        assert (call.state, call.attempts) == (NotificationState.FAILED, 5)
        assert lines(complaint, EventKind.NOTIFICATION_FAILED)[0].details["code"] == "BUSY"

    def test_a_refusal_for_good_is_not_tried_again(
        self, one: Notification, send: Callable[..., int], clock: Hands
    ) -> None:
        provider = Provider([Verdict(PERMANENT, code="BLACKLIST", words="黑名单")])
        send(provider)
        clock.forward(hours=1)
        assert send(provider) == 0
        assert (one.state, one.outcome) == (NotificationState.FAILED, "黑名单")

    @pytest.mark.parametrize("answer", [Verdict(UNKNOWN), ConnectionResetError("gone")])
    def test_an_answer_that_was_lost_is_not_sent_again_before_the_provider_was_asked(
        self, answer: Verdict | Exception, one: Notification, send: Callable[..., int], clock: Hands
    ) -> None:
        provider = Provider([answer])
        send(provider)
        assert one.state is NotificationState.UNKNOWN
        assert send(provider) == 0 and provider.asked == []
        clock.forward(seconds=30)
        provider.knows = Fate.ON_ITS_WAY
        assert send(provider) == 0
        assert (one.state, provider.ids) == (NotificationState.ACCEPTED, [one.public_id])

    def test_what_never_arrived_is_sent_after_all(
        self, one: Notification, send: Callable[..., int], clock: Hands
    ) -> None:
        provider = Provider([Verdict(UNKNOWN)], knows=Fate.NEVER_SEEN)
        send(provider)
        clock.forward(seconds=30)
        assert send(provider) == 1
        assert one.state is NotificationState.ACCEPTED

    @pytest.mark.parametrize("knows", [Fate.CANNOT_SAY, TimeoutError()])
    def test_when_nobody_can_tell_it_stays_unknown_and_a_person_sees_it(
        self,
        knows: Fate | Exception,
        complaint: Complaint,
        send: Callable[..., int],
        clock: Hands,
        messages: Messages,
    ) -> None:
        provider = Provider([Verdict(UNKNOWN)], knows=knows)
        send(provider)
        for _ in range(10):
            clock.forward(minutes=20)
            assert send(provider) == 0
        assert messages()[0].state is NotificationState.UNKNOWN
        assert len(lines(complaint, EventKind.NOTIFICATION_FAILED)) == 1
        assert provider.asked == provider.ids * backoff.MOST_QUESTIONS

    def test_endless_words_of_the_provider_are_cut(self, one: Notification, send: Callable[..., int]) -> None:
        send(Provider([Verdict(PERMANENT, "i" * 999, "c" * 999, "w" * 999)]))
        assert (len(one.provider_id), len(one.provider_code), len(one.outcome)) == (64, 64, 300)


class TestWorkersThatDie:
    def test_between_claim_and_attempt_the_message_is_sent_by_the_next_one(
        self, one: Notification, send: Callable[..., int], clock: Hands, monkeypatch: pytest.MonkeyPatch, session: Db
    ) -> None:
        def die(*_: Any, **__: Any) -> None:
            raise PowerCut

        with monkeypatch.context() as patch:
            patch.setattr(attempts, "begin", die)
            with pytest.raises(PowerCut):
                send()
        session.rollback()
        assert one.state is NotificationState.CLAIMED
        assert send() == 0, "the lease still runs"
        clock.forward(seconds=60)
        assert send() == 1
        assert one.state is NotificationState.ACCEPTED

    def test_between_attempt_and_verdict_the_message_is_not_sent_again_blindly(
        self, one: Notification, send: Callable[..., int], clock: Hands, session: Db
    ) -> None:
        provider = Provider([PowerCut()], knows=Fate.ON_ITS_WAY)
        with pytest.raises(PowerCut):
            send(provider)
        session.rollback()
        clock.forward(seconds=61)
        assert send(provider) == 0
        assert provider.asked == [], "it may have left at the very end of the lease: the grace begins now"
        clock.forward(seconds=30)
        assert send(provider) == 0
        assert provider.ids == [one.public_id]
        assert (one.state, provider.asked) == (NotificationState.ACCEPTED, [one.public_id])

    def test_a_worker_that_comes_back_after_its_lease_changes_nothing(
        self, one: Notification, send: Callable[..., int], clock: Hands, session: Db
    ) -> None:
        """It slept for two minutes inside the call; meanwhile another one settled the matter."""

        class Slow(Provider):
            def send(self, message: Message) -> Verdict:
                clock.forward(minutes=2)
                with current_app.app_context():
                    outbox.dispatch(fleet=fleet_of(Provider(knows=Fate.ON_ITS_WAY)), clock=clock.now)
                    clock.forward(minutes=1)
                    outbox.dispatch(fleet=fleet_of(Provider(knows=Fate.ON_ITS_WAY)), clock=clock.now)
                return Verdict(PERMANENT, code="LATE")

        send(Slow())
        session.expire_all()
        assert (one.state, one.provider_code) == (NotificationState.ACCEPTED, "")

    def test_a_lease_that_runs_out_before_the_turn_comes_is_given_up(
        self, session: Db, send: Callable[..., int], clock: Hands
    ) -> None:
        class Sleepy(Provider):
            def send(self, message: Message) -> Verdict:
                clock.forward(seconds=61)
                return super().send(message)

        NotificationFactory()
        NotificationFactory()
        provider = Sleepy()
        send(provider)
        send(provider)
        assert len(provider.ids) == len(set(provider.ids)) == 2


def test_dispatchers_at_the_same_moment_send_each_message_once(
    session: Db, clock: Hands, at_once: Callable[..., list[Any]]
) -> None:
    for _ in range(40):
        NotificationFactory()
    providers = [Provider() for _ in range(4)]

    def dispatch(provider: Provider) -> Callable[[], int]:
        return lambda: outbox.dispatch(fleet=fleet_of(provider), clock=clock.now, batch=5)

    assert sum(at_once(*map(dispatch, providers))) == 40
    handed = [message_id for provider in providers for message_id in provider.ids]
    assert len(handed) == len(set(handed)) == 40
    states = select(func.count(Notification.id)).where(Notification.state == NotificationState.ACCEPTED)
    assert session.scalar(states) == 40


class TestMessagesNobodyNeedsAnyMore:
    def test_a_call_is_not_sent_once_somebody_has_the_complaint(
        self, complaint: Complaint, cast: Cast, now: datetime, send: Callable[..., int], messages: Messages
    ) -> None:
        messages()[0].state = NotificationState.QUEUED
        complaints.acknowledge(complaint, actor=cast.zhou, now=now)
        provider = Provider()
        assert send(provider) == 0
        assert [call.state for call in messages()] == [NotificationState.CANCELLED]

    def test_not_even_when_it_was_claimed_before(
        self, complaint: Complaint, cast: Cast, now: datetime, send: Callable[..., int], messages: Messages, session: Db
    ) -> None:
        class Meanwhile(Provider):
            def send(self, message: Message) -> Verdict:
                complaints.acknowledge(session.get_one(Complaint, complaint.id), actor=cast.zhou, now=now)
                session.commit()
                return super().send(message)

        first = NotificationFactory(priority=-1)
        provider = Meanwhile()
        send(provider)
        assert provider.ids == [first.public_id]
        assert messages(NotificationKind.DUTY_CALL)[0].state is NotificationState.CANCELLED

    def test_who_left_the_company_is_not_written_to(self, session: Db, send: Callable[..., int]) -> None:
        notification = NotificationFactory(person=PersonFactory(is_active=False))
        assert send() == 0
        assert notification.state is NotificationState.CANCELLED

    def test_what_is_too_old_expires_and_the_timeline_says_so(
        self, complaint: Complaint, send: Callable[..., int], clock: Hands, messages: Messages, session: Db
    ) -> None:
        now = clock.forward(hours=4)
        assert [notifications.expire(now=now), notifications.expire(now=now)] == [1, 0]
        assert messages()[0].state is NotificationState.EXPIRED
        assert lines(complaint, EventKind.NOTIFICATION_FAILED)[0].details["state"] == "expired"
        assert send() == 0

    def test_a_message_that_expired_in_the_queue_is_not_sent_either(
        self, one: Notification, send: Callable[..., int], clock: Hands
    ) -> None:
        clock.forward(hours=4)
        assert send() == 0
        assert one.state is NotificationState.EXPIRED


class TestTheOutbox:
    def queue(self, person: Any, now: datetime, key: str = "test:1") -> Notification | None:
        """Queue a test message."""
        return notifications.queue(kind=NotificationKind.TEST, person=person, dedup_key=key, now=now)

    def test_one_reason_one_message(self, cast: Cast, now: datetime, messages: Messages) -> None:
        assert self.queue(cast.lin, now) is not None
        assert self.queue(cast.lin, now) is None
        assert self.queue(cast.lin, now, "test:2") is not None
        assert len(messages()) == 2

    def test_one_reason_one_message_even_at_the_same_moment(
        self, cast: Cast, now: datetime, at_once: Callable[..., list[Any]], messages: Messages
    ) -> None:
        person_id = cast.lin.id

        def queue() -> bool:
            from models import Person

            return self.queue(db.session.get_one(Person, person_id), now) is not None

        assert sorted(at_once(*[queue] * 4)) == [False, False, False, True]
        assert len(messages()) == 1

    def test_a_change_that_is_rolled_back_takes_its_message_along(
        self, cast: Cast, now: datetime, session: Db, messages: Messages
    ) -> None:
        self.queue(cast.lin, now)
        session.rollback()
        assert messages() == []

    def test_the_number_is_the_one_of_the_moment(self, cast: Cast, now: datetime, session: Db) -> None:
        notification = self.queue(cast.lin, now)
        assert notification is not None
        cast.lin.phone = "+8613900139999"
        session.flush()
        assert notification.phone == "+8613800138000"

    def test_a_complaint_s_message_stands_on_its_timeline(self, cast: Cast, now: datetime) -> None:
        complaint = ComplaintFactory()
        notifications.queue(
            kind=NotificationKind.ASSIGNED,
            person=cast.zhao,
            dedup_key="x",
            complaint=complaint,
            now=now,
            number=complaint.number,
        )
        assert lines(complaint, EventKind.NOTIFIED)[0].details == {"person": "赵磊", "message": "assigned"}
