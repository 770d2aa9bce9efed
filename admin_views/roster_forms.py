"""The forms of the roster: a new shift, a changed one, one that is called off."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext
from wtforms import HiddenField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from admin_views.fields import MomentField, WordField, person_label
from admin_views.verb_form import VerbForm
from models import DutyRole, Person, Shift
from rules.escalation import DutyRoleCode
from rules.refusals import Conflict
from rules.vocabulary import N_
from services import duty, people


class _ShiftFields(VerbForm):
    """Who, from when, until when."""

    person = SelectField(lazy_gettext("Person"), coerce=int)
    starts_at = MomentField(lazy_gettext("Begins"), [InputRequired(lazy_gettext("When does the shift begin?"))])
    ends_at = MomentField(lazy_gettext("Ends"), [InputRequired(lazy_gettext("When does the shift end?"))])
    remarks = StringField(lazy_gettext("Remarks"), [Length(max=duty.MAX_REMARKS)])
    is_stale = False

    def _offer(self, role: DutyRole | None, *, also: Person | None = None) -> None:
        """Fill the picker: those who can be called, and whoever has the shift already."""
        found = duty.candidates(role=role)
        shown = found if also is None or also in found else [also, *found]
        self.person.choices = [(person.id, person_label(person)) for person in shown]


class NewShiftForm(_ShiftFields):
    """A shift that is to be: the role is chosen too."""

    role = WordField(lazy_gettext("Duty role"), words=DutyRoleCode)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer(duty.role(self.role.data) if self.role.data else None)

    def schedule(self, *, actor: Person, now: datetime) -> Shift:
        """Put the person on duty."""
        return duty.schedule(
            role=duty.role(self.role.data),
            person=people.by_id(self.person.data),
            starts_at=self.starts_at.data,
            ends_at=self.ends_at.data,
            remarks=self.remarks.data or "",
            actor=actor,
            now=now,
        )


class ShiftForm(_ShiftFields):
    """A shift that stands; ``version`` is the one the form was made from."""

    version = HiddenField()

    def __init__(self, shift: Shift, **kwargs: Any) -> None:
        self.shift = shift
        names = ("starts_at", "ends_at", "remarks", "version")
        data = {name: getattr(shift, name) for name in names} | {"person": shift.person_id}
        super().__init__(data=data, **kwargs)
        self._offer(shift.role, also=shift.person)

    def change(self, *, actor: Person, now: datetime) -> None:
        """Save the change, unless somebody else's stands there meanwhile: then both are shown.

        Raises:
            Conflict: the shift is not what this form was made from.
        """
        if self.version.data != str(self.shift.version):
            self.is_stale = True
            self.version.process_data(self.shift.version)
            raise Conflict(N_("Somebody else changed this shift meanwhile. Saving again puts yours in its place."))
        duty.change(
            self.shift,
            person=people.by_id(self.person.data),
            starts_at=self.starts_at.data,
            ends_at=self.ends_at.data,
            remarks=self.remarks.data or "",
            actor=actor,
            now=now,
        )


class CallOffForm(VerbForm):
    """Why a shift falls away."""

    reason = StringField(
        lazy_gettext("Reason"),
        [InputRequired(lazy_gettext("Please give a reason.")), Length(max=duty.MAX_REMARKS)],
    )

    def call_off(self, shift: Shift, *, actor: Person, now: datetime) -> None:
        """Take it out of the roster."""
        duty.call_off(shift, reason=self.reason.data or "", actor=actor, now=now)
