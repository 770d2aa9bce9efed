"""Compensations: offered, decided by somebody else, paid with proof (D-16, D-17, H-08)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from extensions import db
from models import Compensation, Complaint, Person
from rules import compensation as rule
from rules import texts
from rules.compensation import COMPENSATION_TRANSITIONS, CompensationAction, DelayAmount
from rules.lifecycle import next_status
from rules.permissions import Permission
from rules.refusals import Conflict, Refusal
from rules.vocabulary import (
    N_,
    Action,
    CompensationBasis,
    CompensationKind,
    CompensationStatus,
    EventKind,
    NotificationKind,
    Role,
)
from services import milestones, notifications, people, timeline
from services.actors import require

MAX_PROOF = 200
STEP_PERMISSION = {
    CompensationAction.APPROVE: Permission.APPROVE,
    CompensationAction.REFUSE: Permission.APPROVE,
    CompensationAction.WITHDRAW: Permission.OFFER,
    CompensationAction.PAY: Permission.PAY,
}


def delay_proposal(complaint: Complaint, *, days: int) -> DelayAmount:
    """What so many days of delay are worth by the project's contract (D-17).

    Raises:
        Refusal: no project, no rate, or days out of bounds.
    """
    if complaint.project is None:
        raise Refusal(N_("Without a project there is no daily rate; link the project first."), field="delay_days")
    return rule.delay_amount(days, complaint.project.daily_delay_rate)


def offer(
    complaint: Complaint,
    *,
    kind: CompensationKind,
    basis: CompensationBasis,
    amount: Decimal | None,
    delay_days: int | None,
    reason: str,
    actor: Person,
    now: datetime,
) -> Compensation:
    """Propose a compensation; a delay's amount is computed, never typed. The approvers are told.

    Raises:
        Refusal: no reason, no amount, or a delay settled in a way the plan does not know (D-17).
    """
    require(actor, Permission.OFFER)
    next_status(complaint.status, Action.COMPENSATE)
    texts.check_given(reason, N_("Please give a reason."), field="reason")
    delay = _delay(complaint, kind, delay_days) if basis is CompensationBasis.DELAY else None
    compensation = Compensation(
        complaint=complaint,
        kind=kind,
        basis=basis,
        amount=delay.amount if delay else _typed_amount(amount),
        delay_days=delay.days if delay else None,
        daily_rate=delay.daily_rate if delay else None,
        reason=reason.strip(),
        status=CompensationStatus.OFFERED,
        offered_at=now,
        offered_by=actor,
    )
    db.session.add(compensation)
    db.session.flush()
    _tell(compensation, "offer", note=reason.strip(), actor=actor, now=now)
    milestones.compensation_offered(compensation, now=now)
    _tell_approvers(compensation, but=actor, now=now)
    return compensation


def approve(compensation: Compensation, *, note: str, actor: Person, now: datetime) -> None:
    """Approve it; nobody approves their own.

    Raises:
        Conflict: decided before, or the actor offered it.
    """
    status = _begin(compensation, CompensationAction.APPROVE, actor)
    texts.check(note, field="note")
    if compensation.offered_by_id == actor.id:
        raise Conflict(N_("Nobody approves a compensation they offered themselves."))
    _decide(compensation, status, CompensationAction.APPROVE, note=note, actor=actor, now=now)


def refuse(compensation: Compensation, *, note: str, actor: Person, now: datetime) -> None:
    """Refuse it; the reason is required and the decision final.

    Raises:
        Refusal: no reason. Conflict: decided before.
    """
    status = _begin(compensation, CompensationAction.REFUSE, actor)
    texts.check_given(note, N_("Please give a reason."), field="note")
    _decide(compensation, status, CompensationAction.REFUSE, note=note, actor=actor, now=now)


def withdraw(compensation: Compensation, *, note: str, actor: Person, now: datetime) -> None:
    """Take an offer back before it is paid.

    Raises:
        Refusal: no reason. Conflict: paid, refused or withdrawn before.
    """
    status = _begin(compensation, CompensationAction.WITHDRAW, actor)
    texts.check_given(note, N_("Please give a reason."), field="note")
    compensation.status = status
    _tell(compensation, CompensationAction.WITHDRAW, note=note.strip(), actor=actor, now=now)
    milestones.compensation_decided(compensation, actor=actor, now=now)
    db.session.flush()


def pay(compensation: Compensation, *, proof: str, actor: Person, now: datetime) -> None:
    """Confirm payment or delivery with its proof (a receipt or transfer number).

    Raises:
        Refusal: no proof. Conflict: it is not approved.
    """
    status = _begin(compensation, CompensationAction.PAY, actor)
    texts.check_given(
        proof, N_("Payment needs a proof: a receipt or transfer number."), field="proof", longest=MAX_PROOF
    )
    compensation.payment_proof = proof.strip()
    compensation.paid_at, compensation.paid_by = now, actor
    compensation.status = status
    _tell(compensation, CompensationAction.PAY, note=proof.strip(), actor=actor, now=now)
    db.session.flush()


def possible_steps(compensation: Compensation, actor: Person) -> tuple[CompensationAction, ...]:
    """What this person can do to it now; the page shows exactly these buttons."""
    return tuple(
        step
        for step in CompensationAction
        if (compensation.status, step) in COMPENSATION_TRANSITIONS
        and actor.may(STEP_PERMISSION[step])
        and not (step is CompensationAction.APPROVE and compensation.offered_by_id == actor.id)
    )


def _begin(compensation: Compensation, step: CompensationAction, actor: Person) -> CompensationStatus:
    require(actor, STEP_PERMISSION[step])
    try:
        return COMPENSATION_TRANSITIONS[compensation.status, step]
    except KeyError:
        raise Conflict(
            N_("“%(step)s” is not possible while the compensation is “%(status)s”."),
            step=step,
            status=compensation.status,
        ) from None


def _decide(
    compensation: Compensation,
    status: CompensationStatus,
    step: CompensationAction,
    *,
    note: str,
    actor: Person,
    now: datetime,
) -> None:
    compensation.status = status
    compensation.decided_at, compensation.decided_by = now, actor
    compensation.decision_note = note.strip()
    _tell(compensation, step, note=note.strip(), actor=actor, now=now)
    milestones.compensation_decided(compensation, actor=actor, now=now)
    db.session.flush()


def _delay(complaint: Complaint, kind: CompensationKind, days: int | None) -> DelayAmount:
    if kind not in rule.DELAY_KINDS:
        raise Refusal(N_("A delay is settled off the final payment or by transfer."), field="kind")
    if days is None:
        raise Refusal(N_("Please give the days of delay."), field="delay_days")
    return delay_proposal(complaint, days=days)


def _typed_amount(amount: Decimal | None) -> Decimal:
    if amount is None:
        raise Refusal(N_("Please give the amount."), field="amount")
    return rule.checked_amount(amount)


def _tell(compensation: Compensation, step: str, *, note: str, actor: Person, now: datetime) -> None:
    timeline.add(
        compensation.complaint,
        EventKind.COMPENSATION,
        actor=actor,
        now=now,
        note=note,
        details={
            "step": step,
            "kind": compensation.kind,
            "amount": compensation.amount,
            "delay_days": compensation.delay_days,
            "daily_rate": compensation.daily_rate,
        },
    )


def _tell_approvers(compensation: Compensation, *, but: Person, now: datetime) -> None:
    for person in people.with_role(Role.APPROVER):
        if person.id != but.id:
            notifications.queue(
                kind=NotificationKind.COMPENSATION_TO_DECIDE,
                person=person,
                dedup_key=f"compensation:{compensation.id}:decide:{person.id}",
                complaint=compensation.complaint,
                now=now,
                number=compensation.complaint.number,
            )
