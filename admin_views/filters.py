"""Filters above a list: each one a control of the page and a condition of the query.

A filter is named in the address by its own ``key`` (``?status=new``), so that a bookmark survives a new column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from flask_babel import gettext
from sqlalchemy import ColumnElement, func

from admin_views.fields import person_label
from admin_views.labels import LABELS
from extensions import COMPANY_ZONE
from services import search

Option = tuple[str, str]
LONGEST = 100


class Filter:
    """One control: ``keys`` are its names in the address."""

    template = "choice"

    def __init__(self, key: str, column: Any, label: Any = None) -> None:
        self.key = key
        self.column = column
        self.label = label or LABELS[key]

    @property
    def keys(self) -> tuple[str, ...]:
        """The names this filter reads from the address."""
        return (self.key,)

    def options(self) -> Sequence[Option]:
        """What can be chosen."""
        return ()

    def conditions(self, asked: Mapping[str, str]) -> list[ColumnElement[bool]]:
        """What the query must fulfil; nothing when nothing sensible was asked."""
        value = asked.get(self.key, "").strip()[:LONGEST].replace("\x00", "")
        return self.condition(value) if value else []

    def condition(self, value: str) -> list[ColumnElement[bool]]:
        """The same for one value that is not empty."""
        raise NotImplementedError


class WordFilter(Filter):
    """One word of a vocabulary."""

    def __init__(self, key: str, column: Any, words: Iterable[Any], label: Any = None) -> None:
        super().__init__(key, column, label)
        self._words = {str(word.value): word for word in words}

    def options(self) -> Sequence[Option]:
        """Every word, in the reader's language."""
        return [(value, gettext(word.label)) for value, word in self._words.items()]

    def condition(self, value: str) -> list[ColumnElement[bool]]:
        """Equal to the word; a word that does not exist filters nothing."""
        return [self.column == self._words[value]] if value in self._words else []


class ChoiceFilter(Filter):
    """One of a few texts with names."""

    def __init__(self, key: str, column: Any, choices: Mapping[str, Any], label: Any = None) -> None:
        super().__init__(key, column, label)
        self._choices = choices

    def options(self) -> Sequence[Option]:
        """All of them."""
        return [(value, str(label)) for value, label in self._choices.items()]

    def condition(self, value: str) -> list[ColumnElement[bool]]:
        """Equal to the text."""
        return [self.column == value] if value in self._choices else []


class FlagFilter(Filter):
    """Yes or no."""

    def options(self) -> Sequence[Option]:
        """Both of them."""
        return [("1", gettext("yes")), ("0", gettext("no"))]

    def condition(self, value: str) -> list[ColumnElement[bool]]:
        """True or false."""
        return [self.column.is_(value == "1")] if value in ("0", "1") else []


class PersonFilter(Filter):
    """One person out of a short list."""

    def __init__(self, key: str, column: Any, people: Callable[[], Iterable[Any]], label: Any = None) -> None:
        super().__init__(key, column, label)
        self._people = people

    def options(self) -> Sequence[Option]:
        """Everybody of the list."""
        return [(str(person.id), person_label(person)) for person in self._people()]

    def condition(self, value: str) -> list[ColumnElement[bool]]:
        """This person's."""
        return [self.column == int(value)] if value.isascii() and value.isdigit() and len(value) < 18 else []


class BeginFilter(Filter):
    """What a text begins with; the column has an index that answers it."""

    template = "text"

    def condition(self, value: str) -> list[ColumnElement[bool]]:
        """The beginning, with ``%`` and ``_`` meaning themselves."""
        return [search.begins(self.column, value)]


class DaysFilter(Filter):
    """From a day to a day, both included, in company time."""

    template = "days"

    def __init__(self, key: str, column: Any, label: Any = None, *, is_moment: bool = True) -> None:
        super().__init__(key, column, label)
        self._is_moment = is_moment

    @property
    def keys(self) -> tuple[str, ...]:
        """The first and the last day."""
        return (f"{self.key}_from", f"{self.key}_to")

    def conditions(self, asked: Mapping[str, str]) -> list[ColumnElement[bool]]:
        """Between the days that were given; one of them is enough."""
        first, last = (_day(asked.get(key, "")) for key in self.keys)
        found = []
        if first:
            found.append(self.column >= (_midnight(first) if self._is_moment else first))
        if last:
            found.append(self.column < _midnight(last + timedelta(days=1)) if self._is_moment else self.column <= last)
        return found


def unindexed(column: Any) -> ColumnElement[Any]:
    """The column as no index knows it: where another condition leaves few rows, they are better read one by one."""
    return func.coalesce(column, column)


@dataclass(frozen=True)
class Tab:
    """A list's ready-made view: its name and the conditions it stands for."""

    key: str
    label: Any
    conditions: Callable[[], Sequence[ColumnElement[bool]]] = tuple


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), COMPANY_ZONE)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return day if date(1900, 1, 1) <= day <= date(2200, 1, 1) else None
