"""Compensations: offered, decided by whom the ladder names, accepted, paid with proof (D-16, D-17, H-08, G-04)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from extensions import db
from models import Compensation, CompensationDecision, Complaint, Person, Project, SpecialApproval
from rules import compensation as rule
from rules import texts
from rules.compensation import (
    COMPENSATION_TRANSITIONS,
    FOR_THE_CUSTOMER,
    UNSETTLED,
    CompensationAction,
    DelayAmount,
)
from rules.lifecycle import next_status
from rules.next_steps import NextStep, Tab
from rules.permissions import Permission
from rules.refusals import Conflict, NotAllowed, Refusal
from rules.vocabulary import (
    N_,
    Action,
    CompensationBasis,
    CompensationKind,
    CompensationStatus,
    EventKind,
    EvidenceUse,
    NotificationKind,
    PolicyKind,
    Side,
)
from services import authorities, delay_ledger, evidence, milestones, notifications, policies, timeline
from services.actors import require
from services.authorities import Deciders, Seat
from services.evidence import About, Upload

MAX_PROOF = 200
MAX_FORM = 2000
STEP_PERMISSION = {
    CompensationAction.OFFER: Permission.OFFER,
    CompensationAction.APPROVE: Permission.APPROVE,
    CompensationAction.SIGN: Permission.APPROVE,
    CompensationAction.REFUSE: Permission.APPROVE,
    CompensationAction.ACCEPT: Permission.OFFER,
    CompensationAction.DECLINE: Permission.OFFER,
    CompensationAction.WITHDRAW: Permission.OFFER,
    CompensationAction.PAY: Permission.PAY,
}
OF_AUTHORITY = frozenset({CompensationAction.APPROVE, CompensationAction.SIGN, CompensationAction.REFUSE})
"""Steps for which a permission is not enough: the ladder has to name whoever takes them."""


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
    """Propose a compensation; a delay's amount is computed, never typed. Whoever may decide is told.

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
        explanation=_explanation(complaint) if delay else None,
        reason=reason.strip(),
        status=CompensationStatus.OFFERED,
        authority_policy_id=policies.current(PolicyKind.AUTHORITY).id,
        offered_at=now,
        offered_by=actor,
    )
    db.session.add(compensation)
    db.session.flush()
    _write(compensation, CompensationAction.OFFER, words=reason, actor=actor, now=now)
    milestones.compensation_offered(compensation, now=now)
    _tell_deciders(compensation, but=actor, now=now)
    return compensation


def ask_specially(
    compensation: Compensation, *, reason: str, risk: str, budget: str, actor: Person, now: datetime
) -> SpecialApproval:
    """Fill in the form that a special approval needs (G-05): why, at what risk, from which budget.

    Raises:
        Refusal: a part is empty. Conflict: it is decided, filled in already, or an ordinary decision is enough.
    """
    require(actor, Permission.OFFER)
    if compensation.status is not CompensationStatus.OFFERED or compensation.special is not None:
        raise Conflict(N_("The form is filled in already, or nothing is left to decide."))
    if not authorities.needed(compensation).is_special:
        raise Conflict(N_("An ordinary decision is enough here."))
    for field, text in {"reason": reason, "risk": risk, "budget": budget}.items():
        texts.check_given(text, N_("Please fill this in."), field=field, longest=MAX_FORM)
    form = SpecialApproval(
        compensation=compensation,
        reason=reason.strip(),
        risk=risk.strip(),
        budget=budget.strip(),
        filled_at=now,
        filled_by=actor,
    )
    db.session.add(form)
    db.session.flush()
    return form


