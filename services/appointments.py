"""Appointments with customers: made, moved, called off, and both sides told of it and reminded (D-16, N11).

An appointment is never rewritten: a moved one stays, and another takes its place. What came of it is written down by
``services/visits.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload

from extensions import COMPANY_ZONE, db
from models import Appointment, Complaint, Customer, Notification, Person
from models.base import spelled_out
from rules import quiet_hours, roster, sms_values, texts
from rules.lifecycle import next_status
from rules.message_kinds import KINDS
from rules.permissions import ACTION_PERMISSION
from rules.refusals import Conflict, NotFound, Refusal
from rules.vocabulary import (
    N_,
    Action,
    AppointmentPurpose,
    AppointmentState,
    EventKind,
    NotificationKind,
    NotificationState,
)
from services import acknowledgements, complaint_locks, duty, notifications, timeline
from services.actors import Actor, require

LONGEST = timedelta(days=1)
FARTHEST = timedelta(days=366)
MAX_TEXT = 500

DAY_BEFORE_AT = time(18)
"""From this hour of the evening before, in the company's time, both sides are reminded."""

SOON = timedelta(hours=2)
JUST_TOLD = timedelta(hours=1)
"""Whoever heard of the appointment so shortly before a reminder needs none."""

BATCH = 100

_OFF = "off"
_UNTOLD = (
    NotificationState.QUEUED,
    NotificationState.CANCELLED,
    NotificationState.EXPIRED,
    NotificationState.FAILED,
)

Receiver = Person | Customer


def make(
    complaint: Complaint,
    *,
    person: Person,
    purpose: AppointmentPurpose,
    starts_at: datetime,
    ends_at: datetime,
    remarks: str = "",
    is_double: bool = False,
    actor: Person,
    now: datetime,
) -> Appointment:
    """Agree with the customer on who comes when, and tell both; ``is_double``: though they are due elsewhere then.

    Raises:
        Refusal: the times make no sense, or nobody would come: the person has left or is on leave. Conflict: the
            complaint is over, or the person has another appointment at that time.
    """
    _begin(complaint, actor)
    texts.check(remarks, field="remarks", longest=MAX_TEXT)
    _check(person, starts_at, ends_at, is_double=is_double, now=now)
    made = Appointment(purpose=purpose, remarks=remarks.strip())
    _add(made, complaint, person, starts_at, ends_at, actor=actor, now=now)
    timeline.add(complaint, EventKind.APPOINTMENT_MADE, actor=actor, now=now, note=made.remarks, details=facts(made))
    _tell(made, complaint.customer, NotificationKind.APPOINTMENT_MADE, "made", now=now)
    if person.id != actor.id:
        _tell(made, person, NotificationKind.VISIT_CHANGED, "made", change=_change(None, made), now=now)
    acknowledgements.renew(complaint, now=now)
    db.session.flush()
    return made


def move(
    appointment: Appointment,
    *,
    person: Person,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    is_double: bool = False,
    actor: Person,
    now: datetime,
) -> Appointment:
    """Agree on another time, or on somebody else; everybody whom it concerns is told. Returns what now stands.

    Raises:
        Refusal: as for making one, no reason, or nothing would change. Conflict: it is over.
    """
    complaint = appointment.complaint
    _begin(complaint, actor)
    refuse_if_over(appointment)
    texts.check_given(reason, N_("Please give a reason."), field="reason", longest=MAX_TEXT)
    if (person.id, starts_at, ends_at) == (appointment.person_id, appointment.starts_at, appointment.ends_at):
        raise Refusal(N_("The appointment stands like this already."), field="starts_at")
    _check(person, starts_at, ends_at, is_double=is_double, now=now, instead_of=appointment)
    other = Appointment(purpose=appointment.purpose, remarks=appointment.remarks)
    _add(other, complaint, person, starts_at, ends_at, actor=actor, now=now)
    appointment.moved_to = other
    end(appointment, AppointmentState.MOVED, reason=reason, actor=actor, now=now, to=facts(other))
    _tell_of_move(appointment, other, actor=actor, now=now)
    acknowledgements.renew(complaint, now=now)
    db.session.flush()
    return other


