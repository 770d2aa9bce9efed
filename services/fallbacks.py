"""Fall-backs: a message that did not get through takes another channel, and where none is left the chain goes on (SM6).

A row takes every channel that is certainly free to take it by itself (``services/verdicts.py``). Here is what comes
after that: a second way while nobody knows whether the first one worked, or when its receipt does not come. Each has
every fall-back once, whoever finds out first. Customers get an SMS and nothing else; a drill is for practice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import aliased

from extensions import db
from models import Notification
from models.base import spelled_out
from rules.message_kinds import CALLS
from rules.settings import SettingKey
from rules.vocabulary import MessageClass, MessageRelation, NotificationKind, NotificationState
from services import bundles, channels, notifications, progress_reports, settings, unreached
from services.channels import Channel, Channels

SWEEP_BATCH = 100
LOOK_BACK = timedelta(minutes=15)
"""How long the sweep minds a failure that something kept from being acted on."""

ANOTHER_WAY = frozenset({MessageClass.DUTY, MessageClass.STAFF, MessageClass.ALARM})
"""A code proves the phone that it was sent to, an answer goes back to where the question came from."""

_VIA = ":via:"
_OVER = (NotificationState.FAILED, NotificationState.EXPIRED)
_MINDED = (*sorted(CALLS), NotificationKind.BUNDLE, NotificationKind.PROGRESS_REPORT)


def after(notification: Notification, fleet: Channels, *, now: datetime) -> Notification | None:
    """React to a message that failed, expired, or of which nobody knows whether it was sent.

    Returns the message that takes another channel; None when there is none. Then the chain of a call goes on at once,
    and a report that the customer never got counts no more.
    """
    if notification.is_drill:
        return None
    if _may_go_another_way(notification, now=now):
        taken_over = _take_over(notification, fleet, now=now)
        if taken_over is not None:
            return taken_over
    if notification.state in _OVER:
        _give_up(notification, now=now)
    return None


def watch(notifications_: Iterable[Notification], fleet: Channels, *, now: datetime) -> None:
    """Of what a provider took just now: where it gives receipts, remember by when there must be one.

    Only what calls somebody on duty is watched; for the rest being late is no emergency.
    """
    watched = [each for each in notifications_ if _is_watched(each, fleet.named(each.channel))]
    if watched:
        with db.session.no_autoflush:  # A setting does not depend on what is about to be written.
            patience = settings.minutes(SettingKey.FALLBACK_MINUTES)
        for each in watched:
            each.fallback_at = now + patience


def _is_watched(notification: Notification, channel: Channel | None) -> bool:
    return (
        notification.state is NotificationState.ACCEPTED
        and notification.message_class is MessageClass.DUTY
        and not notification.is_drill
        and channel is not None
        and channel.gives_receipts
    )


def sweep(*, now: datetime, limit: int = SWEEP_BATCH) -> int:
    """Send another way what was accepted and never confirmed, and act on failures nobody acted on; returns how many."""
    return _follow_unconfirmed(now=now, limit=limit) + _follow_failures(now=now, limit=limit)


def _follow_unconfirmed(*, now: datetime, limit: int) -> int:
    silent = (
        select(Notification)
        .where(Notification.fallback_at.is_not(None), Notification.fallback_at <= now)
        .order_by(Notification.fallback_at)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Notification)
    )
    found, fleet = list(db.session.scalars(silent)), channels.configured()
    for notification in found:
        notification.fallback_at = None
        if notification.state is NotificationState.ACCEPTED and _may_go_another_way(notification, now=now):
            _take_over(notification, fleet, now=now)
    db.session.flush()
    return len(found)


def _follow_failures(*, now: datetime, limit: int) -> int:
    """What a receipt, a crash or a busy complaint kept ``after`` from: nothing happens twice.

    The newest first: what was looked at by the sweep before hides nothing that failed since.
    """
    child = aliased(Notification)
    is_followed = select(child.id).where(child.parent_id == Notification.id, child.relation == MessageRelation.FALLBACK)
    failed = (
        select(Notification)
        .where(
            spelled_out(Notification.state, *_OVER),
            Notification.created_at >= now - timedelta(days=2),
            Notification.finished_at >= now - LOOK_BACK,
            Notification.kind.in_(_MINDED),
            ~is_followed.exists(),
        )
        .order_by(Notification.finished_at.desc(), Notification.id.desc())
        .limit(limit)
    )
    fleet = channels.configured()
    return sum(after(notification, fleet, now=now) is not None for notification in list(db.session.scalars(failed)))


def _may_go_another_way(notification: Notification, *, now: datetime) -> bool:
    if notification.customer_id is not None or notification.message_class not in ANOTHER_WAY:
        return False
    if notification.state in (NotificationState.UNKNOWN, NotificationState.ACCEPTED):
        # Nothing is known to be lost yet: only what cannot wait goes out twice.
        return notification.message_class is MessageClass.DUTY and notification.expires_at > now
    return notification.state is NotificationState.FAILED and notification.expires_at > now


def _take_over(notification: Notification, fleet: Channels, *, now: datetime) -> Notification | None:
    """The message that goes another way, written now or found; None when every channel was tried."""
    dedup_key = _next_key(notification.dedup_key)
    known = select(Notification).where(Notification.dedup_key == dedup_key)
    standing = db.session.scalar(known)
    if standing is not None:
        return standing
    tried = list(dict.fromkeys([*notification.channels_tried, *filter(None, [notification.channel])]))
    if notification.relation is MessageRelation.FALLBACK and tried == notification.channels_tried:
        return None  # It found no channel of its own; another row would find none either.
    if not channels.others_left(fleet, _probe(notification, tried), now=now):
        return None
    written = notifications.queue(
        kind=notification.kind,
        person=notification.person,
        dedup_key=dedup_key,
        now=now,
        complaint=notification.complaint,
        escalation=notification.escalation,
        shift=notification.shift,
        appointment=notification.appointment,
        severity=notification.severity,
        priority=notification.priority,
        expires_at=notification.expires_at,
        thread=notification.thread,
        parent=notification,
        relation=MessageRelation.FALLBACK,
        channels_tried=tried,
        **notification.variables,
    )
    if written is None:
        return db.session.scalar(known)  # Another worker was first.
    written.bundle_key = ""  # It leaves by itself: a bundle knows nothing of the channels that were tried.
    return written


def _probe(notification: Notification, tried: Sequence[str]) -> Notification:
    """The message as it would look for a channel, never written."""
    return Notification(
        kind=notification.kind,
        message_class=notification.message_class,
        person=notification.person,
        person_id=notification.person_id,
        phone=notification.phone,
        priority=notification.priority,
        escalation_id=notification.escalation_id,
        severity=notification.severity,
        expires_at=notification.expires_at,
        channels_tried=list(tried),
        relation=MessageRelation.FALLBACK,
        parent_id=notification.id,
    )


def _next_key(dedup_key: str) -> str:
    root, _, number = dedup_key.partition(_VIA)
    return f"{root}{_VIA}{int(number or 0) + 1}"


def _give_up(notification: Notification, *, now: datetime) -> None:
    if notification.kind is NotificationKind.PROGRESS_REPORT:
        progress_reports.was_never_told(notification, now=now)
        return
    calls = bundles.members(notification) if notification.kind is NotificationKind.BUNDLE else [notification]
    unreached.go_on([call for call in calls if call.kind in CALLS], now=now)
