"""Clocks: started by the policy of the moment, stopped, ended, paused; ``clock_sweep`` notices the ones that run out.

``milestones`` says which event starts or stops which clock; nothing else calls these verbs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from extensions import COMPANY_ZONE, db
from models import Clock, ClockPause, Compensation, Complaint, OutwardCase, Policy, Promise
from rules import sla
from rules.sla import ClockPolicy, Step, Target, Tell, Unit
from rules.vocabulary import ClockKind, ClockState, EventKind, PolicyKind
from rules.working_time import ROUND_THE_CLOCK, Calendar, WorkingCalendar
from services import notifications, policies, timeline, working_time
from services.actors import Actor


@dataclass(frozen=True)
class Terms:
    """What a clock goes by: a version of the targets and one of the working time."""

    policy_id: int
    targets: ClockPolicy
    working_time_id: int
    calendar: WorkingCalendar

    def calendar_of(self, target: Target) -> Calendar:
        """The time that counts for a target."""
        return self.calendar if target.is_working_time else ROUND_THE_CLOCK

    def due_at(self, clock: Clock, *, is_resumed_at: datetime | None = None) -> datetime:
        """When the clock runs out, computed from its beginning and its pauses; one that is open ends as given."""
        target = self.targets.by_id(clock.target_id)
        if target is None:
            return clock.due_at
        pauses = pauses_of(clock, open_until=is_resumed_at)
        return sla.due_at(clock.started_at, clock.budget, pauses, self.calendar_of(target))

    def moments(self, clock: Clock) -> list[tuple[Step, datetime]]:
        """Every step of the clock's target with its moment, in order."""
        target = self.targets.by_id(clock.target_id)
        if target is None:
            return [(Step(Tell.LEADER), clock.due_at)]
        calendar = self.calendar_of(target)
        moments = sla.step_moments(
            target.steps, clock.started_at, clock.budget, clock.due_at, pauses_of(clock), calendar
        )
        return list(zip(target.steps, moments, strict=True))

    def next_action_at(self, clock: Clock) -> datetime | None:
        """When the sweep has to look at it again: the first step that is not taken; None after the last."""
        return next((moment for _, moment in self.moments(clock)[clock.steps_done :]), None)


def current_terms() -> Terms:
    """The terms that a clock started now goes by, for as long as it lives."""
    return terms(policies.current(PolicyKind.CLOCKS), policies.current(PolicyKind.WORKING_TIME))


def terms(targets: Policy, week: Policy) -> Terms:
    """The terms of these two versions."""
    return Terms(
        policy_id=targets.id,
        targets=ClockPolicy.from_document(targets.document),
        working_time_id=week.id,
        calendar=working_time.calendar(week),
    )


def terms_of(clock: Clock) -> Terms:
    """The terms that the clock began with; one of the first release, which kept none, goes by today's."""
    return terms(
        clock.policy or policies.current(PolicyKind.CLOCKS),
        clock.working_time or policies.current(PolicyKind.WORKING_TIME),
    )


def draft(
    kind: ClockKind,
    complaint: Complaint,
    *,
    started_at: datetime,
    terms: Terms,
    now: datetime,
    due_at: datetime | None = None,
) -> Clock | None:
    """A clock that runs, not written yet and of no complaint yet; None when the policy has none for this complaint.

    The due moment is fixed here, and nothing but a pause moves it. ``due_at`` is what was promised, where the promise
    sets the end. Warnings whose moment is past already are passed over: the breach says enough.
    """
    target = terms.targets.target(kind, complaint.category, complaint.level)
    if target is None:
        return None
    due_at = _due_at(target, started_at, terms, due_at)
    if due_at is None:
        return None
    budget = target.budget(terms.calendar.week.day_length) or due_at - started_at
    clock = Clock(
        kind=kind,
        state=ClockState.RUNNING,
        started_at=started_at,
        due_at=due_at,
        owner_id=complaint.handler_id or complaint.first_responder_id,
        policy_id=terms.policy_id,
        working_time_id=terms.working_time_id,
        target_id=target.id,
        budget_seconds=int(budget.total_seconds()),
        is_pausable=target.is_pausable,
    )
    steps = terms.moments(clock)
    clock.steps_done = sum(step.is_warning and moment <= now for step, moment in steps)
    clock.next_action_at = steps[clock.steps_done][1]
    return clock


def _due_at(target: Target, started_at: datetime, terms: Terms, promised_at: datetime | None) -> datetime | None:
    budget = target.budget(terms.calendar.week.day_length)
    if budget is not None:
        return sla.due_at(started_at, budget, [], terms.calendar_of(target))
    if target.unit is Unit.NEXT_DAY_AT:
        return sla.next_day_at(started_at, target.amount, COMPANY_ZONE)
    return promised_at


def of_history(kind: ClockKind, complaint: Complaint, *, terms: Terms, now: datetime) -> Clock | None:
    """The clock of a call from the past with no record of who called back: missed, and nobody's phone rings."""
    clock = draft(kind, complaint, started_at=complaint.first_word_at, terms=terms, now=now)
    if clock is not None:
        clock.state, clock.breached_at = ClockState.MISSED, clock.due_at
        clock.owner_id = clock.next_action_at = None
    return clock


def start(
    kind: ClockKind,
    complaint: Complaint,
    *,
    started_at: datetime,
    terms: Terms,
    now: datetime,
    promise: Promise | None = None,
    compensation: Compensation | None = None,
    outward_case: OutwardCase | None = None,
) -> Clock | None:
    """Start a clock; None when the policy has none of this kind for this complaint."""
    promised = promise or outward_case
    due_at = promised.due_at if promised is not None else None
    clock = draft(kind, complaint, started_at=started_at, terms=terms, now=now, due_at=due_at)
    if clock is not None:
        clock.promise_id = promise.id if promise is not None else None
        clock.compensation_id = compensation.id if compensation is not None else None
        clock.outward_case_id = outward_case.id if outward_case is not None else None
        clock.complaint = complaint
        db.session.add(clock)
    return clock