def call_off(appointment: Appointment, *, reason: str, actor: Person, now: datetime) -> None:
    """Take it back, and tell both sides.

    Raises:
        Refusal: no reason. Conflict: it is over.
    """
    require(actor, ACTION_PERMISSION[Action.APPOINT])
    refuse_if_over(appointment)
    texts.check_given(reason, N_("Please give a reason."), field="reason", longest=MAX_TEXT)
    end(appointment, AppointmentState.CANCELLED, reason=reason, actor=actor, now=now)
    _tell_off(appointment, appointment.complaint.customer, NotificationKind.APPOINTMENT_CHANGED, now=now)
    if appointment.person_id != actor.id:
        _tell_off(appointment, appointment.person, NotificationKind.VISIT_CHANGED, now=now)
    db.session.flush()


def end_with(complaint: Complaint, *, actor: Actor, now: datetime) -> None:
    """The complaint is over, and the customer knows that: whoever would have come is told that they need not."""
    for appointment in coming(complaint):
        end(appointment, AppointmentState.CANCELLED, reason="", actor=actor, now=now)
        _tell_off(appointment, appointment.person, NotificationKind.VISIT_CHANGED, now=now)
    db.session.flush()


def end(
    appointment: Appointment,
    state: AppointmentState,
    *,
    reason: str,
    actor: Actor,
    now: datetime,
    **more: object,
) -> None:
    """It is planned no more: nobody is reminded of it, and the timeline says why."""
    appointment.state, appointment.reason = state, reason.strip()
    appointment.ended_at, appointment.ended_by_id = now, actor.id
    db.session.flush()
    notifications.withdraw_appointment(appointment, now=now)
    details = {**facts(appointment), "state": state, **more}
    timeline.add(
        appointment.complaint,
        EventKind.APPOINTMENT_CHANGED,
        actor=actor,
        now=now,
        note=appointment.reason,
        details=details,
    )


def refuse_if_over(appointment: Appointment) -> None:
    """Let only what is planned be changed.

    Raises:
        Conflict: it was moved, called off, kept or missed.
    """
    if appointment.state is not AppointmentState.PLANNED:
        raise Conflict(N_("This appointment is “%(state)s” already."), state=appointment.state)


def facts(appointment: Appointment) -> dict[str, object]:
    """What the timeline keeps of it."""
    return {
        "person": appointment.person.name,
        "purpose": appointment.purpose,
        "starts_at": appointment.starts_at,
        "ends_at": appointment.ends_at,
    }


def coming(complaint: Complaint) -> list[Appointment]:
    """What is planned for a complaint, the next on top; what is past and has no outcome yet stands among it."""
    planned = select(Appointment).where(
        Appointment.complaint_id == complaint.id, Appointment.state == AppointmentState.PLANNED
    )
    return list(db.session.scalars(planned.options(joinedload(Appointment.person)).order_by(Appointment.starts_at)))


def shown(complaint: Complaint, *, limit: int = 8) -> list[Appointment]:
    """The last appointments of a complaint, whatever became of them, the latest on top."""
    statement = select(Appointment).where(Appointment.complaint_id == complaint.id)
    latest = statement.options(joinedload(Appointment.person)).order_by(Appointment.starts_at.desc())
    return list(db.session.scalars(latest.limit(limit)))


def of_person(person_id: int, *, start: datetime, end: datetime, limit: int) -> list[Appointment]:
    """Where somebody is to be between the two moments, and where they were; the first on top."""
    standing = (AppointmentState.PLANNED, AppointmentState.KEPT)
    statement = (
        select(Appointment)
        .where(
            Appointment.person_id == person_id,
            Appointment.starts_at >= start - LONGEST,
            Appointment.starts_at < end,
            Appointment.ends_at > start,
            Appointment.state.in_(standing),
        )
        .options(joinedload(Appointment.complaint))
        .order_by(Appointment.starts_at, Appointment.id)
    )
    return list(db.session.scalars(statement.limit(limit)))


def by_id(appointment_id: int) -> Appointment:
    """The appointment, read afresh with its complaint locked until the transaction ends.

    Raises:
        NotFound: there is none.
    """
    appointment = db.session.get(Appointment, appointment_id)
    if appointment is None:
        raise NotFound(N_("There is no such appointment."))
    complaint_locks.by_number(appointment.complaint.number)
    db.session.refresh(appointment)
    return appointment


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


# --- reminders -------------------------------------------------------------------------------------------------------


def remind(*, now: datetime, limit: int = BATCH) -> int:
    """Remind both sides in the evening before and two hours before, each once; returns of how many appointments.

    The complaints are locked first, in the order everybody else locks: who moves an appointment at the same moment
    either comes before the reminder or waits for it.
    """
    tomorrow, soon = _due(now, limit, *_of_tomorrow(now)), _due(now, limit, *_of_soon(now))
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
        _tell(appointment, appointment.complaint.customer, to_customer, step, now=now)
    for person in _who_goes(appointment, now=now):
        _tell(appointment, person, to_visitor, step, now=now)


