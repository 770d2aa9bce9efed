"""A delay grows by itself, day by day after the contract's date, and raises the level when it is too long (D-12)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session, scoped_session

from extensions import db
from models import Complaint, Customer, Project
from rules.severity import Facts
from rules.vocabulary import Category, EventKind, Severity
from services import delays
from tests.cast import Cast
from tests.conftest import Hands
from tests.factories import ProjectFactory
from tests.services.conftest import grade, lines
from tests.stories import recorded

Db = scoped_session[Session]
SATURDAY = date(2026, 11, 21)


@pytest.fixture
def late(cast: Cast, on_duty: Any, session: Db, now: datetime) -> Complaint:
    """Eight days late by what the customer says, ten by the contract; graded general."""
    complaint = recorded(cast, now=now, category=Category.DELAY, facts=Facts(Category.DELAY, delay_days=8))
    complaint.project = ProjectFactory(
        customer=session.get_one(Customer, complaint.customer_id), planned_finish_on=SATURDAY - timedelta(days=10)
    )
    grade(complaint, cast, now, Severity.GENERAL)
    session.commit()
    return complaint


def project_of(complaint: Complaint) -> Project:
    assert complaint.project is not None
    return complaint.project


def test_the_eleventh_day_raises_it(late: Complaint, clock: Hands) -> None:
    """Two hours after 22:00 in Shanghai it is Sunday there."""
    assert delays.follow_calendar(now=clock.forward(hours=1, minutes=59)) == 0
    assert late.delay_days == 8
    assert delays.follow_calendar(now=clock.forward(minutes=1)) == 1
    assert (late.severity, late.delay_days) == (Severity.URGENT, 11)
    assert lines(late, EventKind.EDITED)[0].changes == {"delay_days": [8, 11]}
    assert len(lines(late, EventKind.REGRADED)) == 1


def test_afterwards_no_line_a_day_follows(late: Complaint, clock: Hands) -> None:
    delays.follow_calendar(now=clock.forward(days=1))
    assert [delays.follow_calendar(now=clock.forward(days=1)) for _ in range(5)] == [0] * 5
    assert late.delay_days == 11


@pytest.mark.parametrize("why", ["accepted", "no date", "another matter", "resolved"])
def test_it_does_not_grow_when(why: str, late: Complaint, cast: Cast, clock: Hands, session: Db) -> None:
    if why == "accepted":
        project_of(late).accepted_on = SATURDAY
    elif why == "no date":
        project_of(late).planned_finish_on = None
    elif why == "another matter":
        late.category, late.delay_days = Category.QUALITY, 0
    else:
        late.status = late.status.RESOLVED
    session.commit()
    assert delays.follow_calendar(now=clock.forward(days=30)) == 0
    assert late.severity is Severity.GENERAL


def test_it_grows_beside_another_matter_too(late: Complaint, clock: Hands, session: Db) -> None:
    """Hollow tiles, and eight days late: the delay is a fact like any other."""
    late.category = Category.QUALITY
    session.commit()
    assert delays.follow_calendar(now=clock.forward(days=1)) == 1
    assert (late.severity, late.delay_days) == (Severity.URGENT, 11)


def test_who_lowered_the_level_knowing_of_the_delay_is_not_overruled(
    late: Complaint, cast: Cast, clock: Hands, session: Db
) -> None:
    delays.follow_calendar(now=clock.forward(days=1))
    grade(late, cast, clock.now(), Severity.GENERAL)
    session.commit()
    assert delays.follow_calendar(now=clock.forward(days=5)) == 0
    assert (late.severity, late.delay_days) == (Severity.GENERAL, 11)


def test_two_at_once_raise_it_once(late: Complaint, clock: Hands, at_once: Any) -> None:
    later = clock.forward(days=3)
    assert sum(at_once(*[lambda: delays.follow_calendar(now=later)] * 3)) == 1
    db.session.expire_all()
    assert len(lines(late, EventKind.REGRADED)) == 1
