"""Delivery: take messages out of the outbox and hand them to the provider, never losing one, never sending one twice.

The one service that commits by itself: a call to the outside stands between its transactions. For each message the
attempt is committed before the call and the verdict after it. A worker that dies in between leaves a row whose lease
runs out: without an attempt it was certainly not sent and is queued again; with one the provider is asked first.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select, update

from extensions import db
from gateways.base import Gateway, Message, Verdict, VerdictKind
from gateways.sandbox import SandboxGateway
from models import Complaint, Notification, SmsInboxMessage
from rules.vocabulary import NotificationKind, NotificationState, Status
from services import chains, duty, notifications, silences, summonses

LEASE = timedelta(seconds=60)
GRACE = timedelta(seconds=30)
"""How long a message without a verdict rests before the provider is asked for it."""

MAX_ATTEMPTS = 5
BACK_OFF = (timedelta(seconds=5), timedelta(seconds=15), timedelta(seconds=60), timedelta(minutes=5))

_log = logging.getLogger(__name__)


def dispatch(*, gateway: Gateway, signature: str, clock: Callable[[], datetime], batch: int = 50) -> int:
    """Send everything that is due, gravest first; returns how many the provider was handed.

    ``clock`` is asked before every step: a lease that ran out meanwhile belongs to somebody else.
    """
    _recover(gateway, clock=clock)
    sent = 0
    while True:
        token, ids = _claim(now=clock(), batch=batch)
        for notification_id in ids:
            message = _begin(notification_id, token, now=clock(), signature=signature)
            if message is None:
                continue
            verdict = _send(gateway, message)
            _finish(notification_id, token, gateway.name, verdict, now=clock())
            sent += 1
        if len(ids) < batch:
            return sent


def _claim(*, now: datetime, batch: int) -> tuple[str, list[int]]:
    """Put a lease on up to ``batch`` due messages; another worker skips what this one holds."""
    token = uuid.uuid4().hex
    due = (
        select(Notification.id)
        .where(Notification.state == NotificationState.QUEUED, Notification.next_attempt_at <= now)
        .order_by(Notification.priority, Notification.next_attempt_at, Notification.id)
        .limit(batch)
        .with_for_update(skip_locked=True)
    )
    ids = list(db.session.scalars(due))
    if ids:
        db.session.execute(
            update(Notification)
            .where(Notification.id.in_(ids))
            .values(
                state=NotificationState.CLAIMED, claim_token=token, claimed_until=now + LEASE, attempt_started_at=None
            )
        )
    db.session.commit()
    return token, ids


def _begin(notification_id: int, token: str, *, now: datetime, signature: str) -> Message | None:
    """Commit that the attempt begins; None when the lease is gone or nobody needs the message any more."""
    notification = _held(notification_id, token)
    message = None
    if notification is not None and notification.claimed_until is not None and notification.claimed_until > now:
        unwanted = _unwanted(notification, now=now)
        if unwanted is None:
            notification.attempt_started_at = now
            notification.attempts += 1
            message = Message(notification.public_id, notification.phone, notification.text, signature)
        else:
            _conclude(notification, unwanted, now=now)
    db.session.commit()
    return message


def _send(gateway: Gateway, message: Message) -> Verdict:
    """One attempt. Whatever goes wrong on the way, the provider may have the message: that is UNKNOWN."""
    try:
        return gateway.send(message)
    except Exception as error:
        _log.exception("message %s: the provider's answer was lost", message.message_id)
        return Verdict(VerdictKind.UNKNOWN, words=type(error).__name__)


def _finish(notification_id: int, token: str, provider: str, verdict: Verdict, *, now: datetime) -> None:
    """Commit the verdict, unless the lease ran out and the row belongs to somebody else."""
    notification = _held(notification_id, token)
    if notification is not None:
        notification.provider = provider
        notification.provider_id = verdict.provider_id[:64]
        notification.provider_code = verdict.code[:64]
        notification.outcome = verdict.words[:300]
        _apply(notification, verdict.kind, now=now)
    db.session.commit()


def _apply(notification: Notification, kind: VerdictKind, *, now: datetime) -> None:
    if kind is VerdictKind.ACCEPTED:
        notification.accepted_at = now
        _conclude(notification, NotificationState.ACCEPTED, now=now)
    elif kind is VerdictKind.RETRY and notification.attempts < MAX_ATTEMPTS:
        _queue_again(notification, at=now + BACK_OFF[min(notification.attempts, len(BACK_OFF)) - 1])
    elif kind is VerdictKind.UNKNOWN:
        _release(notification, NotificationState.UNKNOWN)
        notification.next_attempt_at = now + GRACE
    else:
        _conclude(notification, NotificationState.FAILED, now=now)


def _recover(gateway: Gateway, *, clock: Callable[[], datetime]) -> None:
    """Take back what a dead worker held, and ask the provider about every message without a verdict."""
    now = clock()
    abandoned = select(Notification).where(
        Notification.state == NotificationState.CLAIMED, Notification.claimed_until <= now
    )
    for notification in db.session.scalars(abandoned.with_for_update(skip_locked=True)):
        if notification.attempt_started_at is None:
            _queue_again(notification, at=now)
        else:
            _release(notification, NotificationState.UNKNOWN)
            notification.next_attempt_at = notification.attempt_started_at + GRACE
    db.session.commit()
    doubtful = select(Notification.id, Notification.public_id).where(
        Notification.state == NotificationState.UNKNOWN,
        Notification.next_attempt_at <= now,
        Notification.finished_at.is_(None),
    )
    doubts = [(row.id, row.public_id) for row in db.session.execute(doubtful.limit(100))]
    db.session.commit()
    for notification_id, public_id in doubts:
        _settle(notification_id, arrived=_find(gateway, public_id), now=clock())


def _find(gateway: Gateway, public_id: str) -> bool | None:
    try:
        return gateway.find(public_id)
    except Exception:
        _log.exception("message %s: the provider could not be asked", public_id)
        return None


def _settle(notification_id: int, *, arrived: bool | None, now: datetime) -> None:
    """End a doubt: it arrived, it did not and goes out again, or nobody can tell and a person must look."""
    notification = db.session.get(Notification, notification_id, with_for_update=True, populate_existing=True)
    if notification is not None and notification.state is NotificationState.UNKNOWN:
        if arrived is None:
            notification.finished_at = now
            notifications.note_failure(notification, now=now)
        elif arrived:
            _apply(notification, VerdictKind.ACCEPTED, now=now)
        else:
            _queue_again(notification, at=now)
    db.session.commit()


def _held(notification_id: int, token: str) -> Notification | None:
    return db.session.scalar(
        select(Notification)
        .where(Notification.id == notification_id, Notification.claim_token == token)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _unwanted(notification: Notification, *, now: datetime) -> NotificationState | None:
    """Why the message is not needed any more; asked again at the very moment of sending."""
    if notification.expires_at <= now:
        return NotificationState.EXPIRED
    complaint = notification.complaint
    if complaint is not None:
        db.session.refresh(complaint, ["acknowledged_at", "status", "severity", "suggested_severity", "nudge_at"])
        if _is_moot(notification, complaint, now=now):
            return NotificationState.CANCELLED
    shift = notification.shift
    if shift is not None and not duty.stands_in(shift, notification.person):
        return NotificationState.CANCELLED
    return None if notification.person.is_active else NotificationState.CANCELLED


_AFTER_THE_END = frozenset(
    {NotificationKind.PROMISE_DUE, NotificationKind.COMPENSATION_TO_DECIDE, NotificationKind.GROUP_MESSAGE}
)
"""What somebody still has to know of a complaint that is closed; of a void one nobody has to know anything."""


_UNTIL_SOMEBODY_HAS_IT = frozenset(
    {*notifications.CALLS, NotificationKind.LEASE_LAPSED, NotificationKind.NOBODY_ON_DUTY}
)
"""What only keeps a complaint from lying there: void once somebody has it, or it is solved."""


def _is_moot(notification: Notification, complaint: Complaint, *, now: datetime) -> bool:
    """Whether the complaint has moved on: somebody has it, it is milder than the message says, stood down or over."""
    if complaint.is_finished and not (complaint.status is Status.CLOSED and notification.kind in _AFTER_THE_END):
        return True
    if notification.severity is not None and complaint.level > notification.severity:
        return True
    if notification.kind in notifications.CALLS and _is_call_void(notification, complaint, now=now):
        return True
    if notification.kind in _UNTIL_SOMEBODY_HAS_IT:
        is_answer_wanted = notification.kind is not NotificationKind.NOBODY_ON_DUTY
        return (
            complaint.acknowledged_at is not None
            or not complaint.is_open
            or (is_answer_wanted and summonses.has_answered(complaint, notification.person))
        )
    if notification.kind is NotificationKind.CUSTOMER_SILENT:
        return silences.is_broken(complaint, since=notification.created_at)
    return notifications.is_of_idle_clock(notification)


def _is_call_void(notification: Notification, complaint: Complaint, *, now: datetime) -> bool:
    """Whether nobody is to be called now, or this person no more."""
    return chains.quiet_until(complaint, now=now) is not None or summonses.is_released(complaint, notification.person)


def _conclude(notification: Notification, state: NotificationState, *, now: datetime) -> None:
    _release(notification, state)
    notification.finished_at = now
    if state in (NotificationState.FAILED, NotificationState.EXPIRED):
        notifications.note_failure(notification, now=now)


def _queue_again(notification: Notification, *, at: datetime) -> None:
    _release(notification, NotificationState.QUEUED)
    notification.next_attempt_at = at


def _release(notification: Notification, state: NotificationState) -> None:
    notification.state = state
    notification.claim_token = None
    notification.claimed_until = None


def sandbox(clock: Callable[[], datetime]) -> SandboxGateway:
    """The sandbox provider with its far end in the desk's own database, in transactions of its own."""

    def store(message: Message) -> None:
        db.session.add(
            SmsInboxMessage(
                phone=message.phone,
                text=f"【{message.signature}】{message.text}",
                message_id=message.message_id,
                received_at=clock(),
            )
        )
        db.session.commit()

    def stored(message_id: str) -> bool:
        found = db.session.scalar(select(SmsInboxMessage.id).where(SmsInboxMessage.message_id == message_id).limit(1))
        db.session.commit()
        return found is not None

    return SandboxGateway(store, stored)