def approve(compensation: Compensation, *, note: str, actor: Person, now: datetime) -> None:
    """Approve it, in one's own name or in that of somebody one stands in for; nobody approves their own (G-04).

    Raises:
        Conflict: decided before, the actor offered it, or a special approval is needed. NotAllowed: the ladder names
        somebody else.
    """
    status = _begin(compensation, CompensationAction.APPROVE, actor)
    texts.check(note, field="note")
    _hold_project(compensation)
    why = authorities.needed(compensation).why_special
    if why is not None:
        raise Conflict(N_("An ordinary decision is not enough. %(why)s"), why=why)
    for_whom = _authority(compensation, actor, is_special=False, now=now)
    _decide(compensation, status, CompensationAction.APPROVE, note=note, actor=actor, for_whom=for_whom, now=now)


def sign(compensation: Compensation, *, note: str, actor: Person, now: datetime) -> None:
    """Sign a special approval; the last signature that is needed approves it (G-05).

    Raises:
        Conflict: decided before, no form, signed already, or the actor offered it. NotAllowed: the ladder names
        somebody else.
    """
    _begin(compensation, CompensationAction.SIGN, actor)
    texts.check(note, field="note")
    _hold_project(compensation)
    if not authorities.needed(compensation).is_special:
        raise Conflict(N_("An ordinary decision is enough here."))
    if compensation.special is None:
        raise Conflict(N_("The form of the special approval is not filled in yet."))
    _authority(compensation, actor, is_special=True, now=now)
    for_whom = _signs_as(compensation, Seat.of(actor, now=now))
    if for_whom is None:
        raise Conflict(N_("This signature stands there already."))
    if _is_signed(compensation, for_whom):
        status = COMPENSATION_TRANSITIONS[compensation.status, CompensationAction.APPROVE]
        _decide(compensation, status, CompensationAction.SIGN, note=note, actor=actor, for_whom=for_whom, now=now)
    else:
        _write(compensation, CompensationAction.SIGN, words=note, actor=actor, for_whom=for_whom, now=now)


def signatures(compensation: Compensation) -> list[CompensationDecision]:
    """Who has signed the special approval."""
    return [row for row in compensation.decisions if row.step is CompensationAction.SIGN]


def refuse(compensation: Compensation, *, note: str, actor: Person, now: datetime) -> None:
    """Refuse it; the reason is required and the decision final. One refusal outweighs every signature.

    Raises:
        Refusal: no reason. Conflict: decided before, or the actor offered it. NotAllowed: the ladder names somebody
        else.
    """
    status = _begin(compensation, CompensationAction.REFUSE, actor)
    texts.check_given(note, N_("Please give a reason."), field="note")
    is_special = authorities.needed(compensation).is_special
    for_whom = _authority(compensation, actor, is_special=is_special, now=now)
    _decide(compensation, status, CompensationAction.REFUSE, note=note, actor=actor, for_whom=for_whom, now=now)


def accept(compensation: Compensation, *, note: str, actor: Person, now: datetime) -> None:
    """The customer accepts it: how and in which words they said so (CA1).

    Raises:
        Refusal: no words. Conflict: it is not approved.
    """
    _answer(compensation, CompensationAction.ACCEPT, note=note, actor=actor, now=now)


def decline(compensation: Compensation, *, note: str, actor: Person, now: datetime) -> None:
    """The customer declines it, in these words; another may be offered.

    Raises:
        Refusal: no words. Conflict: it is not approved.
    """
    _answer(compensation, CompensationAction.DECLINE, note=note, actor=actor, now=now)


def withdraw(compensation: Compensation, *, note: str, actor: Person, now: datetime) -> None:
    """Take an offer back before it is paid.

    Raises:
        Refusal: no reason. Conflict: paid, refused or withdrawn before.
    """
    status = _begin(compensation, CompensationAction.WITHDRAW, actor)
    texts.check_given(note, N_("Please give a reason."), field="note")
    compensation.status = status
    _write(compensation, CompensationAction.WITHDRAW, words=note, actor=actor, now=now)
    milestones.compensation_decided(compensation, actor=actor, now=now)
    db.session.flush()


