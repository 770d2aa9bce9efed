"""What the calendar's address asks for: which days, by role or by person, of one person or of all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import abort, request, url_for

from admin_views.pickers import read_id
from admin_views.roster_span import Month, Span, Week
from extensions import db
from models import Person

WAYS = ("role", "person")


@dataclass(frozen=True)
class Calendar:
    """The calendar as it is asked for; ``span`` is None for the present week or month."""

    is_month: bool
    span: Span | None
    by: str
    person: Person | None = None

    @classmethod
    def asked(cls) -> Calendar:
        """Read the address; nonsense in it is not found."""
        asked = request.args
        by = asked.get("by", WAYS[0])
        if by not in WAYS:
            abort(HTTPStatus.NOT_FOUND)
        is_month = "month" in asked
        return cls(is_month, _span(asked.get("month", ""), asked.get("week", ""), is_month), by, _person())

    def shown(self, now: datetime) -> Span:
        """The days that are shown."""
        if self.span is not None:
            return self.span
        return Month.of(now) if self.is_month else Week.of(now)

    def url(self, **change: Any) -> str:
        """The address of the same calendar with something changed: span, week, month, by, person (its id)."""
        person_id = change.pop("person", self.person.id if self.person else None)
        for name, is_month in (("week", False), ("month", True)):
            if name in change:
                change |= {"span": change.pop(name), "is_month": is_month}
        other = replace(self, **change)
        name = "month" if other.is_month else "week"
        span = str(other.span) if other.span else ("" if other.is_month else None)
        by = other.by if other.by != WAYS[0] else None
        return url_for("roster.index", **{name: span}, by=by, person=person_id)


def week_url(day: datetime | None = None) -> str:
    """The roster's week with any moment in it; without one, the present week."""
    return url_for("roster.index", week=str(Week.of(day)) if day else None)


def _span(month: str, week: str, is_month: bool) -> Span | None:
    name = month if is_month else week
    if not name:
        return None
    return (Month if is_month else Week).read(name) or abort(HTTPStatus.NOT_FOUND)


def _person() -> Person | None:
    asked = request.args.get("person", "")
    if not asked:
        return None
    number = read_id(asked)
    person = db.session.get(Person, number) if number is not None else None
    return person or abort(HTTPStatus.NOT_FOUND)
