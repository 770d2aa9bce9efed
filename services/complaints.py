"""Complaints: take, contact, grade, hand over, solve. Each verb is one transaction with its history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import exists, select

from extensions import db
from models import Complaint, Customer, CustomerContact, Person, WorkOrder
from rules import texts, work_orders
from rules.compensation import UNSETTLED
from rules.lifecycle import OPEN, actions, next_status
from rules.permissions import ACTION_PERMISSION, Permission
from rules.refusals import Conflict, Refusal
from rules.severity import Fact, Facts, is_sensible
from rules.vocabulary import (
    N_,
    Action,
    ContactMethod,
    ContactPurpose,
    EventKind,
    FaultSide,
    FollowUpWay,
    Severity,
    Status,
)
from services import (
    acknowledgements,
    appointments,
    customer_links,
    escalations,
    follow_up_plans,
    group_counting,
    milestones,
    pauses,
    records,
    regrading,
    reply_codes,
    responsibilities,
    summonses,
    timeline,
)
from services.actors import Actor, require


def find(number: str) -> Complaint | None:
    """The complaint with this number, to look at; whoever changes one takes it through ``complaint_locks``."""
    if not number.isprintable():  # Made up in an address; PostgreSQL would not even look for a NUL.
        return None
    return db.session.scalar(select(Complaint).where(Complaint.number == number))


def find_by_external_ref(ref: str) -> Complaint | None:
    """The complaint that another system's number belongs to."""
    return db.session.scalar(select(Complaint).where(Complaint.external_ref == ref))


def open_of(customer: Customer) -> list[Complaint]:
    """The customer's complaints that are not over, newest first; a handful at most."""
    statement = (
        select(Complaint)
        .where(Complaint.customer_id == customer.id, Complaint.status.in_((*OPEN, Status.RESOLVED)))
        .order_by(Complaint.first_word_at.desc())
        .limit(5)
    )
    return list(db.session.scalars(statement))


def acknowledge(complaint: Complaint, *, actor: Person, now: datetime) -> None:
    """Take the complaint: the chain stops, its unsent calls are withdrawn, the actor becomes the handler.

    Where several must acknowledge each for themselves (ES3), the chain stops with the last of them.

    Raises:
        Conflict: somebody else was first, the actor did it before, or the complaint is over.
    """
    _begin(complaint, Action.ACKNOWLEDGE, actor)
    if complaint.acknowledged_by is not None:
        raise Conflict(N_("%(name)s has acknowledged this complaint already."), name=complaint.acknowledged_by.name)
    if summonses.has_answered(complaint, actor):
        missing = ", ".join(summons.person.name for summons in summonses.missing(complaint))
        raise Conflict(N_("You have acknowledged; the answer of %(names)s is still missing."), names=missing)
    acknowledgements.take(complaint, actor=actor, now=now)


def log_contact(
    complaint: Complaint,
    *,
    method: ContactMethod,
    is_reached: bool,
    summary: str,
    is_read_back: bool = False,
    purpose: ContactPurpose = ContactPurpose.TALK,
    actor: Person,
    now: datetime,
) -> CustomerContact:
    """Write down an attempt to talk to the customer; reaching them stops the contact clock (D-02).

    ``purpose`` says what they were told: an answer, a report and a formal reply stop the clock of their name.

    Whoever reaches the customer of a complaint that nobody has takes it by doing so. ``is_read_back`` says that the
    three dimensions were read back and confirmed in this conversation (D-09).

    Raises:
        Refusal: no summary of what was said.
    """
    status = _begin(complaint, Action.CONTACT, actor)
    if is_reached:
        texts.check_given(summary, N_("Please write down what was said."), field="summary")
    contact = CustomerContact(
        complaint=complaint,
        at=now,
        by=actor,
        method=method,
        purpose=purpose,
        is_reached=is_reached,
        summary=summary.strip(),
    )
    db.session.add(contact)
    timeline.add(
        complaint,
        EventKind.CONTACT_LOGGED,
        actor=actor,
        now=now,
        note=summary.strip(),
        details={"method": method, "purpose": purpose, "is_reached": is_reached, "is_read_back": is_read_back},
    )
    if is_reached:
        if is_read_back and complaint.read_back_at is None:
            complaint.read_back_at = now
        _customer_reached(complaint, status, actor=actor, now=now)
    milestones.contacted(contact, actor=actor, now=now)
    acknowledgements.renew(complaint, now=now)
    db.session.flush()
    return contact


