"""Receipts: what providers say of messages that they took, in any order, any number of times, and always the same end.

Each receipt is kept once. What is known of a message is the best that the receipts of its latest attempt say: DELIVERED
beats FAILED beats ON_ITS_WAY, whichever comes first. No provider says which part of a long text a receipt is of, so the
same holds for parts: the phone was reached as soon as one of them arrived, and the others stand beside the message.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select

from extensions import db
from gateways import base
from models import Notification, Receipt
from rules.message_states import MessageEvent
from rules.vocabulary import MessageRelation, NotificationState
from services import bulk, channels, fallbacks, first_writer, message_steps, notifications

LATE_VERDICT = timedelta(days=1)
"""A receipt without our own id waits for its message only where one left for that phone within this time."""

NAMED_AT_ONCE = 100
"""Receipts whose messages are looked for in one question."""

_OWN_ID, _SHORTEST_OWN_ID = 32, 15
"""Digits of our id, and those that a provider gives back at least; Aliyun's calls carry no more."""

_HEX = frozenset("0123456789abcdef")

_STATES = {
    base.Fate.DELIVERED: NotificationState.DELIVERED,
    base.Fate.FAILED: NotificationState.FAILED,
    base.Fate.ON_ITS_WAY: NotificationState.ACCEPTED,
}
_BEST_FIRST = (NotificationState.DELIVERED, NotificationState.FAILED, NotificationState.ACCEPTED)
_EVENTS = {
    NotificationState.DELIVERED: MessageEvent.DELIVERED,
    NotificationState.FAILED: MessageEvent.FAILED,
    NotificationState.ACCEPTED: MessageEvent.ON_ITS_WAY,
}
_UNJUDGED = (NotificationState.ATTEMPTED, NotificationState.UNKNOWN)

_log = logging.getLogger(__name__)


def take(channel_name: str, receipts: Sequence[base.Receipt], *, now: datetime) -> int:
    """Keep what a channel's provider reports and let it act; returns how many of the receipts are new.

    A receipt must name a message by its id and by its phone. What fits none is left out, and a line of the log says how
    many: it belongs to somebody else who uses the same account, or it is made up.
    """
    new = unknown = 0
    _hold(channel_name, receipts)
    # Two pushes at once write the same receipts in the same order, so that neither waits for the other for ever.
    for receipt in sorted(receipts, key=lambda each: (each.message_id, each.provider_id)):
        if receipt.fate not in _STATES:
            continue
        notification = _meant(channel_name, receipt)
        is_early = notification is None and _is_early(channel_name, receipt, now=now)
        if notification is None and not is_early:
            notification = _meant(channel_name, receipt)  # The verdict may have been written while this one waited.
        if notification is None and not is_early:
            unknown += 1
        elif _keep(channel_name, receipt, notification, now=now):
            new += 1
            if notification is not None:
                _settle(notification, now=now)
    if unknown:
        _log.warning("%s: %d of %d receipts belong to no message of the desk", channel_name, unknown, len(receipts))
    db.session.flush()
    return new


def claim_loose(notifications: Iterable[Notification], *, now: datetime) -> None:
    """Give messages the receipts that came before the desk knew by which id; called after the verdicts."""
    meant = {(each.channel, each.provider_id): each for each in notifications if each.provider_id}
    if not meant:
        return
    ids = {provider_id for _, provider_id in meant}
    loose = select(Receipt).where(Receipt.notification_id.is_(None), Receipt.provider_id.in_(ids))
    found: dict[int, Notification] = {}
    for receipt in db.session.scalars(loose).all():
        notification = meant.get((receipt.channel, receipt.provider_id))
        if notification is not None:
            receipt.notification = found[notification.id] = notification
    if found:
        db.session.flush()
    for notification in found.values():
        _settle(notification, now=now)


def carrier(notification: Notification) -> Notification:
    """The message whose fate is this one's: its bundle where it went out inside one. Pages show that one's state."""
    return notification.bundle or notification


def of(notification: Notification) -> list[Receipt]:
    """Every receipt of a message, or of the bundle it went out in, in the order they came."""
    mine = Receipt.notification_id == carrier(notification).id
    return list(db.session.scalars(select(Receipt).where(mine).order_by(Receipt.id)))


# --- which message ---------------------------------------------------------------------------------------------------


def _hold(channel_name: str, receipts: Iterable[base.Receipt]) -> None:
    """Lock every message that they name by the messages' own order, in which the outbox holds them too."""
    named = [which for receipt in receipts if (which := _by_id(channel_name, receipt)) is not None]
    ids: set[int] = set()
    for some in bulk.batches(named, NAMED_AT_ONCE):
        ids.update(db.session.scalars(select(Notification.id).where(or_(*some))))
    for these in bulk.batches(sorted(ids)):
        held = select(Notification.id).where(Notification.id.in_(these)).order_by(Notification.id)
        db.session.execute(held.with_for_update(of=Notification))


def _meant(channel_name: str, receipt: base.Receipt) -> Notification | None:
    """The message it is of, locked; None where id and phone do not fit one that went through this channel."""
    which = _by_id(channel_name, receipt)
    if which is None:
        return None
    statement = (
        select(Notification)
        .where(which)
        .limit(2)
        .with_for_update(of=Notification)
        .execution_options(populate_existing=True)
    )
    found = list(db.session.scalars(statement))
    fits = len(found) == 1 and receipt.phone in ("", found[0].phone)
    return found[0] if fits else None


