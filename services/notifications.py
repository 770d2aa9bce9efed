"""The outbox: messages are written together with their cause and sent later, each exactly once per reason."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import joinedload

from extensions import db
from models import (
    Appointment,
    Clock,
    Complaint,
    Customer,
    Escalation,
    Notification,
    NotificationStep,
    Person,
    Shift,
    TimelineEvent,
)
from models.base import spelled_out
from rules import drills, message_kinds, phones, quiet_hours, sms_parts
from rules.message_kinds import CALLS, KINDS
from rules.message_states import MessageEvent
from rules.refusals import Refusal
from rules.settings import SettingKey
from rules.vocabulary import (
    ClockState,
    EventKind,
    MessageLanguage,
    MessageRelation,
    NotificationKind,
    NotificationState,
    Severity,
)
from services import bulk, first_writer, message_steps, nudges, opt_outs, settings, templates, timeline
from services.actors import SYSTEM

EXPIRY_BATCH = 500
"""Messages that are dropped in one transaction."""


@dataclass(frozen=True)
class Receiver:
    """Whoever gets a message: somebody of the company, a customer, or a number that wrote to the desk."""

    phone: str
    name: str = ""
    language: MessageLanguage = MessageLanguage.CHINESE
    person_id: int | None = None
    customer_id: int | None = None

    @classmethod
    def of(cls, receiver: Person | Customer | str) -> Receiver:
        """The receiver that a person, a customer's file or a bare number is."""
        if isinstance(receiver, str):
            return cls(receiver)
        is_person = isinstance(receiver, Person)
        return cls(
            receiver.phone or "",
            receiver.name,
            receiver.message_language,
            person_id=receiver.id if is_person else None,
            customer_id=None if is_person else receiver.id,
        )

    @property
    def hindrance(self) -> str:
        """Why nothing can be sent to them, as a word for the timeline; '' when it can."""
        if not self.phone:
            return "no_number"
        if self.customer_id is None:
            return ""
        try:
            phones.mobile(self.phone)
        except Refusal:
            return "no_mobile"
        return "opted_out" if opt_outs.stands(self.phone) else ""


def queue(
    *,
    kind: NotificationKind,
    dedup_key: str,
    now: datetime,
    person: Person | None = None,
    customer: Customer | None = None,
    phone: str = "",
    complaint: Complaint | None = None,
    escalation: Escalation | None = None,
    shift: Shift | None = None,
    appointment: Appointment | None = None,
    severity: Severity | None = None,
    priority: int | None = None,
    due_at: datetime | None = None,
    expires_at: datetime | None = None,
    thread: str = "",
    parent: Notification | None = None,
    relation: MessageRelation | None = None,
    is_drill: bool = False,
    channels_tried: Sequence[str] = (),
    **variables: str,
) -> Notification | None:
    """Write a message into the outbox, in the transaction of its cause.

    One of ``person``, ``customer`` and ``phone`` receives it; a bare number (E.164) only ever gets answers. ``due_at``
    is the earliest moment at which it may leave (default: now, or as soon as such a message may come), ``expires_at``
    the last. ``severity`` says that only a complaint of that level deserves it: after a downgrade it is not sent. Of
    one ``thread`` only the newest leaves.

    Returns None when the same message was queued before (``dedup_key``), or when the receiver has no mobile number or
    wants no messages: then the complaint's timeline says that they could not be told.
    """
    if db.session.scalar(select(Notification.id).where(Notification.dedup_key == dedup_key)) is not None:
        return None
    db.session.flush()
    receiver = Receiver.of(person or customer or phone)
    if _is_for_nobody(receiver, complaint):
        return None
    if receiver.hindrance:
        _note_unreachable(complaint, receiver, kind=kind, now=now)
        return None
    notification = _draft(kind, receiver, dedup_key=dedup_key, variables=variables, now=now)
    _set_times(notification, _lifetime(), priority=priority, due_at=due_at, expires_at=expires_at, now=now)
    notification.complaint_id = complaint.id if complaint else None
    notification.escalation_id = escalation.id if escalation else None
    notification.shift_id = shift.id if shift else None
    notification.appointment_id = appointment.id if appointment else None
    notification.parent_id, notification.relation = (parent.id, relation) if parent else (None, None)
    notification.severity, notification.is_drill = severity, is_drill
    _mark_drill(notification, complaint, receiver)
    notification.thread = thread or _thread(kind, complaint)
    notification.channels_tried = list(channels_tried)
    if not first_writer.insert(notification):
        return None
    message_steps.note(notification, now=now)
    if notification.state is NotificationState.EXPIRED:
        note_failure(notification, now=now)
    elif complaint is not None and relation is not MessageRelation.RESENT:  # Who sends it again says so and why.
        _note_told(complaint, receiver, kind=kind, now=now)
    nudges.mark()
    return notification


