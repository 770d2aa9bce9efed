from __future__ import annotations

import signal
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest
from redis import Redis
from rq import Queue, Worker
from sqlalchemy import Select, select
from sqlalchemy.orm import Session, scoped_session

from models import Clock, Heartbeat, Notification, SmsInboxMessage
from rules.vocabulary import ClockState, NotificationKind, NotificationState
from services import notifications
from services.nudges import DISPATCH_JOB
from tests.desk_process import DeskProcess, eventually
from tests.factories import ClockFactory, NotificationFactory, PersonFactory

Desk = scoped_session[Session]
Start = Callable[..., DeskProcess]
T = TypeVar("T")

pytestmark = pytest.mark.xdist_group("processes")


def look(session: Desk, statement: Select[tuple[T]]) -> list[T]:
    """What other processes have committed; nothing stays open, since on SQLite whoever reads here holds them up."""
    session.rollback()
    found = list(session.scalars(statement))
    session.rollback()
    return found


def inbox(session: Desk) -> Counter[str]:
    return Counter(look(session, select(SmsInboxMessage.message_id)))


def unsent(session: Desk) -> int:
    return len(look(session, select(Notification.id).where(Notification.state != NotificationState.ACCEPTED)))


def workers(redis: Redis) -> int:
    return Worker.count(connection=redis)


def test_a_message_leaves_as_soon_as_its_cause_is_committed(
    session: Desk, redis: Redis, start: Start, present: datetime
) -> None:
    worker = start("worker", "messages")
    worker.until(lambda: workers(redis) == 1)
    queued = notifications.queue(kind=NotificationKind.TEST, person=PersonFactory(), dedup_key="one", now=present)
    assert queued is not None
    public_id = queued.public_id
    session.commit()
    worker.until(lambda: inbox(session)[public_id] == 1)
    worker.until(lambda: unsent(session) == 0)


def test_workers_side_by_side_send_every_message_once(
    session: Desk, redis: Redis, start: Start, present: datetime
) -> None:
    NotificationFactory.create_batch(60)
    both = [start("worker", "messages"), start("worker", "messages")]
    eventually(lambda: workers(redis) == 2, or_else=lambda: "".join(worker.words for worker in both))
    for _ in range(6):
        Queue("messages", connection=redis).enqueue(DISPATCH_JOB, result_ttl=0)
    eventually(lambda: unsent(session) == 0, or_else=lambda: "".join(worker.words for worker in both))
    eventually(lambda: Queue("messages", connection=redis).count == 0)
    assert sorted(inbox(session).values()) == [1] * 60


def test_a_clock_that_runs_out_is_noticed_by_itself(
    session: Desk, redis: Redis, start: Start, present: datetime
) -> None:
    processes = [start("worker", "clocks"), start("clock")]
    everything = lambda: "".join(process.words for process in processes)  # noqa: E731
    eventually(lambda: bool(look(session, select(Heartbeat.job))), or_else=everything)
    due = datetime.now(UTC) + timedelta(seconds=1)
    ClockFactory(started_at=present, due_at=due)
    session.commit()
    breaches = select(Clock.breached_at).where(Clock.state == ClockState.BREACHED)
    eventually(lambda: bool(look(session, breaches)), or_else=everything)
    (noticed,) = look(session, breaches)
    assert noticed is not None
    assert noticed >= due


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_no_orphan_goes_on_with_a_job_whose_worker_was_killed(redis: Redis, start: Start) -> None:
    worker = start("worker", "files")
    worker.until(lambda: workers(redis) == 1)
    Queue("files", connection=redis).enqueue("time.sleep", 60)
    worker.until(lambda: len(worker.family()) == 2)
    worker.stop(signal.SIGKILL)
    eventually(lambda: not worker.family())


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_a_job_that_has_begun_is_finished_before_its_worker_stops(redis: Redis, start: Start) -> None:
    worker = start("worker", "files")
    worker.until(lambda: workers(redis) == 1)
    job = Queue("files", connection=redis).enqueue("time.sleep", 1)
    eventually(lambda: job.is_started)
    assert worker.stop() == 0
    assert job.is_finished
    assert not worker.family()


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_a_worker_without_redis_says_so_in_a_sentence(app, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "DESK", replace(app.config["DESK"], redis_url="unix:///nowhere.sock"))
    worker = start("worker", "files")
    assert worker.process.wait(60) == 1
    assert "cannot reach Redis at unix:///nowhere.sock" in worker.words
    assert "Traceback" not in worker.words
