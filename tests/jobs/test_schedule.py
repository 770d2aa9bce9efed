from __future__ import annotations

from importlib import import_module

import pytest

from jobs import schedule, tasks
from jobs.schedule import QUEUES, SCHEDULE, Periodic
from services import nudges

PUBLIC_JOBS = {
    name
    for name, value in vars(tasks).items()
    if callable(value) and getattr(value, "__module__", "") == tasks.__name__
}
ON_DEMAND = {"check_import", "apply_import"}


@pytest.mark.parametrize("job", SCHEDULE, ids=lambda job: job.name)
class TestEveryPeriodicJob:
    def test_goes_to_a_queue_that_has_a_worker(self, job: Periodic) -> None:
        assert job.queue in QUEUES

    def test_can_be_found_by_the_name_it_is_queued_under(self, job: Periodic) -> None:
        assert getattr(import_module(job.function.__module__), job.name) is job.function

    def test_is_dropped_rather_than_piled_up(self, job: Periodic) -> None:
        assert job.interval < job.waits <= job.timeout


def test_every_job_is_either_periodic_or_asked_for() -> None:
    assert {job.name for job in SCHEDULE} | ON_DEMAND == PUBLIC_JOBS


def test_the_nudge_wakes_a_job_that_exists() -> None:
    assert f"{tasks.dispatch_messages.__module__}.{tasks.dispatch_messages.__name__}" == nudges.DISPATCH_JOB
    assert nudges.MESSAGES_QUEUE in QUEUES


def test_a_clock_that_is_due_is_noticed_within_five_seconds() -> None:
    (sweep,) = (job for job in SCHEDULE if job.function is tasks.sweep_clocks)
    assert sweep.interval <= 2
    assert sweep.queue == schedule.CLOCKS_QUEUE
