"""The outbox where it hurts: bundles that fail, another channel, a provider that is slow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from gateways.base import Message, Verdict, VerdictKind
from models import Complaint, TimelineEvent
from rules.vocabulary import EventKind, NotificationState
from tests.cast import Cast
from tests.conftest import Hands
from tests.factories import NotificationFactory
from tests.providers import Provider
from tests.services.conftest import call

Db = scoped_session[Session]
State = NotificationState


def told_in_vain(session: Db, complaint: Complaint | None) -> int:
    """How often the complaint's timeline says that somebody could not be told."""
    assert complaint is not None
    failed = TimelineEvent.complaint_id == complaint.id, TimelineEvent.kind == EventKind.NOTIFICATION_FAILED
    return len(session.scalars(select(TimelineEvent.id).where(*failed)).all())


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
