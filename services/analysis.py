"""The analysis report 《投诉分析报告》 of a period: how many, of what kind, whose, what became of it (G-06, N7, N21).

A complaint belongs to the period in which the customer first spoke (``first_word_at``), in company time. One predicate
says what counts: void complaints do not, nor duplicates, which are void, nor drills. Imported history counts; it has no
clocks. Complaints made in bad faith count too, and their number is said. Every section is a grouped statement or two
over a range of the index on ``first_word_at``; none grows with the complaints outside the period.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select

from extensions import COMPANY_ZONE, db
from models import (
    Clock,
    Community,
    Complaint,
    Crew,
    MaliceReview,
    Person,
    Project,
    Responsibility,
    WorkCost,
    WorkOrder,
)
from models.base import not_by_index
from rules.refusals import Refusal
from rules.vocabulary import N_, ClockKind, ClockState, MaliceVerdict, ResponsibilityKind, Status
from services import analysis_causes, analysis_money, analysis_satisfaction
from services.analysis_causes import Actions, Causes
from services.analysis_money import Costs, Given
from services.analysis_satisfaction import Repeats, Satisfaction

LONGEST = timedelta(days=366)
TOP = 10


@dataclass(frozen=True)
class Period:
    """Days in company time, both included."""

    first_on: date
    last_on: date

    @property
    def starts_at(self) -> datetime:
        """The first midnight."""
        return datetime.combine(self.first_on, time(), COMPANY_ZONE)

    @property
    def ends_at(self) -> datetime:
        """The midnight after the last day."""
        return datetime.combine(self.last_on + timedelta(days=1), time(), COMPANY_ZONE)


def month(day: date) -> Period:
    """The month of a day."""
    first = day.replace(day=1)
    return Period(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))


def quarter(day: date) -> Period:
    """The quarter of a day."""
    first = day.replace(month=3 * ((day.month - 1) // 3) + 1, day=1)
    return Period(first, month(first + timedelta(days=63)).last_on)


def days(first_on: date, last_on: date) -> Period:
    """Any days up to a year.

    Raises:
        Refusal: they end before they begin, or are more than a year.
    """
    if last_on < first_on:
        raise Refusal(N_("The period ends before it begins."), field="last_on")
    if last_on - first_on >= LONGEST or not 2000 <= first_on.year <= last_on.year < 9999:
        raise Refusal(N_("A period is at most 366 days."), field="last_on")
    return Period(first_on, last_on)


@dataclass(frozen=True)
class Count:
    """A line: what (a word, a name, or None for what was not said) and how many."""

    what: Any
    number: int


@dataclass(frozen=True)
class Kept:
    """The clocks of a kind: stopped in time, too late or not at all yet, still within their time."""

    kind: Any
    met: int
    missed: int
    running: int

    @property
    def rate(self) -> float | None:
        """The share that was met of those decided."""
        return self.met / (self.met + self.missed) if self.met + self.missed else None


@dataclass(frozen=True)
class Report:
    """Everything in it, section by section."""

    period: Period
    total: int
    malicious: int
    history: int
    categories: Sequence[Count]
    levels: Sequence[Count]
    channels: Sequence[Count]
    communities: Sequence[Count]
    departments: Sequence[Count]
    people: Sequence[Count]
    project_managers: Sequence[Count]
    crews: Sequence[Count]
    batches: Sequence[Count]
    clocks: Sequence[Kept]
    given: Sequence[Given]
    costs: Costs
    satisfaction: Satisfaction
    repeats: Repeats
    causes: Causes
    actions: Actions


def report(period: Period, *, now: datetime) -> Report:
    """The report of a period as it stands now."""
    these = counted(period)
    kinds = _kinds(these)
    return Report(
        period=period,
        total=sum(number for *_, number in kinds),
        malicious=_malicious(these),
        history=sum(row[3] * row[4] for row in kinds),
        categories=_of_place(kinds, 0),
        levels=sorted(_of_place(kinds, 1), key=lambda count: int(count.what)),
        channels=_of_place(kinds, 2),
        communities=_communities(these),
        departments=_departments(these),
        people=_people(these),
        project_managers=_project_managers(these),
        crews=_crews(these),
        batches=_batches(these),
        clocks=_clocks(these, now),
        given=analysis_money.given(these),
        costs=analysis_money.costs(these),
        satisfaction=analysis_satisfaction.satisfaction(these),
        repeats=analysis_satisfaction.repeats(these, now=now),
        causes=analysis_causes.causes(these),
        actions=analysis_causes.actions(these, now=now),
    )


def counted(period: Period) -> ColumnElement[bool]:
    """Which complaints a report counts; the only place that says it."""
    return (
        (Complaint.first_word_at >= period.starts_at)
        & (Complaint.first_word_at < period.ends_at)
        & (Complaint.status != Status.VOID)
        & Complaint.is_counted
    )


def _kinds(these: ColumnElement[bool]) -> list[Any]:
    """One pass over the period: category, level, channel, whether history, and how many."""
    level = func.coalesce(Complaint.severity, Complaint.suggested_severity, type_=Complaint.severity.type)
    axes = (Complaint.category, level, Complaint.channel, Complaint.is_history)
    return list(db.session.execute(select(*axes, func.count()).where(these).group_by(*axes)))


def _of_place(kinds: Sequence[Any], place: int) -> list[Count]:
    counter: Counter[Any] = Counter()
    for row in kinds:
        counter[row[place]] += row[4]
    return [Count(what, number) for what, number in sorted(counter.items(), key=lambda each: (-each[1], str(each[0])))]


def _malicious(these: ColumnElement[bool]) -> int:
    confirmed = select(MaliceReview.complaint_id).where(MaliceReview.verdict == MaliceVerdict.CONFIRMED)
    return db.session.scalar(select(func.count()).where(these, Complaint.id.in_(confirmed))) or 0


def _communities(these: ColumnElement[bool]) -> list[Count]:
    number = func.count()
    statement = (
        select(Community.name, number)
        .select_from(Complaint)
        .join(Community, Community.id == Complaint.community_id)
        .where(these)
        .group_by(Community.id, Community.name)
        .order_by(number.desc(), Community.id)
        .limit(TOP)
    )
    return _counts(statement)


def _departments(these: ColumnElement[bool]) -> list[Count]:
    """By the side of the lead who stands now; None for those without one."""
    number = func.count()
    return _counts(
        select(Responsibility.side, number)
        .select_from(Complaint)
        .outerjoin(Responsibility, lead())
        .where(these)
        .group_by(Responsibility.side)
        .order_by(number.desc(), Responsibility.side)
    )


def _people(these: ColumnElement[bool]) -> list[Count]:
    """By the lead who stands now."""
    return _by_person(select(Complaint).join(Responsibility, lead()).join(Responsibility.person), these)


def _project_managers(these: ColumnElement[bool]) -> list[Count]:
    return _by_person(select(Complaint).join(Complaint.project).join(Project.project_manager), these)


def _by_person(joined: Any, these: ColumnElement[bool]) -> list[Count]:
    number = func.count()
    statement = joined.with_only_columns(Person.name, number, maintain_column_froms=True).where(these)
    return _counts(statement.group_by(Person.id, Person.name).order_by(number.desc(), Person.id).limit(TOP))


def _crews(these: ColumnElement[bool]) -> list[Count]:
    """Complaints on which a crew worked, each once."""
    number = func.count(Complaint.id.distinct())
    statement = select(Crew.name, number).select_from(Complaint)
    statement = statement.join(WorkOrder, WorkOrder.complaint_id == Complaint.id).join(WorkOrder.crew).where(these)
    return _counts(statement.group_by(Crew.id, Crew.name).order_by(number.desc(), Crew.id).limit(TOP))


def _batches(these: ColumnElement[bool]) -> list[Count]:
    """Complaints for which material of a batch was used, each once."""
    number = func.count(Complaint.id.distinct())
    batch = not_by_index(WorkCost.batch)
    statement = (
        select(batch, number)
        .select_from(Complaint)
        .join(WorkOrder, WorkOrder.complaint_id == Complaint.id)
        .join(WorkOrder.costs)
        .where(these, batch != "", WorkCost.struck_at.is_(None))
    )
    return _counts(statement.group_by(batch).order_by(number.desc(), batch).limit(TOP))


def _clocks(these: ColumnElement[bool], now: datetime) -> list[Kept]:
    """By kind; one that runs over its time is missed, whether the sweep came by already or not."""
    is_over = (Clock.state == ClockState.BREACHED) | ((Clock.state == ClockState.RUNNING) & (Clock.due_at <= now))
    is_met, is_missed = Clock.state == ClockState.MET, (Clock.state == ClockState.MISSED) | is_over
    statement = (
        select(Clock.kind, func.count().filter(is_met), func.count().filter(is_missed), func.count())
        .select_from(Complaint)
        .join(Clock, Clock.complaint_id == Complaint.id)
        .where(these, Clock.state != ClockState.CANCELLED)
        .group_by(Clock.kind)
    )
    rows = db.session.execute(statement)
    kept = [Kept(kind, met, missed, every - met - missed) for kind, met, missed, every in rows]
    order = list(ClockKind)
    return sorted(kept, key=lambda each: order.index(each.kind))


def lead() -> ColumnElement[bool]:
    """Joins a complaint with the lead who stands now."""
    is_lead = (Responsibility.kind == ResponsibilityKind.LEAD) & Responsibility.ended_at.is_(None)
    return (Responsibility.complaint_id == Complaint.id) & is_lead


def _counts(statement: Any) -> list[Count]:
    return [Count(what, number) for what, number in db.session.execute(statement)]
