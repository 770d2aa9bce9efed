"""Forks of ourselves: the desk is imported once and shared by every process that runs it."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
from collections.abc import Callable
from typing import Final, NoReturn

import click

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NAME: Final = 15
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_log = logging.getLogger(__name__)


class Fork:
    """A copy of this process that does one thing and ends.

    Args:
        name: what ``ps -o comm`` shows, on Linux; up to 15 characters count.
        work: what the copy does. It starts with a session and signal handlers of its own.
    """

    def __init__(self, name: str, work: Callable[[], None]) -> None:
        self.returncode: int | None = None
        tie = end_with_parent(signal.SIGTERM)
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            _live(name, work, tie)

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode


def _live(name: str, work: Callable[[], None], tie: Callable[[], None] | None) -> NoReturn:
    """The life of a fork; it must never return into its parent's affairs."""
    code = 1
    try:
        os.setsid()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        if tie is not None:
            tie()
        _call_it(name)
        with open(os.devnull, "rb") as nothing:  # noqa: PTH123 - a device, not a path
            os.dup2(nothing.fileno(), 0)
        work()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    except click.ClickException as refusal:
        _log.error("%s: %s", name, refusal.format_message())
    except BaseException:
        _log.exception("%s failed", name)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _call_it(name: str) -> None:
    if _libc is not None:
        _libc.prctl(_PR_SET_NAME, name.encode()[:15], 0, 0, 0)


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
