"""How a migration changes a table that stands: columns come, go or change, conditions are worded anew.

PostgreSQL alters it. SQLite cannot alter a condition: there the table is made again under another name, filled, and
put in the old one's place, with every index and trigger it had. The rows keep their ids, so that a full-text index
over them stays true.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import CreateColumn

Conditions = Mapping[str, str | None]
"""The condition of each CHECK by its name; None takes it away."""


def reshape(
    table: str,
    *,
    add: Sequence[sa.Column[Any]] = (),
    change: Sequence[sa.Column[Any]] = (),
    drop: Sequence[str] = (),
    conditions: Conditions | None = None,
    drop_indexes: Sequence[str] = (),
) -> None:
    """Change the table ``table``: add columns, drop columns by name, set CHECKs, drop indexes by name.

    A foreign key of an added column needs a name. ``change`` says anew of standing columns what type they have and
    whether they may be empty; their keys stay, and a default has to be said again. Indexes of dropped columns go by
    ``drop_indexes``.
    """
    for index in drop_indexes:
        op.drop_index(index, table_name=table)
    if op.get_bind().dialect.name == "sqlite":
        _rebuild(table, add=add, change=change, drop=drop, conditions=conditions or {})
    else:
        _alter(table, add=add, change=change, drop=drop, conditions=conditions or {})


def one_of(column: str, words: Iterable[str]) -> str:
    """The condition that a column holds one of these words."""
    listed = ", ".join(f"'{word}'" for word in words)
    return f"{column} IN ({listed})"


def _alter(
    table: str,
    *,
    add: Sequence[sa.Column[Any]],
    change: Sequence[sa.Column[Any]],
    drop: Sequence[str],
    conditions: Conditions,
) -> None:
    present = {check["name"] for check in sa.inspect(op.get_bind()).get_check_constraints(table)}
    for name in conditions.keys() & present:
        op.drop_constraint(op.f(name), table, type_="check")
    for column in drop:
        op.drop_column(table, column)
    for column in add:
        op.add_column(table, column)
    for changed in change:
        op.alter_column(
            table,
            changed.name,
            type_=changed.type,
            nullable=changed.nullable,
            server_default=changed.server_default.arg if changed.server_default else None,
        )
    for name, condition in conditions.items():
        if condition is not None:
            op.create_check_constraint(op.f(name), table, sa.text(condition))


def _rebuild(
    table: str,
    *,
    add: Sequence[sa.Column[Any]],
    change: Sequence[sa.Column[Any]],
    drop: Sequence[str],
    conditions: Conditions,
) -> None:
    bind = op.get_bind()
    old_sql, around = _described(bind, table)
    columns, constraints = _lines(old_sql)
    said_anew = {column.name: _described_column(column, bind) for column in change}
    columns = [said_anew.get(_name(line), line) for line in columns if _name(line) not in drop]
    kept = [line.split()[0] for line in columns]
    constraints = [line for line in constraints if not _goes(line, drop, conditions)]
    constraints += [
        f"CONSTRAINT {name} CHECK ({condition})" for name, condition in conditions.items() if condition is not None
    ]
    scratch = sa.Table(f"{table}_new", sa.MetaData(), *add)
    for foreign in [key for column in scratch.columns for key in column.foreign_keys]:
        target, _, remote = foreign.target_fullname.partition(".")
        constraints.append(
            f"CONSTRAINT {foreign.name} FOREIGN KEY({foreign.parent.name}) REFERENCES {target} ({remote})"
        )
    columns += [_described_column(column, bind) for column in scratch.columns]
    inside = ", \n\t".join([*columns, *constraints])
    op.execute(sa.text(f"CREATE TABLE {table}_new (\n\t{inside}\n)".replace(":", "\\:")))
    names = ", ".join(kept)
    op.execute(f"INSERT INTO {table}_new ({names}) SELECT {names} FROM {table}")  # noqa: S608 — names of our own
    op.execute(f"DROP TABLE {table}")
    op.execute(f"ALTER TABLE {table}_new RENAME TO {table}")
    for statement in around:
        op.execute(sa.text(statement.replace(":", "\\:")))


def _described_column(column: sa.Column[Any], bind: sa.Connection) -> str:
    """The column's line in a CREATE TABLE."""
    return str(CreateColumn(column).compile(dialect=bind.dialect))


def _name(line: str) -> str:
    """The name of the column that the line describes."""
    return line.split()[0].strip('"')


def _described(bind: sa.Connection, table: str) -> tuple[str, list[str]]:
    """The statement that made the table, and those that made its indexes and triggers."""
    rows = bind.execute(
        sa.text("SELECT type, sql FROM sqlite_master WHERE tbl_name = :table AND sql IS NOT NULL ORDER BY rowid"),
        {"table": table},
    ).all()
    own = next(row.sql for row in rows if row.type == "table")
    return own, [row.sql for row in rows if row.type != "table"]


def _lines(statement: str) -> tuple[list[str], list[str]]:
    """The columns and the constraints of a CREATE TABLE, each on its own line as the desk's migrations write it."""
    inside = statement[statement.index("(") + 1 : statement.rindex(")")]
    lines = [line.strip().removesuffix(",") for line in inside.split("\n") if line.strip()]
    return (
        [line for line in lines if not line.startswith("CONSTRAINT")],
        [line for line in lines if line.startswith("CONSTRAINT")],
    )


def _goes(constraint: str, dropped_columns: Sequence[str], conditions: Conditions) -> bool:
    """Whether a constraint is worded anew, taken away, or belongs to a column that goes."""
    is_of_dropped = any(f"FOREIGN KEY({column})" in constraint for column in dropped_columns)
    return is_of_dropped or constraint.split()[1] in conditions
