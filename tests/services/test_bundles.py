"""A storm reaches a phone as a few messages, and none of it is lost (ES8, SM4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, scoped_session

from models import Complaint, Notification, Person
from rules.vocabulary import MessageClass, MessageRelation, NotificationKind, NotificationState
from services import attempts, bundles, claims, complaints, notifications, outbox
from tests.cast import Cast
from tests.conftest import Hands
from tests.factories import ComplaintFactory, NotificationFactory, PersonFactory
from tests.providers import Provider, fleet_of

Db = scoped_session[Session]
Send = Callable[..., int]
BUNDLE, BUNDLED, CANCELLED = NotificationKind.BUNDLE, NotificationState.BUNDLED, NotificationState.CANCELLED


@pytest.fixture
def provider() -> Provider:
    """Whoever takes the messages."""
    return Provider()


@pytest.fixture
def send(provider: Provider, clock: Hands, session: Db) -> Send:
    """Let the worker come by."""

    def dispatch(**more: Any) -> int:
        session.commit()
        return outbox.dispatch(fleet=fleet_of(provider), clock=clock.now, **more)

    return dispatch


def call(person: Person, now: datetime, **more: Any) -> Notification:
    """One call for a complaint of its own."""
    complaint = ComplaintFactory()
    queued = notifications.queue(
        kind=NotificationKind.DUTY_CALL,
        person=person,
        dedup_key=f"call:{complaint.id}",
        complaint=complaint,
        now=now,
        number=complaint.number,
        due="22:30",
        **more,
    )
    assert queued is not None
    return queued


def test_a_storm_of_five_hundred_is_a_few_messages_and_loses_none(
    cast: Cast, now: datetime, send: Send, provider: Provider, clock: Hands, session: Db
) -> None:
    for _ in range(500):
        call(cast.zhou, now)
    send()
    for _ in range(50):
        for _ in range(10):
            call(cast.zhou, clock.forward(seconds=0.1))
        send()
    clock.forward(minutes=1)
    send()
    assert len(provider.handed) <= 3
    waiting = select(func.count(Notification.id)).where(Notification.state == NotificationState.QUEUED)
    assert session.scalar(waiting) == 0
    inside = session.scalars(select(Notification).where(Notification.state == BUNDLED)).all()
    sent = session.scalars(select(Notification).where(Notification.state == NotificationState.ACCEPTED)).all()
    alone = [each for each in sent if each.kind is not BUNDLE]
    assert len(inside) + len(alone) == 1000
    assert {each.bundle_id for each in inside} <= {each.id for each in sent}
    assert "500" in provider.texts[0] and "500" in provider.texts[1]


class TestWhatGoesTogether:
    def test_two_calls_that_wait_for_one_phone_are_one_message_that_names_both(
        self, cast: Cast, now: datetime, send: Send, provider: Provider
    ) -> None:
        first, second = call(cast.zhou, now), call(cast.zhou, now)
        send()
        (text,) = provider.texts
        assert first.complaint.number in text and second.complaint.number in text  # type: ignore[union-attr]
        assert (first.state, second.state) == (BUNDLED, BUNDLED)
        assert first.bundle is not None and first.bundle.kind is BUNDLE
        assert bundles.members(first.bundle) == [first, second]

    def test_one_code_answers_for_all_of_it(self, cast: Cast, now: datetime, send: Send, provider: Provider) -> None:
        first, _ = call(cast.zhou, now), call(cast.zhou, now)
        send()
        assert first.bundle is not None
        assert first.bundle.reply_code and first.bundle.reply_code in provider.texts[0]
        assert first.reply_code == ""

    def test_two_phones_are_two_messages(self, cast: Cast, now: datetime, send: Send, provider: Provider) -> None:
        call(cast.zhou, now)
        call(cast.lin, now)
        send()
        assert {message.phone for message in provider.handed} == {cast.zhou.phone, cast.lin.phone}

    def test_a_phone_that_two_share_gets_a_message_for_each(
        self, cast: Cast, now: datetime, send: Send, provider: Provider, clock: Hands
    ) -> None:
        """Who answers does so for themselves: no call of one of them is in the other's bundle, or overtaken by it."""
        other = PersonFactory(phone=cast.zhou.phone)
        calls = {person: [call(person, now) for _ in range(2)] for person in (cast.zhou, other)}
        same = ComplaintFactory()
        for person in (cast.zhou, other):
            notifications.queue(
                kind=NotificationKind.DUTY_CALL,
                person=person,
                dedup_key=f"same:{person.id}",
                complaint=same,
                now=now,
                number=same.number,
            )
        send()
        clock.forward(minutes=1)
        send()
        assert len(provider.handed) == 2
        for person, own in calls.items():
            bundle = own[0].bundle
            assert bundle is not None and bundle.person_id == person.id
            assert {each.person_id for each in bundles.members(bundle)} == {person.id}
            assert len(bundles.members(bundle)) == 3

    def test_what_somebody_took_meanwhile_is_left_out(
        self, cast: Cast, now: datetime, send: Send, provider: Provider
    ) -> None:
        first, second = call(cast.zhou, now), call(cast.zhou, now)
        first.complaint.acknowledged_at, first.complaint.acknowledged_by = now, cast.lin  # type: ignore[union-attr]
        send()
        assert (first.state, second.state) == (CANCELLED, NotificationState.ACCEPTED)

    def test_what_is_taken_between_the_plan_and_the_call_is_said_anew(
        self, cast: Cast, now: datetime, session: Db, provider: Provider
    ) -> None:
        first, *_ = [call(cast.zhou, now) for _ in range(3)]
        session.commit()
        fleet = fleet_of(provider)
        token, ids = claims.claim(fleet, now=now, batch=10)
        complaints.acknowledge(session.get_one(Complaint, first.complaint_id), actor=cast.lin, now=now)
        session.commit()
        (attempt,) = attempts.begin(ids, token, fleet, now=now)
        assert first.complaint.number not in attempt.message.text  # type: ignore[union-attr]
        assert "2" in attempt.message.text

    def test_a_bundle_that_nobody_needs_any_more_is_not_sent(
        self, cast: Cast, now: datetime, session: Db, provider: Provider
    ) -> None:
        calls = [call(cast.zhou, now) for _ in range(2)]
        session.commit()
        fleet = fleet_of(provider)
        token, ids = claims.claim(fleet, now=now, batch=10)
        for each in calls:
            complaints.acknowledge(session.get_one(Complaint, each.complaint_id), actor=cast.lin, now=now)
        session.commit()
        assert attempts.begin(ids, token, fleet, now=now) == []
        assert calls[0].bundle.state is CANCELLED  # type: ignore[union-attr]

    def test_a_bundle_that_waits_takes_newcomers_in(
        self, cast: Cast, now: datetime, send: Send, provider: Provider, clock: Hands
    ) -> None:
        for _ in range(2):
            call(cast.zhou, now)
        send()
        for _ in range(2):
            call(cast.zhou, now)
        send()  # Within the same minute: put off.
        assert len(provider.handed) == 1
        later = call(cast.zhou, clock.forward(seconds=30))
        clock.forward(seconds=31)
        send()
        assert len(provider.handed) == 2
        assert len(bundles.members(later.bundle)) == 3  # type: ignore[arg-type]

    def test_two_bundles_that_wait_become_one_that_names_all(
        self, cast: Cast, now: datetime, send: Send, provider: Provider, clock: Hands, session: Db
    ) -> None:
        """A phone that rests for a minute, and two calls at a time in the meantime."""
        call(cast.zhou, now)
        send()
        calls = []
        for seconds in (10, 20, 25):
            clock.set(now + timedelta(seconds=seconds))
            calls += [call(cast.zhou, clock.now()) for _ in range(2)]
            send()
        assert len(provider.handed) == 1
        first, *others = session.scalars(select(Notification).where(Notification.kind == BUNDLE)).all()
        assert len(others) == 2
        clock.set(now + timedelta(minutes=1))
        send()
        assert len(provider.handed) == 2
        assert "6" in provider.texts[1]
        assert bundles.members(first) == calls
        assert bundles.numbers(first) == [each.complaint.number for each in calls]  # type: ignore[union-attr]
        assert {each.state for each in others} == {CANCELLED}
        assert {(each.steps[-1].code, each.steps[-1].words) for each in others} == {(bundles.EMPTIED, first.public_id)}

    def test_a_bundle_that_is_sent_again_stands_for_its_own_and_takes_nobody_in(
        self, cast: Cast, now: datetime, send: Send, provider: Provider, clock: Hands, session: Db
    ) -> None:
        calls = [call(cast.zhou, now) for _ in range(2)]
        send()
        first = calls[0].bundle
        assert first is not None
        again = NotificationFactory(
            kind=BUNDLE,
            person=cast.zhou,
            message_class=first.message_class,
            bundle_key=first.bundle_key,
            text=first.text,
            variables=first.variables,
            expires_at=first.expires_at,
            parent=first,
            relation=MessageRelation.RESENT,
        )
        others = [call(cast.zhou, clock.forward(minutes=1)) for _ in range(2)]
        for _ in range(2):
            send()
            clock.forward(minutes=1)
        assert bundles.members(again) == calls
        assert bundles.members(others[0].bundle) == others  # type: ignore[arg-type]
        assert len(provider.handed) == 3
        said = [{each.complaint.number for each in told} for told in (calls, others)]  # type: ignore[union-attr]
        assert all(any(all(number in text for number in numbers) for text in provider.texts[1:]) for numbers in said)


