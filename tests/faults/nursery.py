"""Workers and web processes that start at once: the desk is imported once and forked, as the supervisor does it."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from flask import Flask

import app as front_door
import config
import extensions
from extensions import db, timepiece
from jobs import tasks
from processes import worker
from processes.fork import Fork
from services import outbox
from services.nudges import MESSAGES_QUEUE
from tests.faults import cause
from tests.faults.hands import SharedHands
from tests.faults.programs import line
from tests.faults.strikes import Strike

BATCH = 5
"""Messages that a worker claims at once, so that one that dies leaves some claimed and some waiting."""


class Nursery:
    """Forks whatever it is asked for, from a desk that is ready."""

    def __init__(self) -> None:
        self._desks: dict[tuple[tuple[str, str], ...], Flask] = {}
        self._forks: list[Fork] = []

    def start(self, part: str, settings: Mapping[str, str], hands: Path, strikes: Sequence[Strike], *said: Any) -> int:
        """Fork one that plays this part on the desk of these settings; returns its process id."""
        self._reap()
        app = self._desk(settings)
        self._forks.append(Fork(part, partial(_live, PARTS[part], app, hands, strikes, *said)))
        return self._forks[-1].pid

    def warm_up(self, settings: Mapping[str, str], hands: Path) -> None:
        """Send a few messages right here, once for each desk: what is made at the first time is made for all forks."""
        app = self._desk(settings)
        timepiece.read = SharedHands(hands).now
        with app.app_context():
            cause.write(2 * BATCH)
            db.session.commit()
            for _ in range(2):
                tasks.dispatch_messages()
                SharedHands(hands).forward(minutes=2)
            db.session.remove()
            db.engine.dispose()
        gc.collect()
        gc.freeze()

    def end(self) -> None:
        """Leave nobody behind."""
        for fork in self._forks:
            if fork.poll() is None:
                with suppress(ProcessLookupError):
                    os.kill(fork.pid, signal.SIGKILL)
                os.waitpid(fork.pid, 0)

    def _desk(self, settings: Mapping[str, str]) -> Flask:
        key = tuple(sorted(settings.items()))
        if key not in self._desks:
            self._desks[key] = front_door.create_app(config.read(settings))
            gc.freeze()
        return self._desks[key]

    def _reap(self) -> None:
        self._forks = [fork for fork in self._forks if fork.poll() is None]


def _live(part: Callable[..., None], app: Flask, hands: Path, strikes: Sequence[Strike], *said: Any) -> None:
    timepiece.read = SharedHands(hands).now
    for strike in strikes:
        strike.plant(in_forks=part is _work)  # A worker's jobs are its forks; what it does before them is no job.
    part(app, *said)


def _work(app: Flask) -> None:
    """The desk's own worker; only its batches are smaller."""
    outbox.dispatch = partial(outbox.dispatch, batch=BATCH)
    worker.run(app, [MESSAGES_QUEUE])


PARTS: Mapping[str, Callable[..., None]] = {"worker": _work, "web": cause.record}


def main() -> None:
    """Take orders until the line is cut."""
    extensions.LONGEST_STANDSTILL = 2
    orders, nursery = line(), Nursery()
    try:
        while True:
            what, *said = orders.recv()
            orders.send(getattr(nursery, what)(*said))
    except EOFError:
        nursery.end()


if __name__ == "__main__":
    main()
