"""The demo is believable whenever it is loaded, and is loaded wholly or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

import seed
from extensions import COMPANY_ZONE, db
from models import Complaint, Person, TimelineEvent
from rules.refusals import Refusal
from rules.vocabulary import Status
from seed.demo import stories
from seed.demo.week import Story, Week
from tests.conftest import SATURDAY_NIGHT, Databases, wipe

PASSWORD = "a demo for everybody"


@pytest.fixture
def empty_desk(databases: Databases) -> Iterator[None]:
    """A desk with the reference rows; the calendar is the same on every database, so one will do."""
    with databases.app("sqlite", has_pages=False).app_context():
        wipe(databases.get("sqlite").reference)
        yield
        db.session.remove()


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param((2027, 1, 1, 0, 20), id="just after midnight on New Year's Day"),
        pytest.param((2026, 11, 28, 23, 55), id="five to midnight on a Saturday"),
        pytest.param((2026, 11, 30, 7, 59), id="a minute before the shifts change on a Monday"),
    ],
)
def test_it_can_be_loaded_at_any_hour(moment: tuple[int, int, int, int, int], empty_desk: None) -> None:
    now = datetime(*moment, tzinfo=COMPANY_ZONE).astimezone(UTC)
    assert seed.load_demo(now, PASSWORD)
    assert {Status.NEW, Status.CONTACTED, Status.HANDLING, Status.CLOSED} <= set(
        db.session.scalars(select(Complaint.status))
    )
    assert db.session.scalar(select(func.max(TimelineEvent.at))) <= now
    db.session.rollback()


def test_a_start_that_is_interrupted_leaves_nothing_behind(empty_desk: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def lights_out(week: Week) -> Story:
        yield week.before_end(hours=1)
        raise KeyboardInterrupt

    monkeypatch.setattr(stories, "STORIES", (stories.told_twice, lights_out))
    with pytest.raises(KeyboardInterrupt):
        seed.load_demo(SATURDAY_NIGHT, PASSWORD)
    db.session.rollback()
    assert not db.session.scalar(select(func.count(Person.id)))
    assert not seed.has_demo()


def test_a_password_that_is_too_short_is_refused(empty_desk: None) -> None:
    with pytest.raises(Refusal):
        seed.load_demo(SATURDAY_NIGHT, "short")
    db.session.rollback()
    assert not seed.has_demo()
