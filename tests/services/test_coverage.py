"""Coverage of the roster: what is missing and what is too much (N5)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session, scoped_session

from rules import roster
from rules.escalation import DutyRoleCode
from services import coverage, duty
from tests.cast import Cast
from tests.factories import DutyRoleFactory, ShiftFactory

Db = scoped_session[Session]
HOUR = timedelta(hours=1)


def put(person: object, now: datetime, begin: float, end: float, code: DutyRoleCode = DutyRoleCode.LEGAL) -> None:
    role = DutyRoleFactory(code=code)
    ShiftFactory(role=role, person=person, starts_at=now + begin * HOUR, ends_at=now + end * HOUR)


def test_an_empty_roster_covers_nothing(session: Db, now: datetime) -> None:
    ahead = coverage.ahead(now=now)
    assert (ahead.covered, ahead.gap_count, ahead.double_count) == (0, 4, 0)
    assert {hole.role for hole in ahead.holes} == set(DutyRoleCode)


def test_the_score_is_the_covered_share_of_all_roles(session: Db, cast: Cast, now: datetime) -> None:
    put(cast.gao, now, 0, 7 * 24)
    put(cast.lin, now, 7 * 24, 14 * 24)
    assert coverage.ahead(now=now).covered == 25


def test_holes_are_gaps_and_hours_with_two_people_by_their_beginning(session: Db, cast: Cast, now: datetime) -> None:
    put(cast.gao, now, 0, 24)
    put(cast.lin, now, 20, 300)
    put(cast.he, now, 302, 400)
    holes = [hole for hole in coverage.ahead(now=now).holes if hole.role is DutyRoleCode.LEGAL]
    assert [((hole.starts_at - now) / HOUR, (hole.ends_at - now) / HOUR, hole.is_gap) for hole in holes] == [
        (20, 24, False),
        (300, 302, True),
    ]
    assert holes[0].person_ids == (cast.gao.id, cast.lin.id)


@pytest.mark.parametrize("days", [1, 14])
def test_it_agrees_with_the_roster_itself(session: Db, cast: Cast, now: datetime, days: int) -> None:
    put(cast.gao, now, -3, 30)
    put(cast.lin, now, 40, 90, DutyRoleCode.DESIGN)
    end = now + timedelta(days=days)
    found = coverage.between(start=now, end=end)
    for role in DutyRoleCode:
        hours = [each.hours for each in duty.between(start=now, end=end, role=role)]
        assert found.gaps[role] == roster.gaps(hours, start=now, end=end)
        assert found.doubles[role] == roster.doubles(hours, start=now, end=end)
