"""One child of the supervisor: started, watched, started again when it dies, stopped."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from processes.fork import end_with_parent

FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 30.0
SETTLED_AFTER: Final = 60.0
"""Seconds a child has to live before its next death counts as the first one again."""

STOP_WITHIN: Final = 10.0
"""Seconds a child may take over an orderly end: answering a request, finishing a job."""

_log = logging.getLogger(__name__)


class Process(Protocol):
    """A process that was started: a program (``subprocess.Popen``) or a fork of ourselves (``Fork``)."""

    pid: int

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""


class Child:
    """A process that is to run as long as the desk runs.

    Args:
        name: what the log calls it.
        spawn: starts the process, now and after every death.
    """

    def __init__(self, name: str, spawn: Callable[[], Process]) -> None:
        self.name = name
        self._spawn = spawn
        self._process: Process | None = None
        self._started_at = 0.0
        self._pause = 0.0
        self._start_again_at: float | None = None

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it."""
        self._started_at = time.monotonic()
        self._start_again_at = None
        self._process = self._spawn()

    def watch(self) -> None:
        """Start it again when it died, after a pause that doubles with every early death."""
        if self._process is None or self.is_running:
            return
        if self._start_again_at is None:
            self._start_again_at = time.monotonic() + self._longer_pause()
            _log.warning("%s ended (%s); it starts again in %.1f s", self.name, self._last_word(), self._pause)
        elif time.monotonic() >= self._start_again_at:
            self.start()

    def stop(self) -> None:
        """Ask it to end; ``wait`` sees that it does."""
        self._signal(signal.SIGTERM)

    def wait(self, *, has_patience: Callable[[], bool] = lambda: True) -> None:
        """Wait for its end; kill it when its time is over or patience is lost."""
        deadline = time.monotonic() + STOP_WITHIN
        while self.is_running:
            if time.monotonic() > deadline or not has_patience():
                _log.warning("%s does not stop and is killed", self.name)
                self._signal(signal.SIGKILL)
                deadline += STOP_WITHIN
            time.sleep(0.02)

    def _longer_pause(self) -> float:
        has_settled = time.monotonic() - self._started_at > SETTLED_AFTER
        self._pause = FIRST_PAUSE if has_settled or not self._pause else min(self._pause * 2, LONGEST_PAUSE)
        return self._pause

    def _last_word(self) -> str:
        code = self._process.poll() if self._process else None
        return signal.Signals(-code).name if code is not None and code < 0 else f"exit code {code}"

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self.is_running:
            os.kill(self._process.pid, number)


def program(command: Sequence[str], *, pass_fds: Sequence[int] = ()) -> Callable[[], Process]:
    """What starts a program in a session of its own, where a Ctrl-C at the terminal does not reach it."""

    def spawn() -> Process:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            pass_fds=pass_fds,
            start_new_session=True,
            preexec_fn=end_with_parent(signal.SIGTERM),  # safe: the supervisor has no threads
        )

    return spawn
