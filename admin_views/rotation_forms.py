"""The form of a rotation: who takes turns in which order, when they hand over, and what that would make."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any

from flask_babel import gettext, lazy_gettext
from wtforms import FieldList, Form, FormField, HiddenField, SelectField, StringField, TimeField
from wtforms.validators import InputRequired, Length

from admin_views.fields import CountField, WordField, person_label, put_refusal
from admin_views.model_forms import DayField
from admin_views.verb_form import VerbForm
from extensions import COMPANY_ZONE
from models import Person, Rotation
from rules.escalation import DutyRoleCode
from rules.refusals import Conflict, Refusal
from rules.rotations import COMPANY_ZONE_NAME, LONGEST_ORDER, MAX_SLOTS, THREE_SHIFTS, Pattern, RotationKind, Slot, Unit
from rules.vocabulary import N_
from services import duty, people, rotations
from services.rotations import Preview

FREE_PLACES = 3
"""Empty places at the end of the order, for a screen without a script."""

MAX_SLOT_NAME = 20
ZONES = (COMPANY_ZONE_NAME, "Asia/Urumqi", "Asia/Hong_Kong", "Asia/Tokyo", "UTC", "Europe/Berlin", "America/New_York")
"""Zones that are proposed; any other may be typed."""


class ClockTimeField(TimeField):
    """A time on the wall clock."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read it; nothing typed is None."""
        if not valuelist or not valuelist[0].strip():
            self.data = None
            return
        try:
            super().process_formdata([valuelist[0].strip()[:8]])
        except ValueError:
            raise ValueError(gettext("This is no time of the day.")) from None


class SlotForm(Form):
    """One shift of the day; one without hours is left out."""

    name = StringField(lazy_gettext("Name of the shift"), [Length(max=MAX_SLOT_NAME)])
    starts = ClockTimeField(lazy_gettext("Begins"), format=["%H:%M", "%H:%M:%S"])
    ends = ClockTimeField(lazy_gettext("Ends"), format=["%H:%M", "%H:%M:%S"])