def unstopped(complaint: Complaint, *kinds: ClockKind) -> list[Clock]:
    """The complaint's clocks that somebody still has to stop, of these kinds or of all."""
    statement = select(Clock).where(Clock.complaint_id == complaint.id, Clock.is_unstopped).order_by(Clock.id)
    return list(db.session.scalars(statement.where(Clock.kind.in_(kinds)) if kinds else statement))


def shown(complaint: Complaint, *, limit: int = 60) -> list[Clock]:
    """The complaint's clocks for its page: what runs by its due time, what waits, then what is over, latest first."""
    statement = (
        select(Clock)
        .where(Clock.complaint_id == complaint.id)
        .options(
            selectinload(Clock.pauses).joinedload(ClockPause.paused_by),
            joinedload(Clock.owner),
            joinedload(Clock.breach_owner),
            # Few versions stand behind all of them, and a page needs their numbers only.
            selectinload(Clock.policy).load_only(Policy.number),
        )
        .order_by((~Clock.is_unstopped), Clock.id.desc())
        .limit(limit)
    )
    found = list(db.session.scalars(statement))
    running = [clock for clock in found if clock.is_unstopped]
    running.sort(key=lambda clock: (clock.state is ClockState.PAUSED, clock.due_at))
    return running + [clock for clock in found if not clock.is_unstopped]


def ever(complaint: Complaint) -> set[ClockKind]:
    """Of which kinds the complaint has or had a clock."""
    return set(db.session.scalars(select(Clock.kind).where(Clock.complaint_id == complaint.id).distinct()))


def stop(complaint: Complaint, *kinds: ClockKind, actor: Actor, now: datetime) -> None:
    """Stop the clocks of these kinds that began already: the thing is done. A late stop stays on record as missed."""
    for clock in unstopped(complaint, *kinds):
        if clock.started_at <= now:
            stop_one(clock, actor=actor, now=now)


def stop_one(clock: Clock, *, actor: Actor, now: datetime) -> None:
    """Stop this clock; one that stood still goes by the time that the pause gave back."""
    resume(clock, by_id=actor.id, now=now)
    clock.stopped_at, clock.next_action_at = now, None
    clock.state = sla.verdict(clock.due_at, now, now)
    if clock.state is ClockState.MISSED and clock.breached_at is None:
        clock.breached_at = clock.due_at
        clock.breach_owner_id = clock.complaint.handler_id
    _withdraw_notices(clock, now=now)
    timeline.add(
        clock.complaint,
        EventKind.CLOCK_STOPPED,
        actor=actor,
        now=now,
        details={
            "clock": clock.kind,
            "state": clock.state,
            "took_seconds": int((now - clock.started_at).total_seconds()),
            "late_seconds": int(sla.lateness(clock.due_at, now, now).total_seconds()),
        },
    )


def end(clocks: Sequence[Clock], *, actor: Actor, now: datetime, is_mistake: bool = False) -> None:
    """Stop counting: the thing need not be done any more. What was overdue stays missed, unless all was a mistake."""
    for clock in clocks:
        resume(clock, by_id=actor.id, now=now)
        was_missed = clock.breached_at is not None or now > clock.due_at
        clock.state = ClockState.MISSED if was_missed and not is_mistake else ClockState.CANCELLED
        clock.next_action_at = None
        if was_missed and clock.breached_at is None and not is_mistake:
            clock.breached_at, clock.breach_owner_id = clock.due_at, clock.complaint.handler_id
        _withdraw_notices(clock, now=now)


def due_if_it_runs(clock: Clock, *, now: datetime) -> datetime:
    """When the clock is due; for one that waits, when it would be if it went on now."""
    if clock.state is not ClockState.PAUSED:
        return clock.due_at
    return terms_of(clock).due_at(clock, is_resumed_at=now)


def give_way(clock: Clock, *, to: Clock, actor: Actor, now: datetime) -> None:
    """End the clock for a draft of the same kind that is due sooner, and say so: nothing else on the timeline would."""
    complaint = clock.complaint
    end([clock], actor=actor, now=now)
    db.session.flush()  # The unique index lets one of a kind run at a time.
    to.complaint = complaint
    db.session.add(to)
    details = {"clock": clock.kind, "state": clock.state, "due_at": to.due_at}
    timeline.add(complaint, EventKind.CLOCK_STOPPED, actor=actor, now=now, details=details)


def _withdraw_notices(clock: Clock, *, now: datetime) -> None:
    if clock.steps_done:
        notifications.withdraw_notices(clock, now=now)


def resume(clock: Clock, *, by_id: int | None, now: datetime) -> None:
    """End the pause that is open, if any: the due time is computed anew from all the intervals."""
    if clock.state is not ClockState.PAUSED:
        return
    for pause in clock.pauses:
        if pause.ended_at is None:
            pause.ended_at, pause.resumed_by_id = max(now, pause.started_at), by_id
    clock.state = ClockState.RUNNING
    its = terms_of(clock)
    clock.due_at = its.due_at(clock)
    clock.next_action_at = its.next_action_at(clock)


def pauses_of(clock: Clock, *, open_until: datetime | None = None) -> list[sla.Pause]:
    """The intervals in which the clock stood still and goes on again; an open one counts until that moment."""
    ended = ((pause.started_at, pause.ended_at or open_until) for pause in clock.pauses)
    return [(started_at, ended_at) for started_at, ended_at in ended if ended_at is not None]
