"""Working time on real days: the company's week, the public calendar, and what the desk knows better."""

from __future__ import annotations

from sqlalchemy import select

from extensions import COMPANY_ZONE, db
from models import Policy, SpecialDay
from rules.working_time import WorkingCalendar, WorkingTime


def calendar(week: Policy) -> WorkingCalendar:
    """The days as this version of the working time and today's table of special days have them."""
    special = {row.day: row.is_working for row in db.session.execute(select(SpecialDay.day, SpecialDay.is_working))}
    return WorkingCalendar(WorkingTime.from_document(week.document), COMPANY_ZONE, special)
