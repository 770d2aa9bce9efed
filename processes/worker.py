"""A worker process: takes jobs from queues and runs each one in a process of its own, inside the desk's context."""

from __future__ import annotations

import logging
import signal
from collections.abc import Sequence

import certifi
from flask import Flask
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.executions import Execution
from rq.job import Job
from sqlalchemy.exc import SQLAlchemyError

import config
from extensions import db, redis_connection, timepiece
from gateways import web
from processes.fork import end_with_parent
from processes.preflight import CannotStart, first_line, without_password
from services import channels, outbox
from services.nudges import MESSAGES_QUEUE

_log = logging.getLogger(__name__)


class DeskWorker(Worker):
    """A worker that imported the desk before its first job, so that a job starts within milliseconds."""

    app: Flask
    log_job_description = False
    log_result_lifespan = False
    max_connection_wait_time = 2.0

    def fork_work_horse(self, job: Job, queue: Queue) -> None:
        """Fork; the fork ends with its worker, so that no orphan runs a job that another worker is given."""
        self._tie_to_worker = end_with_parent(signal.SIGKILL)
        super().fork_work_horse(job, queue)

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """In the fork: tie it to its worker and leave the worker's database connections alone."""
        if self._tie_to_worker is not None:
            self._tie_to_worker()
        with self.app.app_context():
            db.engine.dispose(close=False)
        super().main_work_horse(job, queue)

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        """Run the job inside the desk's context."""
        with self.app.app_context():
            return super().perform_job(job, queue, execution)


def worker(app: Flask, queues: Sequence[str]) -> DeskWorker:
    """A worker for ``queues``, the first one first.

    Its times are short: a worker that was killed is missed within two minutes, not ten. RQ's own scheduler is not
    started, since what is due when is kept in the database and nothing is ever enqueued for later.
    """
    settings: config.Config = app.config["DESK"]
    made = DeskWorker(
        queues,
        connection=redis_connection(settings.effective_redis_url, patient=True),
        worker_ttl=60,
        maintenance_interval=60,
        job_monitoring_interval=10,
    )
    made.app = app
    web.believed(certifi.where())
    return made


def run(app: Flask, queues: Sequence[str]) -> None:
    """Work until SIGTERM or Ctrl-C; a job that has begun is finished.

    Raises:
        CannotStart: Redis does not answer.
    """
    for chatty in ("rq.worker", "rq.job"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    if MESSAGES_QUEUE in queues:
        _rehearse(app)
    try:
        worker(app, queues).work(logging_level=None)
    except (RedisError, OSError) as error:
        url = app.config["DESK"].effective_redis_url
        raise CannotStart(f"The worker cannot reach Redis at {without_password(url)}: {first_line(error)}") from error


def _rehearse(app: Flask) -> None:
    """Prepare every statement of the outbox before the first fork, and let go of the database before it."""
    with app.app_context():
        try:
            outbox.rehearse(channels.configured(), now=timepiece.now())
        except SQLAlchemyError as error:
            _log.warning("the outbox could not be rehearsed: %s", first_line(error))
        finally:
            db.session.remove()
            db.engine.dispose()
