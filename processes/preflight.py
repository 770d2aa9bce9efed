"""What is looked at before anything is touched: the port, the data directory, the database, an external Redis.

Each check ends in silence or in one sentence for the person who starts the desk.
"""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import time
from pathlib import Path
from typing import Final

import click
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError

LOCK_WITHIN: Final = 5.0
"""Seconds to wait for a desk that is just stopping on the same data directory."""


class CannotStart(click.ClickException):
    """Why the desk cannot start, in one sentence."""


def listening_socket(host: str, port: int) -> socket.socket:
    """The socket the web server will serve on, already listening: whoever calls early waits instead of failing.

    Raises:
        CannotStart: the port is taken or the address is not this machine's.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except (socket.gaierror, UnicodeError) as error:
        raise CannotStart(f"HOST={host} is no address of this machine.") from error
    try:
        return socket.create_server(address, family=family, backlog=1024)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CannotStart(
                f"Port {port} on {host} is taken by another program (perhaps a desk that already runs);"
                " choose another one with PORT=…"
            ) from error
        raise CannotStart(f"Cannot listen on {host}, port {port}: {error.strerror}.") from error


def lock_data_dir(data_dir: Path) -> int:
    """Hold the data directory until this process *and* its Redis server have ended; returns the lock's descriptor.

    The descriptor is handed down to the embedded Redis: as long as that one writes, the kernel keeps the lock,
    even when its supervisor was killed.

    Raises:
        CannotStart: another desk runs on the directory, or it cannot be written to.
    """
    path = data_dir / "desk.lock"
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise CannotStart(f"DATA_DIR: cannot write {path}: {error.strerror}.") from error
    deadline = time.monotonic() + LOCK_WITHIN
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
        except BlockingIOError:
            if time.monotonic() > deadline:
                os.close(lock)
                raise CannotStart(
                    f"A desk already runs on the data directory {data_dir}; stop it first or choose another DATA_DIR."
                ) from None
            time.sleep(0.1)


def check_database(url: str) -> None:
    """See that the database answers and can be written to.

    Raises:
        CannotStart: it cannot be reached; the sentence shows the address without its password.
    """
    is_sqlite = url.startswith("sqlite")
    engine = create_engine(url, connect_args={"timeout": 15} if is_sqlite else {"connect_timeout": 5})
    try:
        with engine.connect() as connection:
            if is_sqlite:
                # Takes the write lock and gives it back: a file that is no database or read-only says so now.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                connection.exec_driver_sql("ROLLBACK")
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        raise CannotStart(
            f"The database {make_url(url).render_as_string()} cannot be used: {first_line(error)}"
        ) from error
    finally:
        engine.dispose()


def check_redis(url: str) -> None:
    """See that an external Redis answers.

    Raises:
        CannotStart: it does not.
    """
    try:
        with Redis.from_url(url, socket_connect_timeout=3, socket_timeout=3, retry=None) as connection:
            connection.ping()
    except (RedisError, OSError, ValueError) as error:
        raise CannotStart(
            f"The Redis server {without_password(url)} (REDIS_URL) cannot be used: {first_line(error)}"
        ) from error


def without_password(url: str) -> str:
    """An address that may be printed."""
    return make_url(url).render_as_string() if "@" in url else url


def first_line(error: Exception) -> str:
    """What went wrong, as the driver says it in its first line, as a sentence."""
    cause = getattr(error, "orig", None) or error
    line = next(iter(str(cause).strip().splitlines()), type(cause).__name__).strip()
    return line if line.endswith(".") else f"{line}."
