"""Who is told of an appointment: the customer and whoever comes, of what was agreed and of what became of it (N11)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from extensions import COMPANY_ZONE, db
from models import Appointment, Customer, Notification, Person
from rules import sms_values
from rules.vocabulary import AppointmentState, NotificationKind, NotificationState
from services import notifications
from services.actors import Actor

_OFF = "off"
_UNTOLD = (
    NotificationState.QUEUED,
    NotificationState.CANCELLED,
    NotificationState.EXPIRED,
    NotificationState.FAILED,
)

Receiver = Person | Customer


def tell(
    appointment: Appointment, receiver: Receiver, kind: NotificationKind, step: str, *, now: datetime, change: str = ""
) -> Notification | None:
    """Tell one side, once for each step; nobody wants to hear of it when it has begun."""
    person = receiver if isinstance(receiver, Person) else None
    return notifications.queue(
        kind=kind,
        person=person,
        customer=receiver if isinstance(receiver, Customer) else None,
        dedup_key=f"appointment:{appointment.id}:{step}:{person.id if person else 'customer'}",
        complaint=appointment.complaint,
        appointment=appointment,
        expires_at=appointment.starts_at,
        now=now,
        number=appointment.complaint.number,
        start=_moment(appointment),
        change=change,
    )


def tell_of_new(made: Appointment, *, actor: Actor, now: datetime) -> None:
    """Tell both sides what was agreed; who agreed on their own visit knows."""
    tell(made, made.complaint.customer, NotificationKind.APPOINTMENT_MADE, "made", now=now)
    if made.person_id != actor.id:
        tell(made, made.person, NotificationKind.VISIT_CHANGED, "made", change=_change(None, made), now=now)


def tell_of_move(before: Appointment, after: Appointment, *, actor: Actor, now: datetime) -> None:
    """Each side hears what changed since they heard last, and nobody hears of a time that they were never told."""
    customer = after.complaint.customer
    known = _last_known(before, customer)
    if known is None:
        tell(after, customer, NotificationKind.APPOINTMENT_MADE, "made", now=now)
    elif known.starts_at != after.starts_at:
        change = _change(known, after)
        tell(after, customer, NotificationKind.APPOINTMENT_CHANGED, "moved", change=change, now=now)
    if after.person_id != actor.id:
        change = _change(_last_known(before, after.person), after)
        tell(after, after.person, NotificationKind.VISIT_CHANGED, "moved", change=change, now=now)
    if before.person_id not in (after.person_id, actor.id):
        tell_off(before, before.person, NotificationKind.VISIT_CHANGED, now=now)


def tell_off(appointment: Appointment, receiver: Receiver, kind: NotificationKind, *, now: datetime) -> None:
    """Tell somebody that nothing comes of it, as far as they know of it and it lies ahead."""
    known = _last_known(appointment, receiver)
    if known is not None and appointment.starts_at > now:
        tell(appointment, receiver, kind, _OFF, change=_change(known, None), now=now)


def _last_known(appointment: Appointment, receiver: Receiver) -> Appointment | None:
    """The appointment, or the newest one before it that was moved, of which somebody was really told."""
    standing: Appointment | None = appointment
    while standing is not None and not _knows(receiver, standing):
        standing = db.session.scalar(select(Appointment).where(Appointment.moved_to_id == standing.id).limit(1))
    return standing


def _knows(receiver: Receiver, appointment: Appointment) -> bool:
    if isinstance(receiver, Person) and receiver.id == appointment.made_by_id:
        return receiver.id == appointment.person_id
    is_theirs = (
        Notification.person_id == receiver.id
        if isinstance(receiver, Person)
        else Notification.customer_id == receiver.id
    )
    told = select(Notification.id).where(
        Notification.appointment_id == appointment.id, is_theirs, Notification.state.not_in(_UNTOLD)
    )
    return db.session.scalar(told.limit(1)) is not None


def _moment(appointment: Appointment) -> str:
    return sms_values.moment(appointment.starts_at.astimezone(COMPANY_ZONE))


def _change(before: Appointment | None, after: Appointment | None) -> str:
    return sms_values.change(_moment(before) if before else "", _moment(after) if after else "")


def told(appointment: Appointment, *, limit: int = 40) -> list[Notification]:
    """Everything that anybody was written about it, in the order of time."""
    about = select(Notification).where(Notification.appointment_id == appointment.id)
    whole = about.options(joinedload(Notification.person), joinedload(Notification.customer))
    return list(db.session.scalars(whole.order_by(Notification.created_at, Notification.id).limit(limit)))


def is_moot(notification: Notification, *, now: datetime) -> bool:
    """Whether what a message says of its appointment is not so any more, or comes too late.

    That one was called off stays true; whatever else is told of it holds while it stands.
    """
    appointment = notification.appointment
    if appointment is None:
        return False
    db.session.refresh(appointment, ["state"])
    is_off = notification.dedup_key.split(":")[2] == _OFF
    return appointment.starts_at <= now or (appointment.state is not AppointmentState.PLANNED and not is_off)