def grade(
    complaint: Complaint,
    *,
    severity: Severity,
    reason: str,
    side: FaultSide,
    lead: Person,
    cooperators: Sequence[Person],
    actor: Person,
    now: datetime,
) -> None:
    """Fix the level with its reason and name who is responsible; the triage clock stops (D-10 to D-14).

    Raises:
        Refusal: no reason, or the lead also stands among the cooperators.
        NotAllowed: less grave than the facts call for or than it is, and the actor does not lead the group.
    """
    status = _begin(complaint, Action.GRADE, actor)
    texts.check_given(reason, N_("Please give the reason for the level."), field="reason")
    assessment = regrading.measure_again(complaint)
    regrading.check_level(complaint, severity, actor=actor, now=now)
    responsibilities.name(complaint, side=side, lead=lead, cooperators=cooperators, actor=actor, now=now)
    was = complaint.level
    changes = {"severity": (complaint.severity, severity), "status": (complaint.status, status)}
    complaint.severity, complaint.suggested_severity = severity, assessment.severity
    complaint.severity_reason = reason.strip()
    complaint.graded_at, complaint.graded_by = now, actor
    complaint.status = status
    timeline.add(
        complaint,
        EventKind.GRADED,
        actor=actor,
        now=now,
        note=reason.strip(),
        details={"suggested_severity": int(assessment.severity), "rules": assessment.rule_ids},
        changes=_real(changes),
    )
    milestones.graded(complaint, was=was, actor=actor, now=now)
    acknowledgements.renew(complaint, now=now)
    db.session.flush()
    regrading.became_graver(complaint, was, actor=actor, now=now)
    escalations.level_changed(complaint, now=now)


def hand_over(complaint: Complaint, *, to: Person, reason: str, actor: Person, now: datetime) -> None:
    """Give the complaint to somebody else, who is called; the first responder stays for life (G-02).

    Until they acknowledge, nobody has it: if they do not, the chain goes on. Who gives it to themselves has it.

    Raises:
        Refusal: no reason, or the other is not able to take it. Conflict: they have it already.
    """
    _begin(complaint, Action.ASSIGN, actor)
    texts.check_given(reason, N_("Please give a reason."), field="reason")
    if not to.may(Permission.ACKNOWLEDGE):
        raise Refusal(N_("%(name)s cannot take complaints."), field="to", name=to.name)
    if complaint.handler_id == to.id:
        raise Conflict(N_("%(name)s has this complaint already."), field="to", name=to.name)
    changes = {"handler": (complaint.handler and complaint.handler.name, to.name)}
    complaint.handler = to
    timeline.add(complaint, EventKind.ASSIGNED, actor=actor, now=now, note=reason.strip(), changes=changes)
    if to.id == actor.id and complaint.acknowledged_at is not None:
        acknowledgements.renew(complaint, now=now)
    elif to.id == actor.id:
        acknowledgements.take(complaint, actor=to, now=now)
    else:
        escalations.hand_over(complaint, to=to, reason=reason.strip(), actor=actor, now=now)
    db.session.flush()


def stand_down(complaint: Complaint, *, until: datetime, reason: str, actor: Person, now: datetime) -> None:
    """Let nobody be called until a moment within the next day, with a reason; then the chain goes on.

    Raises:
        Refusal: no reason, or a moment that is past or too far ahead. Conflict: nobody would be called.
    """
    _begin(complaint, Action.STAND_DOWN, actor)
    texts.check_given(reason, N_("Please give a reason."), field="reason")
    escalations.stand_down(complaint, until=until, reason=reason.strip(), actor=actor, now=now)


def check_facts(facts: Facts) -> None:
    """Refuse risk facts beyond all reason.

    Raises:
        Refusal: a count is out of bounds.
    """
    if not is_sensible(Fact.HOUSEHOLD_COUNT, facts.household_count):
        raise Refusal(N_("The number of households must lie between 1 and 10,000."), field="household_count")
    if not is_sensible(Fact.DELAY_DAYS, facts.delay_days):
        raise Refusal(N_("The days of delay must lie between 0 and 3,650."), field="delay_days")


