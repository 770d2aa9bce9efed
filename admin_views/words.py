"""Filters and functions of every template: company time, labels, the reader's language, what the person may do."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from babel.dates import format_datetime
from flask import Flask, g
from flask_babel import get_locale, gettext
from flask_login import current_user

from admin_views import severity_words, timeline_words
from admin_views.labels import labels_of
from extensions import COMPANY_ZONE, timepiece
from rules import phones
from rules.permissions import Permission
from rules.vocabulary import Action, Category, Position, Role, Severity, Status
from services import duty


def register(app: Flask) -> None:
    """Hand the words to the templates."""
    app.add_template_filter(company_time)
    app.add_template_filter(time_left)
    app.add_template_filter(in_words)
    app.add_template_filter(in_language)
    app.add_template_filter(phones.national, "national_phone")
    app.add_template_filter(Action, "action_word")
    app.add_template_filter(field_label)
    app.add_template_filter(field_value)
    app.add_template_filter(label_of)
    app.add_template_filter(hours_of)
    app.add_template_filter(severity_words.behind, "fact_behind")
    app.add_template_filter(severity_words.asked, "rule_question")
    app.context_processor(lambda: {"may": may, "now": timepiece.now(), "uncovered": uncovered})


def company_time(moment: datetime | None, form: str = "MM-dd HH:mm") -> str:
    """A moment in company time; ``form`` is a CLDR pattern, its words in the reader's language."""
    if moment is None:
        return ""
    return format_datetime(moment.astimezone(COMPANY_ZONE), form, tzinfo=COMPANY_ZONE, locale=get_locale())


def in_words(length: timedelta) -> str:
    """A length of time in words: 11 min, 2 h 05 min, 3 days."""
    return timeline_words.duration(int(length.total_seconds()))


def time_left(due_at: datetime, now: datetime) -> str:
    """The countdown's face: 17:48, 9:40:00 or −04:12; the page's script goes on counting."""
    seconds = int((due_at - now).total_seconds())
    sign, seconds = ("−", -seconds) if seconds < 0 else ("", seconds)
    hours, minutes, seconds = seconds // 3600, seconds // 60 % 60, seconds % 60
    if hours >= 48:
        return sign + gettext("%(days)s d", days=hours // 24)
    return f"{sign}{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{sign}{minutes:02d}:{seconds:02d}"


def in_language(record: Any, name: str) -> str:
    """A text that is kept in both languages; the Chinese one when the other is empty."""
    chinese = str(getattr(record, f"{name}_zh"))
    is_chinese = str(get_locale()).startswith("zh")
    return chinese if is_chinese else str(getattr(record, f"{name}_en")) or chinese


def may(permission: str) -> bool:
    """Whether the person at the screen may do this; what they may not is not shown."""
    return bool(current_user.is_authenticated and current_user.may(Permission(permission)))


def label_of(word: Any) -> str:
    """A word of a vocabulary in the reader's language."""
    return gettext(word.label)


def hours_of(length: timedelta) -> str:
    """A length of time in hours: 312, 7.5."""
    return f"{length / timedelta(hours=1):.1f}".removesuffix(".0")


def uncovered() -> int:
    """How many roles of the duty group have nobody on duty now."""
    if "uncovered" not in g:
        covered = {shift.role_id for shift in duty.on_duty(at=timepiece.now())}
        g.uncovered = sum(role.id not in covered for role in duty.roles())
    return int(g.uncovered)


def field_label(name: str, record_type: str = "complaints") -> str:
    """A field's name as a screen says it."""
    return str(labels_of(record_type).get(name, name))


def field_value(value: Any, name: str) -> str:
    """A stored value as a screen says it."""
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, list):
        return gettext(", ").join(field_value(item, name) for item in value) or "—"
    vocabulary = _WORDS.get(name)
    if vocabulary is not None:
        return gettext(vocabulary(value).label)
    return gettext(str(value)) if name in _KEPT_AS_LABELS else str(value)


_KEPT_AS_LABELS = frozenset({"role_id", "duty_role_id", "return_role_id"})
"""A link to a duty role is kept by the role's name, which is its English label."""

_WORDS: dict[str, Any] = {
    "status": Status,
    "severity": Severity,
    "suggested_severity": Severity,
    "category": Category,
    "position": Position,
    "roles": Role,
}
