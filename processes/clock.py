"""The clock process: puts each periodic job on its queue when its time has come. Exactly one runs at a time."""

from __future__ import annotations

import logging
from typing import Final

from flask import Flask
from redis import Redis
from redis.exceptions import LockError, RedisError
from redis.lock import Lock
from rq import Queue
from rq.cron import CronJob, CronScheduler
from rq.utils import now

import config
from extensions import redis_connection
from jobs.schedule import SCHEDULE
from processes.preflight import CannotStart, first_line, without_password

LOCK_NAME: Final = "anxinqiao:clock"
LOCK_SECONDS: Final = 6
"""How long a clock that went silent keeps the others waiting; a living one renews it at every tick."""

BACKLOG: Final = 2 * len(SCHEDULE)
"""With this many jobs waiting nobody is working: more of the same would only be in the way later. The first tick alone
puts every job there once."""

_log = logging.getLogger(__name__)


class DeskClock(CronScheduler):
    """RQ's scheduler, tied to a lock and patient with queues that nobody empties."""

    def __init__(self, connection: Redis, lock: Lock) -> None:
        super().__init__(connection, logging_level=logging.WARNING)
        self._lock = lock
        for periodic in SCHEDULE:
            self.register(
                periodic.function,
                periodic.queue,
                interval=periodic.interval,
                job_timeout=periodic.timeout,
                ttl=periodic.waits,
                result_ttl=0,
                failure_ttl=3600,
            )

    def enqueue_jobs(self) -> list[CronJob]:
        """Enqueue what is due, unless its queue is full of what nobody has taken yet."""
        due = [job for job in self.get_jobs() if job.should_run()]
        for job in due:
            moment = now()
            if Queue(job.queue_name, connection=self.connection).count < BACKLOG:
                job.enqueue(self.connection)
            job.set_enqueue_time(moment)
        return due

    def heartbeat(self) -> None:
        """Keep the lock; a clock that lost it stops at once."""
        self._lock.reacquire()
        super().heartbeat()


def run(app: Flask) -> None:
    """Tick until SIGTERM or Ctrl-C. While another clock ticks, stand by to take over.

    Raises:
        CannotStart: Redis does not answer, or the lock was lost to another clock.
    """
    settings: config.Config = app.config["DESK"]
    logging.getLogger("rq.cron").setLevel(logging.WARNING)
    connection = redis_connection(settings.effective_redis_url, patient=True)
    lock = connection.lock(LOCK_NAME, timeout=LOCK_SECONDS, sleep=0.5, thread_local=False)
    try:
        if not lock.acquire(blocking=False):
            _log.info("another clock is ticking; this one stands by")
            lock.acquire()
        try:
            DeskClock(connection, lock).start()  # type: ignore[no-untyped-call]
        finally:
            lock.release()
    except LockError as error:
        raise CannotStart(f"The clock lost its turn: {first_line(error)}") from error
    except (RedisError, OSError) as error:
        url = without_password(settings.effective_redis_url)
        raise CannotStart(f"The clock cannot reach Redis at {url}: {first_line(error)}") from error
