"""The stage for every test: both databases, a real Redis, a clock with movable hands, and a visitor.

A test that asks for ``session``, ``client`` or ``app`` runs twice, on SQLite and on PostgreSQL. It starts with the
reference rows and nothing else. The same code path runs as in production: edges and services really commit, so a
test is undone by deleting rows, not by rolling back.
"""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import flask_migrate
import hypothesis
import pytest
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import Connection, Engine, Table, create_engine, make_url, select, text
from sqlalchemy.orm import Session, scoped_session

import config
import extensions
from models import Base, Shift
from rules.escalation import DutyRoleCode
from services import channel_setup, nudges
from tests import servers, sharing
from tests.cast import Cast, call_in, put_on_duty
from tests.client import DeskClient

RUN_DIR = "DESK_TEST_RUN_DIR"
HOME = "https://desk.example.com"
SATURDAY_NIGHT = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
"""Saturday 22:00 in Shanghai, when the plan's example begins (D-04)."""

hypothesis.settings.register_profile("desk", derandomize=True, deadline=None, database=None, print_blob=True)
hypothesis.settings.load_profile("desk")


# --- the run ---------------------------------------------------------------------------------------------------------


def pytest_configure(config: pytest.Config) -> None:
    """The first process makes the directory that the workers share."""
    if not hasattr(config, "workerinput"):
        os.environ[RUN_DIR] = tempfile.mkdtemp(prefix="desk-run-")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> sharing.SharedByGroup | None:
    """Groups stay together, where the run was told so."""
    return sharing.SharedByGroup(config, log, Path(os.environ[RUN_DIR])) if config.option.dist == "loadgroup" else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Tell the scheduler the groups, before it hears of the tests.

    Eleven thousand tests stay to the end: the collector need not look through them again and again.
    """
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        sharing.note_groups(session.items, worker, Path(os.environ[RUN_DIR]))
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def pytest_unconfigure(config: pytest.Config) -> None:
    """The first process leaves last and puts the lights out."""
    if not hasattr(config, "workerinput") and RUN_DIR in os.environ:
        run_dir = Path(os.environ.pop(RUN_DIR))
        servers.stop_postgres_of_run(run_dir)
        shutil.rmtree(run_dir, ignore_errors=True)


@pytest.fixture(scope="session")
def run_dir() -> Path:
    """What all workers of this run share."""
    return Path(os.environ[RUN_DIR])


def missing(reason: str, required_by: str) -> None:
    """Skip with one line, or fail where the run was told that nothing may be missing."""
    if os.environ.get(required_by) == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


# --- databases -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def engine_name(request: pytest.FixtureRequest) -> str:
    """The database this test runs on."""
    return str(request.param)


@dataclass(frozen=True)
class ReferenceRows:
    """The rows of one table that every test starts with, to be written again and to be compared."""

    values: list[dict[str, Any]]
    as_it_stands: list[tuple[Any, ...]]

    @classmethod
    def read(cls, table: Table, connection: Connection) -> ReferenceRows:
        """The table's rows now."""
        values = [dict(row) for row in connection.execute(select(table)).mappings()]
        return cls(values, _as_it_stands(table, connection))


Reference = dict[Table, ReferenceRows]


@dataclass
class Database:
    """A worker's own database, and the rows it starts every test with."""

    url: str
    reference: Reference = field(default_factory=dict)
    apps: dict[bool, Flask] = field(default_factory=dict)


