"""What comes after the promise, told for the demo: inspections, orders, days, causes, how the customer found it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import select

from extensions import COMPANY_ZONE, db
from models import Complaint, Inspection, Person, RootCause, WorkOrder
from rules.follow_ups import Scores
from rules.vocabulary import (
    CostKind,
    DefectCause,
    DelayCause,
    DelayEntryKind,
    FindingKind,
    FollowUpWay,
    WorkOrderKind,
    WorkPart,
)
from seed.demo import pictures
from seed.demo.week import Week
from services import corrective_actions, delay_ledger, follow_ups, inspections, reviews, work_orders
from services.follow_ups import Answer
from services.inspections import Measured
from services.work_orders import Plan


def look(week: Week, complaint: Complaint, who: Person, words: str) -> Inspection:
    """Somebody is there with the customer and begins to look."""
    return inspections.begin(complaint, inspector=who, is_customer_present=True, words=words, actor=who, now=week.now)


def tap(week: Week, inspection: Inspection, place: str, *, tapped: int, hollow: int) -> None:
    """Tiles tapped with the hammer."""
    measured = Measured(FindingKind.HOLLOW_TILES, WorkPart.TILING, place, tapped=tapped, hollow=hollow)
    inspections.measure(inspection, measured, actor=inspection.inspector, now=week.now)


def fill_water(week: Week, inspection: Inspection, place: str, *, depth: int) -> None:
    """Water that stands from now on."""
    measured = Measured(
        FindingKind.WATER_HOLDING, WorkPart.WATERPROOFING, place, filled_at=week.now, depth=Decimal(depth)
    )
    inspections.measure(inspection, measured, actor=inspection.inspector, now=week.now)


def agree(week: Week, inspection: Inspection, conclusion: str, *, ours: str, theirs: str) -> None:
    """What was found is told, and the customer signs."""
    inspections.end(
        inspection,
        conclusion=conclusion,
        our_side=ours,
        customers_side=theirs,
        absence="",
        confirmed_words="",
        signature=pictures.signature(),
        actor=inspection.inspector,
        now=week.now,
    )


def plan_rework(week: Week, complaint: Complaint, who: Person, words: str, *, days: int) -> WorkOrder:
    """Free rework of tiles under warranty, from now on."""
    order = Plan(
        kind=WorkOrderKind.REWORK,
        part=WorkPart.TILING,
        words=words,
        starts_at=week.now,
        done_at=week.now + timedelta(days=days),
        technician=who,
    )
    return work_orders.plan(
        order=order,
        cause=DefectCause.WORKMANSHIP,
        is_free=True,
        why="我方施工，免费返工",
        complaint=complaint,
        actor=who,
        now=week.now,
    )


def spend(week: Week, order: WorkOrder, who: Person, what: str, quantity: str, unit: str, price: str) -> None:
    """A line of costs, with the batch where it is material."""
    is_labour = unit == "工日"
    work_orders.add_cost(
        order,
        kind=CostKind.LABOUR if is_labour else CostKind.MATERIAL,
        what=what,
        quantity=Decimal(quantity),
        unit=unit,
        unit_price=Decimal(price),
        batch="" if is_labour else "TG-2609",
        actor=who,
        now=week.now,
    )


def do_and_show(week: Week, order: WorkOrder, who: Person, words: str) -> None:
    """Done, photographed, and signed by the customer."""
    work_orders.finish(order, words=words, uploads=[pictures.relaid_tiles()], actor=who, now=week.now)
    work_orders.confirm(order, signature=pictures.signature(), exception="", actor=who, now=week.now)


def lose_days(
    week: Week, complaint: Complaint, who: Person, cause: DelayCause, *, days_ago: int, days: int, words: str
) -> None:
    """Days that went by without work."""
    first_on = _day(week, days_ago)
    delay_ledger.enter(
        complaint,
        kind=DelayEntryKind.LOST,
        cause=cause,
        first_on=first_on,
        last_on=first_on + timedelta(days=days - 1),
        days=days,
        words=words,
        actor=who,
        now=week.now,
    )


def ask(week: Week, complaint: Complaint, who: Person, scores: tuple[int, int, int], words: str) -> None:
    """Somebody other than the handler asks the customer how it was."""
    question = follow_ups.to_ask(complaint)
    assert question is not None, "the customer of a solved complaint is asked"
    answer = Answer(Scores(*scores), is_solved=min(scores) > 2, words=words)
    follow_ups.write_down(question, answer=answer, way=FollowUpWay.PHONE, actor=who, now=week.now)


def find_cause(
    week: Week, complaint: Complaint, who: Person, other: Person, whys: list[str], *, code: str, lessons: str
) -> None:
    """Why it happened, down to the cause; somebody else verifies the last answer, and something is done about it."""
    review = reviews.begin(complaint, actor=who, now=week.now)
    answers = [
        reviews.answer_why(review, answer=why, proof="出库单、调度记录", actor=who, now=week.now) for why in whys
    ]
    reviews.verify(answers[-1], actor=other, now=week.now)
    cause = db.session.scalars(select(RootCause).where(RootCause.code == code)).one()
    reviews.finish(review, root_cause_id=cause.id, lessons=lessons, actor=who, now=week.now)
    corrective_actions.make(
        review,
        words="与一家备用车队签年度框架，月底订货量提前一周预估",
        owner_id=who.id,
        due_on=_day(week, -14),
        check_on=_day(week, -60),
        actor=who,
        now=week.now,
    )


def _day(week: Week, days_ago: int) -> date:
    return week.now.astimezone(COMPANY_ZONE).date() - timedelta(days=days_ago)
