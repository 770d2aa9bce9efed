"""What is to be done next about a complaint: every part of the work says it for itself, here it comes together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from models import Complaint
from rules import next_steps
from rules.lifecycle import FINISHED
from rules.next_steps import NextStep
from services import (
    case_forms,
    catch_up_plans,
    compensations,
    corrective_actions,
    delay_ledger,
    extra_items,
    follow_ups,
    inspections,
    malice,
    outward,
    promises,
    reviews,
    statements,
    work_orders,
)

SOURCES: Sequence[Callable[..., list[NextStep]]] = (
    promises.todo,
    inspections.todo,
    work_orders.todo,
    compensations.todo,
    follow_ups.todo,
    delay_ledger.todo,
    catch_up_plans.todo,
    extra_items.todo,
    case_forms.todo,
    outward.todo,
    statements.todo,
    malice.todo,
    reviews.todo,
    corrective_actions.todo,
)
"""Each part's own list: ``todo(complaint, *, now)``, a query or two."""


def of(complaint: Complaint, *, now: datetime) -> list[NextStep]:
    """Everything that is to be done about it, the earliest due first."""
    return next_steps.in_order([step for todo in SOURCES for step in todo(complaint, now=now)])


def in_the_way(complaint: Complaint, *, now: datetime) -> list[NextStep]:
    """What has to be done before it can be closed."""
    if complaint.status in FINISHED:
        return []
    return [step for step in of(complaint, now=now) if step.is_in_the_way]
