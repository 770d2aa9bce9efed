"""What each person carries of the roster that stands."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session, scoped_session

from extensions import COMPANY_ZONE
from rules.fairness import DayKind
from services import fairness
from tests.cast import Cast
from tests.factories import ShiftFactory

Db = scoped_session[Session]
HOUR = timedelta(hours=1)
MONDAY = datetime(2026, 11, 23, tzinfo=COMPANY_ZONE)


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        pytest.param(date(2026, 11, 23), DayKind.WORKDAY, id="a Monday"),
        pytest.param(date(2026, 11, 28), DayKind.WEEKEND, id="a Saturday"),
        pytest.param(date(2026, 10, 1), DayKind.HOLIDAY, id="National Day"),
        pytest.param(date(2026, 10, 3), DayKind.HOLIDAY, id="a Saturday that is a public holiday"),
        pytest.param(date(2026, 10, 10), DayKind.WORKDAY, id="a Saturday to make up for days off"),
        pytest.param(date(2026, 9, 20), DayKind.WORKDAY, id="a Sunday to make up for days off"),
        pytest.param(date(2026, 10, 7), DayKind.WEEKEND, id="a Wednesday off for which a Saturday is worked"),
        pytest.param(date(2026, 2, 17), DayKind.HOLIDAY, id="Spring Festival"),
    ],
)
def test_what_a_day_is(day: date, kind: DayKind) -> None:
    assert fairness.kind_of_day(day) is kind


def test_hours_count_as_far_as_they_lie_in_the_period(session: Db, cast: Cast) -> None:
    ShiftFactory(person=cast.zhou, starts_at=MONDAY - 4 * HOUR, ends_at=MONDAY + 4 * HOUR)
    ShiftFactory(person=cast.he, starts_at=MONDAY + 8 * HOUR, ends_at=MONDAY + 16 * HOUR)
    shares = fairness.between(start=MONDAY, end=MONDAY + 12 * HOUR)
    assert [(share.person.login, share.load.total / HOUR, share.load.night / HOUR) for share in shares] == [
        ("he", 4, 0),
        ("zhou", 4, 4),
    ]
    mine = fairness.of_person(cast.zhou, start=MONDAY, end=MONDAY + 12 * HOUR)
    assert mine is not None and mine.load.total == 4 * HOUR
    assert fairness.of_person(cast.gao, start=MONDAY, end=MONDAY + 12 * HOUR) is None
