"""Form fields of the desk: moments in company time, words of a vocabulary, people, amounts."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from flask_babel import gettext
from wtforms import (
    DateTimeLocalField,
    DecimalField,
    Field,
    FieldList,
    FormField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.validators import ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from extensions import COMPANY_ZONE
from rules import phones
from rules.next_steps import NextStep
from rules.refusals import Refusal

MOMENT_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"]


class MomentField(DateTimeLocalField):
    """A moment typed in company time (Asia/Shanghai); ``data`` is aware UTC."""

    def __init__(self, label: Any = None, validators: Any = None, **kwargs: Any) -> None:
        super().__init__(label, validators, format=MOMENT_FORMATS, **kwargs)

    def process_data(self, value: datetime | None) -> None:
        """Take a moment from a record or a default."""
        self.data = value.astimezone(UTC) if value else None

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed; the raw words stay in the field when they are no moment."""
        if not valuelist or not valuelist[0].strip():
            self.data = None
            return
        try:
            super().process_formdata([valuelist[0].strip()])
            self.data = self.data.replace(tzinfo=COMPANY_ZONE).astimezone(UTC) if self.data else None
        except (ValueError, OverflowError):  # The first day of the calendar lies before it in UTC.
            self.data = None
            raise ValueError(gettext("This is no date and time.")) from None

    def _value(self) -> str:
        if self.raw_data and self.data is None:
            return str(self.raw_data[0])
        return self.data.astimezone(COMPANY_ZONE).strftime(MOMENT_FORMATS[0]) if self.data else ""


class WordField(SelectField):
    """One word of a vocabulary, shown in the reader's language; '' for none when it may be left open."""

    def __init__(
        self, label: Any = None, validators: Any = None, *, words: Any, empty: Any = None, **kwargs: Any
    ) -> None:
        self._words = words
        self._empty = empty
        super().__init__(label, validators, coerce=self._read, choices=self._worded, **kwargs)

    def _worded(self) -> list[tuple[str, str]]:
        choices = [(str(word.value), gettext(word.label)) for word in self._words]
        return choices if self._empty is None else [("", str(self._empty)), *choices]

    def _read(self, value: Any) -> Any:
        if value in (None, ""):
            return None
        if isinstance(value, str):
            by_value = {str(word.value): word for word in self._words}
            if value in by_value:
                return by_value[value]
            raise ValueError(gettext("This is none of the choices."))
        return value

    def iter_choices(self) -> Iterable[Any]:
        """Choices with the chosen word marked."""
        for value, label in self._worded():
            chosen = self.data is not None and str(getattr(self.data, "value", self.data)) == value
            yield value, label, chosen or (self.data is None and value == ""), {}

    def pre_validate(self, form: Any) -> None:
        """A word that is not in the vocabulary was refused when it was read; a missing one is refused here."""
        if self.data is None and self._empty is None:
            raise ValidationError(gettext("Please choose."))


class PersonField(SelectField):
    """One person out of a short list that is asked for when the form is shown; nobody where ``empty`` has a word."""

    def __init__(
        self,
        label: Any = None,
        validators: Any = None,
        *,
        people: Callable[[], Iterable[Any]],
        empty: Any = None,
        **kwargs: Any,
    ) -> None:
        self._people = people
        self._empty = empty
        kwargs.setdefault("coerce", int if empty is None else lambda value: int(value) if value else None)
        super().__init__(label, validators, choices=self._list, **kwargs)

    def _list(self) -> list[tuple[Any, str]]:
        everybody = [(person.id, person_label(person)) for person in self._people()]
        return everybody if self._empty is None else [("", str(self._empty)), *everybody]


