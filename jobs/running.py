"""How every job runs: one moment, one commit, one heartbeat."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from extensions import db, timepiece
from services import heartbeats

_log = logging.getLogger(__name__)


def run(job: str, work: Callable[[datetime], int]) -> int:
    """Do the work now and commit it together with the job's heartbeat; returns how much was done.

    An error undoes the work, is kept beside the heartbeat where people see it, and goes on to the worker.
    """
    now = timepiece.now()
    try:
        count = work(now)
        # What committed by itself need not take the write lock of SQLite after each message to say that it ran.
        if db.session().in_transaction() or not heartbeats.is_heard(job, now=now):
            heartbeats.beat(job, count=count, now=now)
            db.session.commit()
    except Exception as error:
        db.session.rollback()
        _stumble(job, error)
        raise
    return count


def run_in_batches(job: str, work: Callable[[datetime], int], *, batch: int) -> int:
    """Run the work again as long as it did a whole batch, each time in a transaction of its own; returns the total.

    A storm is worked off at once, and nobody waits for its one long transaction.
    """
    total = 0
    while (count := run(job, work)) >= batch:
        total += count
    return total + count


def _stumble(job: str, error: Exception) -> None:
    try:
        heartbeats.stumble(job, error=f"{type(error).__name__}: {error}", now=timepiece.now())
        db.session.commit()
    except SQLAlchemyError:
        db.session.rollback()
        _log.warning("the error of %s could not be kept", job)
