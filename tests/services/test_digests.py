"""The digest of the morning: once, at eight, to whoever leads and whoever is in charge of something."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session, scoped_session

from extensions import COMPANY_ZONE
from jobs import tasks
from models import Complaint, Notification
from rules.vocabulary import ClockKind, NotificationKind
from services import clock_sweep, complaints, digests, leaves
from tests.cast import Cast
from tests.conftest import Hands
from tests.factories import ClockFactory, ComplaintFactory, PromiseFactory

Db = scoped_session[Session]
Messages = Callable[..., list[Notification]]
KIND = NotificationKind.MORNING_DIGEST


def at(hour: int, minute: int = 0, *, day: int = 23) -> datetime:
    """A moment of Monday the 23rd of November, in the company's time."""
    return datetime(2026, 11, day, hour, minute, tzinfo=COMPANY_ZONE)


@pytest.fixture
def said(messages: Messages) -> Callable[[], dict[str, tuple[str, str, str]]]:
    """Who was told how many are open, overdue and due today."""

    def read() -> dict[str, tuple[str, str, str]]:
        return {
            each.person.name: (each.variables["open"], each.variables["overdue"], each.variables["today"])
            for each in messages(KIND)
            if each.person is not None
        }

    return read


@pytest.fixture
def cases(cast: Cast, session: Db, clock: Hands) -> dict[str, Complaint]:
    """赵磊 has two, one of them with a clock for today; one is nobody's and overdue; one is solved."""
    clock.set(at(6))
    now = clock.now()
    found = {
        "today": ComplaintFactory(handler=cast.zhao),
        "later": ComplaintFactory(handler=cast.zhao),
        "nobody's": ComplaintFactory(handler=None),
    }
    ClockFactory(complaint=found["today"], kind=ClockKind.FORMAL_REPLY, due_at=at(18), started_at=now)
    ClockFactory(complaint=found["later"], kind=ClockKind.FORMAL_REPLY, due_at=at(0, day=24), started_at=now)
    ClockFactory(
        complaint=found["nobody's"],
        kind=ClockKind.TRIAGE,
        started_at=now - timedelta(hours=2),
        due_at=now - timedelta(hours=1),
        next_action_at=now - timedelta(hours=1),
    )
    clock_sweep.sweep(now=now)
    session.commit()
    return found


def test_who_leads_hears_of_all_and_who_has_some_of_their_own(cases: Any, cast: Cast, said: Callable[[], Any]) -> None:
    assert digests.send(now=at(8)) == 3
    assert said() == {"林晓": ("3", "1", "1"), "孙梅": ("3", "1", "1"), "赵磊": ("2", "0", "1")}


def test_a_promise_for_today_is_due_today(cases: Any, cast: Cast, said: Callable[[], Any]) -> None:
    PromiseFactory(complaint=cases["later"], due_at=at(20), made_at=at(6))
    digests.send(now=at(8))
    assert said()["赵磊"] == ("2", "0", "2")


@pytest.mark.parametrize(
    ("moment", "count"),
    [
        pytest.param(at(7, 59), 0, id="before eight"),
        pytest.param(at(8), 3, id="at eight"),
        pytest.param(at(9, 59), 3, id="late"),
        pytest.param(at(10), 0, id="too late to be of use"),
    ],
)
def test_it_comes_in_the_morning(moment: datetime, count: int, cases: Any) -> None:
    assert digests.send(now=moment) == count


def test_it_comes_once_a_day(cases: Any, clock: Hands, messages: Messages) -> None:
    assert [digests.send(now=at(8)), digests.send(now=at(8, 1)), digests.send(now=at(8, day=24))] == [3, 0, 3]


def test_what_comes_in_after_eight_is_no_digest(cast: Cast, clock: Hands, messages: Messages) -> None:
    clock.set(at(8))
    assert tasks.send_digests() == 0
    ComplaintFactory()
    clock.forward(minutes=1)
    assert tasks.send_digests() == 0


def test_where_nothing_is_open_nothing_is_said(cast: Cast, messages: Messages) -> None:
    assert digests.send(now=at(8)) == 0


def test_who_is_on_leave_is_left_alone(cases: Any, cast: Cast, said: Callable[[], Any]) -> None:
    leaves.record(cast.zhao, starts_at=at(7), ends_at=at(23), actor=cast.zhao, now=at(6))
    digests.send(now=at(8))
    assert "赵磊" not in said()


def test_what_was_solved_waits_for_nobody(cases: Any, cast: Cast, said: Callable[[], Any]) -> None:
    complaints.make_void(cases["later"], reason="误登", actor=cast.roster, now=at(7))
    digests.send(now=at(8))
    assert said()["赵磊"] == ("1", "0", "1")


def test_two_jobs_at_once_say_it_once(cases: Any, at_once: Callable[..., list[Any]], messages: Messages) -> None:
    at_once(*[lambda: digests.send(now=at(8))] * 2)
    assert len(messages(KIND)) == 3
