"""What runs how often, on which queue. The one place to look when asking what the desk does by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from jobs import tasks
from services.imports import FILES_QUEUE
from services.nudges import MESSAGES_QUEUE

CLOCKS_QUEUE: Final = "clocks"
QUEUES: Final = (MESSAGES_QUEUE, CLOCKS_QUEUE, FILES_QUEUE)
"""Each has a worker of its own: a spreadsheet never keeps a message waiting, nor a message a clock."""


@dataclass(frozen=True)
class Periodic:
    """A job that runs every ``interval`` seconds.

    One that waited in its queue for longer than ``waits`` seconds is dropped, since the next one does the same
    work; one that runs for longer than ``timeout`` seconds is stopped.
    """

    function: Callable[[], int]
    queue: str
    interval: int
    waits: int = 90
    timeout: int = 120

    @property
    def name(self) -> str:
        """The name of its heartbeat."""
        return self.function.__name__


SCHEDULE: Final = (
    Periodic(tasks.sweep_clocks, CLOCKS_QUEUE, interval=2, waits=20),
    Periodic(tasks.sweep_chains, CLOCKS_QUEUE, interval=2, waits=20),
    Periodic(tasks.audit_chains, CLOCKS_QUEUE, interval=60),
    Periodic(tasks.dispatch_messages, MESSAGES_QUEUE, interval=3, waits=20),
    Periodic(tasks.watch_receipts, MESSAGES_QUEUE, interval=15),
    Periodic(tasks.remind_shifts, CLOCKS_QUEUE, interval=30),
    Periodic(tasks.hand_over_shifts, CLOCKS_QUEUE, interval=30),
    Periodic(tasks.extend_rotations, CLOCKS_QUEUE, interval=60),
    Periodic(tasks.expire_swaps, CLOCKS_QUEUE, interval=30),
    Periodic(tasks.warn_of_gaps, CLOCKS_QUEUE, interval=60),
    Periodic(tasks.remind_promises, CLOCKS_QUEUE, interval=30),
    Periodic(tasks.tell_of_water_tests, CLOCKS_QUEUE, interval=60),
    Periodic(tasks.remind_appointments, CLOCKS_QUEUE, interval=30),
    Periodic(tasks.ask_customers, CLOCKS_QUEUE, interval=60),
    Periodic(tasks.check_actions, CLOCKS_QUEUE, interval=60),
    Periodic(tasks.send_digests, CLOCKS_QUEUE, interval=60),
    Periodic(tasks.end_drills, CLOCKS_QUEUE, interval=60),
    Periodic(tasks.nudge_silences, CLOCKS_QUEUE, interval=60),
    Periodic(tasks.flag_meetings, CLOCKS_QUEUE, interval=15),
    Periodic(tasks.count_delays, CLOCKS_QUEUE, interval=60),
    Periodic(tasks.expire_notifications, MESSAGES_QUEUE, interval=60),
    Periodic(tasks.resume_imports, FILES_QUEUE, interval=30, timeout=600),
)
