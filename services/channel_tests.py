"""A test of one channel: a message to oneself, through exactly this one, and the provider's answer at once."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from extensions import db
from gateways.base import Verdict, VerdictKind
from models import Notification, Person
from rules import backoff
from rules.message_states import MessageEvent
from rules.permissions import Permission
from rules.refusals import Conflict, Refusal
from rules.vocabulary import N_, ChannelKind, NotificationKind, NotificationState
from services import attempts, channel_states, message_steps, notifications, receipts
from services.actors import require
from services.channels import Channel

_EVENTS: Final[Mapping[VerdictKind, MessageEvent]] = {
    VerdictKind.ACCEPTED: MessageEvent.ACCEPTED,
    VerdictKind.PERMANENT: MessageEvent.PERMANENT,
    VerdictKind.UNKNOWN: MessageEvent.UNKNOWN,
}
"""What becomes of the test; one that could be repeated has failed, since the answer was all that was wanted."""

TWICE_A_MINUTE: Final = timedelta(seconds=30)


def test(channel: Channel, *, actor: Person, now: datetime) -> Verdict:
    """Send a test message to the actor and say what the provider answered.

    It stands among the messages as any other, its receipt too. Commits by itself, since the call to the provider stands
    between its transactions.

    Raises:
        NotAllowed: the person's roles do not allow it. Refusal: they have no number or address that it could go to.
        Conflict: one was sent just now.
    """
    require(actor, Permission.MANAGE_CHANNELS)
    attempt = _begin(channel, actor, now=now)
    db.session.commit()
    verdict = attempts.send(attempt, clock=lambda: now)
    _finish(attempt.notification_id, channel, verdict, now=now)
    db.session.commit()
    return verdict


def _begin(channel: Channel, actor: Person, *, now: datetime) -> attempts.Attempt:
    """Write the message and take it in one transaction, so that no worker sees it waiting; in whatever condition the
    channel is, since that is the question.
    """
    if not actor.phone:
        raise Refusal(N_("You have no mobile number; it stands in your own record."))
    if channel.kind is ChannelKind.EMAIL and not actor.email:
        raise Refusal(N_("You have no e-mail address; it stands in your own record."))
    moment = int(now.timestamp() / TWICE_A_MINUTE.total_seconds())
    key = f"test:{channel.name}:{actor.id}:{moment}"
    notification = notifications.queue(kind=NotificationKind.TEST, person=actor, dedup_key=key, now=now)
    if notification is None:
        raise Conflict(N_("A test was sent just now; please wait for half a minute."))
    notification.channel = channel.name
    message_steps.move(notification, MessageEvent.CLAIM, now=now, actor=actor)
    notification.claim_token = uuid.uuid4().hex
    return attempts.begin_one(notification, channel, now=now)


def _finish(notification_id: int, channel: Channel, verdict: Verdict, *, now: datetime) -> None:
    channel_states.note_verdict(channel, verdict, now=now)
    notification = db.session.get_one(Notification, notification_id, with_for_update=True, populate_existing=True)
    if notification.state is not NotificationState.ATTEMPTED:
        return  # Its receipt was faster, or it took so long that the lease is over.
    notification.provider_id = verdict.provider_id[:64]
    notification.provider_code = verdict.code[:64]
    notification.outcome = verdict.words[:300]
    event = _EVENTS.get(verdict.kind, MessageEvent.GIVE_UP)
    state = message_steps.move(notification, event, now=now, code=verdict.code, words=verdict.words)
    if state is NotificationState.ACCEPTED:
        notification.accepted_at = now
    if state in (NotificationState.ACCEPTED, NotificationState.UNKNOWN):
        notification.ask_at = backoff.ask_at(notification.message_class, attempted_at=now, asked=0)
    receipts.claim_loose([notification], now=now)
