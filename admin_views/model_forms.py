"""Forms made from a model's columns: each kind of column has its field, its bounds and its sentence."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from sqlalchemy import Boolean, Column, Date, Enum, Integer, SmallInteger, String, Text, inspect
from wtforms import BooleanField, DateField, Field, HiddenField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, NumberRange, Optional, ValidationError

from admin_views.fields import CountField, MomentField, WordField, YuanField, sentence
from admin_views.labels import LABELS
from admin_views.pickers import PickerField
from models.base import UtcDateTime, Yuan
from rules import texts
from rules.refusals import Refusal

MOST_YUAN = Decimal(999_999_999)
INTEGER_BOUNDS = {SmallInteger: (-(2**15), 2**15 - 1), Integer: (-(2**31), 2**31 - 1)}
NO_CHOICE = "—"


class DeskForm(FlaskForm):
    """A record's form. ``version`` is the one the person saw; a save of an older one is a conflict."""


class VersionField(HiddenField):
    """The version the person saw; it is compared, never written."""

    def populate_obj(self, obj: Any, name: str) -> None:
        """The database counts by itself."""


class DayField(DateField):
    """A calendar day."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read an ISO date, as a date input sends it."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(gettext("This is no date.")) from None


class Keepable:
    """Refuses a text that is longer than its column or holds what no database keeps."""

    def __init__(self, longest: int) -> None:
        self.longest = longest
        self.field_flags = {"maxlength": longest}

    def __call__(self, form: Any, field: Any) -> None:
        """What WTForms asks of a validator."""
        try:
            texts.check(field.data or "", field=field.name, longest=self.longest)
        except Refusal as refusal:
            raise ValidationError(sentence(refusal)) from None


def scaffold(view: Any) -> type[DeskForm]:
    """The form of a view: its ``form_columns``, in which ``form_overrides`` replaces whole fields."""
    columns = inspect(view.model).columns
    fields: dict[str, Any] = {
        name: view.form_overrides[name] if name in (view.form_overrides or {}) else _field(view, name, columns[name])
        for name in view.form_columns or ()
    }
    if hasattr(view.model, "version"):
        fields["version"] = VersionField()
    return type(f"{view.model.__name__}Form", (view.form_base_class,), fields)


def _field(view: Any, name: str, column: Column[Any]) -> Field:
    """The field of one column."""
    label = view.column_labels.get(name) or LABELS[name]
    is_required = not column.nullable and column.default is None
    need = [DataRequired(lazy_gettext("Please fill this in."))] if is_required else [Optional()]
    settings = {"description": view.column_descriptions.get(name, ""), "default": _default(column)}
    if column.foreign_keys:
        return PickerField(label, loader=view.form_ajax_refs[name], is_required=is_required, **settings)
    for kind, make in _MAKERS.items():
        if isinstance(column.type, kind):
            return make(label, need, column, settings)
    raise TypeError(f"{view.model.__name__}.{name} has no form field")


def _default(column: Column[Any]) -> Any:
    return column.default.arg if column.default is not None and column.default.is_scalar else None


def _words(label: Any, need: list[Any], column: Column[Any], settings: dict[str, Any]) -> Field:
    empty = NO_CHOICE if column.nullable else None
    return WordField(label, words=column.type.enum_class, empty=empty, **settings)  # type: ignore[attr-defined]


def _whole(label: Any, need: list[Any], column: Column[Any], settings: dict[str, Any]) -> Field:
    lowest, highest = INTEGER_BOUNDS[SmallInteger if isinstance(column.type, SmallInteger) else Integer]
    if not column.nullable:
        need = [InputRequired(lazy_gettext("Please fill this in."))]  # Nought is a number too.
    bounds = NumberRange(lowest, highest, lazy_gettext("This number is out of all bounds."))
    return CountField(label, [*need, bounds], empty=settings["default"], **settings)


def _yuan(label: Any, need: list[Any], column: Column[Any], settings: dict[str, Any]) -> Field:
    required = InputRequired(lazy_gettext("Please fill this in."))
    return YuanField(label, [required if not column.nullable else Optional(), _is_amount], **settings)


def _is_amount(form: Any, field: Any) -> None:
    """Refuse what is no amount of money: infinity, fractions of a cent, less than nothing, more than there is."""
    amount = field.data
    if amount is None:  # What was typed is no number; the field has said so.
        return
    if not amount.is_finite() or not 0 <= amount <= MOST_YUAN:
        raise ValidationError(gettext("The amount must lie between 0 and 999,999,999."))
    if amount != amount.quantize(Decimal("0.01")):
        raise ValidationError(gettext("An amount has at most two decimal places."))


def _line(label: Any, need: list[Any], column: Column[Any], settings: dict[str, Any]) -> Field:
    longest = column.type.length or texts.LONGEST  # type: ignore[attr-defined]
    return StringField(label, [*need, Keepable(longest)], filters=[strip], **settings)


def _lines(label: Any, need: list[Any], column: Column[Any], settings: dict[str, Any]) -> Field:
    return TextAreaField(label, [*need, Keepable(texts.LONGEST)], filters=[strip], **settings)


def strip(text: Any) -> Any:
    """Without the blanks around it; nobody means them."""
    return text.strip() if isinstance(text, str) else text


_Maker = Callable[[Any, list[Any], Column[Any], dict[str, Any]], Field]
_MAKERS: dict[type, _Maker] = {
    Enum: _words,
    Boolean: lambda label, need, column, settings: BooleanField(label, **settings),
    UtcDateTime: lambda label, need, column, settings: MomentField(label, need, **settings),
    Date: lambda label, need, column, settings: DayField(label, need, **settings),
    Yuan: _yuan,
    Integer: _whole,
    Text: _lines,
    String: _line,
}
"""In this order: an Enum is a String too, and so is a Text."""
