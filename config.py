"""The environment, read once and typed: a bad value stops the start with a sentence.

Nothing else in the project reads ``os.environ``. Every setting has a default that works on one machine with
nothing else installed; a server overrides what it needs. ``docs/configuration.md`` is written from the tables here
and in ``rules/channel_protocols.py``.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import re
import secrets
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import click
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from rules.channel_protocols import PROTOCOLS, Form, Protocol, Variable, prefix, protocol_of
from rules.vocabulary import MessageClass

PROJECT_DIR = Path(__file__).resolve().parent

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class BadSetting(click.ClickException):
    """A setting that cannot be used; its text is one clear sentence for the person who starts the desk."""


@dataclass(frozen=True)
class ChannelSettings:
    """One configured channel: its values by the keys of its protocol's variables, every default filled in.

    ``push_allow`` are the networks that may bring receipts and replies; empty for all.
    """

    name: str
    protocol: Protocol
    signature: str
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    push_allow: tuple[Network, ...] = ()


@dataclass(frozen=True)
class Config:
    """What the desk was told by its environment.

    Sizes are bytes, ``trusted_proxies`` is how many reverse proxies stand in front of the web process, and
    ``redis_url`` is None when the supervisor is to run the embedded server. ``channels`` stand in the order of
    fail-over; ``channel_orders`` has the classes of messages with an order of their own. ``public_url`` is where
    providers reach the desk, without a slash at its end, '' when nobody said.
    """

    data_dir: Path
    database_url: str = field(repr=False)
    redis_url: str | None = field(repr=False)
    secret_key: str = field(repr=False)
    host: str
    port: int
    demo: bool
    demo_password: str | None = field(repr=False)
    web_threads: int
    trusted_proxies: int
    cookie_secure: str
    sms_signature: str
    send_threads: int
    public_url: str
    channels: tuple[ChannelSettings, ...]
    channel_orders: Mapping[MessageClass, tuple[str, ...]]
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
    def case_file_dir(self) -> Path:
        """Where every printed copy of a case file is kept as it was printed."""
        return self.data_dir / "case_files"

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


@dataclass(frozen=True)
class Documented:
    """One variable as the page of all settings shows it; ``default`` is in words."""

    name: str
    default: str
    meaning: str


VARIABLES: Final = (
    Documented("DATA_DIR", "`var` beside the program", "Where the database, photos, keys and caches lie."),
    Documented(
        "DATABASE_URL",
        "a SQLite file in `DATA_DIR`",
        "`postgresql://user:password@host/name` for a server; `sqlite:////path` for a file elsewhere.",
    ),
    Documented("REDIS_URL", "an embedded server", "`redis://host:6379/0`, `rediss://…` or `unix:///path`."),
    Documented(
        "SECRET_KEY",
        "made once, kept in `DATA_DIR`",
        "Signs sessions and makes the addresses that providers push to; 32 random characters or more.",
    ),
    Documented("HOST", "127.0.0.1", "The address that is listened on."),
    Documented("PORT", "8000", "The port that is listened on, 1 to 65535."),
    Documented(
        "PUBLIC_URL",
        "none",
        "Where providers and customers reach the desk from outside, such as `https://desk.example.com`; without it no "
        "customer gets a link to their page.",
    ),
    Documented("TRUSTED_PROXIES", "0", "How many reverse proxies stand in front, 0 to 5."),
    Documented("COOKIE_SECURE", "auto", "`always` lets session cookies travel over HTTPS only."),
    Documented("WEB_THREADS", "8", "Pages that are made at the same time, 1 to 64."),
    Documented("SEND_THREADS", "8", "Messages that one worker hands to providers at the same time, 1 to 32."),
    Documented("UPLOAD_LIMIT_MB", "20", "Megabytes of one photo or file, 1 to 200."),
    Documented("REQUEST_LIMIT_MB", "128", "Megabytes of one request, 8 to 1024."),
    Documented("LOG_LEVEL", "info", "`debug`, `info`, `warning` or `error`."),
    Documented("DEMO", "1", "1 fills an empty desk with a believable week, 0 leaves it empty."),
    Documented("DEMO_PASSWORD", "shown at the start", "The password of the demo's people."),
    Documented(
        "SMS_SIGNATURE", "安心桥", "The company's name before every message, without 【】, as providers approved it."
    ),
    Documented(
        "CHANNELS",
        "sandbox",
        "The ways of sending, in the order in which one takes over from the other: `aliyun tencent-2 wecom`.",
    ),
    *(
        Documented(
            f"CHANNELS_{each.name}", "as `CHANNELS`", f"The order for messages of one class: {each.label.lower()}."
        )
        for each in MessageClass
    ),
)
"""Every variable but those of the single channels."""


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
    signature = _signature(env, "SMS_SIGNATURE") or "安心桥"
    public_url = _public_url(env)
    channels = _channels(env, signature=signature, public_url=public_url)
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
        sms_signature=signature,
        send_threads=_number(env, "SEND_THREADS", 8, 1, 32),
        public_url=public_url,
        channels=channels,
        channel_orders=_channel_orders(env, [channel.name for channel in channels]),
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


# --- channels -------------------------------------------------------------------------------------------------------


def _channels(env: Mapping[str, str], *, signature: str, public_url: str) -> tuple[ChannelSettings, ...]:
    """The channels that ``CHANNELS`` names, each with its own variables."""
    names = _names(env, "CHANNELS") or ("sandbox",)
    prefixes = [prefix(name) for name in names]
    for name, own in zip(names, prefixes, strict=True):
        if prefixes.count(own) > 1:
            raise BadSetting(f"CHANNELS names two channels whose variables begin with {own}; call {name} otherwise.")
    return tuple(_channel(env, name, signature, public_url) for name in names)


def _channel(env: Mapping[str, str], name: str, signature: str, public_url: str) -> ChannelSettings:
    protocol = protocol_of(name)
    if protocol is None or not _CHANNEL_NAME.fullmatch(name):
        raise BadSetting(
            f"CHANNELS names {name!r}; a channel is called {', '.join(PROTOCOLS)}, or one of these with -something."
        )
    if protocol.needs_public_url and not public_url:
        raise BadSetting(f"PUBLIC_URL is missing: the channel {name} tells its provider where the desk is.")
    own = prefix(name)
    return ChannelSettings(
        name,
        protocol,
        _signature(env, f"{own}SIGNATURE") or signature,
        {variable.key: _value(env, own + variable.key, variable) for variable in protocol.variables},
        _networks(env, f"PUSH_ALLOW_{own.removesuffix('_')}"),
    )


_CHANNEL_NAME: Final = re.compile("[a-z_]+(-[a-z0-9]+)*")
LONGEST_NAME: Final = 32
"""Characters of a channel's name, as the database keeps it."""


