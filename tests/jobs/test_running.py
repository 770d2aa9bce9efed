from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, scoped_session

from jobs import running
from jobs.schedule import SCHEDULE, Periodic
from models import Heartbeat, Notification, Person, SmsInboxMessage
from services import heartbeats
from tests.conftest import Hands
from tests.factories import NotificationFactory, PersonFactory

Desk = scoped_session[Session]


def heartbeat_of(session: Desk, job: str) -> Heartbeat:
    session.rollback()
    return session.scalars(select(Heartbeat).where(Heartbeat.job == job)).one()


def hire(login: str) -> int:
    PersonFactory(login=login)
    return 1


def hire_and_fail(login: str) -> int:
    hire(login)
    raise ValueError("the provider's answer was Chinese: 余额不足")


def look(session: Desk) -> bool:
    session.scalars(select(Person.id)).all()
    return True


def is_hired(session: Desk, login: str) -> bool:
    session.rollback()
    return session.scalar(select(Person.id).where(Person.login == login)) is not None


class TestAJobThatEndsWell:
    def test_commits_what_it_did(self, session: Desk) -> None:
        running.run("a_job", lambda now: hire("new"))
        assert is_hired(session, "new")

    def test_leaves_a_heartbeat_with_its_time_and_count(self, session: Desk, now: datetime) -> None:
        assert running.run("a_job", lambda moment: 3 if moment == now else 0) == 3
        heartbeat = heartbeat_of(session, "a_job")
        assert (heartbeat.succeeded_at, heartbeat.count, heartbeat.failed_at) == (now, 3, None)

    def test_in_batches_goes_on_while_a_batch_is_full(self, session: Desk) -> None:
        batches = iter([50, 50, 7, 99])
        assert running.run_in_batches("a_job", lambda now: look(session) and next(batches), batch=50) == 107
        assert heartbeat_of(session, "a_job").count == 7


class TestAJobThatCommitsByItself:
    """It may run after each message: its heartbeat would be one more turn of the one who writes."""

    def run(self, session: Desk, count: int) -> tuple[datetime | None, int]:
        running.run("a_job", lambda now: count)
        heartbeat = heartbeat_of(session, "a_job")
        said = heartbeat.succeeded_at, heartbeat.count
        session.rollback()
        return said

    def test_says_that_it_ran_every_few_seconds(self, session: Desk, clock: Hands) -> None:
        began = clock.now()
        assert self.run(session, 1) == (began, 1)
        clock.forward(seconds=4)
        assert self.run(session, 2) == (began, 1)
        clock.forward(seconds=1)
        assert self.run(session, 3) == (clock.now(), 3)

    def test_says_at_once_that_it_does_not_fail_any_more(self, session: Desk, clock: Hands) -> None:
        self.run(session, 1)
        clock.forward(seconds=1)
        with pytest.raises(ValueError, match="余额不足"):
            running.run("a_job", lambda now: hire_and_fail("new"))
        clock.forward(seconds=1)
        assert self.run(session, 2) == (clock.now(), 2)


class TestAJobThatFails:
    def test_leaves_nothing_half_done_and_says_so_to_the_worker(self, session: Desk) -> None:
        with pytest.raises(ValueError, match="余额不足"):
            running.run("a_job", lambda now: hire_and_fail("new"))
        assert not is_hired(session, "new")

    def test_keeps_its_error_beside_the_last_good_run(self, session: Desk, now: datetime) -> None:
        running.run("a_job", lambda moment: 5)
        with pytest.raises(ValueError, match="余额不足"):
            running.run("a_job", lambda moment: hire_and_fail("new"))
        heartbeat = heartbeat_of(session, "a_job")
        assert (heartbeat.succeeded_at, heartbeat.count, heartbeat.failed_at) == (now, 5, now)
        assert heartbeat.error == "ValueError: the provider's answer was Chinese: 余额不足"

    def test_is_heard_even_when_its_error_cannot_be_kept(self, session: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        def gone(job: str, *, error: str, now: datetime) -> None:
            raise OperationalError("UPDATE", {}, Exception("the database is gone"))

        monkeypatch.setattr(heartbeats, "stumble", gone)
        with pytest.raises(ValueError, match="余额不足"):
            running.run("a_job", lambda now: hire_and_fail("new"))


@pytest.mark.parametrize("job", SCHEDULE, ids=lambda job: job.name)
class TestEveryPeriodicJob:
    def test_runs_on_an_empty_desk_and_again_at_once(self, session: Desk, job: Periodic, now: datetime) -> None:
        assert (job.function(), job.function()) == (0, 0)
        assert heartbeat_of(session, job.name).succeeded_at == now


def test_a_message_is_sent_once_however_often_the_job_runs(session: Desk) -> None:
    message = NotificationFactory()
    session.commit()
    dispatch = next(job.function for job in SCHEDULE if job.name == "dispatch_messages")
    assert [dispatch(), dispatch(), dispatch()] == [1, 0, 0]
    assert session.scalar(select(func.count()).select_from(SmsInboxMessage)) == 1
    assert session.get_one(Notification, message.id, populate_existing=True).accepted_at is not None
