"""The sweep: takes every step of a clock that has become due, each once, however late, and tells who must know.

One index says what there is to do (``next_action_at``), so its cost follows what is due and neither what runs nor
what is over. Rows are written many at a time: a storm of breaches holds SQLite's write lock for a moment only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from extensions import db
from models import Clock, Complaint, Person, TimelineEvent
from rules import sla, sms_values
from rules.lifecycle import OPEN
from rules.sla import Step, Tell
from rules.vocabulary import ClockKind, ClockState, EscalationCause, EventKind, NotificationKind, Role
from services import bulk, clocks, complaint_locks, duty, escalations, milestones, notifications, people, timeline
from services.actors import SYSTEM
from services.authorities import Deciders
from services.clocks import Terms
from services.notifications import Message

Changes = dict[str, Any]
_Steps = Sequence[tuple[Step, datetime]]

SWEEP_BATCH = 250
"""Clocks that one sweep acts on: about a quarter of a second of SQLite's write lock."""


def sweep(*, now: datetime, limit: int = SWEEP_BATCH) -> int:
    """Take every step that is due; returns on how many clocks.

    The complaints are locked first, in the order everybody else locks: a person who stops the clock at the same
    moment either comes before the sweep or waits for it, and two sweeps at once share the work. A clock is due after
    its moment, not at it (decision 3). Of several steps that a sleeping sweep missed, each is written down, and only
    the newest is told.
    """
    waiting = select(Clock.complaint_id).where(Clock.next_action_at < now).order_by(Clock.next_action_at).limit(limit)
    complaint_ids = set(db.session.scalars(waiting))
    # The clocks find their complaints in the session, as long as somebody holds them.
    locked = complaint_locks.take(complaint_ids, joinedload(Complaint.handler))
    due = _due([complaint.id for complaint in locked], now)
    round_ = _Round(now)
    for clock in due:
        round_.take_steps(clock)
    _write(due, round_.changes)
    bulk.write(TimelineEvent, round_.lines)
    notifications.queue_all(round_.messages, now=now)
    for report, terms in round_.missed_reports:
        milestones.report_missed(report, terms=terms, now=now)
    for complaint in round_.to_escalate:
        escalations.raise_level(complaint, cause=EscalationCause.BREACH, reason="", actor=SYSTEM, now=now)
    db.session.flush()
    return len(due)


def _due(complaint_ids: Iterable[int], now: datetime) -> list[Clock]:
    found: list[Clock] = []
    for some in bulk.batches(complaint_ids):
        statement = (
            select(Clock)
            .where(Clock.complaint_id.in_(some), Clock.next_action_at < now)
            .options(
                selectinload(Clock.pauses),
                # Few policies stand behind very many clocks; a join would read each document once for every clock.
                selectinload(Clock.policy),
                selectinload(Clock.working_time),
                joinedload(Clock.compensation),
            )
            .order_by(Clock.next_action_at, Clock.id)
            .execution_options(populate_existing=True)
        )
        found += db.session.scalars(statement)
    return found


def _write(clocks: Sequence[Clock], changes: Sequence[Changes]) -> None:
    """All changes in one statement; the clocks in memory then say what stands in their rows."""
    if not clocks:
        return
    rows = [{"id": clock.id, **change} for clock, change in zip(clocks, changes, strict=True)]
    db.session.execute(update(Clock), rows)
    for clock, change in zip(clocks, changes, strict=True):
        for name, value in change.items():
            set_committed_value(clock, name, value)


