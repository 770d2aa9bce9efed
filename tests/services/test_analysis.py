"""The numbers of the analysis report equal those of plain loops over the same rows (G-06, N7, N21)."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from extensions import COMPANY_ZONE
from models import (
    Compensation,
    Complaint,
    CorrectiveAction,
    FollowUp,
    MaliceReview,
    Review,
    RootCause,
    WorkCost,
    WorkOrder,
)
from rules.refusals import Refusal
from rules.vocabulary import (
    ActionEffect,
    Category,
    Channel,
    ClockKind,
    ClockState,
    CompensationKind,
    CompensationStatus,
    FaultSide,
    FollowUpState,
    FollowUpWay,
    MaliceVerdict,
    ReviewState,
    Severity,
    Status,
)
from services import analysis
from tests.cast import Cast
from tests.factories import (
    ClockFactory,
    CommunityFactory,
    CompensationFactory,
    ComplaintFactory,
    CorrectiveActionFactory,
    CrewFactory,
    CustomerFactory,
    FollowUpFactory,
    MaliceReviewFactory,
    ProjectFactory,
    ResponsibilityFactory,
    ReviewFactory,
    WorkCostFactory,
    WorkOrderFactory,
)

Db = scoped_session[Session]
PERIOD = analysis.Period(date(2026, 9, 1), date(2026, 10, 31))
MONEY = Decimal("0.01")


@pytest.fixture
def now() -> datetime:
    """Two months after the period began."""
    return datetime(2026, 11, 21, 14, 0).astimezone(COMPANY_ZONE)


@pytest.fixture
def these(cast: Cast, session: Db, now: datetime) -> list[Complaint]:
    """Eighty complaints of every kind; returns those that count."""
    dice = random.Random(7)
    customers = CustomerFactory.create_batch(25)
    communities = CommunityFactory.create_batch(4)
    crews = CrewFactory.create_batch(3)
    managers = (cast.zhao, cast.zhou, None)
    projects = [
        ProjectFactory(amount=Decimal(90_000 + place), project_manager=managers[place % 3]) for place in range(9)
    ]
    causes = list(session.scalars(select(RootCause).limit(5)))
    midnight = PERIOD.starts_at
    made = []
    for place in range(80):
        first = midnight + timedelta(minutes=dice.randrange(-9 * 1440, 70 * 1440))
        first = {0: midnight, 1: PERIOD.ends_at, 2: midnight - timedelta(seconds=1)}.get(place, first)
        level = dice.choice([None, *Severity])
        complaint = ComplaintFactory(
            first_word_at=first,
            recorded_at=first,
            customer=dice.choice(customers),
            community=dice.choice([None, *communities]),
            project=dice.choice([None, *projects]),
            category=dice.choice(list(Category)),
            channel=dice.choice(list(Channel)),
            severity=level,
            graded_at=first if level else None,
            status=dice.choice([Status.HANDLING] * 8 + [Status.VOID]),
            is_drill=dice.random() < 0.08,
            is_history=dice.random() < 0.1,
        )
        made.append(complaint)
        _decorate(complaint, dice, cast, crews, causes, now)
    session.flush()
    return [
        complaint
        for complaint in made
        if complaint.status is not Status.VOID
        and not complaint.is_drill
        and date(2026, 9, 1) <= complaint.first_word_at.astimezone(COMPANY_ZONE).date() <= date(2026, 10, 31)
    ]


def _decorate(
    complaint: Complaint, dice: random.Random, cast: Cast, crews: list[Any], causes: list[RootCause], now: datetime
) -> None:
    first = complaint.first_word_at
    if dice.random() < 0.7:
        person = dice.choice([cast.zhao, cast.lin])
        ResponsibilityFactory(complaint=complaint, person=person, side=dice.choice(list(FaultSide)))
    for kind in (ClockKind.FIRST_ANSWER, ClockKind.TRIAGE):
        state = dice.choice([ClockState.MET, ClockState.MISSED, ClockState.BREACHED, ClockState.CANCELLED])
        stopped = first if state is not ClockState.BREACHED else None
        ClockFactory(
            complaint=complaint,
            kind=kind,
            state=state,
            started_at=first,
            due_at=first,
            breached_at=first,
            stopped_at=stopped,
            next_action_at=None,
        )
    ClockFactory(
        complaint=complaint,
        kind=ClockKind.FORMAL_REPLY,
        started_at=first,
        due_at=dice.choice([now, now + timedelta(seconds=1), now - timedelta(days=1)]),
    )
    if dice.random() < 0.3:
        verdict = dice.choice([None, *MaliceVerdict])
        decided = {"decided_at": now, "decided_by": cast.approver, "grounds": "核实"} if verdict else {}
        MaliceReviewFactory(complaint=complaint, verdict=verdict, **decided)
    for _ in range(dice.randrange(3)):
        status = dice.choice(list(CompensationStatus))
        CompensationFactory(
            complaint=complaint,
            kind=dice.choice(list(CompensationKind)),
            amount=Decimal(dice.randrange(1, 99_999)) * MONEY,
            status=status,
            offered_by=cast.zhao,
            decided_by=cast.approver,
            decided_at=now,
            paid_at=now,
            payment_proof="回单",
        )
    for _ in range(dice.randrange(3)):
        order = WorkOrderFactory(complaint=complaint, crew=dice.choice([None, *crews]))
        for _ in range(dice.randrange(3)):
            WorkCostFactory(
                work_order=order,
                batch=dice.choice(["", "B1", "B2"]),
                quantity=Decimal(1),
                unit_price=Decimal(dice.randrange(9_999)) * MONEY,
                amount=Decimal(dice.randrange(9_999)) * MONEY,
                struck_at=dice.choice([None, None, now]),
            )
    if dice.random() < 0.6:
        scores = {name: dice.randrange(1, 6) for name in ("attitude", "quality", "efficiency")}
        FollowUpFactory(
            complaint=complaint,
            state=FollowUpState.ANSWERED,
            way=FollowUpWay.PHONE,
            entered_by=cast.lin,
            ended_at=now,
            is_satisfied=min(scores.values()) > 2,
            **scores,
        )
    if dice.random() < 0.4:
        state = dice.choice([FollowUpState.PLANNED, FollowUpState.UNREACHED, FollowUpState.CANCELLED])
        FollowUpFactory(complaint=complaint, state=state, ended_at=None if state is FollowUpState.PLANNED else now)
    if dice.random() < 0.5:
        is_done = dice.random() < 0.7
        review = ReviewFactory(
            complaint=complaint,
            root_cause=dice.choice(causes),
            state=ReviewState.DONE if is_done else ReviewState.OPEN,
            ended_at=now if is_done else None,
        )
        effect = dice.choice([None, *ActionEffect])
        due_on = now.date() + timedelta(days=dice.choice([-3, 3]))
        CorrectiveActionFactory(
            review=review,
            due_on=due_on,
            check_on=due_on,
            done_at=now if effect else None,
            effect=effect,
            checked_at=now if effect else None,
        )


def counted(counts: Any) -> Counter[Any]:
    return Counter({getattr(count.what, "value", count.what): count.number for count in counts})


def lead_of(complaint: Complaint) -> Any:
    return next((each for each in complaint.responsibilities if each.ended_at is None), None)


def test_every_count_equals_a_loop(these: list[Complaint], session: Db, now: datetime) -> None:
    session.expire_all()
    report = analysis.report(PERIOD, now=now)
    ids = {complaint.id for complaint in these}
    assert report.total == len(these) > 30
    assert report.history == sum(complaint.is_history for complaint in these)
    assert counted(report.categories) == Counter(complaint.category.value for complaint in these)
    assert counted(report.levels) == Counter(int(complaint.level) for complaint in these)
    confirmed = select(MaliceReview.complaint_id).where(MaliceReview.verdict == MaliceVerdict.CONFIRMED)
    assert report.malicious == len(ids & set(session.scalars(confirmed))) > 0
    assert counted(report.channels) == Counter(complaint.channel.value for complaint in these)
    names = Counter(complaint.community.name for complaint in these if complaint.community)
    assert counted(report.communities) == names
    leads = [lead_of(complaint) for complaint in these]
    assert counted(report.departments) == Counter(lead.side.value if lead else None for lead in leads)
    assert counted(report.people) == Counter(lead.person.name for lead in leads if lead)
    with_manager = [each for each in these if each.project and each.project.project_manager]
    assert counted(report.project_managers) == Counter(each.project.project_manager.name for each in with_manager)  # type: ignore[union-attr]
    at_work = {
        (order.crew.name, order.complaint_id)
        for order in session.scalars(select(WorkOrder))
        if order.crew and order.complaint_id in ids
    }
    assert counted(report.crews) == Counter(crew for crew, _ in at_work)
    costs = [cost for cost in session.scalars(select(WorkCost)) if cost.work_order.complaint_id in ids]
    used = {(cost.batch, cost.work_order.complaint_id) for cost in costs if cost.batch and cost.struck_at is None}
    assert counted(report.batches) == Counter(batch for batch, _ in used)
    for kept in report.clocks:
        clocks = [clock for each in these for clock in each.clocks if clock.kind is kept.kind]
        states = [clock.state for clock in clocks]
        late = [clock for clock in clocks if clock.state is ClockState.RUNNING and clock.due_at <= now]
        assert kept.met == states.count(ClockState.MET)
        assert kept.missed == states.count(ClockState.MISSED) + states.count(ClockState.BREACHED) + len(late)
        assert kept.running == states.count(ClockState.RUNNING) - len(late)
        assert bool(late) is bool(kept.running) is (kept.kind is ClockKind.FORMAL_REPLY)
    assert len(report.clocks) == 3


def test_every_yuan_equals_a_loop(these: list[Complaint], session: Db, now: datetime) -> None:
    session.expire_all()
    report = analysis.report(PERIOD, now=now)
    ids = {complaint.id for complaint in these}
    good = ("approved", "accepted", "paid")
    given = [
        each for each in session.scalars(select(Compensation)) if each.complaint_id in ids and each.status.value in good
    ]
    spent = [
        each
        for each in session.scalars(select(WorkCost))
        if each.work_order.complaint_id in ids and each.struck_at is None
    ]
    for row in report.given:
        own = [each for each in given if each.kind is row.kind]
        paid = [each.amount for each in own if each.status is CompensationStatus.PAID]
        assert (row.granted, row.granted_yuan) == (len(own), sum(each.amount for each in own))
        assert (row.paid, row.paid_yuan) == (len(paid), sum(paid))
    assert sum(row.granted for row in report.given) == len(given)
    total = report.costs.total
    assert total.compensation == sum(each.amount for each in given)
    assert total.rework == sum(each.amount for each in spent)
    assert total.contracts == sum(project.amount for project in {each.project for each in these if each.project})
    for line in report.costs.departments:
        own_ids = {each.id for each in these if (getattr(lead_of(each), "side", None)) == line.who}
        projects = {each.project for each in these if each.id in own_ids and each.project}
        assert line.compensation == sum(each.amount for each in given if each.complaint_id in own_ids)
        assert line.rework == sum(each.amount for each in spent if each.work_order.complaint_id in own_ids)
        assert line.contracts == sum(project.amount for project in projects)
    for line in report.costs.project_managers:
        own = [each for each in these if each.project and str(each.project.project_manager) == line.who]
        own_ids = {each.id for each in own}
        assert line.contracts == sum(project.amount for project in {each.project for each in own if each.project})
        assert line.compensation == sum(each.amount for each in given if each.complaint_id in own_ids)
        assert line.rework == sum(each.amount for each in spent if each.work_order.complaint_id in own_ids)
    assert len(report.costs.project_managers) == 2
    reviews = session.scalars(select(Review).where(Review.state == ReviewState.DONE))
    found = {each.complaint_id: each.root_cause for each in reviews if each.complaint_id in ids}
    for line_ in report.costs.causes:
        of_cause = {key for key, cause in found.items() if cause and cause.name_zh == line_.name_zh}
        assert line_.compensation == sum(each.amount for each in given if each.complaint_id in of_cause)
        assert line_.rework == sum(each.amount for each in spent if each.work_order.complaint_id in of_cause)
    in_causes = [each.amount for each in given if found.get(each.complaint_id)]
    assert sum(each.compensation for each in report.costs.causes) == sum(in_causes) > 0


def test_satisfaction_repeats_causes_and_actions_equal_loops(
    these: list[Complaint], session: Db, now: datetime
) -> None:
    session.expire_all()
    report = analysis.report(PERIOD, now=now)
    ids = {complaint.id for complaint in these}
    told = [each for each in session.scalars(select(FollowUp)) if each.complaint_id in ids]
    answered = [each for each in told if each.state is FollowUpState.ANSWERED]
    asked = [*answered, *(each for each in told if each.state is FollowUpState.UNREACHED)]
    assert (report.satisfaction.asked, report.satisfaction.answered) == (len(asked), len(answered))
    assert report.satisfaction.satisfied == sum(bool(each.is_satisfied) for each in answered)
    for score in report.satisfaction.scores:
        values = [getattr(each, score.name) for each in answered]
        assert list(score.given) == [values.count(each) for each in range(1, 6)]
        assert score.average == pytest.approx(sum(values) / len(values))
    everything = session.scalars(select(Complaint)).all()
    for share, states in (
        (report.repeats.in_time, {ClockState.MET}),
        (report.repeats.late, {ClockState.MISSED, ClockState.BREACHED}),
    ):
        measured = [
            each
            for each in these
            if each.first_word_at <= now - timedelta(days=30)
            and any(clock.kind is ClockKind.FIRST_ANSWER and clock.state in states for clock in each.clocks)
        ]
        again = [
            each
            for each in measured
            if any(
                other.customer_id == each.customer_id
                and each.first_word_at < other.first_word_at <= each.first_word_at + timedelta(days=30)
                and other.status is not Status.VOID
                and not other.is_drill
                for other in everything
            )
        ]
        assert (share.complaints, share.again) == (len(measured), len(again))
        assert again
    reviews = [each for each in session.scalars(select(Review)) if each.complaint_id in ids]
    done = [each for each in reviews if each.state is ReviewState.DONE]
    assert (report.causes.done, report.causes.under_way) == (len(done), len(reviews) - len(done))
    expected = Counter(each.root_cause.name_zh for each in done if each.root_cause)
    assert {each.name_zh: each.number for each in report.causes.top} == expected
    actions = [each for each in session.scalars(select(CorrectiveAction)) if each.review.complaint_id in ids]
    waiting = [each for each in actions if each.done_at is None]
    assert (report.actions.open, report.actions.done) == (len(waiting), len(actions) - len(waiting))
    assert report.actions.overdue == sum(each.due_on < now.date() for each in waiting)
    effects = Counter(each.effect for each in actions)
    for effect in ActionEffect:
        assert getattr(report.actions, effect.value) == effects[effect] > 0


def test_nothing_at_all_is_a_report_too(cast: Cast, now: datetime) -> None:
    report = analysis.report(PERIOD, now=now)
    assert (report.total, report.costs.total.total, report.repeats.times) == (0, 0, None)


def test_periods() -> None:
    assert analysis.month(date(2028, 2, 29)) == analysis.Period(date(2028, 2, 1), date(2028, 2, 29))
    assert analysis.quarter(date(2026, 11, 9)) == analysis.Period(date(2026, 10, 1), date(2026, 12, 31))
    for first, last in ((date(2026, 1, 2), date(2026, 1, 1)), (date(2026, 1, 1), date(2027, 1, 2))):
        with pytest.raises(Refusal):
            analysis.days(first, last)
    assert analysis.days(date(2026, 1, 1), date(2027, 1, 1)).last_on == date(2027, 1, 1)
