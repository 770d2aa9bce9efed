"""A nudge after the commit: wake the worker when a message was queued, so that it leaves within about a second.

Nothing depends on it. When Redis is away the nudge is dropped and the periodic sweep finds the row.
"""

from __future__ import annotations

import logging
import time

from flask import Flask, current_app
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from sqlalchemy import event
from sqlalchemy.orm import Session

from extensions import db, redis_connection

MESSAGES_QUEUE = "messages"
DISPATCH_JOB = "jobs.tasks.dispatch_messages"
ENOUGH_WAITING = 3
"""With so many jobs in the queue one of them sees the message: in a storm one job for each would be in the way."""

PAUSE_AFTER_FAILURE = 5.0
"""Seconds in which no nudge is tried after one failed, so that a Redis that hangs slows one page, not all."""

_MARK = "queued_a_message"
_log = logging.getLogger(__name__)


def mark() -> None:
    """Remember that the running transaction queues a message."""
    db.session.info[_MARK] = True


def init_app(app: Flask) -> None:
    """Give the app its connection to the queue and listen to its commits."""
    url = app.config["DESK"].effective_redis_url
    app.extensions["nudge"] = {"connection": redis_connection(url), "quiet_until": 0.0}


def wake_worker() -> bool:
    """Ask the worker to dispatch now; returns whether it could be asked, or will look anyway."""
    return enqueue(MESSAGES_QUEUE, DISPATCH_JOB, failure_ttl=60, ttl=60, unless_waiting=ENOUGH_WAITING)


def enqueue(
    queue: str,
    job: str,
    *args: int,
    timeout: int = 180,
    failure_ttl: int = 24 * 60 * 60,
    ttl: int | None = None,
    unless_waiting: int | None = None,
) -> bool:
    """Ask a worker to run ``job`` (its dotted name) with ``args``, for at most ``timeout`` seconds.

    Returns whether it could be asked. Call it after the commit: the worker looks at once. A failed job can be looked
    at for ``failure_ttl`` seconds; one that no worker took within ``ttl`` seconds is forgotten (None: never). Nothing
    is enqueued where ``unless_waiting`` jobs wait already (None: however many).
    """
    state = current_app.extensions["nudge"]
    if time.monotonic() < state["quiet_until"]:
        return False
    connection: Redis = state["connection"]
    try:
        jobs = Queue(queue, connection=connection)
        if unless_waiting is None or jobs.count < unless_waiting:
            jobs.enqueue(job, *args, job_timeout=timeout, result_ttl=0, failure_ttl=failure_ttl, ttl=ttl)
    except (RedisError, OSError) as error:
        state["quiet_until"] = time.monotonic() + PAUSE_AFTER_FAILURE
        _log.warning("%s could not be enqueued (%s); it is not lost", job, type(error).__name__)
        return False
    return True


@event.listens_for(db.session, "after_commit")
def _after_commit(session: Session) -> None:
    if not session.in_nested_transaction() and session.info.pop(_MARK, False):
        wake_worker()


@event.listens_for(db.session, "after_rollback")
def _after_rollback(session: Session) -> None:
    if not session.in_nested_transaction():
        session.info.pop(_MARK, None)
