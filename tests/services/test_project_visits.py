"""The regular visits of finished projects: each planned once, by the policy in force (A-02)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from extensions import COMPANY_ZONE
from models import FollowUp
from rules.warranty import months_after
from services import project_visits
from tests.conftest import Hands
from tests.factories import ProjectFactory

Db = scoped_session[Session]
TODAY = date(2026, 11, 21)


def visits(session: Db) -> list[tuple[int, date]]:
    found = session.scalars(select(FollowUp).order_by(FollowUp.project_id, FollowUp.round))
    return [(each.round, each.due_at.astimezone(COMPANY_ZONE).date()) for each in found]


@pytest.mark.parametrize(
    ("accepted_on", "planned"),
    [
        pytest.param(TODAY, [], id="accepted today"),
        pytest.param(months_after(TODAY, -1), [(1, TODAY)], id="a month ago"),
        pytest.param(months_after(TODAY, -1) + timedelta(days=7), [(1, TODAY + timedelta(days=7))], id="in a week"),
        pytest.param(months_after(TODAY, -1) + timedelta(days=8), [], id="in eight days"),
        pytest.param(months_after(TODAY, -12), [(12, TODAY)], id="a year ago"),
        pytest.param(months_after(TODAY, -2), [], id="the first visit was missed before the desk knew of it"),
        pytest.param(date(2026, 10, 28), [(1, date(2026, 11, 28))], id="the last day of the week ahead"),
        pytest.param(None, [], id="not accepted"),
    ],
)
def test_a_visit_is_planned_a_week_before(
    accepted_on: date | None, planned: list[tuple[int, date]], session: Db, now: datetime
) -> None:
    ProjectFactory(accepted_on=accepted_on, starts_on=date(2020, 1, 1))
    project_visits.plan(now=now)
    assert visits(session) == planned


def test_it_may_run_as_often_as_it_likes(session: Db, clock: Hands) -> None:
    ProjectFactory(accepted_on=months_after(TODAY, -1), starts_on=date(2020, 1, 1))
    assert [project_visits.plan(now=clock.forward(days=each)) for each in (0, 0, 1, 5)] == [1, 0, 0, 0]


def test_many_are_planned_in_batches(session: Db, now: datetime) -> None:
    for _each in range(3):
        ProjectFactory(accepted_on=months_after(TODAY, -6), starts_on=date(2020, 1, 1))
    assert [project_visits.plan(now=now, limit=2) for _each in range(3)] == [2, 1, 0]


def test_every_visit_of_two_years_comes_once(session: Db, clock: Hands) -> None:
    ProjectFactory(accepted_on=TODAY, starts_on=date(2020, 1, 1))
    for _week in range(110):
        project_visits.plan(now=clock.forward(days=7))
    assert [each for each, _day in visits(session)] == [1, 3, 6, 12, 24]
