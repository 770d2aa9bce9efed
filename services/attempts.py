"""Attempts: it is committed that one begins, the provider is called without any transaction, its answer is committed.

Whoever dies in between leaves a row whose lease runs out: without an attempt it was certainly not sent and waits again;
with one its provider is asked first.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.sql.base import ExecutableOption

from extensions import db
from gateways.base import Message, Verdict, VerdictKind
from models import Notification
from rules.message_states import MessageEvent
from rules.vocabulary import NotificationKind
from services import (
    bundles,
    channel_conditions,
    channel_states,
    customer_links,
    fallbacks,
    message_steps,
    notifications,
    receipts,
    still_wanted,
    templates,
    verdicts,
)
from services.channels import Channel, Channels
from services.claims import FOR_A_LOOK, LEASE

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Attempt:
    """One message on its way to a provider; ``until`` is when the lease ends."""

    notification_id: int
    channel: Channel
    message: Message
    until: datetime


def begin(ids: Sequence[int], token: str, fleet: Channels, *, now: datetime) -> list[Attempt]:
    """Commit that these attempts begin; whose lease is gone, or what nobody needs any more, is left out."""
    held = [each for each in _held(ids, token, *FOR_A_LOOK) if each.claimed_until and each.claimed_until > now]
    # All are asked about before anything is changed: a question in between would write every change by itself.
    unwanted = still_wanted.unwanted(held, now=now)
    begun = []
    with message_steps.together():
        for notification in held:
            channel, event = fleet.named(notification.channel), unwanted.get(notification.id)
            if event is None and _is_empty_bundle(notification, now=now):
                event = MessageEvent.CANCEL
            if event is not None:
                message_steps.move(notification, event, now=now)
                if event is MessageEvent.EXPIRE:
                    notifications.note_failure(notification, now=now)
            elif notification.is_of_played_complaint and channel is not None and channel not in fleet.drills():
                message_steps.move(notification, MessageEvent.CANCEL, now=now)  # It must never leave; nobody chose so.
            elif channel is None or not channel_conditions.takes(channel.name, now=now):
                # It was taken out of the settings, or stopped working, since this was claimed: another may have it.
                message_steps.move(notification, MessageEvent.RELEASE, now=now)
            else:
                begun.append(begin_one(notification, channel, now=now))
    db.session.commit()
    return begun


def begin_one(notification: Notification, channel: Channel, *, now: datetime) -> Attempt:
    """Note that an attempt begins, for whoever holds the message; the caller commits before the call.

    From now on its words are those that leave: a provider of templates may have approved an older version only.
    """
    if (worded := templates.worded_as_approved(notification, channel)) is not None:
        worded.put_on(notification)
    message_steps.move(notification, MessageEvent.ATTEMPT, now=now, channel=channel.name)
    notification.attempted_at = now
    notification.attempts += 1
    notification.provider_id = ""
    notification.claimed_until = until = now + LEASE
    return Attempt(notification.id, channel, message_to_send(notification, channel, at=now), until)


def send(attempt: Attempt, *, clock: Callable[[], datetime]) -> Verdict:
    """One attempt, unless its lease has run out. Whatever goes wrong on the way, the provider may have the message."""
    if clock() >= attempt.until:
        return Verdict(VerdictKind.RETRY, code="lease_over")
    try:
        return attempt.channel.gateway.send(attempt.message)
    except Exception as error:
        _log.exception("message %s: the provider's answer was lost", attempt.message.message_id)
        return Verdict(VerdictKind.UNKNOWN, words=type(error).__name__)


def finish(answers: Sequence[tuple[Attempt, Verdict]], token: str, fleet: Channels, *, now: datetime) -> None:
    """Commit the verdicts; a row whose lease ran out belongs to somebody else and is left alone."""
    verdict_of = {attempt.notification_id: verdict for attempt, verdict in answers}
    for attempt, verdict in answers:
        channel_states.note_verdict(attempt.channel, verdict, now=now)
    held = list(_held(list(verdict_of), token))
    with message_steps.together():
        for notification in held:
            verdicts.judge(notification, verdict_of[notification.id], fleet, now=now)
        fallbacks.watch(held, fleet, now=now)
        receipts.claim_loose(held, now=now)
    db.session.commit()


def message_to_send(notification: Notification, channel: Channel, *, at: datetime) -> Message:
    """The message as the provider gets it, or got it ``at`` that moment."""
    person = notification.person
    return Message(
        message_id=notification.public_id,
        phone=notification.phone,
        text=customer_links.unsealed(notification.text),
        signature=channel.signature,
        at=at,
        email=(person.email or "") if person else "",
        template=templates.approved(notification, channel) if channel.needs_template else None,
    )


def _held(ids: Sequence[int], token: str, *options: ExecutableOption) -> Iterator[Notification]:
    """The rows that this token still holds, locked by their own order like everywhere, in the order of ``ids``."""
    statement = (
        select(Notification)
        .where(Notification.id.in_(ids), Notification.claim_token == token)
        .order_by(Notification.id)
        .options(*options)
        .with_for_update(of=Notification)
        .execution_options(populate_existing=True)
    )
    found = {each.id: each for each in db.session.scalars(statement)}
    return (found[each] for each in ids if each in found)


def _is_empty_bundle(notification: Notification, *, now: datetime) -> bool:
    return notification.kind is NotificationKind.BUNDLE and not bundles.shrink(notification, now=now)
