"""Delays that grow by themselves: every day after the contract's date counts until the work is accepted (D-12)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import contains_eager

from extensions import COMPANY_ZONE, db
from models import Complaint, Project
from rules.compensation import MAX_DELAY_DAYS
from rules.vocabulary import Category, EventKind, Severity
from services import complaint_locks, regrading, timeline
from services.actors import SYSTEM


def follow_calendar(*, now: datetime) -> int:
    """Count the days of open complaints that tell of a delay where a graver level follows; returns how many rose.

    The days go by the contract's planned date while the work is not accepted. They are written down only when the
    level asks for it: a line a day would drown what people did.
    """
    today = now.astimezone(COMPANY_ZONE).date()
    measure = regrading.yardstick()
    graver = [
        complaint.id
        for complaint in _late(today)
        if regrading.would_raise(complaint, replace(complaint.facts, delay_days=_days(complaint, today)), measure)
    ]
    return sum(_raise(complaint, today, now=now) for complaint in complaint_locks.take(graver))


def _late(today: date) -> list[Complaint]:
    """Open complaints that tell of a delay and whose contract's date is behind us by more days than is written down."""
    statement = (
        select(Complaint)
        .join(Complaint.project)
        .options(contains_eager(Complaint.project))
        .where(
            Complaint.is_open,
            ~Complaint.is_history,
            or_(Complaint.category == Category.DELAY, Complaint.delay_days > 0),
            func.coalesce(Complaint.severity, Complaint.suggested_severity) != Severity.MAJOR,
            Project.planned_finish_on < today,
            Project.accepted_on.is_(None),
        )
    )
    return [complaint for complaint in db.session.scalars(statement) if _days(complaint, today) > complaint.delay_days]


def _days(complaint: Complaint, today: date) -> int:
    planned = complaint.project.planned_finish_on if complaint.project else None
    return min((today - planned).days, MAX_DELAY_DAYS) if planned else 0


def _raise(complaint: Complaint, today: date, *, now: datetime) -> bool:
    """Write the days down and let the level follow, unless somebody did meanwhile."""
    was, days = complaint.level, _days(complaint, today)
    if not complaint.is_open or days <= complaint.delay_days:
        return False
    changes = {"delay_days": (complaint.delay_days, days)}
    complaint.delay_days = days
    timeline.add(complaint, EventKind.EDITED, actor=SYSTEM, now=now, changes=changes)
    regrading.follow_facts(complaint, actor=SYSTEM, now=now)
    return complaint.level < was
