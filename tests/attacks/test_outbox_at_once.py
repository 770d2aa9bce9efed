"""The outbox and the buttons at the same moment: whoever holds a complaint and whoever holds its messages get along."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session, scoped_session

from extensions import db
from gateways.base import Fate, Receipt, Verdict, VerdictKind
from models import Notification
from rules.vocabulary import NotificationKind, NotificationState
from services import attempts, claims, complaint_locks, notifications, receipts, reply_codes
from tests.attacks.test_at_once import at_once
from tests.cast import Cast
from tests.conftest import Hands
from tests.factories import ComplaintFactory, NotificationFactory
from tests.providers import Provider, fleet_of

Db = scoped_session[Session]
Job = Callable[[Callable[[], Any]], Callable[[], Any]]
State = NotificationState


@pytest.fixture
def job(app: Flask) -> Job:
    """Work in a worker of its own: app context, work, commit."""

    def wrapped(work: Callable[[], Any]) -> Callable[[], Any]:
        def run() -> Any:
            with app.app_context():
                try:
                    done = work()
                    db.session.commit()
                    return done
                finally:
                    db.session.remove()

        return run

    return wrapped


@pytest.fixture
def meet(session: Db) -> Callable[[], None]:
    """Wait until the other one holds its locks too; with SQLite there is one writer, and nobody comes."""
    barrier = Barrier(2)
    patience = 5.0 if session.get_bind().dialect.name == "postgresql" else 0.3

    def wait() -> None:
        with suppress(BrokenBarrierError):
            barrier.wait(patience)

    return wait


@pytest.fixture
def call(cast: Cast, now: datetime, session: Db) -> Notification:
    """A call for a complaint; it expires in an hour."""
    complaint = ComplaintFactory()
    queued = notifications.queue(
        kind=NotificationKind.DUTY_CALL,
        person=cast.zhou,
        dedup_key=f"call:{complaint.id}",
        complaint=complaint,
        expires_at=now + timedelta(hours=1),
        now=now,
        number=complaint.number,
    )
    assert queued is not None
    session.commit()
    return queued


@pytest.fixture
def late(meet: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is about to tell a complaint of a failure meets the other one first."""
    tell = notifications.note_failure

    def tell_later(*args: Any, **more: Any) -> None:
        meet()
        tell(*args, **more)

    monkeypatch.setattr(notifications, "note_failure", tell_later)


@pytest.mark.usefixtures("late")
class TestAButtonAndAWorker:
    @pytest.mark.parametrize("by", ["claim", "sweep"])
    def test_what_expires_while_somebody_withdraws_it(
        self, by: str, call: Notification, job: Job, meet: Callable[[], None], now: datetime, session: Db
    ) -> None:
        later, number = now + timedelta(hours=2), _number(call)
        session.commit()

        def withdraw() -> None:
            complaint = complaint_locks.by_number(number)
            meet()
            notifications.cancel_calls(complaint, now=later)

        drop: dict[str, Callable[[], Any]] = {
            "claim": lambda: claims.claim(fleet_of(Provider()), now=later, batch=10),
            "sweep": lambda: notifications.expire(now=later),
        }
        assert not _errors(at_once(job(drop[by]), job(withdraw)))

    def test_what_fails_while_the_complaint_is_closed(
        self, call: Notification, job: Job, meet: Callable[[], None], now: datetime, session: Db
    ) -> None:
        fleet, number = fleet_of(Provider()), _number(call)
        token, ids = claims.claim(fleet, now=now, batch=10)
        (attempt,) = attempts.begin(ids, token, fleet, now=now)
        refused = Verdict(VerdictKind.PERMANENT, code="NO")

        def end() -> None:
            complaint = complaint_locks.by_number(number)
            meet()
            reply_codes.end(complaint.id, now=now)

        finish = job(lambda: attempts.finish([(attempt, refused)], token, fleet, now=now))
        assert not _errors(at_once(finish, job(end)))
        session.expire_all()
        assert (call.state, call.code_ended_at) == (State.FAILED, now)


def test_receipts_and_verdicts_of_the_same_messages_never_wait_in_a_circle(
    session: Db, job: Job, clock: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A push names them in the order of the provider's ids, a worker in its own."""
    first, second = NotificationFactory(public_id="f" * 32), NotificationFactory(public_id="0" * 32)
    session.commit()
    fleet = fleet_of(Provider())
    token, ids = claims.claim(fleet, now=clock.now(), batch=10)
    begun = attempts.begin(ids, token, fleet, now=clock.now())
    settle = receipts._settle

    def settle_slowly(*args: Any, **more: Any) -> None:
        settle(*args, **more)
        db.session.flush()
        time.sleep(0.5)

    monkeypatch.setattr(receipts, "_settle", settle_slowly)
    brought = [_receipt(each, clock.now()) for each in (first, second)]
    accepted = [(attempt, Verdict(VerdictKind.ACCEPTED)) for attempt in begun]
    session.commit()

    def finish() -> None:
        time.sleep(0.2)
        attempts.finish(accepted, token, fleet, now=clock.now())

    assert not _errors(at_once(job(lambda: receipts.take("test", brought, now=clock.now())), job(finish)))
    session.expire_all()
    assert [each.state for each in (first, second)] == [State.DELIVERED] * 2


def _receipt(notification: Notification, at: datetime) -> Receipt:
    return Receipt(message_id=notification.public_id, phone=notification.phone, fate=Fate.DELIVERED, at=at)


def _number(notification: Notification) -> str:
    assert notification.complaint is not None
    return notification.complaint.number


def _errors(results: Sequence[Any]) -> list[Any]:
    return [result for result in results if isinstance(result, BaseException)]
