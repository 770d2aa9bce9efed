"""Questions: a provider is asked about a message without a verdict, and for a receipt that never came."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from extensions import db, just_looking
from gateways.base import Fate, Finding, Message
from models import Notification
from rules import backoff
from rules.message_states import MessageEvent
from rules.vocabulary import NotificationState
from services import attempts, broken, message_steps, notifications, verdicts
from services.channels import Channel, Channels

AT_ONCE = 50
"""Messages whose provider one round asks about."""

LONGEST = timedelta(seconds=10)
"""When a round asks no more: a provider that is down answers no question, and calls wait to leave."""

_log = logging.getLogger(__name__)


def ask(fleet: Channels, *, clock: Callable[[], datetime]) -> int:
    """Ask providers about messages without a verdict, and for receipts that never came; returns how many.

    Where that takes long the rest is asked about next time.
    """
    due = select(Notification).where(Notification.ask_at.is_not(None), Notification.ask_at <= clock())
    with just_looking():
        doubtful = db.session.scalars(due.order_by(Notification.ask_at).limit(AT_ONCE)).all()
        questions = [_Question.about(each, fleet, now=clock()) for each in doubtful]
        db.session.commit()
    until, asked = clock() + LONGEST, 0
    for question in questions:
        if clock() >= until:
            break
        finding = question.put()
        broken.in_parts(
            lambda some: _settle(some, finding, fleet, now=clock()),  # noqa: B023
            [question],
            lambda each: broken.set_aside(each.notification_id, now=clock()),
        )
        asked += 1
    return asked


@dataclass(frozen=True)
class _Question:
    """What a provider is asked; ``attempted_at`` says of which attempt."""

    notification_id: int
    attempted_at: datetime | None
    channel: Channel | None
    message: Message | None
    provider_id: str

    @classmethod
    def about(cls, notification: Notification, fleet: Channels, *, now: datetime) -> _Question:
        """What its last attempt is asked about by."""
        channel, attempted_at = fleet.named(notification.channel), notification.attempted_at
        message = attempts.message_to_send(notification, channel, at=attempted_at or now) if channel else None
        return cls(notification.id, attempted_at, channel, message, notification.provider_id)

    def put(self) -> Finding:
        """Ask; whoever cannot be asked cannot say."""
        if self.channel is None or self.message is None:
            return Finding(Fate.CANNOT_SAY)
        try:
            return self.channel.gateway.find(self.message, self.provider_id)
        except Exception:
            _log.exception("message %s: the provider could not be asked", self.message.message_id)
            return Finding(Fate.CANNOT_SAY)


def _settle(questions: Sequence[_Question], finding: Finding, fleet: Channels, *, now: datetime) -> None:
    """Commit what the provider said of these attempts, unless the message has moved on while it was asked."""
    for question in questions:
        key = question.notification_id
        notification = db.session.get(Notification, key, with_for_update=True, populate_existing=True)
        if notification is None or notification.ask_at is None or notification.attempted_at != question.attempted_at:
            continue
        can_find = question.channel is not None and question.channel.can_find
        notification.asked = notification.asked + 1 if can_find else backoff.MOST_QUESTIONS
        if finding.fate is Fate.CANNOT_SAY:
            _ask_again(notification, now=now)
        else:
            _learn(notification, finding, fleet, now=now)
    db.session.commit()


def _learn(notification: Notification, finding: Finding, fleet: Channels, *, now: datetime) -> None:
    notification.provider_id = notification.provider_id or finding.provider_id[:64]
    event = MessageEvent[finding.fate.name]
    message_steps.move(notification, event, now=now, code=finding.code, words=finding.words)
    if notification.state is NotificationState.QUEUED:
        notification.due_at, notification.ask_at = now, None
    elif notification.state is NotificationState.ACCEPTED:
        _ask_again(notification, now=now)
    elif notification.state is NotificationState.FAILED:
        notification.outcome, notification.provider_code = finding.words[:300], finding.code[:64]
        verdicts.has_failed(notification, fleet, now=now)


def _ask_again(notification: Notification, *, now: datetime) -> None:
    """When the provider is asked next; a message that stays unknown for good is told of where people look."""
    began = notification.attempted_at or now
    notification.ask_at = backoff.ask_at(notification.message_class, attempted_at=began, asked=notification.asked)
    if notification.ask_at is None and notification.state is NotificationState.UNKNOWN:
        notifications.note_failure(notification, now=now)
