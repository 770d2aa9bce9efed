"""What is to be done next about a complaint, in plain sight: one line each, with the tab where it is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rules.vocabulary import N_, Term


class Tab(Term):
    """A tab of a complaint's page; the value is its place in the address."""

    OVERVIEW = "overview", N_("Overview")
    INSPECTION = "inspection", N_("Inspection")
    WORK = "work", N_("Work orders")
    DISPUTES = "disputes", N_("Delay and extra items")
    MONEY = "money", N_("Compensation")
    OUTWARD = "outward", N_("Authorities and media")
    FOLLOW_UP = "follow-up", N_("Follow-up")
    REVIEW = "review", N_("Cause and prevention")
    PAPERS = "papers", N_("Papers")


@dataclass(frozen=True)
class NextStep:
    """One thing to do: an English sentence with the values of its places, by when, and whether it stands in the way of
    closing the complaint.
    """

    tab: Tab
    sentence: str
    values: Mapping[str, Any] = field(default_factory=dict)
    due_at: datetime | None = None
    is_in_the_way: bool = False

    def is_overdue(self, now: datetime) -> bool:
        """Whether its time is over."""
        return self.due_at is not None and self.due_at < now


def in_order(steps: list[NextStep]) -> list[NextStep]:
    """The steps, those with the earliest due time first, those without one last."""
    dated = sorted((step for step in steps if step.due_at is not None), key=lambda step: (step.due_at, step.tab))
    return dated + [step for step in steps if step.due_at is None]
