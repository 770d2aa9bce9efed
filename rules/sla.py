"""Clocks: how long each promise of time lasts and what became of it.

All moments are aware UTC; lengths are ``timedelta``. The contact clock starts at the customer's first word and runs
round the clock (D-02, decision 6); the triage clock starts at the record (D-10, decision 4).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rules.vocabulary import ClockState

HISTORY_AFTER = timedelta(days=1)
"""A call that is entered later than this is history: its clocks are computed, nobody's phone rings."""

BACKDATE_LIMIT = timedelta(days=90)
"""How far back a first word may lie when a person records it."""

HISTORY_LIMIT = timedelta(days=3 * 366)
"""How far back a first word may lie when it comes from an export."""

CLOCK_SKEW = timedelta(minutes=2)
"""How far ahead of the desk's clock a first word may be before it counts as lying in the future."""

REPEAT_WITHIN = timedelta(hours=1)
"""Two complaints of the same customer about the same matter within this are probably one."""


def verdict(due_at: datetime, stopped_at: datetime | None, now: datetime) -> ClockState:
    """What a clock shows. The due moment itself is still on time (decision 3: 30:00 is, 30:01 is not)."""
    if stopped_at is not None:
        return ClockState.MET if stopped_at <= due_at else ClockState.MISSED
    return ClockState.RUNNING if now <= due_at else ClockState.BREACHED


def lateness(due_at: datetime, stopped_at: datetime | None, now: datetime) -> timedelta:
    """How much over time the clock is or was; zero when on time."""
    return max((stopped_at or now) - due_at, timedelta(0))


def is_history(first_word_at: datetime, now: datetime) -> bool:
    """Whether a call is so old that it is entered as history."""
    return now - first_word_at > HISTORY_AFTER


def reminder_at(made_at: datetime, due_at: datetime, lead: timedelta) -> datetime:
    """When somebody is reminded of a promise: ``lead`` before it falls due, but not in the first half of its time."""
    return max(due_at - lead, made_at + (due_at - made_at) / 2)


@dataclass(frozen=True)
class ClockPolicy:
    """The table of targets."""

    document: Mapping[str, Any]

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> ClockPolicy:
        """Read a policy's document."""
        return cls(document)


DEFAULT_DOCUMENT: dict[str, Any] = {"targets": []}
