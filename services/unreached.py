"""Nobody of a step could be reached: the chain does not wait for an answer that cannot come (ES8, G-04).

A call that failed for good on every channel is a visible state. Where it was the last hope of its step, the next step
is due now instead of after the wait, and the timeline says why.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select

from extensions import db
from models import Complaint, Notification, Summons
from rules.message_kinds import CALLS
from rules.vocabulary import EventKind, NotificationKind, NotificationState
from services import chains, complaint_locks, summonses, timeline
from services.actors import SYSTEM

MEANT = (*sorted(CALLS), NotificationKind.NOBODY_ON_DUTY)
"""Kinds of messages that call whoever stands at a step; a leader is told at the same time that a post is empty."""

_HOPE = frozenset(
    {
        NotificationState.QUEUED,
        NotificationState.CLAIMED,
        NotificationState.ATTEMPTED,
        NotificationState.ACCEPTED,
        NotificationState.DELIVERED,
    }
)
"""States in which a message has come or still may; what is unknown may, as long as its provider is asked."""


def go_on(calls: Iterable[Notification], *, now: datetime) -> int:
    """Let the chains of these failed calls go on at once where nobody else of the step is reached; returns how many.

    What somebody else is changing at this moment is left alone: the next look finds it, and so does the chain.
    """
    ids = {call.complaint_id for call in calls if call.complaint_id is not None}
    hastened = [complaint for complaint in complaint_locks.take(ids) if react(complaint, now=now)]
    db.session.flush()
    return len(hastened)


def react(complaint: Complaint, *, now: datetime) -> bool:
    """Let its chain go on at once where nobody of the step that waits is reached; whoever calls this holds its lock."""
    if not _waits(complaint, now=now):
        return False
    called = summonses.called_last(complaint)
    if not called or any(summons.acknowledged_at is not None for summons in called) or _is_any_reached(called):
        return False
    complaint.escalation_due_at = now
    names = [summons.person.name for summons in called]
    timeline.add(complaint, EventKind.CALLS_FAILED, actor=SYSTEM, now=now, details={"names": names})
    return True


def _waits(complaint: Complaint, *, now: datetime) -> bool:
    """Whether its chain waits for an answer and has somebody else to call.

    The last step repeats for ever: calling it anew at once would only be the same failure at the speed of the sweep.
    """
    due_at = complaint.escalation_due_at
    if due_at is None or due_at <= now or complaint.is_history:
        return False
    if complaint.acknowledged_at is not None or not complaint.is_open:
        return False
    if chains.stood_down_until(complaint) == due_at:
        return False
    chain = chains.followed(complaint)
    return chain is not None and chains.place(complaint).step < chain.last


def _is_any_reached(called: Sequence[Summons]) -> bool:
    """Whether a message to one of them has come or still may, by itself, in a bundle or another way."""
    step = called[0]
    told = select(Notification).where(
        Notification.complaint_id == step.complaint_id,
        Notification.escalation_id.is_not_distinct_from(step.escalation_id),
        Notification.kind.in_(MEANT),
        Notification.created_at >= step.summoned_at,
        Notification.person_id.in_([summons.person_id for summons in called]),
    )
    messages = list(db.session.scalars(told))
    bundles = {message.bundle_id for message in messages if message.bundle_id is not None}
    return any(map(_is_hopeful, messages)) or _is_any_hopeful(bundles)


def _is_any_hopeful(bundles: set[int]) -> bool:
    """Whether one of the bundles has come or still may, or whatever was sent in its place."""
    while bundles:
        either = Notification.id.in_(bundles) | Notification.parent_id.in_(bundles)
        found = list(db.session.scalars(select(Notification).where(either)))
        if any(map(_is_hopeful, found)):
            return True
        bundles = {message.id for message in found} - bundles
    return False


def _is_hopeful(message: Notification) -> bool:
    if message.state is NotificationState.UNKNOWN:
        return message.ask_at is not None
    return message.state in _HOPE