def _channel_orders(env: Mapping[str, str], known: list[str]) -> dict[MessageClass, tuple[str, ...]]:
    """``CHANNELS_CUSTOMER`` and its like; a class without one has the order of ``CHANNELS``."""
    orders = {each: _names(env, f"CHANNELS_{each.name}") for each in MessageClass}
    for message_class, names in orders.items():
        for name in names:
            if name not in known:
                raise BadSetting(
                    f"CHANNELS_{message_class.name} names {name!r}, which CHANNELS has not; it has: {', '.join(known)}."
                )
    return {message_class: names for message_class, names in orders.items() if names}


def _names(env: Mapping[str, str], variable: str) -> tuple[str, ...]:
    """Names separated by spaces or commas."""
    names = tuple(env.get(variable, "").replace(",", " ").split())
    for name in names:
        if names.count(name) > 1:
            raise BadSetting(f"{variable} names {name!r} twice.")
        if len(name) > LONGEST_NAME:
            raise BadSetting(f"{variable} names {name[:LONGEST_NAME]!r}…; at most {LONGEST_NAME} characters.")
    return names


def _value(env: Mapping[str, str], name: str, variable: Variable) -> str:
    """The value of a channel's variable, or its default; never repeated in a complaint, since it may be a secret."""
    text = _line(env, name)
    if not text and variable.default is None:
        raise BadSetting(f"{name} is missing: {variable.meaning}.")
    if not text:
        return variable.default or ""
    return _READ[variable.form](name, text, variable)