class RotationForm(VerbForm):
    """A rotation that is to be, or one that is edited; ``version`` is the one the form was made from."""

    role = WordField(lazy_gettext("Duty role"), words=DutyRoleCode)
    name = StringField(
        lazy_gettext("Name of the rotation"),
        [InputRequired(lazy_gettext("Please give the name.")), Length(max=rotations.MAX_NAME)],
    )
    kind = WordField(lazy_gettext("How the turns follow each other"), words=RotationKind)
    every = CountField(lazy_gettext("Every"), empty=1)
    unit = WordField(lazy_gettext("Unit"), words=Unit)
    first_day = DayField(lazy_gettext("First day"), [InputRequired(lazy_gettext("When does it begin?"))])
    handover_at = ClockTimeField(lazy_gettext("Handed over at"), format=["%H:%M", "%H:%M:%S"])
    zone = StringField(lazy_gettext("Time zone"), [Length(max=64)])
    slots = FieldList(FormField(SlotForm), min_entries=1, max_entries=MAX_SLOTS + 1)
    members = FieldList(
        SelectField(lazy_gettext("Person"), validate_choice=False), max_entries=LONGEST_ORDER + FREE_PLACES
    )
    version = HiddenField()
    is_stale = False

    def __init__(self, rotation: Rotation | None = None, *, now: datetime, **kwargs: Any) -> None:
        self.rotation = rotation
        super().__init__(data=_proposed(now) if rotation is None else _standing(rotation), **kwargs)
        if rotation is not None:
            del self.role
        self._leave_places_free()

    def preview(self, *, now: datetime) -> Preview | None:
        """What this would make; None when a field is wrong, with the sentence beside it."""
        if not self.validate():
            return None
        try:
            return rotations.preview(
                role=self._role, pattern=self.pattern, members=self._people(), now=now, rotation=self.rotation
            )
        except Refusal as refusal:
            put_refusal(self, refusal)
            return None

    def create(self, *, actor: Person, now: datetime) -> Rotation:
        """Let them take turns."""
        return rotations.create(
            role=self._role,
            name=self.name.data or "",
            pattern=self.pattern,
            members=self._people(),
            actor=actor,
            now=now,
        )

    def change(self, *, actor: Person, now: datetime) -> None:
        """Save the change, unless somebody else's stands there meanwhile.

        Raises:
            Conflict: the rotation is not what this form was made from.
        """
        assert self.rotation is not None
        if self.version.data != str(self.rotation.version):
            self.is_stale = True
            self.version.process_data(self.rotation.version)
            raise Conflict(N_("Somebody else changed this rotation meanwhile. Saving again puts yours in its place."))
        rotations.edit(
            self.rotation,
            name=self.name.data or "",
            pattern=self.pattern,
            members=self._people(),
            actor=actor,
            now=now,
        )

    @property
    def pattern(self) -> Pattern:
        """When the turns begin and end.

        Raises:
            Refusal: a shift of the day has half of its hours.
        """
        kind = self.kind.data
        return Pattern(
            kind=kind,
            first_day=self.first_day.data,
            handover_at=self.handover_at.data or time(8),
            zone=(self.zone.data or "").strip() or COMPANY_ZONE_NAME,
            every=1 if self.every.data is None else self.every.data,
            unit=Unit.HOURS if kind is RotationKind.HOURLY else self.unit.data or Unit.DAYS,
            slots=self._slots() if kind is RotationKind.SHIFT else (),
        )

    @property
    def problems(self) -> list[str]:
        """Every sentence that stands beside a field, for the preview that cannot be shown."""
        return [str(sentence) for field in self for sentence in _sentences(field.errors)]

    @property
    def _role(self) -> Any:
        return self.rotation.role if self.rotation is not None else duty.role(self.role.data)

    def _slots(self) -> tuple[Slot, ...]:
        """The shifts of a day that have hours.

        Raises:
            Refusal: one begins and does not end, or ends and does not begin.
        """
        found = []
        for place, slot in enumerate(self.slots.data):
            starts, ends = slot["starts"], slot["ends"]
            if starts is None and ends is None:
                continue
            if starts is None:
                raise Refusal(N_("When does the shift begin?"), field=f"slots-{place}-starts")
            if ends is None:
                raise Refusal(N_("When does the shift end?"), field=f"slots-{place}-ends")
            found.append(Slot((slot["name"] or "").strip(), starts, ends))
        return tuple(found)

    def _people(self) -> list[Person]:
        """Who takes turns, in order.

        Raises:
            Refusal: somebody is chosen who does not work here.
        """
        chosen = [entry.data for entry in self.members if entry.data]
        numbers = [int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None for value in chosen]
        try:
            return [people.by_id(number) for number in numbers]
        except Refusal as refusal:
            raise Refusal(refusal.message, field="members", **refusal.params) from None

    def _leave_places_free(self) -> None:
        role = self.rotation.role if self.rotation else duty.role(self.role.data) if self.role.data else None
        offered = duty.candidates(role=role)
        chosen = {entry.data for entry in self.members if entry.data}
        gone = [person for person in self._known(chosen) if person not in offered]
        while len(self.members) < min(len(chosen) + FREE_PLACES, self.members.max_entries):
            self.members.append_entry("")
        if len(self.slots) < MAX_SLOTS and self.slots[-1].starts.data is not None:
            self.slots.append_entry({})
        choices = [("", "—"), *((str(person.id), person_label(person)) for person in [*offered, *gone])]
        for entry in self.members:
            entry.choices = choices

    def _known(self, chosen: Iterable[str]) -> list[Person]:
        """People who stand in the order and are not offered to others any more."""
        if self.rotation is None:
            return []
        return [person for person in dict.fromkeys(self.rotation.people) if str(person.id) in chosen]


def _proposed(now: datetime) -> dict[str, Any]:
    """A new rotation by shifts, from tomorrow on."""
    return {
        "kind": RotationKind.SHIFT,
        "every": 1,
        "unit": Unit.DAYS,
        "first_day": now.astimezone(COMPANY_ZONE).date() + timedelta(days=1),
        "handover_at": time(8),
        "zone": COMPANY_ZONE_NAME,
        "slots": [{"name": slot.name, "starts": slot.starts, "ends": slot.ends} for slot in THREE_SHIFTS],
    }


def _standing(rotation: Rotation) -> dict[str, Any]:
    pattern = rotation.pattern
    return {
        "name": rotation.name,
        "kind": pattern.kind,
        "every": pattern.every,
        "unit": pattern.unit,
        "first_day": pattern.first_day,
        "handover_at": pattern.handover_at,
        "zone": pattern.zone,
        "slots": [{"name": s.name, "starts": s.starts, "ends": s.ends} for s in pattern.slots or THREE_SHIFTS],
        "members": [str(person.id) for person in rotation.people],
        "version": rotation.version,
    }


def _sentences(errors: Any) -> list[str]:
    """Errors of a field, of a list of fields, or of a form in a field."""
    if isinstance(errors, dict):
        return [sentence for each in errors.values() for sentence in _sentences(each)]
    if isinstance(errors, list | tuple):
        return [sentence for each in errors for sentence in _sentences(each)]
    return [str(errors)] if errors else []


class StopForm(VerbForm):
    """Why a rotation ends."""

    reason = StringField(
        lazy_gettext("Reason"),
        [InputRequired(lazy_gettext("Please give a reason.")), Length(max=rotations.MAX_REASON)],
    )

    def stop(self, rotation: Rotation, *, actor: Person, now: datetime) -> None:
        """Make no more shifts."""
        rotations.stop(rotation, reason=self.reason.data or "", actor=actor, now=now)