@dataclass(frozen=True)
class Message:
    """What ``queue`` takes, as a row: one of many messages about complaints that are queued together."""

    kind: NotificationKind
    person: Person
    dedup_key: str
    complaint: Complaint
    variables: Mapping[str, str] = field(default_factory=dict)
    thread: str = ""


def queue_all(messages: Sequence[Message], *, now: datetime) -> int:
    """Write many messages into the outbox in a few statements, each once (``dedup_key``); returns how many are new.

    The caller holds the locks of the complaints, so nobody else is writing the same messages.
    """
    wanted = {message.dedup_key: message for message in messages}
    known: set[str] = set()
    for keys in bulk.batches(wanted):
        known.update(db.session.scalars(select(Notification.dedup_key).where(Notification.dedup_key.in_(keys))))
    fresh = [message for key, message in wanted.items() if key not in known]
    reachable = [message for message in fresh if not Receiver.of(message.person).hindrance]
    lifetime = _lifetime()
    drafts = [_draft_of(message, lifetime, now=now) for message in reachable]
    bulk.write_and_identify(Notification, drafts, by=["dedup_key"])
    bulk.write(NotificationStep, (_first_step(draft, now=now) for draft in drafts))
    bulk.write(TimelineEvent, (_told(message, now=now) for message in fresh))
    if reachable:
        nudges.mark()
    return len(reachable)


def _draft(
    kind: NotificationKind, receiver: Receiver, *, dedup_key: str, variables: Mapping[str, str], now: datetime
) -> Notification:
    worded = templates.worded(kind, receiver.language, variables)
    return Notification(
        kind=kind,
        message_class=KINDS[kind].message_class,
        person_id=receiver.person_id,
        customer_id=receiver.customer_id,
        phone=receiver.phone,
        text=worded.text,
        template_id=worded.template_id,
        parts=worded.parts,
        variables=dict(variables),
        dedup_key=dedup_key,
        bundle_key=KINDS[kind].family,
        priority=KINDS[kind].priority,
        state=NotificationState.QUEUED,
        created_at=now,
    )


def _draft_of(message: Message, lifetime: timedelta, *, now: datetime) -> Notification:
    """One of many: a bulk insert fills in no defaults."""
    receiver = Receiver.of(message.person)
    draft = _draft(message.kind, receiver, dedup_key=message.dedup_key, variables=message.variables, now=now)
    _set_times(draft, lifetime, now=now)
    draft.complaint_id = message.complaint.id
    draft.thread = message.thread or _thread(message.kind, message.complaint)
    _mark_drill(draft, message.complaint, receiver)
    return draft


def _is_for_nobody(receiver: Receiver, complaint: Complaint | None) -> bool:
    """Whether it would go to the customer of a drill, who does not exist; nothing is sent and nothing is said (N15)."""
    return complaint is not None and complaint.is_drill and receiver.person_id is None


def _mark_drill(notification: Notification, complaint: Complaint | None, receiver: Receiver) -> None:
    """What tells of a complaint that is played is marked in its words, and never goes together with anything (N15)."""
    if complaint is not None and complaint.is_drill:
        notification.is_drill, notification.bundle_key = True, ""
        notification.text = drills.marked(notification.text, receiver.language)
        notification.parts = sms_parts.count(notification.text, templates.signature())


def _set_times(
    notification: Notification,
    lifetime: timedelta,
    *,
    now: datetime,
    priority: int | None = None,
    due_at: datetime | None = None,
    expires_at: datetime | None = None,
) -> None:
    """When it may leave and until when it is of use; whatever is over before it may leave is dropped at once."""
    if priority is not None:
        notification.priority = priority
    is_urgent = notification.priority <= message_kinds.URGENT
    wished = max(due_at or now, now)
    due_at = quiet_hours.earliest(notification.message_class, wished, is_urgent=is_urgent)
    expires_at = expires_at or due_at + (KINDS[notification.kind].lives or lifetime)
    notification.due_at, notification.expires_at = min(due_at, expires_at), expires_at
    if expires_at <= due_at:
        notification.state, notification.finished_at = NotificationState.EXPIRED, now


def _lifetime() -> timedelta:
    return settings.minutes(SettingKey.NOTIFICATION_EXPIRY_MINUTES)


def _first_step(notification: Notification, *, now: datetime) -> NotificationStep:
    return NotificationStep(
        notification_id=notification.id, at=now, state=notification.state, channel="", code="", words=""
    )


def _thread(kind: NotificationKind, complaint: Complaint | None) -> str:
    return f"chain:{complaint.id}" if kind in CALLS and complaint is not None else ""


