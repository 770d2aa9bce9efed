"""The outbox where it hurts: stale answers, bundles that fail, a message that is broken, a provider that is slow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

import rules.reply_codes
from gateways.base import Fate, Finding, Message, Verdict, VerdictKind
from models import Complaint, Notification, TimelineEvent
from rules.vocabulary import EventKind, NotificationKind, NotificationState
from services import attempts, claims, fallbacks, notifications, numbers, outbox, questions, receipts, still_wanted
from tests.cast import Cast
from tests.conftest import Hands
from tests.factories import ComplaintFactory, NotificationFactory
from tests.providers import Provider, fleet_of

Db = scoped_session[Session]
State = NotificationState


def call(cast: Cast, now: datetime, **more: Any) -> Notification:
    """A call to Zhou about a complaint of its own."""
    complaint = ComplaintFactory()
    about: dict[str, Any] = {"person": cast.zhou, "number": complaint.number, **more}
    queued = notifications.queue(
        kind=NotificationKind.DUTY_CALL, dedup_key=f"call:{complaint.id}", complaint=complaint, now=now, **about
    )
    assert queued is not None
    return queued


@pytest.fixture
def send(clock: Hands, session: Db) -> Callable[..., int]:
    """Let the worker come by, with these providers."""

    def dispatch(*providers: Any, **more: Any) -> int:
        session.commit()
        return outbox.dispatch(fleet=fleet_of(*providers), clock=clock.now, **more)

    return dispatch


def told_in_vain(session: Db, complaint: Complaint | None) -> int:
    """How often the complaint's timeline says that somebody could not be told."""
    assert complaint is not None
    failed = TimelineEvent.complaint_id == complaint.id, TimelineEvent.kind == EventKind.NOTIFICATION_FAILED
    return len(session.scalars(select(TimelineEvent.id).where(*failed)).all())


def test_an_answer_about_an_earlier_attempt_settles_nothing(
    session: Db, clock: Hands, send: Callable[..., int]
) -> None:
    """While one worker waits for the first provider's answer, others try it twice more, here and elsewhere."""
    one: Notification = NotificationFactory(kind=NotificationKind.LEVEL_RAISED)
    second = Provider([Verdict(VerdictKind.UNKNOWN)], name="second")

    class First(Provider):
        def find(self, message: Message, provider_id: str) -> Finding:
            if not self.asked:
                self.asked.append(message.message_id)
                with current_app.app_context():
                    outbox.dispatch(fleet=fleet_of(self, second), clock=clock.now)
                    clock.forward(minutes=2)
                    outbox.dispatch(fleet=fleet_of(self, second), clock=clock.now)
            return Finding(Fate.NEVER_SEEN)

    first = First([Verdict(VerdictKind.UNKNOWN), Verdict(VerdictKind.PERMANENT, code="NO")], name="first")
    second.knows = Fate.CANNOT_SAY
    send(first, second)
    clock.forward(seconds=30)
    send(first, second)
    clock.forward(minutes=5)
    send(first, second)
    assert first.ids.count(one.public_id) == 2
    assert second.ids.count(one.public_id) == 1, "the second has it; what the first never saw says nothing about that"


@pytest.mark.parametrize("kind", [VerdictKind.ACCOUNT, VerdictKind.PERMANENT])
def test_what_one_channel_refused_leaves_by_the_next_at_once(
    kind: VerdictKind, cast: Cast, now: datetime, send: Callable[..., int]
) -> None:
    message = call(cast, now)
    first, second = Provider([Verdict(kind)], name="first"), Provider(name="second")
    send(first, second)
    assert message.state is State.ACCEPTED and message.public_id in second.ids


def test_what_failed_in_a_bundle_is_told_on_each_complaint(
    cast: Cast, now: datetime, session: Db, send: Callable[..., int]
) -> None:
    inside = [call(cast, now) for _ in range(3)]
    send(Provider([Verdict(VerdictKind.PERMANENT, code="BLACKLIST")]))
    assert [each.state for each in inside] == [State.BUNDLED] * 3
    assert [told_in_vain(session, each.complaint) for each in inside] == [1] * 3


def test_what_stays_unknown_in_a_bundle_is_told_on_each_complaint(
    cast: Cast, now: datetime, session: Db, clock: Hands, send: Callable[..., int]
) -> None:
    inside = [call(cast, now) for _ in range(3)]
    provider = Provider([Verdict(VerdictKind.UNKNOWN)])
    send(provider)
    for _ in range(12):
        clock.forward(minutes=3)
        send(provider)
    assert [told_in_vain(session, each.complaint) for each in inside] == [1] * 3


def test_what_expires_inside_a_waiting_bundle_is_told_on_its_complaint(
    cast: Cast, now: datetime, session: Db, clock: Hands, send: Callable[..., int]
) -> None:
    send(Provider())
    early = call(cast, now, expires_at=clock.forward(minutes=0).replace(minute=5))
    late = call(cast, now)
    send(Provider([Verdict(VerdictKind.RETRY, code="BUSY")] * 9))
    assert early.state is State.BUNDLED and late.state is State.BUNDLED
    clock.forward(minutes=10)
    provider = Provider()
    send(provider)
    assert len(provider.ids) == 1
    assert told_in_vain(session, early.complaint) == 1


