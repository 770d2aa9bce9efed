"""Verdicts: what becomes of a message by the provider's answer, or for want of one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from gateways.base import Verdict, VerdictKind
from models import Notification
from rules import backoff
from rules.message_states import MessageEvent
from rules.vocabulary import NotificationState
from services import channels, fallbacks, message_steps, notifications
from services.channels import Channels


def judge(notification: Notification, verdict: Verdict, fleet: Channels, *, now: datetime) -> None:
    """Let the answer to an attempt happen to its message; whoever calls this holds it."""
    notification.provider_id = verdict.provider_id[:64]
    notification.provider_code = verdict.code[:64]
    notification.outcome = verdict.words[:300]
    _JUDGE[verdict.kind](notification, verdict, fleet, now)


def doubt(notification: Notification, fleet: Channels, *, now: datetime, code: str = "", words: str = "") -> None:
    """Nobody knows: the provider is asked after a while, and what is urgent takes a second channel meanwhile."""
    message_steps.move(notification, MessageEvent.UNKNOWN, now=now, code=code, words=words)
    if notification.state is NotificationState.UNKNOWN:
        notification.asked = 0
        # The grace begins now: the call may have left at the very end of the lease, not when the attempt began.
        notification.ask_at = backoff.ask_at(notification.message_class, attempted_at=now, asked=0)
        fallbacks.after(notification, fleet, now=now)


def has_failed(notification: Notification, fleet: Channels, *, now: datetime) -> None:
    """Tell of a message that will not come, and let another way, or the chain, take it from here."""
    notifications.note_failure(notification, now=now)
    fallbacks.after(notification, fleet, now=now)


def _accepted(notification: Notification, verdict: Verdict, fleet: Channels, now: datetime) -> None:
    _move(notification, MessageEvent.ACCEPTED, verdict, now=now)
    channel = fleet.named(notification.channel)
    if notification.state is NotificationState.ACCEPTED and channel is not None and channel.can_find:
        notification.asked = backoff.ASKED_LATER if channel.gives_receipts else 0
        notification.ask_at = backoff.ask_at(notification.message_class, attempted_at=now, asked=notification.asked)


def _retry(notification: Notification, verdict: Verdict, fleet: Channels, now: datetime) -> None:
    wish, message_class = verdict.retry_after, notification.message_class
    if backoff.is_better_elsewhere(message_class, wish) and _goes_elsewhere(notification, verdict, fleet, now=now):
        return
    attempts, expires_at = notification.attempts, notification.expires_at
    at = backoff.retry_at(message_class, attempts=attempts, at=now, expires_at=expires_at, wish=wish)
    if at is None:
        _refused(notification, MessageEvent.GIVE_UP, verdict, fleet, now=now)
    else:
        _move(notification, MessageEvent.RETRY, verdict, now=now)
        notification.due_at = at


def _account_trouble(notification: Notification, verdict: Verdict, fleet: Channels, now: datetime) -> None:
    """The message is not at fault: no attempt is counted, and it waits for a channel as long as it is wanted."""
    has_another = channels.choose(fleet, notification, now=now) is not None
    at = backoff.after_account_trouble(at=now, expires_at=notification.expires_at, has_another=has_another)
    _move(notification, MessageEvent.ACCOUNT, verdict, now=now)
    notification.attempts -= 1
    notification.due_at = at or notification.expires_at


def _permanent(notification: Notification, verdict: Verdict, fleet: Channels, now: datetime) -> None:
    _refused(notification, MessageEvent.PERMANENT, verdict, fleet, now=now)


def _unknown(notification: Notification, verdict: Verdict, fleet: Channels, now: datetime) -> None:
    doubt(notification, fleet, now=now, code=verdict.code, words=verdict.words)


_JUDGE: dict[VerdictKind, Callable[[Notification, Verdict, Channels, datetime], None]] = {
    VerdictKind.ACCEPTED: _accepted,
    VerdictKind.RETRY: _retry,
    VerdictKind.ACCOUNT: _account_trouble,
    VerdictKind.PERMANENT: _permanent,
    VerdictKind.UNKNOWN: _unknown,
}


def _refused(
    notification: Notification, event: MessageEvent, verdict: Verdict, fleet: Channels, *, now: datetime
) -> None:
    if not _goes_elsewhere(notification, verdict, fleet, now=now):
        _move(notification, event, verdict, now=now)
        has_failed(notification, fleet, now=now)


def _goes_elsewhere(notification: Notification, verdict: Verdict, fleet: Channels, *, now: datetime) -> bool:
    """Whether another channel takes over what this one certainly did not send: the message waits for it."""
    tried = notification.channels_tried
    notification.channels_tried = [*tried, notification.channel]
    if not channels.others_left(fleet, notification, now=now):
        notification.channels_tried = tried
        return False
    _move(notification, MessageEvent.RETRY, verdict, now=now)
    notification.due_at, notification.attempts = now, 0
    return True


def _move(notification: Notification, event: MessageEvent, verdict: Verdict, *, now: datetime) -> None:
    message_steps.move(notification, event, now=now, code=verdict.code, words=verdict.words)
