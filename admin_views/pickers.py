"""Pickers: choose one record out of very many by typing how its name begins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import render_template
from flask_admin.model.ajax import AjaxModelLoader
from flask_babel import gettext
from markupsafe import Markup
from sqlalchemy import select
from wtforms import Field
from wtforms.validators import ValidationError

from extensions import db
from models import Base
from services import search

MOST = 50
"""Rows a picker offers at most, whatever is asked for."""
BIGGEST_ID = 2**63 - 1


def read_id(text: str) -> int | None:
    """A record's id as it came in an address or a form; None for anything that cannot be one."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 and 0 < int(text) <= BIGGEST_ID else None


class PrefixLoader(AjaxModelLoader):
    """Finds records whose ``columns`` begin with what was typed; every column has an index that answers it."""

    def __init__(self, name: str, model: type[Base], *columns: Any, conditions: Sequence[Any] = ()) -> None:
        super().__init__(name, {})
        self.model = model
        self._columns = columns
        self._conditions = conditions

    def format(self, model: Any) -> tuple[int, str] | None:
        """The id and the name."""
        return (model.id, str(model)) if model is not None else None

    def get_one(self, pk: Any) -> Any:
        """The record with this id."""
        return db.session.get(self.model, pk)

    def get_list(self, query: str, offset: int = 0, limit: int = MOST) -> list[Any]:
        """What begins so, each record once; bounded whatever is asked for."""
        limit = max(1, min(limit, MOST))
        term = (query or "").strip()[:100].replace("\x00", "")
        found: dict[int, Any] = {}
        for column in self._columns:
            found.update((record.id, record) for record in self._beginning(column, term, limit))
        return list(found.values())[:limit]

    def _beginning(self, column: Any, term: str, limit: int) -> Sequence[Any]:
        statement = select(self.model).where(*self._conditions).order_by(column).limit(limit)
        return db.session.scalars(statement.where(search.begins(column, term)) if term else statement).unique().all()


class SearchLoader(PrefixLoader):
    """Finds records through a search of its own."""

    def __init__(self, name: str, model: type[Base], finder: Callable[[str, int], Sequence[Any]]) -> None:
        super().__init__(name, model)
        self._finder = finder

    def get_list(self, query: str, offset: int = 0, limit: int = MOST) -> list[Any]:
        """What the search finds."""
        term = (query or "").strip()[:100].replace("\x00", "")
        return list(self._finder(term, max(1, min(limit, MOST))))


class PickerField(Field):
    """The id of one record. Two inputs share its name: the chosen id, and the words that were typed."""

    def __init__(self, label: Any = None, *, loader: PrefixLoader, is_required: bool = False, **kwargs: Any) -> None:
        self.loader = loader
        self.typed = ""
        super().__init__(label, **kwargs)
        self.flags.required = is_required

    def widget(self, field: PickerField, **kwargs: Any) -> Markup:
        """A text box that offers what begins with its words (``static/lists.js``)."""
        return Markup(render_template("picker.html", field=self, attributes=kwargs))  # noqa: S704 - it escapes

    @property
    def words(self) -> str:
        """The name of what is chosen, or what was typed and is no choice."""
        chosen = self.loader.get_one(self.data) if self.data else None
        return str(chosen) if chosen is not None else self.typed

    def process_formdata(self, valuelist: list[str]) -> None:
        """Take the chosen id; words without a choice are refused, not forgotten."""
        self.data = None
        if not valuelist:
            return
        chosen, self.typed = valuelist[0].strip(), (valuelist[1].strip() if len(valuelist) > 1 else "")
        if chosen:
            self.data = read_id(chosen)
        if self.data is None and (chosen or self.typed):
            raise ValueError(gettext("Please choose one from the list."))

    def pre_validate(self, form: Any) -> None:
        """Refuse an id that belongs to no record, and none where one is needed."""
        if self.data is None and self.flags.required and not self.process_errors:
            raise ValidationError(gettext("Please fill this in."))
        if self.data is not None and self.loader.get_one(self.data) is None:
            raise ValidationError(gettext("Please choose one from the list."))
