"""Work orders: planned under warranty or at an accepted price, done, shown, confirmed by the customer (A-03, A-04)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.sql.base import ExecutableOption

from extensions import db
from models import (
    Complaint,
    Crew,
    Customer,
    Evidence,
    Person,
    Project,
    Quotation,
    WorkCost,
    WorkOrder,
)
from rules import texts
from rules import work_orders as rule
from rules.compensation import checked_amount
from rules.lifecycle import check_section
from rules.next_steps import NextStep, Tab
from rules.permissions import Permission
from rules.refusals import Conflict, Refusal
from rules.vocabulary import (
    N_,
    CostKind,
    DefectCause,
    EventKind,
    EvidenceUse,
    PromiseKind,
    Section,
    Side,
    WorkOrderAction,
    WorkOrderKind,
    WorkOrderState,
    WorkPart,
)
from services import acknowledgements, evidence, numbers, promises, timeline, warranties
from services.actors import require
from services.evidence import About, Upload

MAX_WHY = 500
MAX_WHAT = 100


@dataclass(frozen=True)
class Plan:
    """Who does what, from when until when; a technician or a crew, or both."""

    kind: WorkOrderKind
    part: WorkPart
    words: str
    starts_at: datetime
    done_at: datetime
    technician: Person | None = None
    crew: Crew | None = None

    def check(self) -> None:
        """Refuse what cannot be done.

        Raises:
            Refusal: no words, nobody who does it, or it ends before it begins.
        """
        texts.check_given(self.words, N_("Please write down what is to be done."), field="words")
        if self.technician is None and self.crew is None:
            raise Refusal(N_("Please name a technician or a crew."), field="technician")
        if self.done_at <= self.starts_at:
            raise Refusal(N_("The work ends before it begins."), field="planned_done_at")


def plan(
    *,
    order: Plan,
    cause: DefectCause,
    is_free: bool | None = None,
    why: str = "",
    actor: Person,
    now: datetime,
    complaint: Complaint | None = None,
    customer: Customer | None = None,
    project: Project | None = None,
    is_promised: bool = False,
) -> WorkOrder:
    """Plan a piece of work for a complaint, or for a customer without one (maintenance, A-03).

    Where the part stood with its warranty when the customer spoke is kept: one that ends meanwhile still covers it. It
    says whether the work is free (A-04); ``is_free`` is a person's word on it, and to give for nothing what the
    warranty does not cover takes a reason. ``is_promised`` makes it the customer's promise: its clock and the daily
    report run (D-16).

    Raises:
        Refusal: the plan makes no sense, or no reason. Conflict: the complaint takes none any more, or the customer has
        to pay for what the warranty covers.
    """
    require(actor, Permission.WORK)
    if complaint is not None:
        check_section(Section.WORK, complaint.status)
        customer, project = complaint.customer, complaint.project
    if customer is None:
        raise Refusal(N_("Please choose a customer."), field="customer")
    order.check()
    texts.check(why, field="why", longest=MAX_WHY)
    judgement = warranties.judge(project, order.part, at=now if complaint is None else complaint.first_word_at)
    is_covered = judgement.is_free(cause)
    if is_covered and is_free is False:
        raise Conflict(N_("The warranty covers this: the customer does not pay."), field="is_free")
    if is_free and not is_covered and not why.strip():
        raise Refusal(
            N_("The warranty does not cover this: please write down why it is free all the same."), field="why"
        )
    made = WorkOrder(
        number=numbers.work_order_number(now),
        complaint=complaint,
        customer=customer,
        project=project,
        kind=order.kind,
        part=order.part,
        cause=cause,
        words=order.words.strip(),
        technician=order.technician,
        crew=order.crew,
        coverage=judgement.coverage,
        is_free=is_covered if is_free is None else is_free,
        why=why.strip(),
        state=WorkOrderState.PLANNED,
        made_at=now,
        made_by_id=actor.id,
        planned_start_at=order.starts_at,
        planned_done_at=order.done_at,
    )
    db.session.add(made)
    db.session.flush()
    if is_promised and complaint is not None:
        made.promise = promises.make(
            complaint,
            text=order.words.strip()[: promises.MAX_PROMISE],
            due_at=order.done_at,
            kind=PromiseKind.REWORK,
            actor=actor,
            now=now,
        )
    _tell(made, WorkOrderAction.PLAN, actor=actor, now=now, words=order.words)
    return made


def plan_anew(order: WorkOrder, *, starts_at: datetime, done_at: datetime, actor: Person, now: datetime) -> None:
    """Another time for it; the promise, where one was made, stays what it was.

    Raises:
        Refusal: it ends before it begins. Conflict: it is done or over.
    """
    state = _begin(order, WorkOrderAction.PLAN, actor)
    if done_at <= starts_at:
        raise Refusal(N_("The work ends before it begins."), field="planned_done_at")
    order.planned_start_at, order.planned_done_at = starts_at, done_at
    _move(order, state, WorkOrderAction.PLAN, actor=actor, now=now)


def quote(order: WorkOrder, *, amount: Decimal, words: str, actor: Person, now: datetime) -> Quotation:
    """Name a price; a newer one takes the place of the one before (A-10).

    Raises:
        Refusal: no words, or the amount makes no sense. Conflict: it is free, or begun.
    """
    state = _begin(order, WorkOrderAction.QUOTE, actor)
    if order.is_free:
        raise Conflict(N_("This work is free: there is no price."))
    texts.check_given(words, N_("Please write down what the price is for."), field="words")
    if checked_amount(amount) == 0:
        raise Refusal(N_("A price is more than nothing."), field="amount")
    made = Quotation(amount=amount, words=words.strip(), offered_at=now, offered_by_id=actor.id)
    order.quotations.append(made)
    _move(order, state, WorkOrderAction.QUOTE, actor=actor, now=now, words=words, amount=amount)
    return made


def answer_quote(order: WorkOrder, *, is_accepted: bool, answer: str, actor: Person, now: datetime) -> None:
    """What the customer said to the price, and how; a no calls the work off.

    Raises:
        Refusal: no words. Conflict: no price waits.
    """
    action = WorkOrderAction.ACCEPT_QUOTE if is_accepted else WorkOrderAction.DECLINE_QUOTE
    state = _begin(order, action, actor)
    texts.check_given(answer, N_("Please write down what the customer said, and how."), field="answer", longest=MAX_WHY)
    offered = order.quotations[-1]
    offered.is_accepted, offered.answered_at, offered.answer = is_accepted, now, answer.strip()
    if not is_accepted:
        order.ended_at, order.ended_by_id = now, actor.id
    _move(order, state, action, actor=actor, now=now, words=answer)
    if not is_accepted:
        _take_promise_back(order, why=answer, actor=actor, now=now)


def start(order: WorkOrder, *, actor: Person, now: datetime) -> None:
    """The work begins.

    Raises:
        Conflict: the customer pays and has accepted no price.
    """
    state = _begin(order, WorkOrderAction.START, actor)
    rule.check_start(is_free=order.is_free, is_quote_accepted=is_price_accepted(order))
    order.started_at = now
    _move(order, state, WorkOrderAction.START, actor=actor, now=now)


def finish(order: WorkOrder, *, words: str, uploads: Sequence[Upload] = (), actor: Person, now: datetime) -> None:
    """The work is done: what was done, with photos.

    Raises:
        Refusal: no words, or a file that is none.
    """
    state = _begin(order, WorkOrderAction.FINISH, actor)
    texts.check_given(words, N_("Please write down what was done."), field="words")
    show(order, uploads=uploads, use=EvidenceUse.AFTER, actor=actor, now=now)
    order.done_at, order.done_words = now, words.strip()
    _move(order, state, WorkOrderAction.FINISH, actor=actor, now=now, words=words)


def confirm(order: WorkOrder, *, signature: bytes | None, exception: str, actor: Person, now: datetime) -> None:
    """The customer agrees that it is in order, by a signature or as written; its promise is kept with it.

    Raises:
        Refusal: photo or signature is missing, and nobody wrote why.
    """
    state = _begin(order, WorkOrderAction.CONFIRM, actor)
    texts.check(exception, field="exception", longest=MAX_WHY)
    rule.check_confirm(has_photo=is_shown(order), has_signature=signature is not None, exception=exception)
    if signature is not None:
        evidence.keep_signature(signature, about=_about(order), actor=actor, now=now)
    order.exception = exception.strip()
    order.ended_at, order.ended_by_id = now, actor.id
    _move(order, state, WorkOrderAction.CONFIRM, actor=actor, now=now, words=exception)
    if order.promise is not None and order.promise.is_open:
        promises.keep(order.promise, actor=actor, now=now)


def redo(order: WorkOrder, *, words: str, actor: Person, now: datetime) -> None:
    """The customer finds it not in order: it goes on, and takes new photos when it is done.

    Raises:
        Refusal: no words on what is wrong.
    """
    state = _begin(order, WorkOrderAction.REDO, actor)
    texts.check_given(words, N_("Please write down what is not in order."), field="words")
    order.done_at, order.redone_at = None, now
    _move(order, state, WorkOrderAction.REDO, actor=actor, now=now, words=words)


def cancel(order: WorkOrder, *, reason: str, actor: Person, now: datetime) -> None:
    """Call it off; what was promised of it is taken back with the same words.

    Raises:
        Refusal: no reason.
    """
    state = _begin(order, WorkOrderAction.CANCEL, actor)
    texts.check_given(reason, N_("Please give a reason."), field="reason")
    order.ended_at, order.ended_by_id = now, actor.id
    _move(order, state, WorkOrderAction.CANCEL, actor=actor, now=now, words=reason)
    _take_promise_back(order, why=reason, actor=actor, now=now)


def show(order: WorkOrder, *, uploads: Sequence[Upload], use: EvidenceUse, actor: Person, now: datetime) -> None:
    """Keep photos of before, during or after the work.

    Raises:
        Refusal: a file is none.
    """
    require(actor, Permission.WORK)
    kept: list[Evidence] = evidence.keep(uploads, about=_about(order), use=use, side=Side.OURS, actor=actor, now=now)
    if kept:
        db.session.refresh(order, ["evidence"])


def add_cost(
    order: WorkOrder,
    *,
    kind: CostKind,
    what: str,
    quantity: Decimal,
    unit: str,
    unit_price: Decimal,
    batch: str,
    actor: Person,
    now: datetime,
) -> WorkCost:
    """Write a cost down: quantity × price in yuan; of material the batch, by which a bad one is found (N14).

    Raises:
        Refusal: nothing is named, or a number makes no sense. Conflict: the work was called off.
    """
    require(actor, Permission.WORK)
    _refuse_cancelled(order)
    texts.check_given(what, N_("Please name what it is for."), field="what", longest=MAX_WHAT)
    texts.check(unit, field="unit", longest=20)
    texts.check(batch, field="batch", longest=40)
    made = WorkCost(
        kind=kind,
        what=what.strip(),
        batch=batch.strip(),
        quantity=quantity,
        unit=unit.strip(),
        unit_price=unit_price,
        amount=rule.cost(quantity, unit_price),
        entered_at=now,
        entered_by_id=actor.id,
    )
    order.costs.append(made)
    db.session.flush()
    return made


def strike_cost(cost: WorkCost, *, actor: Person, now: datetime) -> None:
    """Strike a wrong cost out; it stays readable and counts no more.

    Raises:
        Conflict: it is struck already.
    """
    require(actor, Permission.WORK)
    if cost.struck_at is not None:
        raise Conflict(N_("This is struck out already."))
    cost.struck_at, cost.struck_by_id = now, actor.id
    db.session.flush()


def total(order: WorkOrder) -> Decimal:
    """What it cost so far, in yuan, without what is struck out."""
    return sum((cost.amount for cost in order.costs if cost.struck_at is None), Decimal(0))


def is_price_accepted(order: WorkOrder) -> bool:
    """Whether the customer said yes to the newest price."""
    return bool(order.quotations) and order.quotations[-1].is_accepted is True


def is_shown(order: WorkOrder) -> bool:
    """Whether a photo shows the finished work as it is now: one from before a second attempt shows it no more."""
    return any(
        item.use is EvidenceUse.AFTER
        and item.is_image
        and (order.redone_at is None or item.uploaded_at > order.redone_at)
        for item in order.evidence
    )


def find(number: str) -> WorkOrder | None:
    """The work order with this number, with all that a page shows of it."""
    if not number.isprintable():  # Made up in an address; PostgreSQL would not even look for a NUL.
        return None
    statement = select(WorkOrder).where(WorkOrder.number == number)
    return db.session.scalar(statement.options(*_shown()))


def of(complaint: Complaint) -> list[WorkOrder]:
    """The complaint's work orders, the newest on top, with all that a page shows of them."""
    statement = (
        select(WorkOrder).where(WorkOrder.complaint_id == complaint.id).options(*_shown()).order_by(WorkOrder.id.desc())
    )
    return list(db.session.scalars(statement))