@dataclass
class _Round:
    """One run of the sweep: what it writes, and what it asked once for all clocks."""

    now: datetime
    changes: list[Changes] = field(default_factory=list)
    lines: list[TimelineEvent] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    to_escalate: list[Complaint] = field(default_factory=list)
    missed_reports: list[tuple[Clock, Terms]] = field(default_factory=list)
    _terms: dict[tuple[int | None, int | None], Terms] = field(default_factory=dict)
    _groups: dict[Tell, list[Person]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._deciders = Deciders(self.now)

    def take_steps(self, clock: Clock) -> None:
        """Take the steps of this clock whose moment has passed."""
        terms = self._terms_of(clock)
        steps = terms.moments(clock)
        taken = [(step, moment) for step, moment in steps[clock.steps_done :] if moment < self.now]
        for step, moment in taken:
            self._note(clock, step, moment)
        self._tell_newest(clock, [step for step, _ in taken])
        self.changes.append(self._changes(clock, steps, taken))
        if clock.kind is ClockKind.PROGRESS and any(step.is_breach for step, _ in taken):
            self.missed_reports.append((clock, terms))

    def _changes(self, clock: Clock, steps: _Steps, taken: _Steps) -> Changes:
        """What the clock's row says afterwards; always the same columns, so that one statement writes all of them.

        A report that is missed is over: no later report makes up for the day (D-17).
        """
        steps_done = clock.steps_done + len(taken)
        change: Changes = {
            "state": clock.state,
            "steps_done": steps_done,
            "next_action_at": next((moment for _, moment in steps[steps_done:]), None),
            "breached_at": clock.breached_at,
            "breach_owner_id": clock.breach_owner_id,
        }
        if any(step.is_breach for step, _ in taken):
            change |= {"breached_at": self.now, "breach_owner_id": clock.complaint.handler_id}
            change |= {"state": ClockState.BREACHED}
            if clock.kind is ClockKind.PROGRESS:
                change |= {"state": ClockState.MISSED, "next_action_at": None}
        return change

    def _note(self, clock: Clock, step: Step, moment: datetime) -> None:
        """Write the step on the timeline; one that the sweep slept through says so."""
        known_at = max(moment, clock.complaint.recorded_at)
        details: dict[str, object] = {"clock": clock.kind, "due_at": clock.due_at}
        if self.now - known_at > sla.LATE_AFTER:
            details["is_late"] = True
        if step.percent is not None:
            kind, details = EventKind.CLOCK_WARNED, details | {"percent": step.percent}
        elif step.after is not None:
            kind, details = EventKind.CLOCK_OVERRUN, details | {"late_seconds": int(step.after.total_seconds())}
        else:
            kind = EventKind.CLOCK_BREACHED
        self.lines.append(timeline.draft(clock.complaint_id, kind, actor=SYSTEM, now=self.now, details=details))

    def _tell_newest(self, clock: Clock, taken: list[Step]) -> None:
        complaint = clock.complaint
        if complaint.is_finished:
            return
        wakes_chain = any(step.tell is Tell.CHAIN for step in taken) and complaint.status in OPEN
        # A chain that still runs calls the next person by itself; one that was acknowledged is woken.
        if wakes_chain and complaint.acknowledged_at is not None and complaint not in self.to_escalate:
            self.to_escalate.append(complaint)
        telling = [step for step in taken if step.tell not in (Tell.CHAIN, Tell.NOBODY)]
        if telling:
            self._tell(clock, telling[-1])

    def _tell(self, clock: Clock, step: Step) -> None:
        complaint = clock.complaint
        for person in self._people(step, clock):
            self.messages.append(
                Message(
                    kind=_KINDS[step.is_warning, step.is_breach],
                    person=person,
                    dedup_key=f"clock:{clock.id}:{_name(step)}:{person.id}",
                    complaint=complaint,
                    thread=f"clock:{clock.id}",
                    variables={
                        "number": complaint.number,
                        "clock": clock.kind,
                        "time": sms_values.length(abs(clock.due_at - self.now)),
                    },
                )
            )

    def _people(self, step: Step, clock: Clock) -> list[Person]:
        """Who is told; where nobody owes it yet, a breach is told to the leader rather than to nobody."""
        group: list[Person] = []
        if step.tell in (Tell.OWNER, Tell.OWNER_AND_LEADER):
            group = self._owners(clock)
        if step.tell in (Tell.LEADER, Tell.OWNER_AND_LEADER) or (not group and not step.is_warning):
            group = [*group, *self._asked(Tell.LEADER, lambda: duty.leaders(at=self.now))]
        if step.is_breach and clock.compensation is not None:
            group = [*group, *self._deciders.above(clock.compensation)]
        if step.tell is Tell.MANAGEMENT:
            group = self._asked(Tell.MANAGEMENT, lambda: people.with_role(Role.DUTY_MANAGER))
        return people.distinct(group)

    def _owners(self, clock: Clock) -> list[Person]:
        if clock.compensation is not None:
            return self._deciders.of(clock.compensation)
        return [clock.complaint.handler] if clock.complaint.handler is not None else []

    def _asked(self, who: Tell, ask: Callable[[], list[Person]]) -> list[Person]:
        if who not in self._groups:
            self._groups[who] = ask()
        return self._groups[who]

    def _terms_of(self, clock: Clock) -> Terms:
        key = clock.policy_id, clock.working_time_id
        if key not in self._terms:
            self._terms[key] = clocks.terms_of(clock)
        return self._terms[key]


_KINDS = {
    (True, False): NotificationKind.CLOCK_WARNING,
    (False, True): NotificationKind.CLOCK_BREACHED,
    (False, False): NotificationKind.CLOCK_OVERRUN,
}


def _name(step: Step) -> str:
    if step.percent is not None:
        return f"warn{step.percent}"
    return "breach" if step.after is None else f"after{int(step.after.total_seconds()) // 60}"
