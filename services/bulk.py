"""Many rows at once: a few statements for a table instead of one for each row."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import insert, inspect

from extensions import db
from models import Base

Item = TypeVar("Item")
MOST_PARAMETERS = 1000
"""How many values stand in one ``IN (…)``; both databases take many more."""


def write(model: type[Base], drafts: Iterable[Base]) -> None:
    """Insert new rows of one table; none of the drafts enters the session."""
    rows = _rows(model, drafts)
    if rows:
        db.session.execute(insert(model), rows)


def write_and_identify(model: type[Base], drafts: Collection[Base], *, by: Sequence[str]) -> None:
    """The same, and each draft is told its id.

    ``by`` names the columns that tell the rows apart: a database may answer in any order, and asking for the drafts'
    own order would make it take one row at a time.
    """
    rows = _rows(model, drafts)
    if not rows:
        return
    keys = [getattr(model, name) for name in by]
    written = db.session.execute(insert(model).returning(model.id, *keys), rows)
    ids = {tuple(key): row_id for row_id, *key in written}
    for draft in drafts:
        draft.id = ids[tuple(getattr(draft, name) for name in by)]


def batches(items: Iterable[Item], size: int = MOST_PARAMETERS) -> Iterator[list[Item]]:
    """The items in lists of at most ``size``."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def _rows(model: type[Base], drafts: Iterable[Base]) -> list[dict[str, Any]]:
    columns = frozenset(inspect(model).column_attrs.keys())
    return [{name: value for name, value in vars(draft).items() if name in columns} for draft in drafts]
