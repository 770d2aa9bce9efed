"""Appointments with customers: made, moved, called off (D-16, N11).

An appointment is never rewritten: a moved one stays, and another takes its place. Who is told of it stands in
``appointment_notices``, who is reminded in ``appointment_reminders``, and what came of it in ``visits``.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from extensions import COMPANY_ZONE, db
from models import Appointment, Complaint, Person
from rules import roster, texts
from rules.lifecycle import next_status
from rules.permissions import ACTION_PERMISSION
from rules.refusals import Conflict, NotFound, Refusal
from rules.vocabulary import (
    N_,
    Action,
    AppointmentPurpose,
    AppointmentState,
    EventKind,
    NotificationKind,
)
from services import acknowledgements, appointment_notices, complaint_locks, duty, notifications, timeline
from services.actors import Actor, require

LONGEST = timedelta(days=1)
FARTHEST = timedelta(days=366)
MAX_TEXT = 500


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
    appointment_notices.tell_of_new(made, actor=actor, now=now)
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
    appointment_notices.tell_of_move(appointment, other, actor=actor, now=now)
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
    appointment_notices.tell_off(
        appointment, appointment.complaint.customer, NotificationKind.APPOINTMENT_CHANGED, now=now
    )
    if appointment.person_id != actor.id:
        appointment_notices.tell_off(appointment, appointment.person, NotificationKind.VISIT_CHANGED, now=now)
    db.session.flush()


def end_with(complaint: Complaint, *, actor: Actor, now: datetime) -> None:
    """The complaint is over, and the customer knows that: whoever would have come is told that they need not."""
    for appointment in coming(complaint):
        end(appointment, AppointmentState.CANCELLED, reason="", actor=actor, now=now)
        appointment_notices.tell_off(appointment, appointment.person, NotificationKind.VISIT_CHANGED, now=now)
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
