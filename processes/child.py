"""One child of the supervisor: started, watched, started again when it dies, stopped."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import config

FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 30.0
SETTLED_AFTER: Final = 60.0
"""Seconds a child has to live before its next death counts as the first one again."""

_PR_SET_PDEATHSIG: Final = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_log = logging.getLogger(__name__)


class Child:
    """A command that is to run as long as the desk runs.

    Args:
        name: what the log calls it.
        command: program and arguments.
        pass_fds: descriptors it inherits.
        stop_within: seconds it may take over an orderly end.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        pass_fds: Sequence[int] = (),
        stop_within: float = 10.0,
    ) -> None:
        self.name = name
        self._command = list(command)
        self._pass_fds = tuple(pass_fds)
        self._stop_within = stop_within
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._pause = 0.0
        self._start_again_at: float | None = None

    @property
    def pid(self) -> int | None:
        """The process's id while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Start it, in a session of its own: a Ctrl-C at the terminal reaches the supervisor only."""
        self._started_at = time.monotonic()
        self._start_again_at = None
        self._process = subprocess.Popen(
            self._command,
            cwd=config.PROJECT_DIR,
            stdin=subprocess.DEVNULL,
            pass_fds=self._pass_fds,
            start_new_session=True,
            preexec_fn=end_with_parent(signal.SIGTERM),
        )

    def watch(self) -> None:
        """Start it again when it died, after a pause that doubles with every early death."""
        if self._process is None or self.pid is not None:
            return
        if self._start_again_at is None:
            self._plan_restart()
        elif time.monotonic() >= self._start_again_at:
            self.start()

    def stop(self) -> None:
        """Ask it to end; the answer comes with ``wait``."""
        self._signal(signal.SIGTERM)

    def wait(self, *, patience: Callable[[], bool] = lambda: True) -> None:
        """Wait for its end; kill it when its time is over or ``patience`` is lost."""
        if self._process is None:
            return
        deadline = time.monotonic() + self._stop_within
        while self._process.poll() is None:
            if time.monotonic() > deadline or not patience():
                _log.warning("%s does not stop and is killed", self.name)
                self._signal(signal.SIGKILL)
                self._process.wait()
                return
            time.sleep(0.02)

    def _plan_restart(self) -> None:
        assert self._process is not None
        has_settled = time.monotonic() - self._started_at > SETTLED_AFTER
        self._pause = FIRST_PAUSE if has_settled or not self._pause else min(self._pause * 2, LONGEST_PAUSE)
        self._start_again_at = time.monotonic() + self._pause
        _log.warning(
            "%s ended (%s); starting it again in %.1f s", self.name, how_it_ended(self._process.returncode), self._pause
        )

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)


def how_it_ended(returncode: int) -> str:
    """An exit code in words: ``exit code 1``, ``SIGKILL``."""
    return signal.Signals(-returncode).name if returncode < 0 else f"exit code {returncode}"


def end_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """What a new process does first, so that it gets this signal when its parent ends in whatever way.

    Only Linux knows how; elsewhere a supervisor that is killed hard leaves its children behind.
    """
    if _libc is None:
        return None
    libc, parent = _libc, os.getpid()

    def tie() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != parent:
            os.kill(os.getpid(), number)

    return tie


def flask_command(*arguments: str) -> list[str]:
    """The command line of one of the desk's own commands."""
    return [sys.executable, "-m", "flask", "--app", str(Path(config.PROJECT_DIR) / "app.py"), *arguments]