def put_facts(complaint: Complaint, facts: Facts) -> None:
    """Write the risk facts onto the complaint; who calls says so on the timeline."""
    complaint.is_safety_hazard = facts.is_safety_hazard
    complaint.is_media_involved = facts.is_media_involved
    complaint.household_count = facts.household_count
    complaint.delay_days = facts.delay_days
    complaint.is_leak = facts.is_leak
    complaint.mentions_consumer_association = facts.mentions_consumer_association


def update_facts(complaint: Complaint, *, facts: Facts, note: str, actor: Person, now: datetime) -> None:
    """Write down risk facts that became known later; the proposed level follows them, upward the level itself.

    Raises:
        Refusal: a count is out of bounds.
    """
    _begin(complaint, Action.UPDATE_FACTS, actor)
    check_facts(facts)
    put_facts(complaint, facts)
    follow_facts(complaint, note=note.strip(), actor=actor, now=now)


def follow_facts(complaint: Complaint, *, note: str, actor: Actor, now: datetime) -> None:
    """The facts were just put on the complaint: the timeline says what changed, and the level follows."""
    changes = records.changes_of(complaint)
    if not changes:
        return
    timeline.add(complaint, EventKind.EDITED, actor=actor, now=now, note=note, changes=changes)
    regrading.follow_facts(complaint, actor=actor, now=now)


def add_note(complaint: Complaint, *, text: str, actor: Person, now: datetime) -> None:
    """Write a note on the timeline.

    Raises:
        Refusal: it is empty or endless.
    """
    _begin(complaint, Action.NOTE, actor)
    texts.check_given(text, N_("The note is empty."), field="text")
    timeline.add(complaint, EventKind.NOTE, actor=actor, now=now, note=text.strip())
    db.session.flush()


def resolve(complaint: Complaint, *, resolution: str, actor: Person, now: datetime) -> None:
    """Say that it is solved, in our view; the customer has not agreed yet.

    Raises:
        Refusal: no words on what was done. Conflict: it has not been graded.
    """
    status = _begin(complaint, Action.RESOLVE, actor)
    texts.check_given(resolution, N_("Please write down how it was solved."), field="resolution")
    _refuse_during_meeting(complaint)
    if complaint.severity is None:
        raise Conflict(N_("Grade the complaint first: every case has a level and somebody responsible."))
    complaint.resolution = resolution.strip()
    complaint.resolved_at = now
    complaint.handler = complaint.handler or actor
    acknowledgements.settle(complaint, by=actor, now=now)
    _move(complaint, status, EventKind.RESOLVED, note=resolution, actor=actor, now=now)
    milestones.resolved(complaint, actor=actor, now=now)
    follow_up_plans.plan(complaint, now=now)


def confirm(complaint: Complaint, *, way: FollowUpWay, now: datetime) -> None:
    """The customer agrees that it is solved; the first time counts."""
    if complaint.confirmed_at is None:
        complaint.confirmed_at, complaint.confirmed_way = now, way


def close(complaint: Complaint, *, agreement: str, actor: Person, now: datetime) -> None:
    """Close it with the customer's agreement, in words; ``closing.close`` asks before what stands in the way.

    Raises:
        Refusal: nothing is said about the customer's agreement.
    """
    status = _begin(complaint, Action.CLOSE, actor)
    texts.check_given(agreement, N_("Please write down how the customer agreed."), field="agreement")
    complaint.closed_at = now
    _move(complaint, status, EventKind.CLOSED, note=agreement, actor=actor, now=now)
    reply_codes.end(complaint.id, now=now)
    milestones.closed(complaint, actor=actor, now=now)
    appointments.end_with(complaint, actor=actor, now=now)
    group_counting.finish(complaint, now=now)


def reopen(complaint: Complaint, *, reason: str, actor: Actor, now: datetime) -> None:
    """Take it up again under the same number; what the customer agreed to does not hold any more.

    Raises:
        Refusal: no reason.
    """
    status = _begin(complaint, Action.REOPEN, actor)
    texts.check_given(reason, N_("Please give a reason."), field="reason")
    complaint.resolved_at = complaint.closed_at = None
    complaint.confirmed_at = complaint.confirmed_way = None
    follow_up_plans.cancel(complaint, now=now)
    _move(complaint, status, EventKind.REOPENED, note=reason, actor=actor, now=now)
    acknowledgements.renew(complaint, now=now)
    milestones.reopened(complaint, actor=actor, now=now)
    group_counting.count_in([complaint], now=now)


