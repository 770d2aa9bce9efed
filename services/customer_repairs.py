"""The customer confirms a repair from their page: their own word, in place of a signature on somebody's phone (N22)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from extensions import db
from models import Complaint, CustomerLink, WorkOrder
from rules import work_orders as rule
from rules.refusals import NotFound
from rules.vocabulary import N_, EventKind, WorkOrderAction, WorkOrderState
from services import promises, timeline, work_orders
from services.actors import SYSTEM


def to_confirm(complaint: Complaint) -> list[WorkOrder]:
    """What is done, shown on a photo, and not confirmed yet."""
    statement = (
        select(WorkOrder)
        .where(WorkOrder.complaint_id == complaint.id, WorkOrder.state == WorkOrderState.DONE)
        .options(selectinload(WorkOrder.evidence), selectinload(WorkOrder.promise))
        .order_by(WorkOrder.id)
        .execution_options(populate_existing=True)
    )
    return [order for order in db.session.scalars(statement) if work_orders.is_shown(order)]


def confirm(link: CustomerLink, number: str, *, now: datetime) -> WorkOrder:
    """The customer agrees that it is in order; its promise is kept with it. The complaint is locked by the caller.

    Raises:
        NotFound: no such repair of this complaint waits to be confirmed.
    """
    order = next((each for each in to_confirm(link.complaint) if each.number == number), None)
    if order is None:
        raise NotFound(N_("This repair is confirmed already, or is not done yet."))
    order.state = rule.next_state(order.state, WorkOrderAction.CONFIRM)
    order.ended_at, order.ended_by_id = now, None
    timeline.add(link.complaint, EventKind.CUSTOMER_WROTE, actor=SYSTEM, now=now, details={"repair": order.number})
    if order.promise is not None and order.promise.is_open:
        promises.keep(order.promise, actor=SYSTEM, now=now)
    db.session.flush()
    return order