def _who_goes(appointment: Appointment, *, now: datetime) -> list[Person]:
    """Whoever was meant; where they left or are on leave by now, whoever has to find somebody else."""
    person, complaint = appointment.person, appointment.complaint
    away = duty.away(person, start=appointment.starts_at, end=appointment.ends_at)
    if person.is_active and not away:
        return [person]
    others = [other for other in (complaint.handler, appointment.made_by) if other is not None and other.is_active]
    return [other for other in others if other.id != person.id][:1] or duty.leaders(at=now)


# --- what is agreed --------------------------------------------------------------------------------------------------


def _begin(complaint: Complaint, actor: Person) -> None:
    require(actor, ACTION_PERMISSION[Action.APPOINT])
    next_status(complaint.status, Action.APPOINT)


def _check(
    person: Person,
    starts_at: datetime,
    ends_at: datetime,
    *,
    is_double: bool,
    now: datetime,
    instead_of: Appointment | None = None,
) -> None:
    roster.check_length(starts_at, ends_at, longest=LONGEST)
    if starts_at <= now:
        raise Refusal(N_("An appointment lies ahead, not behind."), field="starts_at")
    if starts_at > now + FARTHEST:
        raise Refusal(N_("This is more than a year ahead."), field="starts_at")
    if not person.is_active:
        raise Refusal(N_("This person does not work here."), field="person")
    # Two who plan for the same person take turns, so that the second one sees what the first one agreed.
    db.session.execute(select(Person.id).where(Person.id == person.id).with_for_update(key_share=True))
    if duty.away(person, start=starts_at, end=ends_at):
        raise Refusal(N_("This person is on leave at that time."), field="person")
    elsewhere = _elsewhere(person, starts_at, ends_at, instead_of)
    if elsewhere is not None and not is_double:
        raise Conflict(
            N_("%(name)s is due at %(number)s then, from %(start)s to %(end)s. Tick this if both can be done."),
            field="is_double",
            name=person.name,
            number=elsewhere.complaint.number,
            start=f"{elsewhere.starts_at.astimezone(COMPANY_ZONE):%H:%M}",
            end=f"{elsewhere.ends_at.astimezone(COMPANY_ZONE):%H:%M}",
        )


def _elsewhere(
    person: Person, starts_at: datetime, ends_at: datetime, instead_of: Appointment | None
) -> Appointment | None:
    """The first other appointment of the person that touches that time."""
    there = of_person(person.id, start=starts_at, end=ends_at, limit=20)
    planned = (each for each in there if each.state is AppointmentState.PLANNED and each is not instead_of)
    return next(planned, None)


def _add(
    made: Appointment,
    complaint: Complaint,
    person: Person,
    starts_at: datetime,
    ends_at: datetime,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    made.complaint, made.person = complaint, person
    made.starts_at, made.ends_at = starts_at, ends_at
    made.state, made.made_at, made.made_by_id = AppointmentState.PLANNED, now, actor.id
    db.session.add(made)
    db.session.flush()


# --- who is told -----------------------------------------------------------------------------------------------------


def _tell(
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


def _tell_of_move(before: Appointment, after: Appointment, *, actor: Actor, now: datetime) -> None:
    """Each side hears what changed since they heard last, and nobody hears of a time that they were never told."""
    customer = after.complaint.customer
    known = _last_known(before, customer)
    if known is None:
        _tell(after, customer, NotificationKind.APPOINTMENT_MADE, "made", now=now)
    elif known.starts_at != after.starts_at:
        change = _change(known, after)
        _tell(after, customer, NotificationKind.APPOINTMENT_CHANGED, "moved", change=change, now=now)
    if after.person_id != actor.id:
        change = _change(_last_known(before, after.person), after)
        _tell(after, after.person, NotificationKind.VISIT_CHANGED, "moved", change=change, now=now)
    if before.person_id not in (after.person_id, actor.id):
        _tell_off(before, before.person, NotificationKind.VISIT_CHANGED, now=now)


def _tell_off(appointment: Appointment, receiver: Receiver, kind: NotificationKind, *, now: datetime) -> None:
    """Tell somebody that nothing comes of it, as far as they know of it and it lies ahead."""
    known = _last_known(appointment, receiver)
    if known is not None and appointment.starts_at > now:
        _tell(appointment, receiver, kind, _OFF, change=_change(known, None), now=now)


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