def make_void(complaint: Complaint, *, reason: str, actor: Actor, now: datetime) -> None:
    """Mark a mistaken record as void: it stays readable, no clock runs, no phone rings.

    Raises:
        Refusal: no reason. Conflict: people talk about it, work goes on, or a compensation is not settled.
    """
    status = _begin(complaint, Action.VOID, actor)
    texts.check_given(reason, N_("Please give a reason."), field="reason")
    if complaint.is_counted:  # A drill ends when its time is over, whoever still talks.
        _refuse_during_meeting(complaint)
        _refuse_under_way(complaint)
    acknowledgements.let_go(complaint, now=now)
    _move(complaint, status, EventKind.VOIDED, note=reason, actor=actor, now=now)
    reply_codes.end(complaint.id, now=now)
    milestones.voided(complaint, actor=actor, now=now)
    follow_up_plans.cancel(complaint, now=now)
    customer_links.revoke_all(complaint, now=now)
    appointments.end_with(complaint, actor=actor, now=now)
    group_counting.finish(complaint, now=now)


def reveal_phone(complaint: Complaint, *, actor: Person, now: datetime) -> str:
    """The full number, with the look written on the timeline (N18)."""
    require(actor, Permission.REVEAL)
    timeline.add(complaint, EventKind.REVEALED, actor=actor, now=now)
    db.session.flush()
    return complaint.contact_phone


def possible_actions(complaint: Complaint, actor: Person) -> tuple[Action, ...]:
    """What this person can do to it now; the page shows exactly these buttons."""
    return tuple(
        action
        for action in actions(complaint.status)
        if actor.may(ACTION_PERMISSION[action])
        and not (action is Action.ACKNOWLEDGE and not _may_answer(complaint, actor))
        and not (action is Action.STAND_DOWN and not (complaint.escalation_due_at or complaint.lease_until))
        and not (action is Action.PAUSE and not pauses.pausable(complaint))
        and not (action is Action.RESUME and not pauses.paused(complaint))
        and not (action is Action.WITHDRAW_PROMISE and not any(promise.is_open for promise in complaint.promises))
        and not (action is Action.MEET and any(meeting.ended_at is None for meeting in complaint.meetings))
    )


def _begin(complaint: Complaint, action: Action, actor: Actor) -> Status:
    require(actor, ACTION_PERMISSION[action])
    return next_status(complaint.status, action)


def _may_answer(complaint: Complaint, actor: Person) -> bool:
    """Whether it is this person's to acknowledge: nobody has it, and they did not answer already."""
    return complaint.acknowledged_at is None and not summonses.has_answered(complaint, actor)


def _customer_reached(complaint: Complaint, status: Status, *, actor: Person, now: datetime) -> None:
    if complaint.is_open and actor.may(Permission.ACKNOWLEDGE) and _may_answer(complaint, actor):
        acknowledgements.take(complaint, actor=actor, now=now)
    if complaint.contacted_at is None:
        complaint.contacted_at = now
    complaint.status = Status.HANDLING if status is Status.CONTACTED and complaint.severity else status


def _refuse_during_meeting(complaint: Complaint) -> None:
    if any(meeting.ended_at is None for meeting in complaint.meetings):
        raise Conflict(N_("A triage meeting is going on: end it or call it off first."))


def _refuse_under_way(complaint: Complaint) -> None:
    """Work and money do not disappear with a mistaken record: nobody would find them again."""
    is_open = WorkOrder.state.in_(work_orders.OPEN)
    goes_on = db.session.scalar(select(exists().where(WorkOrder.complaint_id == complaint.id, is_open)))
    if goes_on or any(each.status in UNSETTLED for each in complaint.compensations):
        raise Conflict(N_("Work goes on or a compensation is not settled: call it off or take it back first."))


def _move(complaint: Complaint, status: Status, kind: EventKind, *, note: str, actor: Actor, now: datetime) -> None:
    changes = {"status": (complaint.status, status)}
    complaint.status = status
    timeline.add(complaint, kind, actor=actor, now=now, note=note.strip(), changes=changes)
    db.session.flush()


def _real(changes: Mapping[str, tuple[object, object]]) -> dict[str, tuple[object, object]]:
    return {name: (old, new) for name, (old, new) in changes.items() if old != new}
