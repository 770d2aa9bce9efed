"""Many rows at once: a few statements for a table instead of one for each row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import insert, inspect
from sqlalchemy.orm import InstanceState

from extensions import db
from models import Base

Item = TypeVar("Item")
MOST_PARAMETERS = 1000
"""How many values stand in one ``IN (…)``; both databases take many more."""


def write(drafts: Sequence[Base], *, known_by: Sequence[str] = ()) -> None:
    """Insert new rows of one table; none of the drafts enters the session.

    Each is told its id when ``known_by`` names the columns that tell the rows apart: a database may answer in any
    order, and asking for the drafts' own order would make it take one row at a time.
    """
    if not drafts:
        return
    model = type(drafts[0])
    columns = inspect(model).column_attrs.keys()
    rows = [_values(draft, columns) for draft in drafts]
    if not known_by:
        db.session.execute(insert(model), rows)
        return
    keys = [getattr(model, name) for name in known_by]
    written = db.session.execute(insert(model).returning(model.id, *keys), rows)
    ids = {tuple(key): row_id for row_id, *key in written}
    for draft in drafts:
        draft.id = ids[tuple(getattr(draft, name) for name in known_by)]


def batches(items: Iterable[Item], size: int = MOST_PARAMETERS) -> Iterator[list[Item]]:
    """The items in lists of at most ``size``."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def _values(draft: Base, columns: Iterable[str]) -> dict[str, Any]:
    state: InstanceState[Any] = inspect(draft)
    return {name: state.dict[name] for name in columns if name in state.dict}