def todo(complaint: Complaint, *, now: datetime) -> list[NextStep]:
    """What is open stands in the way of closing."""
    statement = select(WorkOrder).where(WorkOrder.complaint_id == complaint.id, WorkOrder.state.in_(rule.OPEN))
    statement = statement.options(selectinload(WorkOrder.quotations))
    return [
        NextStep(Tab.WORK, _left(order), {"number": order.number}, order.planned_done_at, is_in_the_way=True)
        for order in db.session.scalars(statement.order_by(WorkOrder.id))
    ]


_LEFT = {
    WorkOrderState.PLANNED: N_("Begin and finish work order %(number)s"),
    WorkOrderState.QUOTED: N_("Ask the customer about the price of work order %(number)s"),
    WorkOrderState.RUNNING: N_("Finish work order %(number)s"),
    WorkOrderState.DONE: N_("Have the customer confirm work order %(number)s"),
}


def _left(order: WorkOrder) -> str:
    is_unpriced = order.state is WorkOrderState.PLANNED and not order.is_free and not is_price_accepted(order)
    return N_("Name the price of work order %(number)s") if is_unpriced else _LEFT[order.state]


def _take_promise_back(order: WorkOrder, *, why: str, actor: Person, now: datetime) -> None:
    if order.promise is not None and order.promise.is_open:
        promises.withdraw(order.promise, why=why.strip()[: promises.MAX_PROMISE], actor=actor, now=now)


