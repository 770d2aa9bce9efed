"""Escalation: call the next person until somebody has the complaint (D-03, G-04). Never silence."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from extensions import COMPANY_ZONE, db
from models import Clock, Complaint, Escalation, Notification, Person
from rules import sms_values, texts
from rules.escalation import (
    LONGEST_STAND_DOWN,
    REQUIRED_DUTY_ROLE,
    START,
    Chain,
    EscalationPolicy,
    Place,
    Planned,
    Step,
    Target,
    Whom,
    plan,
)
from rules.lifecycle import OPEN, next_status
from rules.permissions import Permission
from rules.refusals import Conflict, Refusal
from rules.vocabulary import (
    N_,
    Action,
    Category,
    ClockKind,
    EscalationCause,
    EventKind,
    NotificationKind,
    PolicyKind,
    Severity,
)
from services import callees, chains, complaint_locks, notifications, people, policies, summonses, timeline, unreached
from services.actors import SYSTEM, Actor, require
from services.callees import Roll

SWEEP_BATCH = 50
"""Complaints that climb in one sweep; a storm takes several."""

LATE_AFTER = timedelta(minutes=1)
"""A step that comes later than this says so on the timeline."""

_CLIMBS_A_STEP = frozenset({EscalationCause.MANUAL, EscalationCause.BREACH})
"""Causes that go one step up; the others go on with the chain, which may repeat a step first."""


def call_first(complaint: Complaint, *, now: datetime) -> None:
    """Begin the chain of its level and kind: call whoever stands at the first step (level 0).

    Nobody there: written down, the leader is told, and the chain goes on at once.
    """
    _begin(complaint, kind=NotificationKind.DUTY_CALL, now=now)


def escalate(
    complaint: Complaint, *, reason: str, to: Whom | None = None, actor: Actor, now: datetime
) -> Escalation | None:
    """Press the button: one step up, or to a chosen person or role; whoever had it must be relieved anew (ES4).

    Raises:
        NotAllowed: the role does not allow it. Conflict: the complaint is over.
        Refusal: no reason, or nobody can be called there.
    """
    require(actor, Permission.ESCALATE)
    next_status(complaint.status, Action.ESCALATE)
    texts.check_given(reason, N_("Please say why you escalate."), field="reason")
    if to is None:
        return raise_level(complaint, cause=EscalationCause.MANUAL, reason=reason.strip(), actor=actor, now=now)
    group = Roll(now).of(to, callees.case_of(complaint))
    _check_reachable(group, to)
    _free(complaint)
    return _call_by_hand(
        complaint, to, group, cause=EscalationCause.MANUAL, reason=reason.strip(), actor=actor, now=now
    )


def raise_level(
    complaint: Complaint, *, cause: EscalationCause, reason: str, actor: Actor, now: datetime
) -> Escalation | None:
    """Go on with the chain and call whoever stands there; it then waits for their acknowledgement.

    An overdue clock wakes nobody while the chain is stood down: the chain goes on by itself when that ends.
    """
    if cause is EscalationCause.BREACH and chains.quiet_until(complaint, now=now) is not None:
        return None
    _free(complaint)
    return _go_on(complaint, cause=cause, reason=reason, actor=actor, now=now)


def hand_over(complaint: Complaint, *, to: Person, reason: str, actor: Actor, now: datetime) -> None:
    """Call the person it is given to. Nobody has it until they acknowledge; if they do not, the chain goes on.

    What comes from the past has no chain: they are told, and no more.
    """
    whom = Whom(Target.PERSON, str(to.id))
    stop(complaint, now=now)
    _free(complaint)
    _call_by_hand(complaint, whom, [to], cause=EscalationCause.HANDED_OVER, reason=reason, actor=actor, now=now)
    if complaint.is_history:
        complaint.escalation_due_at = None


def _call_by_hand(
    complaint: Complaint,
    whom: Whom,
    group: Sequence[Person],
    *,
    cause: EscalationCause,
    reason: str,
    actor: Actor,
    now: datetime,
) -> Escalation:
    """Call these people beside the chain, which goes on from where it stands when none of them answers."""
    chain, place = chains.of(complaint), chains.place(complaint)
    complaint.escalation_due_at = now + chain.wait_after(place)
    escalation = _record(complaint, [whom], from_level=place.step, cause=cause, reason=reason, actor=actor, now=now)
    if cause is EscalationCause.HANDED_OVER:
        kind = NotificationKind.ASSIGNED  # The line that tells of the handing over says the rest.
    else:
        kind = NotificationKind.ESCALATION
        _tell(complaint, escalation, [whom], group, actor=actor, now=now)
    summonses.summon(complaint, group, escalation=escalation, each=False, now=now)
    told = [_call(complaint, person, escalation=escalation, kind=kind, severity=None, now=now) for person in group]
    if not any(told):
        unreached.react(complaint, now=now)
    return escalation


def level_raised(complaint: Complaint, *, actor: Actor, now: datetime) -> None:
    """The complaint became graver: where nobody has it, the chain of its new level begins; where somebody has it,
    they have no longer without progress than the new level allows. A stand-down ends.
    """
    level_changed(complaint, now=now)
    if complaint.escalation_due_at is not None:
        next_call_at = now + chains.of(complaint).wait_after(chains.place(complaint))
        complaint.escalation_due_at = min(complaint.escalation_due_at, next_call_at)
    if complaint.lease_until is not None:
        complaint.lease_until = min(complaint.lease_until, chains.lease_ends(complaint, now=now))


def level_changed(complaint: Complaint, *, now: datetime) -> None:
    """The level is another one, up or down: where nobody has the complaint, the chain of that level begins."""
    if complaint.escalation_due_at is not None and not chains.is_right(complaint):
        _begin_again(complaint, now=now)


def kind_changed(complaint: Complaint, *, is_other_role: bool, now: datetime) -> None:
    """The complaint is of another kind than was thought: where nobody has it, its chain begins, and where another
    duty role is in charge now, that role is called.
    """
    if complaint.escalation_due_at is not None and (is_other_role or not chains.is_right(complaint)):
        _begin_again(complaint, now=now)


def stop(complaint: Complaint, *, now: datetime) -> None:
    """Nobody else is called: the chain's due time goes, and so do its unsent calls."""
    complaint.escalation_due_at = None
    summonses.end(complaint, now=now)
    notifications.cancel_calls(complaint, now=now)


