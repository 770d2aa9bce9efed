from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session, scoped_session

from jobs.schedule import SCHEDULE
from rules.vocabulary import NotificationState
from services import heartbeats, notifications, outbox, standstill
from tests.conftest import Hands
from tests.factories import NotificationFactory
from tests.providers import Provider, fleet_of

Db = scoped_session[Session]
MINUTE = timedelta(minutes=1)


@pytest.mark.usefixtures("session")
class TestStandstill:
    def test_a_desk_that_was_set_up_just_now_does_not_stand_still(self, now: datetime) -> None:
        assert standstill.since(now=now) is None

    def test_what_waits_for_its_time_does_not_tell_of_one(self, now: datetime) -> None:
        NotificationFactory(due_at=now + MINUTE)
        NotificationFactory(due_at=now - MINUTE)
        assert standstill.since(now=now) is None

    def test_a_message_that_nobody_looked_at_does(self, now: datetime) -> None:
        NotificationFactory(due_at=now - 3 * MINUTE)
        NotificationFactory(due_at=now - 5 * MINUTE)
        NotificationFactory(due_at=now - 9 * MINUTE, state=NotificationState.CANCELLED)
        assert standstill.since(now=now) == now - 5 * MINUTE

    @pytest.mark.parametrize("job", standstill.VITAL)
    def test_a_vital_job_that_fell_silent_does(self, now: datetime, job: str) -> None:
        heartbeats.beat(job, count=0, now=now - 4 * MINUTE)
        heartbeats.beat("send_digests", count=0, now=now - 60 * MINUTE)
        assert standstill.since(now=now) == now - 4 * MINUTE

    def test_one_that_fails_all_the_time_does_not_count_as_running(self, now: datetime) -> None:
        heartbeats.beat("sweep_chains", count=0, now=now - 4 * MINUTE)
        heartbeats.stumble("sweep_chains", error="disk full", now=now)
        assert standstill.since(now=now) == now - 4 * MINUTE

    def test_what_a_worker_put_off_does_not_tell_of_one(self, session: Db, clock: Hands) -> None:
        person = NotificationFactory().person
        NotificationFactory.create_batch(3, person=person)
        session.commit()
        for _ in range(4):
            outbox.dispatch(fleet=fleet_of(Provider()), clock=clock.now)
            assert standstill.since(now=clock.now()) is None
            clock.forward(minutes=1)
        assert notifications.expire(now=clock.now()) == 0


def test_the_vital_jobs_are_jobs_that_run_every_few_seconds() -> None:
    intervals = {job.name: timedelta(seconds=job.interval) for job in SCHEDULE}
    assert all(intervals[job] * 10 < standstill.PATIENCE for job in standstill.VITAL)