def pay(
    compensation: Compensation, *, proof: str, actor: Person, now: datetime, uploads: Sequence[Upload] = ()
) -> None:
    """Confirm payment or delivery with its proof: a receipt or transfer number, and its picture if there is one.

    Raises:
        Refusal: no proof, or a file that is none. Conflict: the customer has not accepted it.
    """
    status = _begin(compensation, CompensationAction.PAY, actor)
    texts.check_given(
        proof, N_("Payment needs a proof: a receipt or transfer number."), field="proof", longest=MAX_PROOF
    )
    about = About(compensation.complaint, compensation=compensation)
    evidence.keep(uploads, about=about, use=EvidenceUse.PROOF, side=Side.OURS, actor=actor, now=now)
    compensation.payment_proof = proof.strip()
    compensation.paid_at, compensation.paid_by = now, actor
    compensation.status = status
    _write(compensation, CompensationAction.PAY, words=proof, actor=actor, now=now)
    db.session.flush()


def possible_steps(compensation: Compensation, seat: Seat) -> tuple[CompensationAction, ...]:
    """What whoever sits there can do to it now; the page shows exactly these buttons."""
    possible = [
        step
        for step in CompensationAction
        if (compensation.status, step) in COMPENSATION_TRANSITIONS and seat.person.may(STEP_PERMISSION[step])
    ]
    if not OF_AUTHORITY.intersection(possible):
        return tuple(possible)
    is_special = authorities.needed(compensation).is_special
    if seat.decides_as(compensation, is_special=is_special) is None:
        return tuple(step for step in possible if step not in OF_AUTHORITY)
    needless = {CompensationAction.APPROVE} if is_special else {CompensationAction.SIGN}
    if compensation.special is None or _signs_as(compensation, seat) is None:
        needless.add(CompensationAction.SIGN)
    return tuple(step for step in possible if step not in needless)


def visible_to_customer(complaint: Complaint) -> list[Compensation]:
    """What the customer may see and hear of: nothing before it is approved (CA4)."""
    return [item for item in complaint.compensations if item.status in FOR_THE_CUSTOMER]


def todo(complaint: Complaint, *, now: datetime) -> list[NextStep]:
    """What is left to be decided, said by the customer, or paid."""
    found = []
    for item in complaint.compensations:
        if item.status in UNSETTLED:
            values = {"kind": item.kind, "amount": f"{item.amount:,.2f}"}
            found.append(NextStep(Tab.MONEY, _LEFT[item.status], values, is_in_the_way=True))
    return found


_LEFT = {
    CompensationStatus.OFFERED: N_("%(kind)s ¥%(amount)s: to be decided"),
    CompensationStatus.APPROVED: N_("%(kind)s ¥%(amount)s: ask the customer whether they accept it"),
    CompensationStatus.ACCEPTED: N_("%(kind)s ¥%(amount)s: to be paid or delivered"),
}


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


def _authority(compensation: Compensation, actor: Person, *, is_special: bool, now: datetime) -> Person:
    """In whose name the actor decides.

    Raises:
        Conflict: they offered it themselves. NotAllowed: in nobody's.
    """
    if compensation.offered_by_id == actor.id:
        raise Conflict(N_("Nobody approves a compensation they offered themselves."))
    for_whom = Seat.of(actor, now=now).decides_as(compensation, is_special=is_special)
    if for_whom is None:
        raise NotAllowed(N_("The ladder of authority names somebody else for this amount."))
    return for_whom


def _signs_as(compensation: Compensation, seat: Seat) -> Person | None:
    """In whose name they sign: the one that was missing before anybody's; None where every name stands there."""
    signed = {person.id for row in signatures(compensation) for person in (row.by, row.for_whom) if person}
    names = [each for each in seat.names(compensation, is_special=True) if each.id not in signed]
    if not names or seat.person.id in signed:
        return None
    return next((each for each in names if _is_signed(compensation, each)), names[0])


