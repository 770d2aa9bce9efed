"""Asking a provider about what nobody knows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask import current_app
from sqlalchemy.orm import Session, scoped_session

from gateways.base import Fate, Finding, Message, Verdict, VerdictKind
from models import Notification
from rules.vocabulary import NotificationKind, NotificationState
from services import outbox
from tests.conftest import Hands
from tests.factories import NotificationFactory
from tests.providers import Provider, fleet_of

Db = scoped_session[Session]
State = NotificationState


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
