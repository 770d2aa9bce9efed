"""The forms of an override: who comes, instead of whom, from when to when, and why; and why it is taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from admin_views.fields import MomentField, WordField, person_label
from admin_views.verb_form import VerbForm
from models import Override, Person
from rules.escalation import DutyRoleCode
from rules.refusals import Refusal
from rules.vocabulary import N_
from services import duty, overrides, people

NOBODY = 0


def _person_id(value: Any) -> int:
    """A person's id as it comes from a picker; '' is nobody."""
    return int(value) if value else NOBODY


class OverrideForm(VerbForm):
    """Somebody comes, goes, or stands in: the two pickers say which of the three."""

    role = WordField(lazy_gettext("Duty role"), words=DutyRoleCode)
    person = SelectField(lazy_gettext("Who comes"), coerce=_person_id)
    instead_of = SelectField(lazy_gettext("Instead of"), coerce=_person_id)
    starts_at = MomentField(lazy_gettext("Begins"), [InputRequired(lazy_gettext("When does it begin?"))])
    ends_at = MomentField(lazy_gettext("Ends"), [InputRequired(lazy_gettext("When does it end?"))])
    reason = StringField(
        lazy_gettext("Reason"),
        [InputRequired(lazy_gettext("Please give a reason.")), Length(max=overrides.MAX_REASON)],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        role = duty.role(self.role.data) if self.role.data else None
        found = [(person.id, person_label(person)) for person in duty.candidates(role=role)]
        self.person.choices = [("", lazy_gettext("nobody")), *found]
        self.instead_of.choices = [("", lazy_gettext("nobody, beside whoever is there")), *found]

    def lay(self, *, actor: Person, now: datetime) -> Override:
        """Lay it over the roster.

        Raises:
            Refusal: nobody is chosen at all, or what the service says; beside the field of this form.
        """
        hours = {"starts_at": self.starts_at.data, "ends_at": self.ends_at.data}
        more = {"role": duty.role(self.role.data), "reason": self.reason.data or "", "actor": actor, "now": now}
        comes = people.by_id(self.person.data) if self.person.data else None
        if not self.instead_of.data:
            if comes is None:
                raise Refusal(N_("Choose who comes, or who goes, or both."), field="person")
            return overrides.add(person=comes, **hours, **more)
        goes = self._goes()
        try:
            if comes is None:
                return overrides.remove(person=goes, **hours, **more)
            return overrides.replace(person=goes, substitute=comes, **hours, **more)
        except Refusal as refusal:
            refusal.field = {"person": "instead_of", "substitute": "person"}.get(refusal.field, refusal.field)
            raise

    def _goes(self) -> Person:
        try:
            return people.by_id(self.instead_of.data)
        except Refusal as refusal:
            refusal.field = "instead_of"
            raise


class CancelForm(VerbForm):
    """Why an override is taken back."""

    reason = StringField(
        lazy_gettext("Reason"),
        [InputRequired(lazy_gettext("Please give a reason.")), Length(max=overrides.MAX_REASON)],
    )

    def cancel(self, override: Override, *, actor: Person, now: datetime) -> None:
        """Take it back; one that has begun ends now."""
        overrides.cancel(override, reason=self.reason.data or "", actor=actor, now=now)
