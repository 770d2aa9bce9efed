"""The desk's own processes, started for real as an operator would."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import psutil

import config


class DeskProcess:
    """``python app.py`` or one of the desk's commands, with nothing in its environment but what is given."""

    def __init__(self, *arguments: str, output: Path, **settings: object) -> None:
        self.output = output
        with output.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=config.PROJECT_DIR,
                env=environment(settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._family: dict[int, psutil.Process] = {}

    @property
    def words(self) -> str:
        """Everything it said so far."""
        return self.output.read_text(encoding="utf-8", errors="replace")

    def family(self) -> list[psutil.Process]:
        """Every process it ever had, itself included, that still lives."""
        with suppress(psutil.NoSuchProcess):  # It may end while we look.
            if self.process.poll() is None:
                root = psutil.Process(self.process.pid)
                for member in (root, *root.children(recursive=True)):
                    self._family[member.pid] = member
        return [member for member in self._family.values() if _lives(member)]

    def processes(self) -> dict[str, int]:
        """Its own children by name; the short-lived forks that run single jobs are grandchildren."""
        named = {}
        for child in psutil.Process(self.process.pid).children():
            with suppress(psutil.NoSuchProcess):
                if _lives(child):
                    named[child.name()] = child.pid
        return named

    def until(self, is_so: Callable[[], bool], *, within: float = 20) -> None:
        """Wait until it is so; its own end ends the waiting."""
        ended_before = lambda: self.process.poll() is not None and not is_so()  # noqa: E731
        eventually(lambda: is_so() or ended_before(), within=within, or_else=lambda: self.words)
        assert is_so(), f"it ended with {self.process.poll()}: {self.words}"

    def stop(self, number: signal.Signals = signal.SIGTERM, *, within: float = 20) -> int:
        """Send the signal to it alone and wait for its end; returns the exit code."""
        self.family()
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(within)

    def clean_up(self) -> None:
        """Leave nothing behind, whatever the test did."""
        for member in self.family():
            with suppress(psutil.NoSuchProcess):
                member.kill()
        self.process.wait(10)


def environment(settings: Mapping[str, object]) -> dict[str, str]:
    """An operator's environment: the settings given, and no others of the desk."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
    return kept | {"PYTHONUNBUFFERED": "1"} | {name: str(value) for name, value in settings.items()}


def settings_of(desk: config.Config) -> dict[str, object]:
    """What another process needs in its environment to be of the same desk."""
    return {
        "DATA_DIR": desk.data_dir,
        "DATABASE_URL": desk.database_url,
        "REDIS_URL": desk.redis_url or "",
        "SECRET_KEY": desk.secret_key,
        "DEMO": "0",
    }


def free_port() -> int:
    """A port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def eventually(is_so: Callable[[], bool], *, within: float = 20, or_else: Callable[[], str] = str) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + within
    while not is_so():
        assert time.monotonic() < deadline, or_else() or "it never came true"
        time.sleep(0.02)


def _lives(member: psutil.Process) -> bool:
    try:
        return member.is_running() and member.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