def stand_down(complaint: Complaint, *, until: datetime, reason: str, actor: Actor, now: datetime) -> None:
    """Call nobody until a moment ahead; then the chain goes on.

    Raises:
        Conflict: no chain runs for it. Refusal: a moment that is past or more than a day ahead.
    """
    if not now < until <= now + LONGEST_STAND_DOWN:
        raise Refusal(N_("Please choose a moment within the next 24 hours."), field="until")
    if complaint.escalation_due_at is None and complaint.lease_until is None:
        raise Conflict(N_("Nobody would be called for this complaint."))
    if complaint.lease_until is not None:
        complaint.lease_until = max(complaint.lease_until, until)
    else:
        complaint.escalation_due_at = until
        notifications.cancel_calls(complaint, now=now)
    details = {"until": until, "level": int(complaint.level)}
    timeline.add(complaint, EventKind.STOOD_DOWN, actor=actor, now=now, note=reason, details=details)
    db.session.flush()


_ASKED = (Complaint.duty_role, Complaint.handler, Complaint.escalation_policy)
"""What a step asks of every complaint."""


def sweep(*, now: datetime, limit: int = SWEEP_BATCH) -> int:
    """Go one step on for every complaint whose wait is over; returns how many.

    However late the sweep comes, each complaint goes one step on and the next wait starts now: three hours of silence
    do not become three hours of calls at once. Two sweeps at once share the work.
    """
    due = select(Complaint.id).where(Complaint.escalation_due_at <= now).order_by(Complaint.escalation_due_at)
    waiting = list(db.session.scalars(due.limit(limit)))
    roll, climbed = Roll(now), 0
    for complaint in complaint_locks.take(waiting, *map(joinedload, _ASKED)):
        if complaint.escalation_due_at is None or complaint.escalation_due_at > now:
            continue
        if complaint.status not in OPEN:
            stop(complaint, now=now)
            continue
        is_over = chains.stood_down_until(complaint) == complaint.escalation_due_at
        cause = EscalationCause.RESUMED if is_over else EscalationCause.UNANSWERED
        _go_on(complaint, cause=cause, actor=SYSTEM, now=now, due_at=complaint.escalation_due_at, roll=roll)
        climbed += 1
    db.session.flush()
    return climbed


def go_on(complaint: Complaint, *, cause: EscalationCause, due_at: datetime | None, now: datetime) -> Escalation:
    """Let the desk go on with a chain that stood still: a lease ran out, or the auditor found it broken."""
    _free(complaint)
    return _go_on(complaint, cause=cause, actor=SYSTEM, now=now, due_at=due_at)


def preview(complaint: Complaint, *, now: datetime, most: int = 12) -> list[Planned[Person]]:
    """Who would be called when, from now on, if nobody answered; nobody for a complaint that is over (ES7).

    A chain that waits goes on where it stands; one that somebody holds goes on when their lease ends.
    """
    if not complaint.is_open:
        return []
    begins_at = complaint.escalation_due_at or complaint.lease_until or now
    if chains.is_right(complaint):
        chain = chains.of(complaint)
        place = chain.after(chains.place(complaint))
    else:
        policy = chains.read(policies.current(PolicyKind.ESCALATION))
        chain, place = policy.chain_for(complaint.level, complaint.category), START
    answered = {summons.person_id for summons in summonses.answered(complaint)}
    return _plan(chain, place, max(begins_at, now), callees.case_of(complaint), most, leaving_out=answered)


