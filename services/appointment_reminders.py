"""Reminders of appointments: both sides, in the evening before and two hours before, each once (N11)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from sqlalchemy import ColumnElement, select

from extensions import COMPANY_ZONE, db
from models import Appointment, Person
from models.base import spelled_out
from rules import quiet_hours
from rules.message_kinds import KINDS
from rules.vocabulary import AppointmentState, NotificationKind
from services import appointment_notices, complaint_locks, duty

DAY_BEFORE_AT = time(18)
"""From this hour of the evening before, in the company's time, both sides are reminded."""

SOON = timedelta(hours=2)
JUST_TOLD = timedelta(hours=1)
"""Whoever heard of the appointment so shortly before a reminder needs none."""

BATCH = 100


def remind(*, now: datetime, limit: int = BATCH) -> int:
    """Remind both sides in the evening before and two hours before, each once; returns of how many appointments.

    The complaints are locked first, in the order everybody else locks: who moves an appointment at the same moment
    either comes before the reminder or waits for it.
    """
    tomorrow, soon = _due(now, limit, *_of_tomorrow(now)), _due(now, limit, *_of_soon(now))
    if not (tomorrow or soon):
        return 0
    locked = complaint_locks.take({each.complaint_id for each in (*tomorrow, *soon)})
    ids = {complaint.id for complaint in locked if not complaint.is_finished}
    reminded = [*_afresh(tomorrow, ids, *_of_tomorrow(now)), *_afresh(soon, ids, *_of_soon(now))]
    for appointment in reminded:
        if appointment.starts_at <= now + SOON:
            appointment.told_soon_at = now
            _remind(appointment, "soon", at=appointment.starts_at - SOON, now=now)
        else:
            appointment.told_day_before_at = now
            _remind(appointment, "tomorrow", at=_evening_before(appointment), now=now)
    db.session.flush()
    return len(reminded)


def _of_soon(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return Appointment.told_soon_at.is_(None), Appointment.starts_at > now, Appointment.starts_at <= now + SOON


def _of_tomorrow(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Nothing until the evening, when tomorrow's are due; what is soon is told of as such."""
    here = now.astimezone(COMPANY_ZONE)
    midnight = datetime.combine(here.date() + timedelta(days=1), time(), COMPANY_ZONE)
    end = midnight + timedelta(days=1) if here.time() >= DAY_BEFORE_AT else midnight
    start = max(midnight, now + SOON + duty.A_MOMENT)
    return Appointment.told_day_before_at.is_(None), Appointment.starts_at >= start, Appointment.starts_at < end


def _due(now: datetime, limit: int, *conditions: ColumnElement[bool]) -> Sequence[Appointment]:
    planned = select(Appointment).where(spelled_out(Appointment.state, AppointmentState.PLANNED), *conditions)
    return db.session.scalars(planned.order_by(Appointment.starts_at, Appointment.id).limit(limit)).all()


def _afresh(found: Sequence[Appointment], ids: set[int], *conditions: ColumnElement[bool]) -> Sequence[Appointment]:
    """Those of them that are still due now that their complaints are locked."""
    still = select(Appointment).where(
        Appointment.id.in_([each.id for each in found]),
        Appointment.complaint_id.in_(ids),
        Appointment.state == AppointmentState.PLANNED,
        *conditions,
    )
    ordered = still.order_by(Appointment.starts_at, Appointment.id)
    return db.session.scalars(ordered.execution_options(populate_existing=True)).all()


def _evening_before(appointment: Appointment) -> datetime:
    day = appointment.starts_at.astimezone(COMPANY_ZONE).date() - timedelta(days=1)
    return datetime.combine(day, DAY_BEFORE_AT, COMPANY_ZONE)


_REMINDERS = {
    "tomorrow": (NotificationKind.APPOINTMENT_TOMORROW, NotificationKind.VISIT_TOMORROW),
    "soon": (NotificationKind.APPOINTMENT_SOON, NotificationKind.VISIT_SOON),
}


def _remind(appointment: Appointment, step: str, *, at: datetime, now: datetime) -> None:
    if appointment.made_at > at - JUST_TOLD:
        return
    to_customer, to_visitor = _REMINDERS[step]
    message_class = KINDS[to_customer].message_class
    # Of an appointment at 8 the customer was reminded in the evening; nobody's phone rings at 6.
    if not quiet_hours.expires_unsent(message_class, now, appointment.starts_at):
        appointment_notices.tell(appointment, appointment.complaint.customer, to_customer, step, now=now)
    for person in _who_goes(appointment, now=now):
        appointment_notices.tell(appointment, person, to_visitor, step, now=now)


def _who_goes(appointment: Appointment, *, now: datetime) -> list[Person]:
    """Whoever was meant; where they left or are on leave by now, whoever has to find somebody else."""
    person, complaint = appointment.person, appointment.complaint
    away = duty.away(person, start=appointment.starts_at, end=appointment.ends_at)
    if person.is_active and not away:
        return [person]
    others = [other for other in (complaint.handler, appointment.made_by) if other is not None and other.is_active]
    return [other for other in others if other.id != person.id][:1] or duty.leaders(at=now)
