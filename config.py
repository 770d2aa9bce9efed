"""The environment, read once and typed: a bad value stops the start with a sentence.

Nothing else in the project reads ``os.environ``. Every setting has a default that works on one machine with
nothing else installed; a server overrides what it needs.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

PROJECT_DIR = Path(__file__).resolve().parent


class BadSetting(click.ClickException):
    """A setting that cannot be used; its text is one clear sentence for the person who starts the desk."""


@dataclass(frozen=True)
class Config:
    """What the desk was told by its environment.

    Sizes are bytes, ``trusted_proxies`` is how many reverse proxies stand in front of the web process, and
    ``redis_url`` is None when the supervisor is to run the embedded server.
    """

    data_dir: Path
    database_url: str
    redis_url: str | None
    secret_key: str
    host: str
    port: int
    demo: bool
    demo_password: str | None
    web_threads: int
    trusted_proxies: int
    cookie_secure: str
    sms_provider: str
    sms_signature: str
    upload_limit: int
    request_limit: int
    log_level: str

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is the file kept in the data directory (or any other SQLite file)."""
        return self.database_url.startswith("sqlite")

    @property
    def upload_dir(self) -> Path:
        """Where evidence files are kept, outside anything the web server serves by itself."""
        return self.data_dir / "uploads"

    @property
    def import_dir(self) -> Path:
        """Where spreadsheets wait between the dry run and the decision to apply them."""
        return self.data_dir / "imports"

    @property
    def redis_socket(self) -> Path:
        """The embedded Redis server's socket; a path over 100 bytes is more than a Unix socket can carry."""
        socket = self.data_dir / "redis" / "redis.sock"
        if len(os.fsencode(socket)) <= 100:
            return socket
        digest = hashlib.sha256(os.fsencode(socket)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"anxinqiao-{digest}" / "redis.sock"

    @property
    def effective_redis_url(self) -> str:
        """The address every process uses: the external server, or the embedded one's socket."""
        return self.redis_url or f"unix://{self.redis_socket}"


def read(environ: Mapping[str, str] | None = None) -> Config:
    """Read the settings from ``environ`` (default: the process's own).

    Raises:
        BadSetting: a value is missing its meaning; the message names the variable and what it may be.
    """
    env = os.environ if environ is None else environ
    data_dir = Path(env.get("DATA_DIR", "") or PROJECT_DIR / "var").expanduser().resolve()
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadSetting(f"DATA_DIR: cannot create {data_dir}: {error.strerror}.") from error
    return Config(
        data_dir=data_dir,
        database_url=_database_url(env.get("DATABASE_URL", ""), data_dir),
        redis_url=_redis_url(env.get("REDIS_URL", "")),
        secret_key=env.get("SECRET_KEY", "") or _kept_secret(data_dir / "secret_key"),
        host=env.get("HOST", "") or "127.0.0.1",
        port=_number(env, "PORT", 8000, 1, 65535),
        demo=_switch(env, "DEMO", True),
        demo_password=env.get("DEMO_PASSWORD", "") or None,
        web_threads=_number(env, "WEB_THREADS", 8, 1, 64),
        trusted_proxies=_number(env, "TRUSTED_PROXIES", 0, 0, 5),
        cookie_secure=_one_of(env, "COOKIE_SECURE", ("auto", "always")),
        sms_provider=_one_of(env, "SMS_PROVIDER", ("sandbox",)),
        sms_signature=env.get("SMS_SIGNATURE", "") or "安心桥",
        upload_limit=_number(env, "UPLOAD_LIMIT_MB", 20, 1, 200) * 1024 * 1024,
        request_limit=_number(env, "REQUEST_LIMIT_MB", 128, 8, 1024) * 1024 * 1024,
        log_level=_one_of(env, "LOG_LEVEL", ("info", "debug", "warning", "error")),
    )


def _database_url(text: str, data_dir: Path) -> str:
    if not text:
        return f"sqlite:///{data_dir / 'anxinqiao.sqlite3'}"
    for plain in ("postgres://", "postgresql://"):
        if text.startswith(plain):
            text = "postgresql+psycopg://" + text.removeprefix(plain)
    try:
        backend = make_url(text).get_backend_name()
    except (ArgumentError, ValueError) as error:
        raise BadSetting(
            "DATABASE_URL is no database address; it looks like postgresql+psycopg://user:password@host/name."
        ) from error
    if backend not in ("sqlite", "postgresql"):
        raise BadSetting(f"DATABASE_URL names {backend}; the desk runs on sqlite and postgresql+psycopg.")
    return text


def _redis_url(text: str) -> str | None:
    if text and not text.startswith(("redis://", "rediss://", "unix://")):
        raise BadSetting("REDIS_URL is no Redis address; it looks like redis://host:6379/0.")
    return text or None


def _number(env: Mapping[str, str], name: str, default: int, lowest: int, highest: int) -> int:
    text = env.get(name, "").strip()
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or not lowest <= int(text) <= highest:
        raise BadSetting(f"{name}={text!r} must be a whole number from {lowest} to {highest}.")
    return int(text)


def _switch(env: Mapping[str, str], name: str, default: bool) -> bool:
    text = env.get(name, "").strip().lower()
    if text in ("", "1", "true", "yes", "on", "0", "false", "no", "off"):
        return default if not text else text in ("1", "true", "yes", "on")
    raise BadSetting(f"{name}={text!r} must be 1 or 0.")


def _one_of(env: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    """The first choice is the default."""
    text = env.get(name, "").strip().lower() or choices[0]
    if text not in choices:
        raise BadSetting(f"{name}={text!r} must be one of: {', '.join(choices)}.")
    return text


def _kept_secret(path: Path) -> str:
    """The key that signs sessions: made once, readable by its owner only, the same at every start."""
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        pass
    except OSError as error:
        raise BadSetting(f"SECRET_KEY: cannot read {path}: {error.strerror}.") from error
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise BadSetting(f"DATA_DIR: cannot write {path}: {error.strerror}.") from error
    secret = secrets.token_hex(32)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secret)
    return secret
