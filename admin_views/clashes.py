"""When the database refuses a record: the constraint that did it, as a sentence beside the field."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from flask_babel import gettext
from sqlalchemy import Index, Table, UniqueConstraint
from sqlalchemy.exc import IntegrityError

from rules.vocabulary import N_

TWICE = N_("There is another record with this value already.")
IMPOSSIBLE = N_("The database refuses this combination of values.")


def put(form: Any, error: IntegrityError, table: Table) -> None:
    """Write the sentence beside the first field of the broken constraint, or above the form."""
    names = unique_columns(error, table)
    text = gettext(TWICE) if names else gettext(IMPOSSIBLE)
    field = next((form._fields[name] for name in reversed(names) if name in form._fields), None)
    if field is not None:
        field.errors = [*field.errors, text]
    else:
        form.form_errors.append(text)


def unique_columns(error: IntegrityError, table: Table) -> Sequence[str]:
    """The columns that would have held the same values twice; nothing when another constraint was broken."""
    diagnosis = getattr(error.orig, "diag", None)
    if diagnosis is not None:
        return _columns_of(str(diagnosis.constraint_name), table)
    match = re.search(r"UNIQUE constraint failed: (.+)", str(error.orig))
    return [name.strip().rpartition(".")[2] for name in match[1].split(",")] if match else []


def _columns_of(constraint: str, table: Table) -> Sequence[str]:
    """PostgreSQL names what was broken: a unique index or a unique constraint."""
    unique: list[Index | UniqueConstraint] = [index for index in table.indexes if index.unique]
    unique += [item for item in table.constraints if isinstance(item, UniqueConstraint)]
    return next(([column.name for column in item.columns] for item in unique if item.name == constraint), [])
