"""Clocks: start them, stop them, and notice the ones that ran out."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update

from extensions import db
from models import Clock, Complaint
from rules import sla
from rules.lifecycle import OPEN
from rules.vocabulary import ClockKind, ClockState, EscalationCause, EventKind, NotificationKind
from services import complaint_locks, duty, escalations, notifications, timeline
from services.actors import SYSTEM, Actor

UNSTOPPED = (ClockState.RUNNING, ClockState.BREACHED)


SWEEP_BATCH = 50
"""Complaints that one sweep acts on: about half a second of SQLite's write lock."""


def running(kind: ClockKind, *, started_at: datetime, within: timedelta, owner_id: int | None) -> Clock:
    """A clock that runs, not written yet and of no complaint yet.

    The due moment is fixed here and no later change of a setting moves it.
    """
    return Clock(
        kind=kind,
        state=ClockState.RUNNING,
        started_at=started_at,
        due_at=started_at + within,
        owner_id=owner_id,
    )


def of_history(kind: ClockKind, *, started_at: datetime, within: timedelta) -> Clock:
    """The clock of a call from the past with no record of who called back: missed, and nobody's phone rings."""
    due_at = started_at + within
    return Clock(kind=kind, state=ClockState.MISSED, started_at=started_at, due_at=due_at, breached_at=due_at)


def stop(complaint: Complaint, kind: ClockKind, *, actor: Actor, now: datetime) -> Clock | None:
    """Stop the clock of this kind; None when none runs. A late stop stays on record as missed."""
    clock = db.session.scalar(
        select(Clock).where(Clock.complaint_id == complaint.id, Clock.kind == kind, Clock.state.in_(UNSTOPPED))
    )
    if clock is None:
        return None
    clock.stopped_at = now
    clock.state = sla.verdict(clock.due_at, now, now)
    if clock.state is ClockState.MISSED and clock.breached_at is None:
        clock.breached_at = clock.due_at
        clock.breach_owner_id = complaint.handler_id
    timeline.add(
        complaint,
        EventKind.CLOCK_STOPPED,
        actor=actor,
        now=now,
        details={
            "clock": kind,
            "state": clock.state,
            "took_seconds": int((now - clock.started_at).total_seconds()),
            "late_seconds": int(sla.lateness(clock.due_at, now, now).total_seconds()),
        },
    )
    return clock


def cancel_all(complaint: Complaint) -> None:
    """Stop counting: the complaint came to an end in another way."""
    db.session.execute(
        update(Clock)
        .where(Clock.complaint_id == complaint.id, Clock.state.in_(UNSTOPPED))
        .values(state=ClockState.CANCELLED)
    )


def sweep(*, now: datetime, limit: int = SWEEP_BATCH) -> int:
    """Mark every running clock that is due as breached and act on it, each exactly once; returns how many.

    The complaints are locked first, in the order everybody else locks: a person who stops the clock at the same
    moment either comes before the sweep or waits for it, and two sweeps at once share the work.
    """
    due = select(Clock.complaint_id).where(Clock.state == ClockState.RUNNING, Clock.due_at < now)
    waiting = set(db.session.scalars(due.order_by(Clock.due_at).limit(limit)))
    if not waiting:
        return 0
    locked = complaint_locks.take(waiting)
    statement = (
        update(Clock)
        .where(Clock.complaint_id.in_(locked), Clock.state == ClockState.RUNNING, Clock.due_at < now)
        .values(state=ClockState.BREACHED, breached_at=now)
        .returning(Clock.id)
        .execution_options(synchronize_session=False)
    )
    ids = list(db.session.scalars(statement))
    for clock in db.session.scalars(
        select(Clock).where(Clock.id.in_(ids)).order_by(Clock.due_at).execution_options(populate_existing=True)
    ):
        _act_on_breach(clock, now=now)
    db.session.flush()
    return len(ids)


def _act_on_breach(clock: Clock, *, now: datetime) -> None:
    """Write the breach down and tell who must know; a complaint whose chain still runs is called by the chain."""
    complaint = clock.complaint
    clock.breach_owner_id = complaint.handler_id
    timeline.add(
        complaint,
        EventKind.CLOCK_BREACHED,
        actor=SYSTEM,
        now=now,
        details={"clock": clock.kind, "due_at": clock.due_at},
    )
    if complaint.status not in OPEN:
        return
    if clock.kind is ClockKind.CONTACT:
        if complaint.acknowledged_at is not None:
            escalations.raise_level(complaint, cause=EscalationCause.BREACH, reason="", actor=SYSTEM, now=now)
        return
    for leader in duty.leaders(at=now):
        notifications.queue(
            kind=NotificationKind.CLOCK_BREACHED,
            person=leader,
            dedup_key=f"clock:{clock.id}:breach:{leader.id}",
            complaint=complaint,
            now=now,
            number=complaint.number,
            clock="定级",
        )