def test_one_message_that_cannot_be_prepared_holds_up_no_other(
    session: Db, now: datetime, send: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = NotificationFactory(priority=0)
    others = NotificationFactory.create_batch(9)
    unwanted = still_wanted.unwanted

    def stumble(held: Sequence[Notification], *, now: datetime) -> Any:
        if broken_id in [each.id for each in held]:
            raise RuntimeError("a bug")
        return unwanted(held, now=now)

    broken_id = broken.id
    monkeypatch.setattr(still_wanted, "unwanted", stumble)
    provider = Provider()
    try:
        send(provider, threads=4)
    except RuntimeError:
        session.rollback()
    assert sorted(provider.ids) == sorted(each.public_id for each in others)


def test_a_verdict_that_cannot_be_acted_on_costs_no_other_verdict(
    session: Db, send: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = NotificationFactory.create_batch(4)
    claim_loose = receipts.claim_loose
    broken_id = messages[0].id

    def stumble(held: Sequence[Notification], **more: Any) -> Any:
        if broken_id in [each.id for each in held]:
            raise RuntimeError("a bug")
        return claim_loose(held, **more)

    monkeypatch.setattr(receipts, "claim_loose", stumble)
    try:
        send(Provider(), threads=4)
    except RuntimeError:
        session.rollback()
    assert [each.state for each in messages[1:]] == [State.ACCEPTED] * 3


def test_a_run_ends_well_before_its_job_would_be_stopped(session: Db, clock: Hands, send: Callable[..., int]) -> None:
    """Stopped from outside, a job loses the verdicts of what is on its way; the next one goes on."""

    class Slow(Provider):
        def send(self, message: Message) -> Verdict:
            clock.forward(seconds=9)
            return super().send(message)

    NotificationFactory.create_batch(40)
    began, slow = clock.now(), Slow()
    send(slow)
    assert (clock.now() - began).total_seconds() < 100
    assert 0 < len(slow.ids) < 40
    send(slow)
    assert len(slow.ids) == len(set(slow.ids))


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


def test_questions_that_take_long_leave_the_rest_for_the_next_round(
    session: Db, clock: Hands, send: Callable[..., int]
) -> None:
    """A provider that is down is asked about fifty messages, ten seconds each: no call waits behind that."""

    class Down(Provider):
        def find(self, message: Message, provider_id: str) -> Finding:
            clock.forward(seconds=10)
            return super().find(message, provider_id)

    sent = {"state": State.UNKNOWN, "channel": "test", "attempted_at": clock.now(), "ask_at": clock.now()}
    crowd, down = NotificationFactory.create_batch(50, **sent), Down()
    began = clock.now()
    send(down)
    assert clock.now() - began <= timedelta(seconds=30)
    for _ in range(60):
        send(down)
    assert set(down.asked) == {each.public_id for each in crowd}, "everyone's turn comes"


class TestOneThatIsBroken:
    """A bug about one message is no reason to tell nobody anything."""

    @pytest.fixture
    def stumbles(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any, str, int], None]:
        """Let a function raise as soon as it is about this message."""

        def arm(module: Any, name: str, broken_id: int) -> None:
            whole = getattr(module, name)

            def stumble(*args: Any, **more: Any) -> Any:
                if any(isinstance(each, Notification) and each.id == broken_id for each in args):
                    raise RuntimeError("a bug")
                return whole(*args, **more)

            monkeypatch.setattr(module, name, stumble)

        return arm

    def test_the_plan_goes_on_without_it(
        self, cast: Cast, now: datetime, send: Callable[..., int], stumbles: Any, clock: Hands, session: Db
    ) -> None:
        crowd = [call(cast, now) for _ in range(30)]
        broken = NotificationFactory(priority=0)
        other = NotificationFactory(priority=7)
        stumbles(claims, "_may_leave", broken.id)
        provider = Provider()
        send(provider)
        assert (other.state, broken.state) == (State.ACCEPTED, State.QUEUED)
        assert len(provider.ids) <= 8, "what goes together still does"
        assert {each.state for each in crowd} <= {State.BUNDLED, State.ACCEPTED}
        assert broken.due_at > clock.now(), "it is looked at again later, not all the time"

    def test_what_a_dead_worker_held_is_taken_back_without_it(
        self, send: Callable[..., int], stumbles: Any, clock: Hands, session: Db, now: datetime
    ) -> None:
        broken, other = NotificationFactory(), NotificationFactory()
        session.commit()
        fleet = fleet_of(Provider())
        token, ids = claims.claim(fleet, now=now, batch=10)
        attempts.begin(ids, token, fleet, now=now)
        stumbles(fallbacks, "after", broken.id)
        clock.forward(minutes=2)
        fresh = NotificationFactory(due_at=now, created_at=now)
        send(Provider())
        session.expire_all()
        assert (other.state, fresh.state) == (State.UNKNOWN, State.ACCEPTED)

    def test_an_answer_that_cannot_be_acted_on_costs_no_other_answer(
        self, send: Callable[..., int], stumbles: Any, clock: Hands, session: Db
    ) -> None:
        broken, other = NotificationFactory(), NotificationFactory()
        send(Provider([Verdict(VerdictKind.UNKNOWN)] * 2))
        stumbles(questions, "_learn", broken.id)
        clock.forward(minutes=5)
        send(Provider(knows=Fate.DELIVERED))
        session.expire_all()
        assert (other.state, broken.state) == (State.DELIVERED, State.UNKNOWN)


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