def preview_of(
    policy: EscalationPolicy, *, severity: Severity, category: Category, now: datetime, most: int = 12
) -> list[Planned[Person]]:
    """Who would be called when, if such a complaint were recorded now and nobody answered (ES7)."""
    chain = policy.chain_for(severity, category)
    return _plan(chain, START, now, callees.Case(REQUIRED_DUTY_ROLE[category]), most)


@dataclass(frozen=True)
class _Reached:
    """The place where somebody can be called, who that is, and where on the way nobody was."""

    place: Place
    people: list[Person]
    gaps: list[Whom]
    leaders: list[Person]


def _begin(complaint: Complaint, *, kind: NotificationKind, now: datetime) -> None:
    chain = chains.begin(complaint)
    reached = _reach(complaint, chain, START, Roll(now))
    if reached.place.step != START.step:
        _climb(complaint, chain, reached, from_level=0, cause=EscalationCause.NOBODY_ON_DUTY, actor=SYSTEM, now=now)
        return
    complaint.escalation_due_at = now + chain.wait_after(START)
    _ring(complaint, chain, reached, escalation=None, kind=kind, now=now)


def _begin_again(complaint: Complaint, *, now: datetime) -> None:
    """Another chain or another role is right for it now: what was called for before is over.

    While it is stood down nobody is called; the other chain begins when that ends.
    """
    resumes_at = chains.quiet_until(complaint, now=now)
    stop(complaint, now=now)
    if resumes_at is not None:
        chains.leave(complaint)
        complaint.escalation_due_at = resumes_at
        return
    _begin(complaint, kind=NotificationKind.ESCALATION, now=now)


def _go_on(
    complaint: Complaint,
    *,
    cause: EscalationCause,
    actor: Actor,
    now: datetime,
    reason: str = "",
    due_at: datetime | None = None,
    roll: Roll | None = None,
) -> Escalation:
    from_level = complaint.escalation_level
    chain, place = chains.going_on(complaint, is_climbing=cause in _CLIMBS_A_STEP)
    reached = _reach(complaint, chain, place, roll or Roll(now))
    return _climb(
        complaint,
        chain,
        reached,
        from_level=from_level,
        cause=cause,
        reason=reason,
        actor=actor,
        now=now,
        late=now - due_at if due_at is not None else timedelta(0),
    )


def _reach(complaint: Complaint, chain: Chain, place: Place, roll: Roll) -> _Reached:
    """The first place from here on where somebody can be called; the last step always finds somebody.

    Posts found empty on the way are written down (ES5). Who answered before in this run is not called again, except
    by the last step.
    """
    gaps: dict[Whom, None] = {}
    answered = {summons.person_id for summons in summonses.answered(complaint)}
    for standing in chain.places_from(place):
        step, is_last, case = chain.step(standing), standing.step == chain.last, callees.case_of(complaint)
        groups = {whom: roll.of(whom, case) for whom in step.whom}
        gaps.update((whom, None) for whom, group in groups.items() if not group)
        meant = people.distinct(person for group in groups.values() for person in group)
        reached = [person for person in meant if is_last or person.id not in answered]
        if reached or is_last:
            break
    for whom in gaps:
        _note_nobody(complaint, whom, now=roll.at)
    return _Reached(standing, reached or roll.leaders(), list(gaps), roll.leaders() if gaps else [])


def _climb(
    complaint: Complaint,
    chain: Chain,
    reached: _Reached,
    *,
    from_level: int,
    cause: EscalationCause,
    actor: Actor,
    now: datetime,
    reason: str = "",
    late: timedelta = timedelta(0),
) -> Escalation:
    """Stand there, wait from now on, and call whoever is there."""
    chains.move(complaint, reached.place)
    complaint.escalation_due_at = now + chain.wait_after(reached.place)
    whom = chain.step(reached.place).whom
    escalation = _record(complaint, whom, from_level=from_level, cause=cause, reason=reason, actor=actor, now=now)
    _tell(complaint, escalation, whom, reached.people, actor=actor, now=now, late=late)
    _ring(complaint, chain, reached, escalation=escalation, kind=NotificationKind.ESCALATION, now=now)
    return escalation


def _record(
    complaint: Complaint,
    whom: Sequence[Whom],
    *,
    from_level: int,
    cause: EscalationCause,
    reason: str,
    actor: Actor,
    now: datetime,
) -> Escalation:
    """Write it into the ledger; of several that are called together the first one stands for all."""
    escalation = Escalation(
        complaint=complaint,
        from_level=from_level,
        to_level=complaint.escalation_level,
        target=whom[0].target,
        target_name=_name(whom[0]),
        policy_id=complaint.escalation_policy_id,
        cause=cause,
        reason=reason,
        raised_at=now,
        raised_by_id=actor.id,
    )
    db.session.add(escalation)
    db.session.flush()
    return escalation