def clock_of(notification: Notification) -> int | None:
    """The id of the clock that it tells of; None for anything else."""
    about, _, rest = notification.dedup_key.partition(":")
    return int(rest.partition(":")[0]) if about == "clock" else None


def is_of_idle_clock(notification: Notification) -> bool:
    """Whether it tells of a clock that was stopped, cancelled or paused since; a day that was missed is still told."""
    clock_id = clock_of(notification)
    if clock_id is None:
        return False
    clock = db.session.get_one(Clock, clock_id, populate_existing=True)
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


def withdraw_appointment(appointment: Appointment, *, now: datetime) -> None:
    """Withdraw the reminders of an appointment that are not sent yet."""
    _cancel(Notification.appointment_id == appointment.id, now=now)


def withdraw_one(dedup_key: str, *, now: datetime) -> None:
    """Withdraw this very message, if it is not sent yet."""
    _cancel(Notification.dedup_key == dedup_key, now=now)


def _cancel(*which: ColumnElement[bool], now: datetime) -> None:
    """Only what waits can be withdrawn; what a worker holds is asked about once more when it is sent."""
    statement = update(Notification).where(Notification.state == NotificationState.QUEUED, *which)
    cancelled = statement.values(state=NotificationState.CANCELLED, finished_at=now).returning(Notification.id)
    ids = list(db.session.scalars(cancelled))
    message_steps.note_all(ids, NotificationState.CANCELLED, now=now)


def expire(*, now: datetime, limit: int = EXPIRY_BATCH) -> int:
    """Drop queued messages whose time is over; a complaint's timeline tells of each. Returns how many.

    One that a worker looks at right now is left to it.
    """
    over = (
        select(Notification)
        .where(spelled_out(Notification.state, NotificationState.QUEUED), Notification.expires_at <= now)
        .order_by(Notification.id)
        .limit(limit)
        .options(*map(joinedload, (Notification.complaint, Notification.person, Notification.customer)))
        .with_for_update(of=Notification, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    dropped = list(db.session.scalars(over))
    with message_steps.together():
        for notification in dropped:
            message_steps.move(notification, MessageEvent.EXPIRE, now=now)
            note_failure(notification, now=now)
    db.session.flush()
    return len(dropped)


def note_failure(notification: Notification, *, now: datetime) -> None:
    """Tell on the complaint's timeline that a message did not reach its receiver: silence is a bug.

    What went out inside a bundle is told of on the timeline of each complaint.
    """
    for each in inside(notification) if notification.kind is NotificationKind.BUNDLE else [notification]:
        note_lost(each, state=notification.state, code=notification.provider_code, now=now)


def note_lost(notification: Notification, *, state: NotificationState, code: str = "", now: datetime) -> None:
    """Tell that this message came to this; ``state`` and ``code`` are those of the bundle it was in, or its own."""
    if notification.complaint is not None:
        timeline.add(
            notification.complaint,
            EventKind.NOTIFICATION_FAILED,
            actor=SYSTEM,
            now=now,
            details={
                "person": notification.receiver_name,
                "message": notification.kind,
                "state": state,
                "code": code,
            },
        )


def inside(bundle: Notification) -> list[Notification]:
    """What went out inside it, the most urgent first; one that was sent another way, or again, stands for the same."""
    while bundle.parent is not None:
        bundle = bundle.parent
    statement = select(Notification).where(Notification.bundle_id == bundle.id)
    return list(db.session.scalars(statement.order_by(Notification.priority, Notification.id)))


def _told(message: Message, *, now: datetime) -> TimelineEvent:
    """The line of the complaint's timeline: told, or not to be reached."""
    hindrance = Receiver.of(message.person).hindrance
    kind = EventKind.NOTIFICATION_FAILED if hindrance else EventKind.NOTIFIED
    details = {"person": message.person.name, **({"state": hindrance} if hindrance else {"message": message.kind})}
    return timeline.draft(message.complaint.id, kind, actor=SYSTEM, now=now, details=details)


def _note_told(complaint: Complaint, receiver: Receiver, *, kind: NotificationKind, now: datetime) -> None:
    event = EventKind.CUSTOMER_TOLD if receiver.customer_id else EventKind.NOTIFIED
    timeline.add(complaint, event, actor=SYSTEM, now=now, details={"person": receiver.name, "message": kind})


def _note_unreachable(
    complaint: Complaint | None, receiver: Receiver, *, kind: NotificationKind, now: datetime
) -> None:
    if complaint is not None:
        details = {"person": receiver.name, "message": kind, "state": receiver.hindrance}
        timeline.add(complaint, EventKind.NOTIFICATION_FAILED, actor=SYSTEM, now=now, details=details)
