"""Millions of rows into either database as fast as it takes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any

from sqlalchemy import Engine, Table

BATCH = 20_000
Row = Mapping[str, Any]


class Loader:
    """Writes rows past the session: COPY on PostgreSQL, one prepared statement on SQLite, no foreign-key checks."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._is_sqlite = engine.dialect.name == "sqlite"
        self._connection: Any = engine.raw_connection()
        self._cursor = self._connection.cursor()
        self._cursor.execute(
            "PRAGMA foreign_keys = off" if self._is_sqlite else "SET session_replication_role = replica"
        )

    def put(self, table: Table, rows: Iterable[Row]) -> int:
        """Append the rows, filling what they leave out with the columns' fixed defaults; returns how many."""
        converters = [(column.name, _default(column), self._converter(column)) for column in table.columns]
        values = (tuple(convert(row.get(name, default)) for name, default, convert in converters) for row in rows)
        names = ", ".join(f'"{name}"' for name, _, _ in converters)
        count = 0
        while batch := list(islice(values, BATCH)):
            self._write(table.name, names, batch)
            count += len(batch)
        return count

    def _write(self, table: str, names: str, batch: list[tuple[Any, ...]]) -> None:
        if self._is_sqlite:
            self._cursor.execute("BEGIN IMMEDIATE")
            marks = ", ".join("?" * len(batch[0]))
            self._cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", batch)
            self._cursor.execute("COMMIT")
            return
        with self._cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for values in batch:
                copy.write_row(values)
        self._connection.commit()

    def _converter(self, column: Any) -> Callable[[Any], Any]:
        convert = column.type.dialect_impl(self._engine.dialect).bind_processor(self._engine.dialect)
        return convert or (lambda value: value)

    @contextmanager
    def without_indexes(self) -> Iterator[None]:
        """Take the indexes and triggers away while rows pour in and build them once at the end."""
        away = self._definitions()
        for kind, name, _ in away:
            self._cursor.execute(f"DROP {kind} {name}")
        self._commit()
        yield
        for _, _, definition in away:
            self._cursor.execute(definition)
        if self._is_sqlite:
            self._cursor.execute("INSERT INTO complaint_search (complaint_search) VALUES ('rebuild')")
        self._commit()

    def _definitions(self) -> list[tuple[str, str, str]]:
        if self._is_sqlite:
            query = "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL"
        else:
            query = """SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()
                       AND indexname NOT IN (SELECT conname FROM pg_constraint)"""
        return list(self._cursor.execute(query).fetchall())

    def finish(self, tables: Iterable[Table]) -> None:
        """Leave the database as it would have grown: counters moved on and, on PostgreSQL, statistics gathered.

        SQLite gathers none by itself in production either.
        """
        if not self._is_sqlite:
            for table in tables:
                self._cursor.execute(
                    f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), max(id)) FROM {table.name}"
                )
            self._commit()
            self._connection.driver_connection.autocommit = True
            self._cursor.execute("VACUUM ANALYZE")
        self._connection.detach()
        self._connection.close()

    def _commit(self) -> None:
        if not self._is_sqlite:
            self._connection.commit()


def _default(column: Any) -> Any:
    if column.name == "version":
        return 1
    return column.default.arg if column.default is not None and column.default.is_scalar else None
