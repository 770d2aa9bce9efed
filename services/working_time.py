"""Working time on real days: the company's week, the public calendar, and what the desk knows better."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import select

from extensions import COMPANY_ZONE, db
from models import Policy, SpecialDay
from rules.working_time import WorkingCalendar, WorkingTime


def calendar(week: Policy) -> WorkingCalendar:
    """The days as this version of the working time and today's table of special days have them."""
    return WorkingCalendar(WorkingTime.from_document(week.document), COMPANY_ZONE, special_days())


def special_days() -> Mapping[date, bool]:
    """The desk's own table of days that are worked (True) or free whatever the public calendar says."""
    return {row.day: row.is_working for row in db.session.execute(select(SpecialDay.day, SpecialDay.is_working))}