class Databases:
    """One database of each engine per worker, copied from a template that was migrated once per run."""

    def __init__(self, run_dir: Path, worker: str, redis_url: str) -> None:
        self._run_dir = run_dir
        self._worker = worker
        self._redis_url = redis_url
        self._ready: dict[str, Database] = {}
        self._home = run_dir / worker
        self._home.mkdir(exist_ok=True)

    def get(self, engine_name: str) -> Database:
        """The worker's database of this engine, made when first asked for."""
        if engine_name not in self._ready:
            make = self._make_sqlite if engine_name == "sqlite" else self._make_postgres
            database = self._ready[engine_name] = Database(make())
            database.reference = self._read_reference(database)
        return self._ready[engine_name]

    def app(self, engine_name: str, *, has_pages: bool) -> Flask:
        """The desk on this database: whole, or its foundations and services only."""
        database = self.get(engine_name)
        if has_pages not in database.apps:
            settings = self._settings(database.url, self._home / engine_name)
            database.apps[has_pages] = self._whole_app(settings) if has_pages else foundation_app(settings)
        return database.apps[has_pages]

    def _whole_app(self, settings: config.Config) -> Flask:
        """The whole desk; what one worker made of a template, all of them use."""
        app = whole_app(settings)
        compiled = self._run_dir / "templates"
        compiled.mkdir(exist_ok=True)
        app.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(compiled))
        return app

    def close(self) -> None:
        """Let go of every connection."""
        for database in self._ready.values():
            for app in database.apps.values():
                with app.app_context():
                    extensions.db.engine.dispose()
                app.extensions["nudge"]["connection"].close()

    def _settings(self, url: str, data_dir: Path) -> config.Config:
        return config.read(
            {
                "DATA_DIR": str(data_dir),
                "DATABASE_URL": url,
                "REDIS_URL": self._redis_url,
                "SECRET_KEY": "known to every test",
                "DEMO": "0",
                "LOG_LEVEL": "warning",
            }
        )

    def _make_sqlite(self) -> str:
        template = self._run_dir / "template.sqlite3"
        with servers.only_one(self._run_dir / "sqlite.lock"):
            if not template.exists():
                fresh = self._run_dir / "fresh.sqlite3"
                fresh.unlink(missing_ok=True)
                self._fill(f"sqlite:///{fresh}")
                fresh.rename(template)
        mine = self._home / "desk.sqlite3"
        shutil.copyfile(template, mine)
        return f"sqlite:///{mine}"

    def _make_postgres(self) -> str:
        try:
            server = servers.postgres_of_run(self._run_dir)
        except servers.NoServer as error:
            missing(str(error), "REQUIRE_POSTGRES")
        prefix = servers.name_prefix(self._run_dir)
        template, mine = f"{prefix}template", f"{prefix}{self._worker}"
        admin = create_engine(server, isolation_level="AUTOCOMMIT")
        with servers.only_one(self._run_dir / "template.lock"), closing(admin), admin.connect() as connection:
            done = self._run_dir / "template.done"
            if not done.exists():
                connection.execute(text(f'DROP DATABASE IF EXISTS "{template}"'))
                connection.execute(text(f'CREATE DATABASE "{template}"'))
                self._fill(server.set(database=template).render_as_string(hide_password=False))
                done.touch()
            connection.execute(text(f'CREATE DATABASE "{mine}" TEMPLATE "{template}"'))
        return server.set(database=mine).render_as_string(hide_password=False)

    @contextmanager
    def empty(self, engine_name: str) -> Iterator[Flask]:
        """The desk's foundations on a database of their own without a single table."""
        with self._empty_sqlite() if engine_name == "sqlite" else self._empty_postgres() as url:
            app = foundation_app(self._settings(url, self._home / "empty"))
            with app.app_context(), closing(extensions.db.engine):
                yield app
                extensions.db.session.remove()
            app.extensions["nudge"]["connection"].close()

    @contextmanager
    def _empty_sqlite(self) -> Iterator[str]:
        with tempfile.TemporaryDirectory(dir=self._home) as directory:
            yield f"sqlite:///{directory}/empty.sqlite3"

    @contextmanager
    def _empty_postgres(self) -> Iterator[str]:
        mine = make_url(self.get("postgresql").url)
        name = f"{mine.database}_empty"
        admin = create_engine(servers.postgres_of_run(self._run_dir), isolation_level="AUTOCOMMIT")
        with closing(admin), admin.connect() as connection:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{name}"'))
            connection.execute(text(f'CREATE DATABASE "{name}"'))
            yield mine.set(database=name).render_as_string(hide_password=False)
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))

    def _fill(self, url: str) -> None:
        """Migrate an empty database and load what production needs too."""
        app = foundation_app(self._settings(url, self._run_dir / "template"))
        with app.app_context():
            try:
                flask_migrate.upgrade()
                _load_reference()
            finally:
                extensions.db.session.remove()
                extensions.db.engine.dispose()
        app.extensions["nudge"]["connection"].close()

    def _read_reference(self, database: Database) -> Reference:
        engine = create_engine(database.url)
        with closing(engine), engine.connect() as connection:
            tables = [table for table in Base.metadata.sorted_tables if _as_it_stands(table, connection)]
            return {table: ReferenceRows.read(table, connection) for table in tables}


