from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Callable

import pytest
from redis import Redis
from redis.exceptions import LockNotOwnedError
from rq import Queue
from rq.cron import get_cron_job_ids

from jobs.schedule import CLOCKS_QUEUE, QUEUES, SCHEDULE
from processes.clock import BACKLOG, LOCK_NAME, LOCK_SECONDS, DeskClock
from tests.desk_process import DeskProcess, eventually

Start = Callable[..., DeskProcess]

pytestmark = [
    pytest.mark.xdist_group("processes"),
    pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True),
]
SWEEP = "jobs.tasks.sweep_clocks"


def sweeps(redis: Redis) -> int:
    return len(get_cron_job_ids(SWEEP, redis))


@pytest.fixture
def ticking(redis: Redis) -> DeskClock:
    """A clock that holds its lock, moved by hand."""
    lock = redis.lock(LOCK_NAME, timeout=LOCK_SECONDS, thread_local=False)
    assert lock.acquire(blocking=False)
    return DeskClock(redis, lock)


class TestTicking:
    def test_every_job_is_queued_at_the_first_tick_and_not_at_the_next(self, ticking: DeskClock, redis: Redis) -> None:
        assert len(ticking.enqueue_jobs()) == len(ticking.get_jobs())
        assert ticking.enqueue_jobs() == []
        waiting = {queue: Queue(queue, connection=redis).count for queue in QUEUES}
        assert waiting == Counter(job.queue for job in SCHEDULE)

    def test_a_queue_that_nobody_empties_stops_growing(self, ticking: DeskClock, redis: Redis) -> None:
        queue = Queue(CLOCKS_QUEUE, connection=redis)
        for _ in range(BACKLOG - 1):
            queue.enqueue(SWEEP)
        ticking.enqueue_jobs()
        assert queue.count == BACKLOG

    def test_a_job_that_waited_too_long_is_gone(self, ticking: DeskClock, redis: Redis) -> None:
        ticking.enqueue_jobs()
        (job,) = (job for job in Queue(CLOCKS_QUEUE, connection=redis).get_jobs() if job.func_name == SWEEP)
        assert 0 < redis.ttl(job.key) <= 20

    def test_a_clock_that_lost_its_turn_stops(self, ticking: DeskClock, redis: Redis) -> None:
        redis.set(LOCK_NAME, "somebody else")
        with pytest.raises(LockNotOwnedError):
            ticking.heartbeat()


def test_two_clocks_tick_like_one_and_the_second_takes_over(redis: Redis, start: Start) -> None:
    clocks = [start("clock"), start("clock")]
    said = lambda: "".join(clock.words for clock in clocks)  # noqa: E731
    eventually(lambda: sweeps(redis) > 0 and "stands by" in said(), or_else=said)
    before, began = sweeps(redis), time.monotonic()
    time.sleep(4)
    assert sweeps(redis) - before <= (time.monotonic() - began) / 2 + 1
    leader = next(clock for clock in clocks if "stands by" not in clock.words)
    leader.stop(signal.SIGKILL)
    before = sweeps(redis)
    eventually(lambda: sweeps(redis) > before, within=LOCK_SECONDS + 4, or_else=said)


def test_a_clock_that_is_stopped_leaves_its_turn_at_once(redis: Redis, start: Start) -> None:
    clock = start("clock")
    clock.until(lambda: sweeps(redis) > 0)
    assert clock.stop() == 0
    assert not redis.exists(LOCK_NAME)
