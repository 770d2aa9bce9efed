"""The outbox where it hurts: stale answers, bundles that fail, a message that is broken, a provider that is slow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pytest
from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from gateways.base import Fate, Finding, Message, Verdict, VerdictKind
from models import Complaint, Notification, TimelineEvent
from rules.vocabulary import EventKind, NotificationKind, NotificationState
from services import notifications, outbox, still_wanted
from tests.cast import Cast
from tests.conftest import Hands
from tests.factories import ComplaintFactory, NotificationFactory
from tests.providers import Provider, fleet_of

Db = scoped_session[Session]
State = NotificationState


def call(cast: Cast, now: datetime, **more: Any) -> Notification:
    """A call to Zhou about a complaint of its own."""
    complaint = ComplaintFactory()
    queued = notifications.queue(
        kind=NotificationKind.DUTY_CALL,
        person=cast.zhou,
        dedup_key=f"call:{complaint.id}",
        complaint=complaint,
        now=now,
        number=complaint.number,
        **more,
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
    claim_loose = outbox.receipts.claim_loose
    broken_id = messages[0].id

    def stumble(held: Sequence[Notification], **more: Any) -> Any:
        if broken_id in [each.id for each in held]:
            raise RuntimeError("a bug")
        return claim_loose(held, **more)

    monkeypatch.setattr(outbox.receipts, "claim_loose", stumble)
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