class PeopleField(SelectMultipleField):
    """Any number of people out of a short list, as ticks."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(
        self, label: Any = None, validators: Any = None, *, people: Callable[[], Iterable[Any]], **kwargs: Any
    ):
        self._people = people
        super().__init__(label, validators, coerce=int, choices=self._list, **kwargs)

    def _list(self) -> list[tuple[int, str]]:
        return [(person.id, person_label(person)) for person in self._people()]

    def iter_choices(self) -> Iterable[Any]:
        """Who is ticked stands on top: a long list scrolls, and nobody is to be ticked unseen."""
        return sorted(super().iter_choices(), key=lambda choice: not choice[2])


class PhoneField(StringField):
    """A telephone number in any form people write it; ``phone`` is what the rules made of it."""

    phone: phones.Phone | None = None

    def pre_validate(self, form: Any) -> None:
        """Refuse what cannot be called."""
        self.phone = None
        if not self.data or not self.data.strip():
            raise ValidationError(gettext("Please give a phone number."))
        try:
            self.phone = phones.parse(self.data, field=self.name)
        except Refusal as refusal:
            raise ValidationError(gettext(refusal.message) % refusal.params) from None


class CountField(IntegerField):
    """A whole number; an empty field is its default."""

    def __init__(self, label: Any = None, validators: Any = None, *, empty: int | None = None, **kwargs: Any) -> None:
        self._empty = empty
        super().__init__(label, validators, **kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read digits of any width; nothing typed means the default."""
        if not valuelist or not valuelist[0].strip():
            self.data = self._empty
            return
        text = valuelist[0].strip()
        if len(text) > 12:
            raise ValueError(gettext("This is no whole number."))
        try:
            self.data = int(text)
        except ValueError:
            self.data = None
            raise ValueError(gettext("This is no whole number.")) from None


class YuanField(DecimalField):
    """An amount in yuan; its bounds are the rule's business."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read an amount with or without thousands separators."""
        text = valuelist[0].strip().replace(",", "").replace("，", "").removeprefix("¥") if valuelist else ""
        if not text:
            self.data = None
            return
        if len(text) > 40:
            raise ValueError(gettext("This is no amount."))
        try:
            super().process_formdata([text])
        except ValueError:
            raise ValueError(gettext("This is no amount.")) from None


class MeasureField(DecimalField):
    """A measure or a quantity with up to three decimal places; its bounds are the rule's business."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read a number with a point or a comma of any width."""
        text = unicodedata.normalize("NFKC", valuelist[0]).strip().replace(",", ".") if valuelist else ""
        if not text:
            self.data = None
            return
        self.data = _measure(text)
        if self.data is None:
            raise ValueError(gettext("A number with at most three decimal places, please."))


def _measure(text: str) -> Decimal | None:
    """The number; None where there is none, or one that is finer or longer than anything that is measured."""
    try:
        number = Decimal(text) if len(text) <= 20 else Decimal("NaN")
        return number if number.is_finite() and number == round(number, 3) else None
    except InvalidOperation:  # No number, or one of so many places that it cannot be rounded.
        return None


def person_label(person: Any) -> str:
    """A person with their post, as pickers show them."""
    return f"{person.name} · {gettext(person.position.label)}" if person.position else str(person.name)


def put_refusal(form: Any, refusal: Refusal) -> bool:
    """Write a refusal beside the field it belongs to; False when the form has no such field."""
    field = _named(form, refusal.field) if refusal.field else None
    if field is None:
        return False
    field.errors = [*field.errors, sentence(refusal)]
    return True


def _named(form: Any, name: str) -> Field | None:
    """The field of this name; ``rules-2-value`` is that of the third row, and of the table when the row has none."""
    head, _, rest = name.partition("-")
    field: Any = form._fields.get(head)
    place, _, inner = rest.partition("-")
    if not isinstance(field, FieldList) or not place.isdigit() or int(place) >= len(field.entries):
        return field
    row = field.entries[int(place)]
    return (_named(row.form, inner) if isinstance(row, FormField) else row) or field


def sentence(refusal: Refusal) -> str:
    """The refusal in the reader's language; words of a vocabulary among its parameters are translated too."""
    return in_words(refusal.message, refusal.params)


def in_words(message: str, values: Mapping[str, object]) -> str:
    """A message of the rules in the reader's language, with its values."""
    params = {name: _shown(value) for name, value in values.items()}
    text = gettext(message)
    return text % params if params else text


def _shown(value: object) -> object:
    if isinstance(value, NextStep):
        return in_words(value.sentence, value.values)
    if isinstance(value, tuple):
        return gettext("; ").join(str(_shown(each)) for each in value)
    label = getattr(value, "label", None)
    return gettext(label) if label else value
