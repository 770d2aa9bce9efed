"""Two people saved the same record: both values side by side, and who decides is the person (FEATURES 2.21)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import request
from flask_babel import gettext

from admin_views.formatters import NOTHING, plain
from models import Base
from services import change_log

_NOT_ASKED = frozenset({"csrf_token", "version"})


@dataclass(frozen=True)
class Difference:
    """One field: what this person typed, what stands now, and who put it there when (None: nobody knows)."""

    label: str
    mine: str
    stored: str
    by: str | None = None
    at: datetime | None = None


def is_stale(form: Any, record: Any) -> bool:
    """Whether the form was filled in on an older version of the record than the one that stands."""
    version = form._fields.get("version")
    return version is not None and version.data != str(record.version)


def differences(form: Any, record: Base) -> list[Difference]:
    """Every field in which the form and the stored record differ."""
    stored = type(form)(formdata=None, obj=record)
    authors = change_log.latest_by_field(record)
    return [
        Difference(
            label=str(field.label.text),
            mine=in_words(field),
            stored=in_words(stored[field.name]),
            by=(author.actor.name if author.actor else gettext("The desk")) if author else None,
            at=author.at if author else None,
        )
        for field in form
        if field.name not in _NOT_ASKED and _settled(field) != _settled(stored[field.name])
        for author in [authors.get(field.name)]
    ]


def in_words(field: Any) -> str:
    """What a field holds, as a person reads it."""
    words = getattr(field, "words", None)
    if words is not None:
        return words or NOTHING
    return plain(field.data) or NOTHING


def again() -> Iterable[tuple[str, str]]:
    """Everything this person sent, to be sent once more with the version that stands now."""
    return [(name, value) for name, value in request.form.items(multi=True) if name not in _NOT_ASKED]


def _settled(field: Any) -> Any:
    """A field's value in a form that can be compared: nothing typed is nothing stored."""
    return field.data if field.data not in (None, "") else None
