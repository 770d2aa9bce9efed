"""Which causes the reviews found, and where the corrective actions stand (G-06, RV3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from extensions import COMPANY_ZONE, db
from models import Complaint, CorrectiveAction, Review, RootCause
from models.base import not_by_index
from rules.vocabulary import ActionEffect, ReviewState

TOP = 10

IS_DONE = not_by_index(Review.state) == ReviewState.DONE
"""A review of the period's complaints that is finished."""


@dataclass(frozen=True)
class Found:
    """A cause and how many reviews found it."""

    name_zh: str
    name_en: str
    number: int


@dataclass(frozen=True)
class Causes:
    """Reviews under way and done, and the causes found most often."""

    under_way: int
    done: int
    top: Sequence[Found]


@dataclass(frozen=True)
class Actions:
    """The actions that came out of the period's complaints: still open, of these overdue, done, and what they did."""

    open: int
    overdue: int
    done: int
    worked: int
    failed: int
    unclear: int


def causes(these: ColumnElement[bool]) -> Causes:
    """What the reviews of the period's complaints found."""
    of_these = select(Complaint.id).where(these)
    by_state = select(Review.state, func.count()).where(Review.complaint_id.in_(of_these)).group_by(Review.state)
    states = {row[0]: row[1] for row in db.session.execute(by_state)}
    number = func.count()
    found = (
        select(RootCause.name_zh, RootCause.name_en, number)
        .join(Review, Review.root_cause_id == RootCause.id)
        .where(IS_DONE, Review.complaint_id.in_(of_these))
        .group_by(RootCause.id, RootCause.name_zh, RootCause.name_en)
        .order_by(number.desc(), RootCause.id)
        .limit(TOP)
    )
    top = [Found(*row) for row in db.session.execute(found)]
    return Causes(states.get(ReviewState.OPEN, 0), states.get(ReviewState.DONE, 0), top)


def actions(these: ColumnElement[bool], *, now: datetime) -> Actions:
    """Where the actions of the period's complaints stand today."""
    today = now.astimezone(COMPANY_ZONE).date()
    is_open = CorrectiveAction.done_at.is_(None)
    effect = CorrectiveAction.effect
    statement = (
        select(
            func.count().filter(is_open),
            func.count().filter(is_open & (CorrectiveAction.due_on < today)),
            func.count().filter(~is_open),
            *(func.count().filter(effect == each) for each in ActionEffect),
        )
        .join(CorrectiveAction.review)
        .where(Review.complaint_id.in_(select(Complaint.id).where(these)))
    )
    counts: list[int] = list(db.session.execute(statement).one())
    return Actions(*counts)