@contextmanager
def closing(engine: Engine) -> Iterator[None]:
    """Let go of an engine's connections at the end, whatever happened."""
    try:
        yield
    finally:
        engine.dispose()


def _load_reference() -> None:
    from seed import reference

    reference.load_reference(SATURDAY_NIGHT)
    extensions.db.session.commit()


def foundation_app(settings: config.Config) -> Flask:
    """The desk without its pages: what the services stand on, and all that they may need."""
    app = Flask("app", root_path=str(config.PROJECT_DIR))
    app.config.from_mapping(
        DESK=settings,
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        BABEL_DEFAULT_LOCALE="zh_Hans_CN",
        BABEL_TRANSLATION_DIRECTORIES=str(settings.data_dir / "translations"),
        RATELIMIT_STORAGE_URI=settings.effective_redis_url.replace("unix://", "redis+unix://", 1),
    )
    extensions.init_app(app, settings)
    nudges.init_app(app)
    channel_setup.init_app(app)
    return app


def whole_app(settings: config.Config) -> Flask:
    """The desk as it is served."""
    import app as front_door

    app = front_door.create_app(settings)
    app.testing = True
    app.test_client_class = DeskClient
    return app


def wipe(reference: Reference) -> None:
    """Back to the reference rows.

    Deleting takes a few milliseconds on both databases, most tables being empty; it needs no second connection and
    works with the edges' real commits, which a rolled-back outer transaction would hide. The reference rows are looked
    at every time and written anew when one of them is not as it was: few tests touch them, and reading is quick.
    """
    with extensions.db.engine.begin() as connection:
        is_untouched = all(rows.as_it_stands == _as_it_stands(table, connection) for table, rows in reference.items())
        filled = set(connection.exec_driver_sql(_FILLED).scalars())
        for table in reversed(Base.metadata.sorted_tables):
            if table.name in filled and not (is_untouched and table in reference):
                connection.exec_driver_sql(f"DELETE FROM {table.name}")
        if not is_untouched:
            for table, rows in reference.items():
                connection.execute(table.insert(), rows.values)


