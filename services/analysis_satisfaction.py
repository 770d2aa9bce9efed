"""Whether customers are satisfied, whether they complain again, and what late answers have to do with it (N7, N13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import aliased

from extensions import db
from models import Clock, Complaint, FollowUp
from rules.vocabulary import ClockKind, ClockState, FollowUpState, Status

AGAIN_WITHIN = timedelta(days=30)
ENOUGH = 30
"""Fewer answers than this on either side are too few to compare."""
SCORES = range(1, 6)


@dataclass(frozen=True)
class Score:
    """One of the three: how often each of 1 to 5 was given."""

    name: str
    given: Sequence[int]

    @property
    def average(self) -> float | None:
        """Of all that was given; None without any."""
        count = sum(self.given)
        return sum(score * number for score, number in zip(SCORES, self.given, strict=True)) / count if count else None


@dataclass(frozen=True)
class Satisfaction:
    """How many were asked, how many answered, were satisfied, and the three scores."""

    asked: int
    answered: int
    satisfied: int
    scores: Sequence[Score]


@dataclass(frozen=True)
class Share:
    """How many complaints, and after how many of them the customer complained again within 30 days."""

    complaints: int
    again: int

    @property
    def rate(self) -> float | None:
        """The share; None without complaints."""
        return self.again / self.complaints if self.complaints else None


@dataclass(frozen=True)
class Repeats:
    """Those that are repeats, and the company's own measure: answered in time against late.

    Only complaints whose 30 days are over are measured.
    """

    repeats: int
    in_time: Share
    late: Share

    @property
    def is_enough(self) -> bool:
        """Whether both sides have enough complaints to compare."""
        return min(self.in_time.complaints, self.late.complaints) >= ENOUGH

    @property
    def times(self) -> float | None:
        """How many times as often they complain again after a late answer; None where it cannot be said."""
        if not self.is_enough or not self.in_time.rate or self.late.rate is None:
            return None
        return self.late.rate / self.in_time.rate


def satisfaction(these: ColumnElement[bool]) -> Satisfaction:
    """The follow-ups of the period's complaints; one called off was never asked."""
    scores = {"attitude": FollowUp.attitude, "quality": FollowUp.quality, "efficiency": FollowUp.efficiency}
    tallies = [func.count().filter(column == score) for column in scores.values() for score in SCORES]
    is_answered = FollowUp.state == FollowUpState.ANSWERED
    asked = FollowUp.state.in_((FollowUpState.ANSWERED, FollowUpState.UNREACHED))
    statement = (
        select(
            func.count(),
            func.count().filter(is_answered),
            func.count().filter(FollowUp.is_satisfied.is_(True)),
            *tallies,
        )
        .select_from(Complaint)
        .join(FollowUp, FollowUp.complaint_id == Complaint.id)
        .where(these, asked)
    )
    every, answered, satisfied, *counts = db.session.execute(statement).one()
    width = len(SCORES)
    given = [Score(name, counts[place * width : (place + 1) * width]) for place, name in enumerate(scores)]
    return Satisfaction(every, answered, satisfied, given)


def repeats(these: ColumnElement[bool], *, now: datetime) -> Repeats:
    """How many are repeats, and the share of a second complaint after answers in time and late ones."""
    linked = db.session.scalar(
        select(func.count()).select_from(Complaint).where(these, Complaint.repeat_of_id.is_not(None))
    )
    shares = {is_late: Share(every, again) for is_late, every, again in _measured(these, now)}
    nothing = Share(0, 0)
    return Repeats(linked or 0, shares.get(0, nothing), shares.get(1, nothing))


def _measured(these: ColumnElement[bool], now: datetime) -> Sequence[tuple[int, int, int]]:
    """By whether the first answer was late: complaints, and those with a second one; one pass and a look-up each.

    The customer's next complaint is looked up in the index on customer and first word.
    """
    later = aliased(Complaint)
    next_at = (
        select(func.min(later.first_word_at))
        .where(
            later.customer_id == Complaint.customer_id,
            later.first_word_at > Complaint.first_word_at,
            later.status != Status.VOID,
            later.is_drill.is_(False),
        )
        .correlate(Complaint)
        .scalar_subquery()
    )
    is_late = case((Clock.state == ClockState.MET, 0), else_=1)
    decided = (ClockState.MET, ClockState.MISSED, ClockState.BREACHED)
    rows = (
        select(is_late.label("is_late"), Complaint.first_word_at.label("first_at"), next_at.label("next_at"))
        .join(Clock, Clock.complaint_id == Complaint.id)
        .where(
            these,
            Clock.kind == ClockKind.FIRST_ANSWER,
            Clock.state.in_(decided),
            Complaint.first_word_at <= now - AGAIN_WITHIN,
        )
        .subquery()
    )
    is_again = days_between(rows.c.first_at, rows.c.next_at) <= AGAIN_WITHIN.days
    statement = select(rows.c.is_late, func.count(), func.count().filter(is_again)).group_by(rows.c.is_late)
    return [(is_late, every, again) for is_late, every, again in db.session.execute(statement)]


def days_between(first: ColumnElement[datetime], second: ColumnElement[datetime]) -> ColumnElement[Any]:
    """The days from one moment to another, in either engine's words."""
    if db.engine.dialect.name == "sqlite":
        return func.julianday(second) - func.julianday(first)
    return func.extract("epoch", second - first) / 86400
