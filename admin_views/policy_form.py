"""What every policy's editor is made of: a form of rows, how a version is read, and how it is said in sentences.

A kind of policy has its own module ``policy_<kind>`` with an ``EDITOR``; ``policies`` is the page they all share. Rows
are ``FieldList`` of ``FormField``, so that a field is named like the rule's refusal: ``targets-2-amount``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext, lazy_gettext
from wtforms import Form, HiddenField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from admin_views.verb_form import VerbForm
from rules.vocabulary import PolicyKind
from services import policies

Document = dict[str, Any]


class PolicyForm(VerbForm):
    """A version that is to be published; ``based_on`` is the one it was made from."""

    based_on = HiddenField()
    remarks = TextAreaField(
        lazy_gettext("What changes, and why"),
        [InputRequired(lazy_gettext("Please say what changes and why.")), Length(max=policies.MAX_REMARKS)],
    )

    @classmethod
    def of(cls, document: Mapping[str, Any], *, based_on: int) -> PolicyForm:
        """The form filled with a version."""
        return cls(formdata=None, data={**cls.values(document), "based_on": str(based_on)})

    @classmethod
    def values(cls, document: Mapping[str, Any]) -> Mapping[str, Any]:
        """The document as the form's fields have it."""
        return document

    def document(self) -> Document:
        """What was typed, as ``rules`` reads it."""
        raise NotImplementedError

    @property
    def based_on_number(self) -> int:
        """The number of the version it was made from; 0 when somebody made it up."""
        text = str(self.based_on.data or "").strip()  # A number where it was filled, text where it was sent.
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0

    def go_on_from(self, newest: int) -> bool:
        """Be based on the newest version, which the page shows beside it; whether that one was published meanwhile."""
        is_stale = self.based_on_number != newest
        self.based_on.process_data(newest)
        return is_stale


class Row(Form):
    """A row of a table; ``id`` is what the rules know it by, '' for a new one."""

    id = HiddenField()


class TicksField(SelectMultipleField):
    """Some words of a vocabulary as ticks; none ticked often means all of them. ``data`` holds stored values."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label: Any = None, *, words: Any, **kwargs: Any) -> None:
        self._words = words
        self._read = type(next(iter(words)).value)
        super().__init__(label, coerce=self._read, choices=self._worded, **kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was ticked; nothing is, where one of them is no word of the list."""
        self.data = []
        super().process_formdata(valuelist)

    def _worded(self) -> list[tuple[Any, str]]:
        return [(word.value, gettext(word.label)) for word in self._words]


class NumbersField(StringField):
    """Whole numbers with commas between them, such as 50, 80; ``data`` is the list."""

    def process_data(self, value: Sequence[int] | None) -> None:
        """Take the numbers of a document."""
        self.data = list(value or [])

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed, Chinese commas too."""
        typed = valuelist[0] if valuelist else ""
        parts = [part.strip() for part in typed.replace("，", ",").replace("、", ",").split(",")]
        try:
            self.data = [int(part) for part in parts if part and len(part) < 8] if len(typed) < 100 else None
        except ValueError:
            self.data = None
        if self.data is None or len(self.data) != sum(bool(part) for part in parts):
            self.data = None
            raise ValueError(gettext("Whole numbers, please, such as 50, 80."))

    def _value(self) -> str:
        if self.raw_data and self.data is None:
            return str(self.raw_data[0])
        return ", ".join(str(number) for number in self.data or [])


def with_ids(rows: Sequence[Document], name: Callable[[Document], str]) -> list[Document]:
    """The rows, a new one named by what it is about and the first number that is free."""
    taken = {row["id"] for row in rows if row["id"]}
    for row in rows:
        if not row["id"]:
            row["id"] = next(f"{name(row)}.{n}" for n in range(2, len(rows) + 3) if f"{name(row)}.{n}" not in taken)
            taken.add(row["id"])
    return list(rows)


@dataclass(frozen=True)
class PolicyEditor:
    """How one kind of policy is shown and edited.

    ``table`` draws a version from ``policy`` (what ``read`` made of it), ``fields`` the form's own fields; ``lines``
    says a version in sentences, from which the page tells two of them apart. ``extra`` is what else the table needs.
    """

    kind: PolicyKind
    form: type[PolicyForm]
    read: Callable[[Mapping[str, Any]], Any]
    lines: Callable[[Mapping[str, Any]], Sequence[str]]
    table: str
    fields: str
    intro: Any
    extra: Callable[[], Mapping[str, Any]] = dict
