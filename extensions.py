"""The foundations shared by every room: the database, the login, the languages, the queues, the time of day."""

from __future__ import annotations

import io
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, g, has_request_context, request
from flask.sessions import SecureCookieSessionInterface
from flask_babel import Babel
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import Connection, Engine, event

from config import Config
from models import Base

COMPANY_ZONE: Final = ZoneInfo("Asia/Shanghai")
"""The company's time; every moment is kept in UTC and shown in this zone."""

LOCALES: Final = ("zh_Hans_CN", "en")

db = SQLAlchemy(model_class=Base)
migrate = Migrate(db=db, compare_type=True)
login_manager = LoginManager()
csrf = CSRFProtect()
babel = Babel()
limiter = Limiter(get_remote_address, in_memory_fallback_enabled=True)


class Timepiece:
    """What time it is. Asked once by an edge and passed on; tests put their own hands on it."""

    def __init__(self) -> None:
        self.read: Callable[[], datetime] = lambda: datetime.now(UTC)

    def now(self) -> datetime:
        """The moment, aware UTC."""
        return self.read()


timepiece = Timepiece()


def redis_connection(url: str, *, patient: bool = False) -> Redis:
    """A connection to Redis that fails fast for pages (1 s) and waits for workers (``patient``)."""
    if patient:
        return Redis.from_url(url)
    return Redis.from_url(
        url, retry=Retry(NoBackoff(), 0), socket_connect_timeout=1, socket_timeout=2, health_check_interval=30
    )


def prepare_sqlite(engine: Engine) -> None:
    """Make SQLite safe for several processes: write-ahead log, and writers that queue instead of failing.

    A page that only reads opens a plain transaction and never waits; anything else takes the write lock at its
    beginning, because a reader that turns writer half-way is refused at once whatever the timeout.
    """

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, record: Any) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=wal", "synchronous=normal", "busy_timeout=15000", "foreign_keys=on"):
            connection.execute(f"pragma {pragma}")

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        if _only_reads():
            connection.exec_driver_sql("BEGIN")
        else:
            _begin_to_write(connection)


LOOK_EVERY = 0.002
"""Seconds between two tries for the write lock. SQLite's own tries come up to a tenth of a second apart, and whoever
writes one thing after the other leaves no gap that long.
"""

LONGEST_WAIT = 15.0
"""Seconds until whoever wants to write gives up."""


def _begin_to_write(connection: Connection) -> None:
    """Take the write lock as soon as nobody else has it.

    Raises:
        OperationalError: somebody had it all the time.
    """
    sqlite = connection.connection.driver_connection
    assert sqlite is not None
    give_up_at = time.monotonic() + LONGEST_WAIT
    sqlite.execute("pragma busy_timeout=0")
    try:
        while not _is_free(sqlite) and time.monotonic() < give_up_at:
            time.sleep(LOOK_EVERY)
        if not sqlite.in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # The last try, which is refused in SQLAlchemy's words.
    finally:
        sqlite.execute(f"pragma busy_timeout={LONGEST_WAIT * 1000:.0f}")


def _is_free(sqlite: Any) -> bool:
    """Whether nobody writes; then it is this connection that does, from now on."""
    try:
        sqlite.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True


def expect_to_write() -> None:
    """Say that this request will write, though it may be a GET: some machines report with one."""
    g.expects_to_write = True


@contextmanager
def just_looking() -> Iterator[None]:
    """Read inside and end the transaction there: SQLite then takes no write lock for it, and it waits for nobody."""
    before = _looking.set(True)
    try:
        yield
    finally:
        _looking.reset(before)


_looking: ContextVar[bool] = ContextVar("just_looking", default=False)


def _only_reads() -> bool:
    if _looking.get():
        return True
    if not has_request_context() or request.method not in ("GET", "HEAD", "OPTIONS"):
        return False
    return not g.get("expects_to_write", False)


LONGEST_STANDSTILL = 60
"""Seconds that a transaction may stand still on a server: a frozen process must not keep its locks for ever."""


def prepare_postgres(engine: Engine) -> None:
    """Let the server end a transaction whose process stands still, so that the others go on."""

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, record: Any) -> None:
        connection.execute(f"SET idle_in_transaction_session_timeout = '{LONGEST_STANDSTILL}s'")
        connection.commit()

    @event.listens_for(engine, "after_cursor_execute")
    def _after_many(*said: Any) -> None:
        cursor, is_many = said[1], said[5]
        if is_many:
            # The driver sends many rows as a pipeline, after whose end the server's watch does not run.
            cursor.connection.execute("SELECT 1")


def compile_translations(source: Path, target: Path) -> None:
    """Compile every ``.po`` under ``source`` into ``target`` where the compiled one is missing or older.

    Several processes may start at once: each writes a file of its own and moves it into place.
    """
    for po_path in source.glob("*/LC_MESSAGES/*.po"):
        mo_path = target / po_path.relative_to(source).with_suffix(".mo")
        if mo_path.exists() and mo_path.stat().st_mtime_ns >= po_path.stat().st_mtime_ns:
            continue
        with po_path.open("rb") as po_file:
            catalog = read_po(po_file, locale=po_path.parts[-3])
        compiled = io.BytesIO()
        write_mo(compiled, catalog)
        mo_path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=mo_path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(compiled.getvalue())
        Path(temporary).replace(mo_path)


class SecureWhenPossible(SecureCookieSessionInterface):
    """Session cookies are marked Secure on every HTTPS request; plain HTTP is left for a first look on loopback."""

    def get_cookie_secure(self, app: Flask) -> bool:
        """Whether the cookie of this answer may travel over HTTPS only."""
        return bool(app.config["SESSION_COOKIE_SECURE"]) or request.is_secure


def init_app(app: Flask, settings: Config) -> None:
    """Bind every extension to the app."""
    app.session_interface = SecureWhenPossible()
    compile_translations(Path(app.root_path) / "translations", settings.data_dir / "translations")
    db.init_app(app)
    migrate.init_app(app, directory=str(Path(app.root_path) / "migrations"), render_as_batch=settings.is_sqlite)
    with app.app_context():
        prepare_sqlite(db.engine) if settings.is_sqlite else prepare_postgres(db.engine)
    csrf.init_app(app)
    limiter.init_app(app)
    babel.init_app(app, locale_selector=selected_locale)
    login_manager.init_app(app)


def selected_locale() -> str:
    """The language of this request: what its address says (a calendar app has no cookies), what the person chose,
    Chinese otherwise.
    """
    if not has_request_context():
        return LOCALES[0]
    chosen = request.args.get("lang") or request.cookies.get("lang", "")
    return chosen if chosen in LOCALES else LOCALES[0]
