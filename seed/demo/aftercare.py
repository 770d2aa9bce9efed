"""What comes after the promise, told for the demo: inspections, orders, days, causes, how the customer found it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import select

from extensions import COMPANY_ZONE, db
from models import (
    Compensation,
    Complaint,
    CorrectiveAction,
    Inspection,
    OutwardCase,
    Person,
    Review,
    RootCause,
    WorkOrder,
)
from rules.follow_ups import Scores
from rules.vocabulary import (
    CostKind,
    DefectCause,
    DelayCause,
    DelayEntryKind,
    ExtraItemOutcome,
    FindingKind,
    FollowUpWay,
    OutwardBody,
    WorkOrderKind,
    WorkPart,
)
from seed.demo import pictures
from seed.demo.week import Week
from services import (
    catch_up_plans,
    compensations,
    corrective_actions,
    delay_ledger,
    extra_items,
    follow_ups,
    inspections,
    outward,
    playbooks,
    reviews,
    statements,
    work_orders,
)
from services.evidence import Upload
from services.extra_items import Finding
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


def see(week: Week, inspection: Inspection, part: WorkPart, place: str, words: str) -> None:
    """What needs no instrument."""
    measured = Measured(FindingKind.OTHER, part, place, words)
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


def work(
    week: Week,
    complaint: Complaint,
    who: Person,
    words: str,
    *,
    part: WorkPart,
    crew: str,
    done_at: datetime,
    starts_at: datetime | None = None,
    kind: WorkOrderKind = WorkOrderKind.REWORK,
    cause: DefectCause = DefectCause.WORKMANSHIP,
    technician: Person | None = None,
    is_promised: bool = False,
) -> WorkOrder:
    """A crew is given what is ours to put right for nothing, from now on unless another hour is named."""
    order = Plan(
        kind=kind,
        part=part,
        words=words,
        starts_at=starts_at or week.now,
        done_at=done_at,
        technician=technician,
        crew=week.crews[crew],
    )
    return work_orders.plan(
        order=order,
        cause=cause,
        is_free=True,
        why="我方责任，免费处理",
        complaint=complaint,
        is_promised=is_promised,
        actor=who,
        now=week.now,
    )


def spend(
    week: Week,
    order: WorkOrder,
    who: Person,
    what: str,
    quantity: str,
    unit: str,
    price: str,
    *,
    kind: CostKind = CostKind.MATERIAL,
    batch: str = "",
) -> None:
    """A line of costs, with the batch where it is material."""
    work_orders.add_cost(
        order,
        kind=kind,
        what=what,
        quantity=Decimal(quantity),
        unit=unit,
        unit_price=Decimal(price),
        batch=batch,
        actor=who,
        now=week.now,
    )


def do_and_show(week: Week, order: WorkOrder, who: Person, words: str, photo: Upload) -> None:
    """Done, photographed, and signed by the customer."""
    work_orders.finish(order, words=words, uploads=[photo], actor=who, now=week.now)
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


def catch_up(
    week: Week, complaint: Complaint, who: Person, words: str, *, crews: int, hours: int, days: int, within: int
) -> None:
    """How so many days are to be won back ``within`` so many: by more crews and more hours a day."""
    catch_up_plans.make(
        complaint,
        words=words,
        crews=crews,
        more_hours=hours,
        days=days,
        done_on=_day(week, -within),
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
    week: Week,
    complaint: Complaint,
    who: Person,
    other: Person,
    whys: list[str],
    *,
    proof: str,
    code: str,
    lessons: str,
) -> Review:
    """Why it happened, down to the cause; somebody else verifies the last answer (H-07, RV1)."""
    review = reviews.begin(complaint, actor=who, now=week.now)
    answers = [reviews.answer_why(review, answer=why, proof=proof, actor=who, now=week.now) for why in whys]
    reviews.verify(answers[-1], actor=other, now=week.now)
    cause = db.session.scalars(select(RootCause).where(RootCause.code == code)).one()
    reviews.finish(review, root_cause_id=cause.id, lessons=lessons, actor=who, now=week.now)
    return review


def decide_on_action(
    week: Week, review: Review, owner: Person, words: str, *, due_in: int, check_in: int
) -> CorrectiveAction:
    """Something is done about the cause; the days are counted from now."""
    return corrective_actions.make(
        review,
        words=words,
        owner_id=owner.id,
        due_on=_day(week, -due_in),
        check_on=_day(week, -check_in),
        actor=owner,
        now=week.now,
    )


def dispute(
    week: Week,
    complaint: Complaint,
    who: Person,
    what: str,
    amount: str,
    *,
    found: Finding,
    outcome: ExtraItemOutcome,
    because: str,
    left: str | None = None,
) -> None:
    """A charge that the customer disputes, looked up in the contract and decided on (D-18)."""
    item = extra_items.enter(complaint, what=what, amount=Decimal(amount), finding=found, actor=who, now=week.now)
    extra_items.decide(
        item,
        outcome=outcome,
        reduced_to=Decimal(left) if left else None,
        necessity=because,
        actor=who,
        now=week.now,
    )


def hear_from(
    week: Week, complaint: Complaint, who: Person, body: OutwardBody, reference: str, course: str
) -> OutwardCase:
    """Somebody outside asks; the answer is due after their usual working days (N16)."""
    return outward.enter(
        complaint,
        body=body,
        reference=reference,
        came_at=week.now,
        due_at=None,
        course=course,
        actor=who,
        now=week.now,
    )


def speak_with_one_voice(week: Week, complaint: Complaint, words: str) -> None:
    """Counsel writes what everybody says who is asked, and the leader approves it (G-08)."""
    draft = statements.write(complaint, words=words, actor=week.cast["gaoyan"], now=week.now)
    statements.approve(draft, actor=week.cast["roster"], now=week.now)


def ask_for_signatures(
    week: Week, compensation: Compensation, who: Person, reason: str, risk: str, budget: str
) -> None:
    """The form of a special approval; the general manager signs first (G-05)."""
    compensations.ask_specially(compensation, reason=reason, risk=risk, budget=budget, actor=who, now=week.now)
    signer = week.cast["guchanghe"]
    compensations.sign(compensation, note="同意，一次了断，请财务核预算", actor=signer, now=week.now)


def tick(week: Week, complaint: Complaint, who: Person, *remarks: str) -> None:
    """The next steps of the playbook are done, each with its remarks (N20)."""
    for words in remarks:
        step = playbooks.of(complaint).next
        assert step is not None, "no story goes beyond its playbook"
        playbooks.tick(complaint, step_id=step.id, remarks=words, actor=who, now=week.now)


def _day(week: Week, days_ago: int) -> date:
    return week.now.astimezone(COMPANY_ZONE).date() - timedelta(days=days_ago)
