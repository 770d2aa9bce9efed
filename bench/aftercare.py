"""What became of the complaints of a believable desk: inspections, repairs, questions to customers, causes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

from extensions import COMPANY_ZONE
from models import (
    Base,
    CorrectiveAction,
    Crew,
    FollowUp,
    Inspection,
    OutwardCase,
    Review,
    WorkCost,
    WorkOrder,
)
from rules.vocabulary import (
    ActionEffect,
    CostKind,
    Coverage,
    DefectCause,
    FollowUpState,
    FollowUpWay,
    OutwardBody,
    ReviewState,
    WorkOrderKind,
    WorkOrderState,
    WorkPart,
)

Row = dict[str, Any]

CREWS = 12
CAUSES = 5
"""The causes of the reference data, by their ids."""
DAY = timedelta(days=1)


class World(Protocol):
    """What is asked of the desk that all this belongs to."""

    rows: int
    now: datetime

    def recorded_at(self, complaint: int) -> datetime:
        """When the complaint was recorded."""

    def is_open(self, complaint: int) -> bool:
        """Whether it is still open."""

    def person(self, number: int) -> int:
        """The id of somebody of the staff."""

    def customer_of(self, complaint: int) -> int:
        """The id of its customer, and of their contract."""


def tables(world: World) -> Iterator[tuple[type[Base], Iterator[Row]]]:
    """Every table with its rows, in the order they refer to each other."""
    yield Crew, ({"name": f"{i} 组", "foreman_id": world.person(i), "trade": "泥瓦"} for i in range(1, CREWS + 1))
    yield Inspection, (_inspection(world, i) for i in _one_in(world, 5))
    yield WorkOrder, (_order(world, i) for i in _one_in(world, 4))
    yield WorkCost, (_cost(world, order, i) for order, i in enumerate(_one_in(world, 4), 1))
    yield FollowUp, (_follow_up(world, i) for i in _one_in(world, 2) if not world.is_open(i))
    yield Review, (_review(world, i) for i in _one_in(world, 20))
    yield CorrectiveAction, (_action(world, review, i) for review, i in enumerate(_one_in(world, 20), 1))
    yield OutwardCase, (_outward(world, i) for i in _one_in(world, 100))


def _one_in(world: World, count: int) -> range:
    """One of so many complaints."""
    return range(count, world.rows + 1, count)


def _is_late(world: World, i: int) -> bool:
    """Whether it lies so near that not everything about it is over."""
    return i > world.rows - 1000


def _inspection(world: World, i: int) -> Row:
    at = world.recorded_at(i) + timedelta(hours=20)
    return {
        "complaint_id": i,
        "inspector_id": world.person(i),
        "started_at": at,
        "ended_at": None if world.is_open(i) else at + timedelta(hours=1),
    }


def _order(world: World, i: int) -> Row:
    at, is_over = world.recorded_at(i), not _is_late(world, i)
    return {
        "number": f"W-{i:09d}",
        "complaint_id": i,
        "customer_id": world.customer_of(i),
        "project_id": world.customer_of(i),
        "kind": WorkOrderKind.REWORK,
        "part": list(WorkPart)[i % len(WorkPart)],
        "cause": DefectCause.WORKMANSHIP,
        "words": "空鼓砖拆除重铺",
        "technician_id": world.person(i),
        "crew_id": i % CREWS + 1,
        "coverage": Coverage.IN_WARRANTY,
        "is_free": True,
        "state": WorkOrderState.CLOSED if is_over else list(WorkOrderState)[i // 4 % 3],
        "made_at": at + DAY,
        "planned_start_at": at + 2 * DAY,
        "planned_done_at": at + 5 * DAY,
        "started_at": at + 2 * DAY if is_over else None,
        "done_at": at + 4 * DAY if is_over else None,
        "ended_at": at + 4 * DAY if is_over else None,
    }


def _cost(world: World, order: int, i: int) -> Row:
    price = Decimal(200 + i % 700)
    return {
        "work_order_id": order,
        "kind": CostKind.MATERIAL,
        "what": "瓷砖",
        "batch": f"B{i // 5000:04d}",
        "quantity": Decimal(1),
        "unit_price": price,
        "amount": price,
        "entered_at": world.recorded_at(i) + 3 * DAY,
    }


def _follow_up(world: World, i: int) -> Row:
    due_at, score = world.recorded_at(i) + 8 * DAY, i // 2 % 5 + 1
    row = {"complaint_id": i, "round": 1, "due_at": due_at}
    if _is_late(world, i):
        return row
    return row | {
        "state": FollowUpState.ANSWERED,
        "way": FollowUpWay.PHONE,
        "attitude": 5,
        "quality": score,
        "efficiency": 4,
        "is_satisfied": score > 2,
        "ended_at": due_at,
        "entered_by_id": world.person(i),
    }


def _review(world: World, i: int) -> Row:
    at, is_done = world.recorded_at(i) + DAY, not _is_late(world, i)
    return {
        "complaint_id": i,
        "state": ReviewState.DONE if is_done else ReviewState.OPEN,
        "begun_at": at,
        "begun_by_id": world.person(i),
        "root_cause_id": i // 20 % CAUSES + 1,
        "ended_at": at + DAY if is_done else None,
    }


def _action(world: World, review: int, i: int) -> Row:
    made_at = world.recorded_at(i) + 2 * DAY
    due_on = (made_at + 10 * DAY).astimezone(COMPANY_ZONE).date()
    row = {
        "review_id": review,
        "words": "签备用车队",
        "owner_id": world.person(i),
        "due_on": due_on,
        "check_on": due_on + timedelta(days=30),
        "made_at": made_at,
    }
    if _is_late(world, i):
        return row
    effect = {"effect": ActionEffect.WORKED, "checked_at": made_at + 45 * DAY, "count_before": 9, "count_after": 4}
    return row | {"done_at": made_at + 9 * DAY, "done_words": "已签"} | effect


def _outward(world: World, i: int) -> Row:
    came_at = world.recorded_at(i)
    is_over = not _is_late(world, i)
    return {
        "complaint_id": i,
        "body": OutwardBody.CONSUMER_HOTLINE,
        "reference": f"12315-{i:07d}",
        "came_at": came_at,
        "due_at": came_at + 7 * DAY,
        "result": "双方和解" if is_over else "",
        "entered_by_id": world.person(i),
        "ended_at": came_at + 5 * DAY if is_over else None,
    }
