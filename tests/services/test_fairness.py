"""What each person carries of the roster that stands."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session, scoped_session

from extensions import COMPANY_ZONE
from rules.fairness import DayKind
from services import fairness
from tests.cast import Cast
from tests.factories import ShiftFactory, SpecialDayFactory

Db = scoped_session[Session]
HOUR = timedelta(hours=1)
MONDAY = datetime(2026, 11, 23, tzinfo=COMPANY_ZONE)


def test_special_days_come_first(session: Db) -> None:
    SpecialDayFactory(day=date(2026, 11, 28), is_working=True)
    SpecialDayFactory(day=date(2026, 11, 30), is_working=False)
    kind_of_day = fairness.kinds_of_days()
    days = [date(2026, 11, day) for day in (28, 29, 30)]
    assert [kind_of_day(day) for day in days] == [DayKind.WORKDAY, DayKind.WEEKEND, DayKind.HOLIDAY]


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
