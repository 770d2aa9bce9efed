"""The outbox: messages are written together with their cause and sent later, each exactly once per reason."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select, update

from extensions import db
from models import Clock, Complaint, Escalation, Notification, Person, Shift, TimelineEvent
from rules import sms_text
from rules.settings import SettingKey
from rules.vocabulary import ClockState, EventKind, NotificationKind, NotificationState, Severity
from services import bulk, first_writer, nudges, settings, timeline
from services.actors import SYSTEM

CALLS = (NotificationKind.DUTY_CALL, NotificationKind.ESCALATION, NotificationKind.ASSIGNED)
"""Messages that only ask somebody to take a complaint: void once somebody has."""

URGENT_PRIORITY = 1
NORMAL_PRIORITY = 5


def queue(
    *,
    kind: NotificationKind,
    person: Person,
    dedup_key: str,
    now: datetime,
    complaint: Complaint | None = None,
    escalation: Escalation | None = None,
    shift: Shift | None = None,
    severity: Severity | None = None,
    priority: int = NORMAL_PRIORITY,
    **variables: str,
) -> Notification | None:
    """Write a message into the outbox, in the transaction of its cause.

    ``severity`` says that only a complaint of that level deserves the message: after a downgrade it is not sent.
    Returns None when the same message was queued before (``dedup_key``), or when the person has no number: then the
    complaint's timeline says that they could not be told.
    """
    if db.session.scalar(select(Notification.id).where(Notification.dedup_key == dedup_key)) is not None:
        return None
    if not person.phone:
        _note_unreachable(complaint, person, now)
        return None
    db.session.flush()
    notification = Notification(
        kind=kind,
        person_id=person.id,
        phone=person.phone,
        text=sms_text.render(kind, **variables),
        dedup_key=dedup_key,
        complaint_id=complaint.id if complaint else None,
        escalation_id=escalation.id if escalation else None,
        shift_id=shift.id if shift else None,
        severity=severity,
        priority=priority,
        state=NotificationState.QUEUED,
        created_at=now,
        next_attempt_at=now,
        expires_at=now + settings.minutes(SettingKey.NOTIFICATION_EXPIRY_MINUTES),
    )
    if not first_writer.insert(notification):
        return None
    if complaint is not None:
        timeline.add(
            complaint, EventKind.NOTIFIED, actor=SYSTEM, now=now, details={"person": person.name, "message": kind}
        )
    nudges.mark()
    return notification


@dataclass(frozen=True)
class Message:
    """What ``queue`` takes, as a row: one of many messages about complaints that are queued together."""

    kind: NotificationKind
    person: Person
    dedup_key: str
    complaint: Complaint
    variables: Mapping[str, str]


def queue_all(messages: Sequence[Message], *, now: datetime) -> int:
    """Write many messages into the outbox in a few statements, each once (``dedup_key``); returns how many are new.

    The caller holds the locks of the complaints, so nobody else is writing the same messages.
    """
    wanted = {message.dedup_key: message for message in messages}
    known: set[str] = set()
    for keys in bulk.batches(wanted):
        known.update(db.session.scalars(select(Notification.dedup_key).where(Notification.dedup_key.in_(keys))))
    fresh = [message for key, message in wanted.items() if key not in known]
    expires_at = now + settings.minutes(SettingKey.NOTIFICATION_EXPIRY_MINUTES)
    reachable = [message for message in fresh if message.person.phone]
    bulk.write(Notification, (_draft(message, now=now, expires_at=expires_at) for message in reachable))
    bulk.write(TimelineEvent, (_told(message, now=now) for message in fresh))
    if reachable:
        nudges.mark()
    return len(reachable)


def _draft(message: Message, *, now: datetime, expires_at: datetime) -> Notification:
    return Notification(
        kind=message.kind,
        person_id=message.person.id,
        phone=message.person.phone,
        text=sms_text.render(message.kind, **message.variables),
        dedup_key=message.dedup_key,
        complaint_id=message.complaint.id,
        priority=NORMAL_PRIORITY,
        state=NotificationState.QUEUED,
        created_at=now,
        next_attempt_at=now,
        expires_at=expires_at,
    )


def _told(message: Message, *, now: datetime) -> TimelineEvent:
    """The line of the complaint's timeline: told, or not to be reached."""
    if message.person.phone:
        kind, details = EventKind.NOTIFIED, {"person": message.person.name, "message": message.kind}
    else:
        kind, details = EventKind.NOTIFICATION_FAILED, {"person": message.person.name, "state": "no_number"}
    return timeline.draft(message.complaint.id, kind, actor=SYSTEM, now=now, details=details)


