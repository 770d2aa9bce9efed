"""One message with a bug about it, and all the others beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session, scoped_session

from gateways.base import Fate, Verdict, VerdictKind
from models import Notification
from rules.vocabulary import NotificationState
from services import attempts, claims, fallbacks, questions, receipts, still_wanted
from tests.cast import Cast
from tests.conftest import Hands
from tests.factories import NotificationFactory
from tests.providers import Provider, fleet_of
from tests.services.conftest import call

Db = scoped_session[Session]
State = NotificationState


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
