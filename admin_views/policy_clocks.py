"""The clocks' policy: how long each runs for which complaints, and who hears of it when."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask_babel import gettext, lazy_gettext, ngettext
from wtforms import BooleanField, FieldList, FormField

from admin_views.fields import CountField, WordField
from admin_views.policy_form import Document, NumbersField, PolicyEditor, PolicyForm, Row, TicksField, with_ids
from rules.sla import MOST_TARGETS, ClockPolicy, Tell, Unit
from rules.vocabulary import Category, ClockKind, PolicyKind, Severity


class TargetRow(Row):
    """One row of the table."""

    clock = WordField(lazy_gettext("Clock"), words=ClockKind)
    levels = TicksField(lazy_gettext("Levels"), words=Severity)
    categories = TicksField(lazy_gettext("Categories"), words=Category)
    amount = CountField(lazy_gettext("Length"), empty=0)
    unit = WordField(lazy_gettext("Unit"), words=Unit, default=Unit.HOURS)
    is_pausable = BooleanField(lazy_gettext("May be paused while the customer is waited for"))
    warn_at = NumbersField(lazy_gettext("Warnings, in percent of the time"), default=(50, 80))
    warn = WordField(
        lazy_gettext("Warned"), words=[tell for tell in Tell if tell is not Tell.CHAIN], default=Tell.OWNER
    )
    breach = WordField(lazy_gettext("Told at the breach"), words=Tell, default=Tell.OWNER_AND_LEADER)
    remind_after = NumbersField(lazy_gettext("Again, minutes after the breach"))
    remind = WordField(
        lazy_gettext("Told then"), words=[tell for tell in Tell if tell is not Tell.CHAIN], default=Tell.NOBODY
    )


class ClocksForm(PolicyForm):
    """The whole table, in the order in which it is read."""

    targets = FieldList(FormField(TargetRow), max_entries=MOST_TARGETS)

    def document(self) -> Document:
        """The table as ``rules.sla`` reads it."""
        rows = [dict(entry.form.data) for entry in self.targets]
        return {"targets": with_ids(rows, lambda row: str(row["clock"]))}


def lines(document: Mapping[str, Any]) -> Sequence[str]:
    """A sentence for each row."""
    return [target_sentence(row) for row in document.get("targets", [])]


def target_sentence(row: Mapping[str, Any]) -> str:
    """Which clock, for what, how long, who is told when."""
    parts = [
        f"{_label(ClockKind, row.get('clock'))} · {scope(row)}: {length(row)}",
        gettext("may be paused") if row.get("is_pausable") else gettext("never paused"),
    ]
    if row.get("warn_at"):
        shares = ", ".join(f"{percent} %" for percent in row["warn_at"])
        parts.append(gettext("warned at %(shares)s: %(who)s", shares=shares, who=_label(Tell, row.get("warn"))))
    parts.append(gettext("at the breach: %(who)s", who=_label(Tell, row.get("breach"))))
    if row.get("remind_after"):
        minutes = ", ".join(str(number) for number in row["remind_after"])
        who = _label(Tell, row.get("remind"))
        parts.append(gettext("%(minutes)s min after it: %(who)s", minutes=minutes, who=who))
    return gettext("; ").join(parts)


def scope(row: Mapping[str, Any]) -> str:
    """For which levels and categories a row holds."""
    levels = gettext(", ").join(_label(Severity, level) for level in row.get("levels", []))
    categories = gettext(", ").join(_label(Category, category) for category in row.get("categories", []))
    return " · ".join(part for part in (levels, categories) if part) or gettext("every complaint")


def length(row: Mapping[str, Any]) -> str:
    """How long the clock runs."""
    unit, amount = row.get("unit"), row.get("amount")
    if unit in _LENGTHS and isinstance(amount, int):
        return _LENGTHS[Unit(unit)](amount)
    return _label(Unit, unit) if unit == Unit.PROMISED else f"{amount} {_label(Unit, unit)}"


_LENGTHS: Mapping[Unit, Callable[[int], str]] = {
    Unit.MINUTES: lambda amount: ngettext("%(num)s minute", "%(num)s minutes", amount),
    Unit.HOURS: lambda amount: ngettext("%(num)s hour", "%(num)s hours", amount),
    Unit.DAYS: lambda amount: ngettext("%(num)s day", "%(num)s days", amount),
    Unit.WORKING_HOURS: lambda amount: ngettext("%(num)s working hour", "%(num)s working hours", amount),
    Unit.WORKING_DAYS: lambda amount: ngettext("%(num)s working day", "%(num)s working days", amount),
}


def _label(vocabulary: Any, value: Any) -> str:
    """A word in the reader's language; an old version may hold one that is gone."""
    try:
        return gettext(vocabulary(value).label)
    except ValueError:
        return str(value)


EDITOR = PolicyEditor(
    kind=PolicyKind.CLOCKS,
    form=ClocksForm,
    read=ClockPolicy.from_document,
    lines=lines,
    table="policy_clocks.html",
    fields="policy_clocks_fields.html",
    intro=lazy_gettext("The first row from the top that fits a complaint holds. A clock that runs keeps its own row."),
    extra=lambda: {"length": length, "scope": scope, "blank": TargetRow(prefix="targets-__0__-")},
)