def is_of_idle_clock(notification: Notification) -> bool:
    """Whether it tells of a clock that was stopped, cancelled or paused since; a day that was missed is still told."""
    about, _, rest = notification.dedup_key.partition(":")
    if about != "clock":
        return False
    clock = db.session.get_one(Clock, int(rest.partition(":")[0]), populate_existing=True)
    is_missed = clock.state is ClockState.MISSED and clock.stopped_at is None
    return not is_missed and clock.state not in (ClockState.RUNNING, ClockState.BREACHED)


def withdraw_notices(clock: Clock, *, now: datetime) -> None:
    """Withdraw what was queued about a clock and is not sent yet: it was stopped."""
    about_it = Notification.dedup_key.startswith(f"clock:{clock.id}:")
    _cancel(Notification.complaint_id == clock.complaint_id, about_it, now=now)


def cancel_calls(complaint: Complaint, *, now: datetime, person: Person | None = None) -> None:
    """Withdraw the calls for a complaint that are not sent yet: somebody has it, it is over, or ``person`` answered."""
    withdraw(complaint, CALLS, now=now, person=person)


def withdraw(
    complaint: Complaint, kinds: Collection[NotificationKind], *, now: datetime, person: Person | None = None
) -> None:
    """Withdraw a complaint's messages of these kinds, to one person or to all, that are not sent yet."""
    theirs = [Notification.person_id == person.id] if person is not None else []
    _cancel(Notification.complaint_id == complaint.id, Notification.kind.in_(kinds), *theirs, now=now)


def withdraw_one(dedup_key: str, *, now: datetime) -> None:
    """Withdraw this very message, if it is not sent yet."""
    _cancel(Notification.dedup_key == dedup_key, now=now)


def _cancel(*which: ColumnElement[bool], now: datetime) -> None:
    statement = update(Notification).where(Notification.state == NotificationState.QUEUED, *which)
    db.session.execute(statement.values(state=NotificationState.CANCELLED, finished_at=now))


def expire(*, now: datetime) -> int:
    """Drop queued messages whose time is over; a complaint's timeline tells of each. Returns how many."""
    statement = (
        update(Notification)
        .where(Notification.state == NotificationState.QUEUED, Notification.expires_at <= now)
        .values(state=NotificationState.EXPIRED, finished_at=now)
        .returning(Notification.id)
    )
    ids = list(db.session.scalars(statement))
    for notification in db.session.scalars(select(Notification).where(Notification.id.in_(ids))):
        note_failure(notification, now=now)
    return len(ids)


def note_failure(notification: Notification, *, now: datetime) -> None:
    """Tell on the complaint's timeline that a message did not reach its person: silence is a bug."""
    if notification.complaint is not None:
        timeline.add(
            notification.complaint,
            EventKind.NOTIFICATION_FAILED,
            actor=SYSTEM,
            now=now,
            details={
                "person": notification.person.name,
                "message": notification.kind,
                "state": notification.state,
                "code": notification.provider_code,
            },
        )


def _note_unreachable(complaint: Complaint | None, person: Person, now: datetime) -> None:
    if complaint is not None:
        timeline.add(
            complaint,
            EventKind.NOTIFICATION_FAILED,
            actor=SYSTEM,
            now=now,
            details={"person": person.name, "state": "no_number"},
        )
