"""Pauses: a clock waits for the customer, with a reason and a name, until somebody lets it go on (SL5)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from extensions import db
from models import Clock, ClockPause, Complaint, Person
from rules import texts
from rules.lifecycle import next_status
from rules.permissions import ACTION_PERMISSION
from rules.refusals import Conflict, Refusal
from rules.vocabulary import N_, Action, ClockState, EventKind
from services import clocks, notifications, timeline
from services.actors import require

MAX_REASON = 500


def pausable(complaint: Complaint) -> list[Clock]:
    """The clocks that can wait for the customer: they run, are not overdue, and their policy allows it."""
    return [clock for clock in complaint.clocks if clock.state is ClockState.RUNNING and clock.is_pausable]


def paused(complaint: Complaint) -> list[Clock]:
    """The clocks that wait."""
    return [clock for clock in complaint.clocks if clock.state is ClockState.PAUSED]


def pause(complaint: Complaint, *, clock_ids: Collection[int], reason: str, actor: Person, now: datetime) -> None:
    """Let these clocks wait for the customer. Nobody is warned meanwhile; the due time follows on resuming.

    Raises:
        NotAllowed: the role does not allow it. Refusal: no clock chosen, or no reason.
        Conflict: one of them is never paused, is overdue, or does not run.
    """
    require(actor, ACTION_PERMISSION[Action.PAUSE])
    next_status(complaint.status, Action.PAUSE)
    texts.check_given(reason, N_("Please say what you wait for."), field="reason", longest=MAX_REASON)
    for clock in _chosen(complaint, clock_ids):
        _refuse_to_pause(clock, now)
        db.session.add(ClockPause(clock=clock, started_at=now, reason=reason.strip(), paused_by_id=actor.id))
        clock.state, clock.next_action_at = ClockState.PAUSED, None
        notifications.withdraw_notices(clock, now=now)
        timeline.add(
            complaint, EventKind.CLOCK_PAUSED, actor=actor, now=now, note=reason.strip(), details={"clock": clock.kind}
        )
    db.session.flush()


def resume(complaint: Complaint, *, clock_ids: Collection[int], actor: Person, now: datetime) -> None:
    """Let these clocks go on: each has as much time left as when it was paused.

    Raises:
        NotAllowed: the role does not allow it. Refusal: no clock chosen. Conflict: one of them is not paused.
    """
    require(actor, ACTION_PERMISSION[Action.RESUME])
    next_status(complaint.status, Action.RESUME)
    for clock in _chosen(complaint, clock_ids):
        if clock.state is not ClockState.PAUSED:
            raise Conflict(N_("“%(clock)s” is not paused."), field="clocks", clock=clock.kind)
        clocks.resume(clock, by_id=actor.id, now=now)
        details = {"clock": clock.kind, "due_at": clock.due_at}
        timeline.add(complaint, EventKind.CLOCK_RESUMED, actor=actor, now=now, details=details)
    db.session.flush()


def _chosen(complaint: Complaint, clock_ids: Collection[int]) -> Sequence[Clock]:
    chosen = [clock for clock in complaint.clocks if clock.id in set(clock_ids)]
    if not chosen or len(chosen) != len(set(clock_ids)):
        raise Refusal(N_("Please choose at least one clock."), field="clocks")
    return chosen


def _refuse_to_pause(clock: Clock, now: datetime) -> None:
    if not clock.is_pausable:
        raise Conflict(N_("“%(clock)s” is never paused."), field="clocks", clock=clock.kind)
    if clock.state is ClockState.BREACHED or (clock.state is ClockState.RUNNING and now > clock.due_at):
        raise Conflict(N_("“%(clock)s” is overdue; an overdue clock is not paused."), field="clocks", clock=clock.kind)
    if clock.state is not ClockState.RUNNING:
        raise Conflict(N_("“%(clock)s” does not run."), field="clocks", clock=clock.kind)
