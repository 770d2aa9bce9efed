"""How a stored value looks on a screen and in a spreadsheet; one way for each kind of value."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any

from flask import Flask, current_app
from flask_admin.tools import rec_getattr
from flask_babel import gettext
from markupsafe import Markup, escape

from admin_views.badges import word_badge
from admin_views.words import company_time, field_value
from models import Base
from rules.vocabulary import ClockState, CompensationStatus, NotificationState, Severity, Status

NOTHING = "—"
MOMENT = "yyyy-MM-dd HH:mm"
_ISO_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d$")
BRIEF = 40
"""Characters of a text that needs no cutting."""
OF_COURSE = frozenset({"created_at", "created_by_id"})
"""Fields that a change says twice: every change has its moment and its author."""
BADGES: dict[type[Enum], str] = {
    Status: "status",
    Severity: "level",
    CompensationStatus: "compensation",
    NotificationState: "message",
    ClockState: "clock",
}
"""Words that stand in a badge; the stylesheet gives each of them its colour."""


def register(app: Flask) -> None:
    """Hand the looks to the templates."""
    app.add_template_filter(shown)
    app.add_template_filter(brief)
    app.add_template_filter(change_value)
    app.add_template_filter(told)
    app.add_template_filter(url_of)
    app.add_template_filter(rec_getattr, "value_of")


def brief(value: Any) -> str:
    """A value for a list: like ``shown``, an endless text cut to two lines."""
    if isinstance(value, str) and not isinstance(value, Enum | Markup) and len(value) > BRIEF:
        return Markup('<span class="clamp">{}</span>').format(value[: BRIEF * 10])
    return shown(value)


def shown(value: Any) -> str:
    """A value for a page: words in the reader's language, moments in company time, records as links."""
    if isinstance(value, Markup):
        return value
    if type(value) in BADGES:
        return word_badge(value, BADGES[type(value)])
    if value is None or value == "":
        return Markup('<span class="nothing">{}</span>').format(NOTHING)
    if isinstance(value, Base):
        return link(value)
    if isinstance(value, datetime):
        return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), plain(value))
    if isinstance(value, list | tuple | frozenset | set):
        return escape(gettext(", ")).join(shown(item) for item in value) or NOTHING
    return str(plain(value))


def plain(value: Any) -> str:
    """A value as text without any markup, for exports and for the record of changes."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if label := getattr(value, "label", None):
        return gettext(label)
    if isinstance(value, datetime):
        return company_time(value, MOMENT)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:,.2f}"
    return str(value)


def change_value(value: Any, name: str, record_type: str = "complaints") -> str:
    """A value as the record of changes keeps it, which is JSON: moments in ISO, words by their value."""
    if isinstance(value, list):
        return gettext(", ").join(change_value(item, name, record_type) for item in value) or NOTHING
    if isinstance(value, Mapping):
        return " ".join(str(part) for part in value.values())
    vocabulary = _vocabulary(record_type, name)
    if vocabulary is not None and value in {word.value for word in vocabulary}:
        return gettext(vocabulary(value).label)
    if isinstance(value, str) and _ISO_MOMENT.match(value):
        return company_time(datetime.fromisoformat(value), MOMENT)
    if isinstance(value, int) and name.endswith("_id"):
        return gettext("No. %(number)s", number=value)
    return field_value(value, name)


def model_of(record_type: str) -> type[Base] | None:
    """The records of a table, by the table's name."""
    return next((mapper.class_ for mapper in Base.registry.mappers if mapper.local_table.name == record_type), None)


@cache
def _vocabulary(record_type: str, name: str) -> Any:
    """The words that a column holds by their values; None for a column of another kind."""
    model = model_of(record_type)
    column = model.__table__.columns.get(name) if model is not None else None
    words = getattr(column.type, "enum_class", None) if column is not None else None
    return words if words is not None and hasattr(next(iter(words)), "label") else None


def told(changes: Mapping[str, Sequence[Any]]) -> list[tuple[str, Any, Any]]:
    """The fields of a change that are worth telling, each with its old and new value."""
    return [
        (name, old, new)
        for name, (old, new) in changes.items()
        if name not in OF_COURSE and (old not in (None, "") or new not in (None, ""))
    ]


def link(record: Base) -> Markup:
    """A record's name, leading to its page where there is one that this person may see."""
    url = url_of(record)
    return Markup('<a href="{}">{}</a>').format(url, str(record)) if url else escape(str(record))


def url_of(record: Base) -> str | None:
    """The page of a record, None where the person at the screen has none."""
    view = _views().get(type(record))
    return view.record_url(record) if view is not None and view.is_accessible() else None


def _views() -> dict[type[Base], Any]:
    """Which view shows which kind of record; asked of the panel once."""
    known: dict[type[Base], Any] = current_app.extensions.setdefault("desk_views", {})
    if not known:
        panel = current_app.extensions["admin"][0]
        known.update((view.model, view) for view in panel._views if hasattr(view, "record_url"))
    return known
