"""Visits: what came of an appointment. Somebody was at the customer's, or nobody was (D-16)."""

from __future__ import annotations

from datetime import datetime

from models import Appointment, CustomerContact, Person
from rules import texts
from rules.permissions import ACTION_PERMISSION
from rules.refusals import Conflict
from rules.vocabulary import N_, Action, AppointmentState, ContactMethod
from services import appointments, complaints
from services.actors import require


def keep(appointment: Appointment, *, summary: str, actor: Person, now: datetime) -> CustomerContact:
    """Somebody was there: that is a contact with the customer, and a look at the place (D-16).

    Raises:
        Refusal: nothing is said of what was seen. Conflict: it is over, or lies ahead.
    """
    require(actor, ACTION_PERMISSION[Action.APPOINT])
    _check(appointment, now=now)
    texts.check_given(summary, N_("Please write down what was seen and said."), field="summary")
    appointments.end(appointment, AppointmentState.KEPT, reason="", actor=actor, now=now)
    return complaints.log_contact(
        appointment.complaint, method=ContactMethod.VISIT, is_reached=True, summary=summary, actor=actor, now=now
    )


def miss(appointment: Appointment, *, reason: str, actor: Person, now: datetime) -> None:
    """Nobody came, or nobody opened the door: the customer still waits.

    Raises:
        Refusal: no reason. Conflict: it is over, or lies ahead.
    """
    require(actor, ACTION_PERMISSION[Action.APPOINT])
    _check(appointment, now=now)
    texts.check_given(reason, N_("Please give a reason."), field="reason", longest=appointments.MAX_TEXT)
    appointments.end(appointment, AppointmentState.MISSED, reason=reason, actor=actor, now=now)


def _check(appointment: Appointment, *, now: datetime) -> None:
    appointments.refuse_if_over(appointment)
    if now < appointment.starts_at:
        raise Conflict(N_("This appointment lies ahead; move it or call it off."))