def _line(env: Mapping[str, str], name: str) -> str:
    text = env.get(name, "").strip()
    if any(not character.isprintable() for character in text):
        raise BadSetting(f"{name} must be one line of plain characters.")
    return text


def _signature(env: Mapping[str, str], name: str) -> str:
    text = _line(env, name)
    if "【" in text or "】" in text or len(text) > LONGEST_SIGNATURE:
        raise BadSetting(f"{name} is a name of at most {LONGEST_SIGNATURE} characters, without 【】.")
    return text


LONGEST_SIGNATURE: Final = 20


def _public_url(env: Mapping[str, str]) -> str:
    text = _url("PUBLIC_URL", _line(env, "PUBLIC_URL")).rstrip("/")
    if "?" in text or "%" in text:
        raise BadSetting("PUBLIC_URL must be an address without ? and %, such as https://desk.example.com.")
    return text


def _url(name: str, text: str) -> str:
    try:
        parts = urlsplit(text)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.fragment
        is_good = is_good and parts.port != 0 and text.isascii() and " " not in text
    except ValueError:
        is_good = False
    if text and not is_good:
        raise BadSetting(f"{name} is no address; it looks like https://desk.example.com.")
    return text


def _host(name: str, text: str, variable: Variable) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._:-]+", text):
        raise BadSetting(f"{name}={text!r} is no host; give its name or address alone.")
    return text


def _email(name: str, text: str, variable: Variable) -> str:
    if not re.fullmatch(r"[^@\s<>,;:]+@[^@\s<>,;:]+", text) or not text.isascii():
        raise BadSetting(f"{name}={text!r} is no e-mail address.")
    return text


def _file(name: str, text: str, variable: Variable) -> str:
    if not Path(text).is_file():
        raise BadSetting(f"{name}: there is no file {text}.")
    return text


def _seconds(name: str, text: str, variable: Variable) -> str:
    is_number = re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,3})?", text)
    if not is_number or not variable.lowest <= float(text) <= variable.highest:
        raise BadSetting(f"{name}={text!r} must be seconds from {variable.lowest} to {variable.highest}.")
    return text


def _pairs(name: str, text: str, variable: Variable) -> str:
    for pair in text.split():
        if not re.fullmatch(r"\+[1-9][0-9]{6,14}=[A-Za-z0-9_-]{1,64}", pair):
            raise BadSetting(f"{name} has a pair that is none; it looks like +8613800138000=ou_1a2b3c.")
    return text


_READ: Final[Mapping[Form, Callable[[str, str, Variable], str]]] = {
    Form.TEXT: lambda name, text, variable: text,
    Form.SECRET: lambda name, text, variable: text,
    Form.URL: lambda name, text, variable: _url(name, text).rstrip("/"),
    Form.HOST: _host,
    Form.NUMBER: lambda name, text, variable: str(
        _number({name: text}, name, variable.lowest, variable.lowest, variable.highest)
    ),
    Form.SECONDS: _seconds,
    Form.SWITCH: lambda name, text, variable: "1" if _switch({name: text}, name, False) else "0",
    Form.EMAIL: _email,
    Form.FILE: _file,
    Form.CHOICE: lambda name, text, variable: _one_of({name: text}, name, variable.choices),
    Form.PAIRS: _pairs,
}


def _networks(env: Mapping[str, str], name: str) -> tuple[Network, ...]:
    networks: list[Network] = []
    for text in env.get(name, "").replace(",", " ").split():
        try:
            networks.append(ipaddress.ip_network(text))
        except ValueError:
            raise BadSetting(f"{name} names {text!r}, which is no network; it looks like 203.0.113.0/24.") from None
    return tuple(networks)


# --- the key that is made -------------------------------------------------------------------------------------------


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