def _by_id(channel_name: str, receipt: base.Receipt) -> ColumnElement[bool] | None:
    if receipt.message_id:
        ours = receipt.message_id
        if not (_SHORTEST_OWN_ID <= len(ours) <= _OWN_ID and _HEX.issuperset(ours)):
            return None
        return Notification.public_id.between(ours.ljust(_OWN_ID, "0"), ours.ljust(_OWN_ID, "f"))
    if receipt.provider_id:
        return (Notification.channel == channel_name) & (Notification.provider_id == receipt.provider_id)
    return None


def _is_early(channel_name: str, receipt: base.Receipt, *, now: datetime) -> bool:
    """Whether its message may be one whose verdict is not written yet: then it waits for that (``claim_loose``).

    Our own id is known before anything is sent, so a receipt with one that nobody knows is of no message. The messages
    are locked: their verdict is written either before this look or after the receipt is there.
    """
    if receipt.message_id or not receipt.provider_id or not receipt.phone:
        return False
    under_way = select(Notification.id).where(
        Notification.phone == receipt.phone,
        Notification.attempted_at >= now - LATE_VERDICT,
        Notification.channel == channel_name,
        Notification.state.in_(_UNJUDGED),
    )
    return bool(db.session.scalars(under_way.order_by(Notification.id).with_for_update(of=Notification)).all())


# --- what it says ----------------------------------------------------------------------------------------------------


def _keep(channel_name: str, receipt: base.Receipt, notification: Notification | None, *, now: datetime) -> bool:
    """Write it down; False where it stands there already."""
    kept = Receipt(
        channel=channel_name,
        dedup_key=_fingerprint(receipt),
        provider_id=receipt.provider_id[:64],
        state=_STATES[receipt.fate],
        code=receipt.code[:64],
        words=receipt.words[:300],
        parts=receipt.parts,
        at=receipt.at,
        received_at=now,
        notification_id=notification.id if notification is not None else None,
    )
    known = select(Receipt.id).where(Receipt.channel == channel_name, Receipt.dedup_key == kept.dedup_key)
    return db.session.scalar(known) is None and first_writer.insert(kept)


def _fingerprint(receipt: base.Receipt) -> str:
    """The same words are the same receipt; a phone is no part of it, since nobody could tell it from another's."""
    said = (
        receipt.message_id,
        receipt.provider_id,
        receipt.fate.value,
        receipt.code,
        str(receipt.parts or ""),
        receipt.at.isoformat() if receipt.at else "",
    )
    return hashlib.sha256("\0".join(said).encode()).hexdigest()


def _settle(notification: Notification, *, now: datetime) -> None:
    """Let the best that the receipts of its latest attempt say be what is known of the message."""
    said = [each for each in _of_latest_attempt(notification) if each.state in _BEST_FIRST]
    if not said:
        return
    best = min(said, key=lambda each: (_BEST_FIRST.index(each.state), _moment(each), each.code, each.words))
    notification.parts = max([notification.parts, *(each.parts or 0 for each in said)])
    before = notification.state
    message_steps.move(notification, _EVENTS[best.state], now=now, code=best.code, words=best.words)
    if notification.state is best.state:
        notification.provider_code, notification.outcome = best.code, best.words
    if notification.state is NotificationState.DELIVERED:
        notification.delivered_at = max(_moment(best), notification.attempted_at or _moment(best))
        _withdraw_fallbacks(notification, now=now)
    if notification.state is not before:
        _react(notification, now=now)


def _of_latest_attempt(notification: Notification) -> Sequence[Receipt]:
    """What another attempt came to, or another channel said, is kept and changes nothing."""
    statement = select(Receipt).where(
        Receipt.notification_id == notification.id, Receipt.channel == notification.channel
    )
    theirs = notification.provider_id
    return [each for each in db.session.scalars(statement) if theirs in ("", each.provider_id) or not each.provider_id]


def _moment(receipt: Receipt) -> datetime:
    """When it happened; no provider's clock runs ahead of the receipt itself."""
    return min(receipt.at or receipt.received_at, receipt.received_at)


def _react(notification: Notification, *, now: datetime) -> None:
    """What follows from the news, as it would from a verdict."""
    if notification.state is NotificationState.FAILED:
        notifications.note_failure(notification, now=now)
        fallbacks.after(notification, channels.configured(), now=now)
    elif notification.state is NotificationState.ACCEPTED:
        notification.accepted_at = notification.accepted_at or now
        fallbacks.watch([notification], channels.configured(), now=now)


def _withdraw_fallbacks(notification: Notification, *, now: datetime) -> None:
    """It arrived: what was to go out another way and has not left need not."""
    waiting = select(Notification).where(
        Notification.parent_id == notification.id,
        Notification.relation == MessageRelation.FALLBACK,
        Notification.state == NotificationState.QUEUED,
    )
    for instead in db.session.scalars(waiting):
        message_steps.move(instead, MessageEvent.CANCEL, now=now)
