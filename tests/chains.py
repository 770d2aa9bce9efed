"""Policies of escalation as short as a test can write them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from models import Person, Policy
from rules.vocabulary import PolicyKind
from services import policies

Document = dict[str, Any]


def document(*chains: Document, **leases: int) -> Document:
    """A policy with these chains; every acknowledgement holds for an hour."""
    return {"leases": {"1": 60, "2": 60, "3": 60} | leases, "chains": list(chains)}


def chain(
    *steps: Document, name: str = "rest", levels: tuple[int, ...] = (), categories: tuple[str, ...] = ()
) -> Document:
    """A chain of these steps."""
    return {"id": name, "levels": list(levels), "categories": list(categories), "steps": list(steps)}


def step(*whom: str, **more: Any) -> Document:
    """A step that waits ten minutes."""
    return {"whom": list(whom) or ["leader"], "wait": 10} | more


def last(*whom: str, every: Any = 30, **more: Any) -> Document:
    """A step that never gives up."""
    return {"whom": list(whom) or ["management"], "repeats": None, "every": every} | more


def publish(*chains: Document, by: Person, now: datetime, **leases: int) -> Policy:
    """Make these chains the ones in force."""
    return policies.publish(
        PolicyKind.ESCALATION,
        document=document(*chains, **leases),
        remarks="试行",
        based_on=policies.current(PolicyKind.ESCALATION).number,
        actor=by,
        now=now,
    )
