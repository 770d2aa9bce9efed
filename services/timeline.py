"""The timeline: the only place that writes history."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from extensions import db
from models import Complaint, TimelineEvent
from rules.vocabulary import EventKind
from services.actors import Actor


def add(
    complaint: Complaint,
    kind: EventKind,
    *,
    actor: Actor,
    now: datetime,
    note: str = "",
    details: Mapping[str, Any] | None = None,
    changes: Mapping[str, tuple[Any, Any]] | None = None,
) -> TimelineEvent:
    """Write one line; ``changes`` maps a field to its old and new value, ``details`` fills the kind's sentence."""
    event = draft(complaint.id, kind, actor=actor, now=now, note=note, details=details, changes=changes)
    event.complaint = complaint
    db.session.add(event)
    return event


def draft(
    complaint_id: int,
    kind: EventKind,
    *,
    actor: Actor,
    now: datetime,
    note: str = "",
    details: Mapping[str, Any] | None = None,
    changes: Mapping[str, tuple[Any, Any]] | None = None,
) -> TimelineEvent:
    """A line that is not written yet, for whoever writes many of them at once."""
    return TimelineEvent(
        complaint_id=complaint_id,
        at=now,
        actor_id=actor.id,
        kind=kind,
        note=note,
        details={name: plain(value) for name, value in (details or {}).items()},
        changes={name: [plain(old), plain(new)] for name, (old, new) in (changes or {}).items()},
    )


def plain(value: Any) -> Any:
    """A value as JSON can keep it: words by their value, moments in ISO, amounts and records as text."""
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    return str(value)