def _as_it_stands(table: Table, connection: Connection) -> list[tuple[Any, ...]]:
    """Every row of a table as the driver gives it: cheap to read, and good for nothing but comparing."""
    key = ", ".join(column.name for column in table.primary_key)
    return [tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {table.name} ORDER BY {key}")]


_FILLED = " UNION ALL ".join(
    f"SELECT '{table.name}' WHERE EXISTS (SELECT 1 FROM {table.name})" for table in Base.metadata.sorted_tables
)
"""Which tables have rows at all, in one question."""


# --- Redis -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def redis_server() -> Iterator[servers.RedisServer]:
    """The worker's own Redis."""
    try:
        server = servers.RedisServer()
    except servers.NoServer as error:
        missing(str(error), "REQUIRE_REDIS")
    yield server
    server.stop()


@pytest.fixture
def redis_url(redis_server: servers.RedisServer) -> str:
    """The address of a real, empty Redis."""
    redis_server.connection.flushall()
    return redis_server.url


# --- the desk --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def databases(run_dir: Path, worker_id: str, redis_server: servers.RedisServer) -> Iterator[Databases]:
    """The worker's databases."""
    made = Databases(run_dir, worker_id, redis_server.url)
    yield made
    made.close()


@pytest.fixture
def has_pages() -> bool:
    """Whether ``app`` is the whole desk; folders that test what lies below the pages say no."""
    return True


class Hands:
    """The clock's hands: time stands still until a test moves it."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        """The moment, aware UTC."""
        return self.moment

    def forward(self, **length: float) -> datetime:
        """Let time pass: ``forward(minutes=30, seconds=1)``."""
        self.moment += timedelta(**length)
        return self.moment

    def set(self, moment: datetime) -> datetime:
        """Put the hands on ``moment``."""
        self.moment = moment
        return moment


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Hands:
    """The time of day, in the test's hands; Saturday 22:00 in Shanghai at first."""
    hands = Hands(SATURDAY_NIGHT)
    monkeypatch.setattr(extensions.timepiece, "read", hands.now)
    return hands


@pytest.fixture
def now(clock: Hands) -> datetime:
    """The moment the test begins."""
    return clock.now()


@pytest.fixture
def app(databases: Databases, engine_name: str, has_pages: bool, redis_url: str, clock: Hands) -> Flask:
    """The desk on an empty database (but for the reference rows), with a real Redis behind it."""
    app = databases.app(engine_name, has_pages=has_pages)
    app.extensions["nudge"]["quiet_until"] = 0.0
    settings: config.Config = app.config["DESK"]
    for directory in (settings.upload_dir, settings.import_dir):
        shutil.rmtree(directory, ignore_errors=True)
    with app.app_context():
        wipe(databases.get(engine_name).reference)
    return app


@pytest.fixture
def public(app: Flask) -> Iterator[str]:
    """The desk is reached from outside, at this address: customers get their links."""
    before: config.Config = app.config["DESK"]
    app.config["DESK"] = replace(before, public_url=HOME)
    yield HOME
    app.config["DESK"] = before


@pytest.fixture
def session(app: Flask) -> Iterator[scoped_session[Session]]:
    """The database session of a test, inside an app context.

    Commit before another thread, process or browser is to see something (``client`` does it by itself).
    """
    with app.app_context():
        yield extensions.db.session
        extensions.db.session.remove()


@pytest.fixture
def client(app: Flask) -> DeskClient:
    """A visitor who is not logged in."""
    return _visitor(app)


@pytest.fixture
def new_client(app: Flask) -> Callable[[], DeskClient]:
    """More visitors, each with cookies of their own."""
    return lambda: _visitor(app)


def _visitor(app: Flask) -> DeskClient:
    visitor = app.test_client()
    assert isinstance(visitor, DeskClient)
    return visitor


# --- the people ------------------------------------------------------------------------------------------------------


@pytest.fixture
def cast(session: scoped_session[Session]) -> Cast:
    """The usual people, committed; nobody is on duty."""
    people = call_in()
    session.commit()
    return people


@pytest.fixture
def on_duty(cast: Cast, session: scoped_session[Session]) -> dict[DutyRoleCode, Shift]:
    """The whole duty group on duty: Lin leads, Zhou engineering, He design, Gao legal."""
    shifts = put_on_duty(cast)
    session.commit()
    return shifts


# --- browsers --------------------------------------------------------------------------------------------------------


@pytest.fixture
def live_server(app: Flask) -> Iterator[str]:
    """The desk served by the production server on a free port, in a thread: the test's clock is its clock."""
    from waitress import create_server

    server = create_server(app, host="127.0.0.1", port=0, threads=4, asyncore_loop_timeout=0.1)
    is_closing = threading.Event()

    def serve() -> None:
        try:
            server.run()
        except OSError:  # The loop may find its sockets closed under it, when it is told to stop.
            if not is_closing.is_set():
                raise

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    is_closing.set()
    server.close()
    thread.join(10)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A headless Chromium, one per worker."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        missing("no Chromium: install the chromium package", "REQUIRE_BROWSER")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("no browser driver: install the playwright package", "REQUIRE_BROWSER")
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=[*quiet, "--disable-component-update", "--disable-sync"]
        )
        yield browser
        browser.close()