def _is_signed(compensation: Compensation, last: Person) -> bool:
    """Whether everybody has signed once this one has."""
    people = [*(row.for_whom or row.by for row in signatures(compensation)), last]
    standings = [authorities.standing(person) for person in people if person is not None]
    return authorities.policy_of(compensation).is_signed(standings)


def _hold_project(compensation: Compensation) -> None:
    """Two approvals of one project wait for each other here: together they could pass its cap."""
    project_id = compensation.complaint.project_id
    if project_id is not None:
        db.session.execute(select(Project.id).where(Project.id == project_id).with_for_update())


def _decide(
    compensation: Compensation,
    status: CompensationStatus,
    step: CompensationAction,
    *,
    note: str,
    actor: Person,
    for_whom: Person,
    now: datetime,
) -> None:
    compensation.status = status
    compensation.decided_at, compensation.decided_by = now, actor
    compensation.decision_note = note.strip()
    _write(compensation, step, words=note, actor=actor, for_whom=for_whom, now=now)
    milestones.compensation_decided(compensation, actor=actor, now=now)
    db.session.flush()


def _answer(compensation: Compensation, step: CompensationAction, *, note: str, actor: Person, now: datetime) -> None:
    status = _begin(compensation, step, actor)
    texts.check_given(note, N_("Please write down what the customer said, and how."), field="note")
    compensation.answered_at, compensation.answer = now, note.strip()
    compensation.status = status
    _write(compensation, step, words=note, actor=actor, now=now)
    db.session.flush()


def _write(
    compensation: Compensation,
    step: CompensationAction,
    *,
    words: str,
    actor: Person,
    now: datetime,
    for_whom: Person | None = None,
) -> None:
    """The step as a row that nobody changes any more, and as a line of the timeline."""
    in_place_of = for_whom if for_whom is not None and for_whom.id != actor.id else None
    compensation.decisions.append(
        CompensationDecision(step=step, at=now, by=actor, for_whom=in_place_of, words=words.strip())
    )
    db.session.flush()
    details = {
        "step": step,
        "kind": compensation.kind,
        "amount": compensation.amount,
        "delay_days": compensation.delay_days,
        "daily_rate": compensation.daily_rate,
    }
    if in_place_of is not None:
        details["for"] = in_place_of.name
    timeline.add(
        compensation.complaint, EventKind.COMPENSATION, actor=actor, now=now, note=words.strip(), details=details
    )


def _delay(complaint: Complaint, kind: CompensationKind, days: int | None) -> DelayAmount:
    if kind not in rule.DELAY_KINDS:
        raise Refusal(N_("A delay is settled off the final payment or by transfer."), field="kind")
    if days is None:
        raise Refusal(N_("Please give the days of delay."), field="delay_days")
    proposal = delay_proposal(complaint, days=days)
    if complaint.project is not None and delay_ledger.entries(complaint.project):
        owed = delay_ledger.account_of(complaint.project).owed
        if days > owed:
            raise Refusal(N_("By the ledger the company owes %(owed)s days."), field="delay_days", owed=owed)
    return proposal


def _typed_amount(amount: Decimal | None) -> Decimal:
    if amount is None:
        raise Refusal(N_("Please give the amount."), field="amount")
    return rule.checked_amount(amount)


def _explanation(complaint: Complaint) -> list[dict[str, Any]] | None:
    """The lines of the ledger that a delay's amount stands on, as the customer reads them; None without a ledger."""
    project = complaint.project
    return delay_ledger.lines(project) if project is not None and delay_ledger.entries(project) else None


def _tell_deciders(compensation: Compensation, *, but: Person, now: datetime) -> None:
    for person in Deciders(now).of(compensation):
        if person.id != but.id:
            notifications.queue(
                kind=NotificationKind.COMPENSATION_TO_DECIDE,
                person=person,
                dedup_key=f"compensation:{compensation.id}:decide:{person.id}",
                complaint=compensation.complaint,
                now=now,
                number=compensation.complaint.number,
            )