def _shown() -> list[ExecutableOption]:
    with_rows = (WorkOrder.costs, WorkOrder.quotations, WorkOrder.evidence)
    return [joinedload(WorkOrder.technician), joinedload(WorkOrder.crew), *(selectinload(each) for each in with_rows)]


def _begin(order: WorkOrder, action: WorkOrderAction, actor: Person) -> WorkOrderState:
    require(actor, Permission.WORK)
    return rule.next_state(order.state, action)


def _move(
    order: WorkOrder,
    state: WorkOrderState,
    action: WorkOrderAction,
    *,
    actor: Person,
    now: datetime,
    words: str = "",
    amount: Decimal | None = None,
) -> None:
    order.state = state
    db.session.flush()
    _tell(order, action, actor=actor, now=now, words=words, amount=amount)


def _tell(
    order: WorkOrder,
    action: WorkOrderAction,
    *,
    actor: Person,
    now: datetime,
    words: str,
    amount: Decimal | None = None,
) -> None:
    """A step is a line of the complaint's timeline; an order without one has its own rows alone."""
    if order.complaint is None:
        return
    details: dict[str, object] = {"number": order.number, "step": action, "kind": order.kind}
    if amount is not None:
        details["amount"] = amount
    timeline.add(order.complaint, EventKind.WORK_ORDER, actor=actor, now=now, note=words.strip(), details=details)
    acknowledgements.renew(order.complaint, now=now)
    db.session.flush()


def _about(order: WorkOrder) -> About:
    return About(order.complaint, work_order=order)


def _refuse_cancelled(order: WorkOrder) -> None:
    if order.state is WorkOrderState.CANCELLED:
        raise Conflict(N_("This work was called off."))