def _tell(
    complaint: Complaint,
    escalation: Escalation,
    whom: Sequence[Whom],
    group: Sequence[Person],
    *,
    actor: Actor,
    now: datetime,
    late: timedelta = timedelta(0),
) -> None:
    """The line of the timeline: whom it calls, why, and how late."""
    details: dict[str, object] = {
        "cause": escalation.cause,
        "target": escalation.target,
        "whom": [str(each) for each in whom],
        "people": [person.name for person in group],
    }
    if late > LATE_AFTER:
        details["late_seconds"] = int(late.total_seconds())
    levels = (escalation.from_level, escalation.to_level)
    timeline.add(
        complaint,
        EventKind.ESCALATED,
        actor=actor,
        now=now,
        note=escalation.reason,
        details=details,
        changes={"escalation_level": levels} if levels[0] != levels[1] else None,
    )


def _ring(
    complaint: Complaint,
    chain: Chain,
    reached: _Reached,
    *,
    escalation: Escalation | None,
    kind: NotificationKind,
    now: datetime,
) -> None:
    """Call everybody reached, and tell the leader of every post that was empty (ES5).

    Where none of them has a number to call, the chain does not wait.
    """
    each = chain.step(reached.place).each
    summonses.summon(complaint, reached.people, escalation=escalation, each=each, now=now)
    told = [
        _call(
            complaint,
            person,
            escalation=escalation,
            kind=NotificationKind.NOBODY_ON_DUTY if person in reached.leaders else kind,
            severity=chain.mildest,
            now=now,
            gap=reached.gaps[0] if reached.gaps else None,
        )
        for person in people.distinct([*reached.people, *reached.leaders])
    ]
    if not any(told):
        unreached.react(complaint, now=now)


def _call(
    complaint: Complaint,
    person: Person,
    *,
    escalation: Escalation | None,
    kind: NotificationKind,
    severity: Severity | None,
    now: datetime,
    gap: Whom | None = None,
) -> Notification | None:
    """Queue the message that makes the phone ring; None where there is no number, or it was called just now."""
    due_at = db.session.scalar(
        select(Clock.due_at).where(Clock.complaint_id == complaint.id, Clock.kind == ClockKind.CONTACT).limit(1)
    )
    role = complaint.duty_role.code
    return notifications.queue(
        kind=kind,
        person=person,
        dedup_key=f"complaint:{complaint.id}:call:{escalation.id if escalation else int(now.timestamp())}:{person.id}",
        complaint=complaint,
        escalation=escalation,
        severity=severity,
        now=now,
        number=complaint.number,
        due=f"{due_at.astimezone(COMPANY_ZONE):%H:%M}" if due_at else "",
        role=sms_values.post(gap, role) if gap else role,
    )


def _note_nobody(complaint: Complaint, whom: Whom, *, now: datetime) -> None:
    role = whom.name if whom.target is Target.DUTY_ROLE else complaint.duty_role.code
    timeline.add(
        complaint,
        EventKind.NOBODY_ON_DUTY,
        actor=SYSTEM,
        now=now,
        details={"target": whom.target, "role": role, "name": _name(whom)},
    )


def _name(whom: Whom) -> str:
    """Which role or person is meant, as it is kept for ever: a person by name."""
    if whom.target is not Target.PERSON:
        return whom.name
    person = db.session.get(Person, whom.person_id)
    return person.name if person else whom.name


def _check_reachable(group: Sequence[Person], whom: Whom) -> None:
    if not group:
        raise Refusal(N_("Nobody is there now who could take it."), field="to")
    if whom.target is Target.PERSON and not group[0].phone:
        raise Refusal(N_("This person has no mobile number and could not be called."), field="to")


def _free(complaint: Complaint) -> None:
    """Nobody has it any more; whoever had it must be relieved anew."""
    complaint.acknowledged_at = complaint.acknowledged_by = complaint.lease_until = None


def _plan(
    chain: Chain, place: Place, at: datetime, case: callees.Case, most: int, *, leaving_out: Collection[int] = ()
) -> list[Planned[Person]]:
    """The plan by the roster; where even the last step finds nobody, the leader is called.

    Who answered already (``leaving_out``, ids) is called by the last step only.
    """

    def people_at(step: Step, moment: datetime) -> list[Person]:
        roll = Roll(moment)
        found = roll.of_step(step, case)
        if step.is_endless:
            return found or roll.leaders()
        return [person for person in found if person.id not in leaving_out]

    return plan(chain, place, at, people_at, most=most)
