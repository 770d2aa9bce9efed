"""The warranty policy: how long each part of the work is covered, never shorter than by law (A-02, N10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext, lazy_gettext
from wtforms import FieldList, FormField, HiddenField

from admin_views.fields import CountField
from admin_views.policy_form import Document, PolicyEditor, PolicyForm, Row
from rules.vocabulary import PolicyKind, WorkPart
from rules.warranty import SHIPPED, Length, WarrantyPolicy


class FloorRow(Row):
    """One part of the work and its length: months, or heating and cooling seasons."""

    part = HiddenField()
    months = CountField(lazy_gettext("Months"))
    seasons = CountField(lazy_gettext("Heating and cooling seasons"))

    def floor(self) -> Document:
        """The row as ``rules.warranty`` reads it."""
        unit = "seasons" if self.is_in_seasons else "months"
        return {"part": self.part.data or "", unit: self[unit].data}

    @property
    def known_part(self) -> WorkPart | None:
        """The part, unless somebody made one up."""
        return next((part for part in WorkPart if part.value == self.part.data), None)

    @property
    def is_in_seasons(self) -> bool:
        """Whether the law counts this part in seasons."""
        return self.known_part is not None and bool(SHIPPED.floors[self.known_part].seasons)


class WarrantyForm(PolicyForm):
    """A length for every part."""

    floors = FieldList(FormField(FloorRow), max_entries=len(WorkPart))

    def document(self) -> Document:
        """The table as ``rules.warranty`` reads it."""
        return {"floors": [entry.form.floor() for entry in self.floors]}


def lines(document: Mapping[str, Any]) -> Sequence[str]:
    """A sentence for each part."""
    floors = WarrantyPolicy.from_document(document).floors
    return [f"{gettext(part.label)}: {lasts(floors[part])}" for part in WorkPart]


def lasts(length: Length) -> str:
    """A length in the reader's language."""
    if length.seasons:
        return gettext("%(count)s heating and cooling seasons", count=length.seasons)
    return gettext("%(count)s months", count=length.months)


EDITOR = PolicyEditor(
    kind=PolicyKind.WARRANTY,
    form=WarrantyForm,
    read=WarrantyPolicy.from_document,
    lines=lines,
    table="policy_warranty.html",
    fields="policy_warranty_fields.html",
    intro=lazy_gettext("From the day of acceptance; a contract may promise more, and nothing is shorter than the law."),
    extra=lambda: {"work_parts": tuple(WorkPart), "lasts": lasts, "legal": SHIPPED.floors},
)
