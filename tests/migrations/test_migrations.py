"""The migrations lead from nothing to exactly what the models say, and back, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import alembic.op
import flask_migrate
import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import IntegrityError

from config import PROJECT_DIR
from extensions import db
from models import Base
from tests.conftest import Databases

BESIDE_THE_MODELS = ("complaint_search", "ix_complaints_search")
"""The full-text index, different on every database."""

REVISIONS = [script.revision for script in ScriptDirectory(str(PROJECT_DIR / "migrations")).walk_revisions()][::-1]


@pytest.fixture
def empty(databases: Databases, engine_name: str) -> Iterator[Flask]:
    """A database without a single table."""
    with databases.empty(engine_name) as app:
        yield app


def schema(engine: Engine) -> dict[str, Any]:
    """Everything a database says about its tables, in a form that can be compared."""
    found = inspect(engine)
    tables = [name for name in found.get_table_names() if not name.startswith((*BESIDE_THE_MODELS, "alembic_version"))]
    return {name: _table(found, name, engine) for name in sorted(tables)}


def _table(found: Any, name: str, engine: Engine) -> dict[str, Any]:
    return {
        "columns": {
            column["name"]: (column["type"].compile(engine.dialect), column["nullable"], column["default"])
            for column in found.get_columns(name)
        },
        "primary key": found.get_pk_constraint(name),
        "foreign keys": _by_name(found.get_foreign_keys(name)),
        "unique": _by_name(found.get_unique_constraints(name)),
        "checks": {check["name"]: _plain(check["sqltext"]) for check in found.get_check_constraints(name)},
        "indexes": {
            index["name"]: (index["column_names"], bool(index["unique"]), _condition(index))
            for index in found.get_indexes(name)
            if not index["name"].startswith(BESIDE_THE_MODELS)
        },
    }


def _by_name(constraints: list[Any]) -> dict[str, Any]:
    return {constraint["name"]: constraint for constraint in constraints}


def _condition(index: Any) -> str:
    options = index.get("dialect_options", {})
    return _plain(str(options.get("sqlite_where", options.get("postgresql_where", ""))))


def _plain(sql: str) -> str:
    return " ".join(sql.replace("(", " ").replace(")", " ").split())


def test_the_database_after_every_migration_is_the_one_the_models_say(
    empty: Flask, databases: Databases, engine_name: str
) -> None:
    flask_migrate.upgrade()
    migrated = schema(db.engine)
    db.session.remove()
    db.engine.dispose()
    with databases.app(engine_name, has_pages=False).app_context():
        assert schema(db.engine) == migrated, "the tests run on what the migrations made"
    flask_migrate.downgrade(revision="base")
    Base.metadata.create_all(db.engine)
    assert migrated == schema(db.engine)


def test_the_tool_sees_nothing_left_to_migrate(empty: Flask) -> None:
    flask_migrate.upgrade()
    flask_migrate.check()


def test_every_migration_goes_up_and_down_and_up_again(empty: Flask) -> None:
    before = [schema(db.engine)]
    for revision in REVISIONS:
        flask_migrate.upgrade(revision=revision)
        before.append(schema(db.engine))
    for revision, expected in zip(["base", *REVISIONS[:-1]][::-1], before[:-1][::-1], strict=True):
        flask_migrate.downgrade(revision=revision)
        assert schema(db.engine) == expected
    leftovers = set(inspect(db.engine).get_table_names()) - {"alembic_version"}
    assert leftovers == set()
    flask_migrate.upgrade()
    assert schema(db.engine) == before[-1]


def test_there_is_one_line_of_migrations_from_the_beginning() -> None:
    scripts = ScriptDirectory(str(PROJECT_DIR / "migrations"))
    assert len(scripts.get_heads()) == 1
    assert [f"{place:04d}" for place in range(1, len(REVISIONS) + 1)] == REVISIONS


@pytest.mark.parametrize(
    "path", sorted((PROJECT_DIR / "migrations" / "versions").glob("*.py")), ids=lambda path: path.stem
)
def test_a_migration_imports_nothing_of_ours(path: Any) -> None:
    """A model changes; a migration that was run never does."""
    source = path.read_text(encoding="utf-8")
    for room in ("models", "rules", "services", "extensions", "config", "seed"):
        assert f"import {room}" not in source and f"from {room}" not in source


def test_a_migration_that_fails_leaves_nothing_behind(empty: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    create, made = alembic.op.create_table, []

    def fail_at_the_tenth(name: str, *columns: Any, **more: Any) -> Any:
        made.append(name)
        if len(made) == 10:
            raise OSError("the disk is full")
        return create(name, *columns, **more)

    monkeypatch.setattr(alembic.op, "create_table", fail_at_the_tenth)
    with pytest.raises(OSError, match="disk is full"):
        flask_migrate.upgrade()
    assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}


def test_foreign_keys_hold_after_the_migrations(empty: Flask) -> None:
    """SQLite is migrated with them switched off."""
    flask_migrate.upgrade()
    with pytest.raises(IntegrityError), db.engine.begin() as connection:
        connection.execute(text("INSERT INTO buildings (community_id, name, version) VALUES (999, '1栋', 1)"))