class TestWhatIsOvertaken:
    def test_of_one_chain_only_the_newest_call_leaves(
        self, cast: Cast, now: datetime, send: Send, provider: Provider, session: Db
    ) -> None:
        complaint = ComplaintFactory()
        older, newer = (
            notifications.queue(kind=kind, person=cast.zhou, dedup_key=key, complaint=complaint, now=now, number="C-1")
            for kind, key in ((NotificationKind.DUTY_CALL, "a"), (NotificationKind.ESCALATION, "b"))
        )
        assert older is not None and newer is not None
        send()
        assert provider.ids == [newer.public_id]
        assert older.state is CANCELLED
        last = max(older.steps, key=lambda step: step.id)
        assert (last.code, last.words) == (bundles.SUPERSEDED, newer.public_id)


class TestThrottles:
    def test_one_a_minute_to_somebody_on_duty(
        self, cast: Cast, now: datetime, send: Send, provider: Provider, clock: Hands
    ) -> None:
        call(cast.zhou, now)
        send()
        call(cast.zhou, clock.forward(seconds=20))
        send()
        assert len(provider.handed) == 1
        clock.forward(seconds=39)
        send()
        assert len(provider.handed) == 1
        clock.forward(seconds=1)
        send()
        assert len(provider.handed) == 2

    def test_another_phone_does_not_wait(self, cast: Cast, now: datetime, send: Send, provider: Provider) -> None:
        call(cast.zhou, now)
        send()
        call(cast.lin, now)
        send()
        assert len(provider.handed) == 2

    def test_roster_notices_leave_room_for_calls(
        self, cast: Cast, now: datetime, send: Send, provider: Provider, clock: Hands
    ) -> None:
        clock.forward(hours=12)  # By day.
        for _ in range(5):
            NotificationFactory(
                person=cast.zhou,
                kind=NotificationKind.SWAP_REQUESTED,
                message_class=MessageClass.STAFF,
                expires_at=clock.now().replace(hour=23),
            )
        for _ in range(3):
            send()
            clock.forward(minutes=1)
        called = call(cast.zhou, clock.now())
        send()
        assert provider.ids[-1] == called.public_id

    def test_what_waits_says_why(self, cast: Cast, now: datetime, send: Send, session: Db) -> None:
        call(cast.zhou, now)
        send()
        waiting = call(cast.zhou, now)
        send()
        assert waiting.state is NotificationState.QUEUED
        assert waiting.due_at > now
        assert [step.words for step in waiting.steps] == ["", "throttled"]

    def test_what_cannot_leave_before_it_expires_expires_and_says_so(
        self, cast: Cast, now: datetime, send: Send, clock: Hands
    ) -> None:
        call(cast.zhou, now)
        send()
        waiting = call(cast.zhou, now, expires_at=clock.now().replace(second=30))
        send()
        clock.forward(seconds=31)
        send()
        assert waiting.state is NotificationState.EXPIRED


def test_two_planners_at_once_keep_to_one_a_minute(
    cast: Cast, now: datetime, session: Db, clock: Hands, at_once: Callable[..., list[Any]]
) -> None:
    people = [PersonFactory() for _ in range(6)]
    for _ in range(4):
        for person in people:
            NotificationFactory(person=person, message_class=MessageClass.DUTY, kind=NotificationKind.GROUP_MESSAGE)
    session.commit()
    providers = [Provider() for _ in range(4)]

    def dispatch(provider: Provider) -> Callable[[], int]:
        return lambda: outbox.dispatch(fleet=fleet_of(provider), clock=clock.now, batch=3)

    at_once(*map(dispatch, providers))
    rung = [message.phone for provider in providers for message in provider.handed]
    assert sorted(rung) == sorted(person.phone for person in people)
