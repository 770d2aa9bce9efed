"""The regular visits of finished projects: planned month by month after acceptance, each once (A-02)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import exists, select

from extensions import COMPANY_ZONE, db
from models import FollowUp, Project
from rules.warranty import months_after
from services import first_writer, follow_up_plans

AHEAD = timedelta(days=7)
BACK = timedelta(days=30)
"""A visit is planned from a week before on; one that lies further back was missed before the desk knew of it."""

AT = time(9)
BATCH = 100
_A_MONTH_S_END = timedelta(days=3)
"""Months are of different lengths: so far a day may be from the one counted back."""


def plan(*, now: datetime, limit: int = BATCH) -> int:
    """Plan the visits that come within a week; returns how many are new."""
    today = now.astimezone(COMPANY_ZONE).date()
    made = 0
    for months in follow_up_plans.policy().visits:
        for project in _without(months, today, limit=limit):
            if made < limit and project.accepted_on is not None:
                made += _planned(project, months, today)
    return made


def _without(months: int, today: date, *, limit: int) -> Sequence[Project]:
    """Projects whose visit of that month is near and not planned yet."""
    first = months_after(today - BACK, -months) - _A_MONTH_S_END
    last = months_after(today + AHEAD, -months) + _A_MONTH_S_END
    is_planned = exists().where(FollowUp.project_id == Project.id, FollowUp.round == months)
    near = select(Project).where(Project.accepted_on >= first, Project.accepted_on <= last, ~is_planned)
    return db.session.scalars(near.order_by(Project.accepted_on, Project.id).limit(limit)).all()


def _planned(project: Project, months: int, today: date) -> bool:
    assert project.accepted_on is not None
    day = months_after(project.accepted_on, months)
    if not today - BACK <= day <= today + AHEAD:
        return False
    due_at = datetime.combine(day, AT, COMPANY_ZONE)
    return first_writer.insert(FollowUp(project=project, round=months, due_at=due_at))
