"""The migrations lead from nothing to exactly what the models say, and back, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import alembic.op
import flask_migrate
import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import Column, Engine, MetaData, Table, inspect, text
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


class TestAStandingDeskIsUpgraded:
    """What the first release wrote is still there, and has what the response engine asks of it."""

    @pytest.fixture
    def standing(self, empty: Flask) -> Engine:
        """A held complaint with a running clock, and one whose room nobody could read."""
        flask_migrate.upgrade(revision="0002")
        rows = _Rows(db.engine)
        rows.insert("people", id=1, login="zhou", name="周强")
        rows.insert("duty_roles", id=1, code="engineering", position="engineering_director", is_leader=True)
        rows.insert("communities", id=1, name="滨江壹号")
        rows.insert("communities", id=2, name="翠湖花园")
        rows.insert("buildings", id=1, community_id=1, name="2栋")
        rows.insert("rooms", id=1, building_id=1, number="905")
        rows.insert("customers", id=1, name="郑丽华", phone="+8613800139999", phone_tail="9999")
        held = {"acknowledged_at": YESTERDAY, "acknowledged_by_id": 1, "handler_id": 1, "room_id": 1}
        rows.insert("complaints", id=1, number="C-1", search_text="客厅 空鼓", **_COMPLAINT, **held)
        rows.insert("complaints", id=2, number="C-2", community_stated="翠湖花园", **_COMPLAINT)
        rows.insert("clocks", id=1, complaint_id=1, kind="triage", state="running", **_CLOCK)
        rows.insert("timeline_events", id=1, complaint_id=1, at=YESTERDAY, kind="recorded", details={}, changes={})
        flask_migrate.upgrade()
        return db.engine

    def test_its_complaints_know_their_community_and_end_their_acknowledgements(self, standing: Engine) -> None:
        with standing.connect() as connection:
            rows = connection.execute(text("SELECT id, community_id, lease_until IS NULL FROM complaints ORDER BY id"))
            assert [tuple(row) for row in rows] == [(1, 1, 0), (2, 2, 1)]

    def test_its_clocks_are_swept_when_they_are_due(self, standing: Engine) -> None:
        with standing.connect() as connection:
            rows = connection.execute(text("SELECT next_action_at = due_at, is_pausable, steps_done FROM clocks"))
            assert [tuple(row) for row in rows] == [(1, 0, 0)]

    def test_its_words_are_still_found(self, standing: Engine) -> None:
        if standing.dialect.name == "postgresql":
            question = "SELECT id FROM complaints WHERE string_to_array(search_text, ' ') @> ARRAY['空鼓']"
        else:
            question = "SELECT rowid FROM complaint_search WHERE complaint_search MATCH '空鼓'"
        with standing.connect() as connection:
            assert connection.execute(text(question)).scalars().all() == [1]

    def test_going_back_keeps_the_rows_and_tells_new_words_in_old_ones(self, standing: Engine) -> None:
        with standing.begin() as connection:
            connection.execute(text("UPDATE clocks SET is_pausable = NOT is_pausable, next_action_at = NULL"))
            connection.execute(text("UPDATE clocks SET state = 'paused'"))
            connection.execute(text("UPDATE timeline_events SET kind = 'lease_lapsed'"))
        flask_migrate.downgrade(revision="0002")
        with standing.connect() as connection:
            assert connection.execute(text("SELECT state FROM clocks")).scalars().all() == ["running"]
            assert connection.execute(text("SELECT kind FROM timeline_events")).scalars().all() == ["note"]
            assert connection.execute(text("SELECT number FROM complaints ORDER BY id")).scalars().all() == [
                "C-1",
                "C-2",
            ]


class TestAnOutboxThatHasMessages:
    """What the desk wrote before its outbox knew channels, receipts and customers is sent all the same, and once."""

    @pytest.fixture
    def standing(self, empty: Flask) -> Engine:
        """One message of every state that is in the way."""
        flask_migrate.upgrade(revision="0006")
        rows = _Rows(db.engine)
        rows.insert("people", id=1, login="zhou", name="周强")
        held = {"state": "claimed", "claim_token": "a worker's", "claimed_until": YESTERDAY}
        for number, said in enumerate(
            (
                {"kind": "duty_call", "state": "queued", "next_attempt_at": YESTERDAY + timedelta(hours=5)},
                {"kind": "escalation", **held},
                {"kind": "clock_warning", "attempt_started_at": YESTERDAY, "attempts": 1, **held},
                {"kind": "shift_reminder", "state": "unknown", "next_attempt_at": YESTERDAY + timedelta(minutes=1)},
                {"kind": "swap_decided", "state": "accepted", "provider": "sandbox", "accepted_at": YESTERDAY},
                {"kind": "test", "state": "delivered", "provider": "sandbox", "finished_at": YESTERDAY},
            ),
            start=1,
        ):
            rows.insert("notifications", id=number, **{**_MESSAGE, "dedup_key": f"k{number}", **said})
        flask_migrate.upgrade()
        return db.engine

    def _read(self, engine: Engine, columns: str) -> list[tuple[Any, ...]]:
        with engine.connect() as connection:
            rows = connection.execute(text(f"SELECT {columns} FROM notifications ORDER BY id"))
            return [tuple(row) for row in rows]

    def test_each_is_of_a_class_and_has_nothing_of_the_new(self, standing: Engine) -> None:
        of_class = [("duty",), ("duty",), ("duty",), ("staff",), ("staff",), ("verification",)]
        assert self._read(standing, "message_class") == of_class
        empty = "bundle_key || thread || reply_code || answer, customer_id, parent_id, relation, bundle_id, parts"
        assert self._read(standing, empty) == [("", None, None, None, None, 1)] * 6

    def test_what_was_under_way_may_be_with_the_provider_and_is_asked_for(self, standing: Engine) -> None:
        assert self._read(standing, "state, attempted_at IS NULL, channel, ask_at IS NULL") == [
            ("queued", True, "", True),
            ("claimed", True, "", True),
            ("attempted", False, "sandbox", True),
            ("unknown", True, "sandbox", False),
            ("accepted", True, "sandbox", True),
            ("delivered", True, "sandbox", True),
        ]

    def test_nothing_leaves_later_than_it_expires(self, standing: Engine) -> None:
        assert self._read(standing, "due_at = expires_at") == [(True,)] + [(False,)] * 5

    def test_going_back_keeps_what_the_older_desk_can_tell(self, standing: Engine) -> None:
        rows, message = _Rows(standing), {**_MESSAGE, "message_class": "duty", "state": "queued"}
        rows.insert("customers", id=1, name="郑丽华", phone="+8613800139999", phone_tail="9999")
        rows.insert("notifications", id=7, **{**message, "dedup_key": "long" * 40, "kind": "bundle"})
        bundled = {"dedup_key": "k8", "kind": "duty_call", "state": "bundled", "bundle_id": 7}
        rows.insert("notifications", id=8, **{**message, **bundled})
        to_customer = {"dedup_key": "k9", "kind": "progress_report", "person_id": None, "customer_id": 1}
        rows.insert("notifications", id=9, **{**message, **to_customer})
        rows.insert("notification_steps", id=1, notification_id=9, at=YESTERDAY, state="queued")
        rows.insert("settings", id=1, key="fallback_minutes", value=7)
        flask_migrate.downgrade(revision="0006")
        told = "id, kind, state, attempt_started_at IS NULL, provider, dedup_key = public_id"
        assert self._read(standing, told) == [
            (1, "duty_call", "queued", True, "", False),
            (2, "escalation", "claimed", True, "", False),
            (3, "clock_warning", "claimed", False, "sandbox", False),
            (4, "shift_reminder", "unknown", True, "sandbox", False),
            (5, "swap_decided", "accepted", True, "sandbox", False),
            (6, "test", "delivered", True, "sandbox", False),
            (7, "duty_call", "queued", True, "", True),
            (8, "duty_call", "cancelled", True, "", False),
        ]
        with standing.connect() as connection:
            assert connection.execute(text("SELECT count(*) FROM settings")).scalar_one() == 0


YESTERDAY = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
_MESSAGE = {"person_id": 1, "text": "工程总监您好", "expires_at": YESTERDAY + timedelta(hours=4)}
_CLOCK = {"started_at": YESTERDAY, "due_at": YESTERDAY + timedelta(minutes=30)}
_COMPLAINT = {
    "channel": "hotline",
    "first_word_at": YESTERDAY,
    "recorded_at": YESTERDAY,
    "customer_id": 1,
    "contact_name": "郑丽华",
    "contact_phone": "+8613800139999",
    "contact_phone_tail": "9999",
    "category": "quality",
    "problem": "客厅新铺的砖敲着发空",
    "status": "handling",
    "suggested_severity": 3,
    "household_count": 1,
    "duty_role_id": 1,
}


class _Rows:
    """Rows as that release wrote them: what is not said is empty, 0 or false."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._tables = MetaData()

    def insert(self, table_name: str, /, **said: Any) -> None:
        table = Table(table_name, self._tables, autoload_with=self._engine)
        needed = [column for column in table.columns if not column.nullable and column.server_default is None]
        values = {column.name: self._usual(column) for column in needed}
        if "public_id" in values:
            values["public_id"] = f"{said['id']:032x}"
        with self._engine.begin() as connection:
            connection.execute(table.insert().values({**values, **said}))

    @staticmethod
    def _usual(column: Column[Any]) -> Any:
        kind = column.type.python_type
        return YESTERDAY if kind is datetime else kind()
