"""What is asked before an appointment is moved, called off, kept or missed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext
from wtforms import BooleanField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from admin_views.fields import MomentField, PersonField
from admin_views.verb_form import DialogForm
from models import Appointment, Person
from rules.permissions import ACTION_PERMISSION
from rules.texts import LONGEST
from rules.vocabulary import Action, AppointmentState
from services import appointments, people, visits


class StepForm(DialogForm):
    """One thing to do to an appointment."""

    title: Any = ""
    done: Any = ""

    def propose(self, appointment: Appointment) -> None:
        """Start from the appointment as it stands."""

    def do(self, appointment: Appointment, *, actor: Person, now: datetime) -> None:
        """Call the service."""
        raise NotImplementedError


class MoveForm(StepForm):
    """Another time, or somebody else."""

    title = lazy_gettext("Move the appointment")
    done = lazy_gettext("The appointment was moved; everybody whom it concerns is told.")
    person = PersonField(lazy_gettext("Who comes"), people=people.nameable)
    starts_at = MomentField(lazy_gettext("Begins"), [InputRequired(lazy_gettext("When does it begin?"))])
    ends_at = MomentField(lazy_gettext("Ends"), [InputRequired(lazy_gettext("When does it end?"))])
    reason = StringField(
        lazy_gettext("Reason"),
        [InputRequired(lazy_gettext("Please give a reason.")), Length(max=appointments.MAX_TEXT)],
    )
    is_double = BooleanField(lazy_gettext("Even if this person is due elsewhere at that time"))

    def propose(self, appointment: Appointment) -> None:
        """The same person at the same time."""
        self.person.process_data(appointment.person_id)
        self.starts_at.process_data(appointment.starts_at)
        self.ends_at.process_data(appointment.ends_at)

    def do(self, appointment: Appointment, *, actor: Person, now: datetime) -> None:
        """Move it."""
        appointments.move(
            appointment,
            person=people.by_id(self.person.data),
            starts_at=self.starts_at.data,
            ends_at=self.ends_at.data,
            reason=self.reason.data or "",
            is_double=bool(self.is_double.data),
            actor=actor,
            now=now,
        )


class CallOffForm(StepForm):
    """Why nobody comes."""

    title = lazy_gettext("Call the appointment off")
    done = lazy_gettext("The appointment was called off; both sides are told.")
    reason = StringField(
        lazy_gettext("Reason"),
        [InputRequired(lazy_gettext("Please give a reason.")), Length(max=appointments.MAX_TEXT)],
    )

    def do(self, appointment: Appointment, *, actor: Person, now: datetime) -> None:
        """Call it off."""
        appointments.call_off(appointment, reason=self.reason.data or "", actor=actor, now=now)


class KeepForm(StepForm):
    """What was seen and said."""

    title = lazy_gettext("Somebody was there")
    done = lazy_gettext("The visit is written down among the contacts with the customer.")
    summary = TextAreaField(
        lazy_gettext("What was seen and said"),
        [InputRequired(lazy_gettext("Please write down what was seen and said.")), Length(max=LONGEST)],
    )

    def do(self, appointment: Appointment, *, actor: Person, now: datetime) -> None:
        """It was kept."""
        visits.keep(appointment, summary=self.summary.data or "", actor=actor, now=now)


class MissForm(StepForm):
    """Why nobody came, or nobody opened."""

    title = lazy_gettext("Nobody came")
    done = lazy_gettext("It is written down that nobody came.")
    reason = StringField(
        lazy_gettext("Reason"),
        [InputRequired(lazy_gettext("Please give a reason.")), Length(max=appointments.MAX_TEXT)],
    )

    def do(self, appointment: Appointment, *, actor: Person, now: datetime) -> None:
        """It was missed."""
        visits.miss(appointment, reason=self.reason.data or "", actor=actor, now=now)


STEPS: Mapping[str, type[StepForm]] = {
    "call-off": CallOffForm,
    "move": MoveForm,
    "miss": MissForm,
    "keep": KeepForm,
}
"""What can be done to an appointment, by the last word of its address; the order is that of the buttons."""

_AFTERWARDS = frozenset({"keep", "miss"})


def of(
    appointment: Appointment,
    person: Person,
    *,
    now: datetime,
    opened: str | None = None,
    form: StepForm | None = None,
) -> dict[str, StepForm]:
    """The forms behind the buttons for this person now; the one that was refused comes back as it was sent."""
    is_planned = appointment.state is AppointmentState.PLANNED
    if not is_planned or not person.may(ACTION_PERMISSION[Action.APPOINT]):
        return {}
    has_begun = now >= appointment.starts_at
    forms = {step: ask(formdata=None) for step, ask in STEPS.items() if has_begun or step not in _AFTERWARDS}
    for shown in forms.values():
        shown.propose(appointment)
    if opened in forms and form is not None:
        forms[opened] = form
    return forms
