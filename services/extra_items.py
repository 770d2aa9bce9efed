"""Extra items in dispute: what the contract says, whether it was signed, why it was needed, and what stands (D-18)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from extensions import db
from models import Complaint, ExtraItem, Person
from rules import texts
from rules.compensation import checked_amount
from rules.lifecycle import SECTION_STATUSES, check_section
from rules.next_steps import NextStep, Tab
from rules.permissions import Permission
from rules.refusals import Conflict, Refusal
from rules.vocabulary import N_, Category, EventKind, ExtraItemOutcome, Section, SignatureState
from services import acknowledgements, records, timeline
from services.actors import require

MAX_WHAT = 200
MAX_PAGE = 20


@dataclass(frozen=True)
class Finding:
    """What was found about a charge: the contract's clause and page, the signature, and why the work was needed."""

    clause: str = ""
    page: str = ""
    signature: SignatureState = SignatureState.UNCLEAR
    necessity: str = ""


def of(complaint: Complaint) -> list[ExtraItem]:
    """The charges that the customer disputes, in the order in which they were entered."""
    statement = (
        select(ExtraItem)
        .where(ExtraItem.complaint_id == complaint.id)
        .options(joinedload(ExtraItem.entered_by), joinedload(ExtraItem.decided_by))
        .order_by(ExtraItem.id)
    )
    return list(db.session.scalars(statement))


def enter(
    complaint: Complaint, *, what: str, amount: Decimal, finding: Finding, actor: Person, now: datetime
) -> ExtraItem:
    """Write down a charge of ``amount`` yuan that the customer disputes.

    Raises:
        Refusal: it is not said what for, or the amount is none.
    """
    require(actor, Permission.WORK)
    check_section(Section.DISPUTE, complaint.status)
    texts.check_given(what, N_("Please say what the charge is for."), field="what", longest=MAX_WHAT)
    _check_finding(finding)
    item = ExtraItem(
        complaint=complaint,
        what=what.strip(),
        amount=_charged(amount),
        **vars(finding),
        entered_at=now,
        entered_by=actor,
    )
    db.session.add(item)
    _tell(item, "entered", actor=actor, now=now)
    return item


def look_up(item: ExtraItem, *, finding: Finding, version: int, actor: Person, now: datetime) -> None:
    """Write down what the contract says and why the work was needed, as long as nothing is decided.

    Raises:
        Conflict: it is decided, or somebody else wrote in it since ``version`` was shown.
    """
    require(actor, Permission.WORK)
    check_section(Section.DISPUTE, item.complaint.status)
    _refuse_decided(item)
    if version != item.version:
        raise Conflict(N_("Somebody else changed this meanwhile; here it is as it stands now."))
    _check_finding(finding)
    for name, value in vars(finding).items():
        setattr(item, name, value)
    changes = records.changes_of(item)
    if changes:
        records.note_change(item, changes, actor=actor, now=now)
        _tell(item, "looked_up", actor=actor, now=now)


def decide(
    item: ExtraItem,
    *,
    outcome: ExtraItemOutcome,
    reduced_to: Decimal | None,
    necessity: str,
    actor: Person,
    now: datetime,
) -> None:
    """Say what becomes of the charge: it stands, is reduced to so many yuan, or is taken back; that is final.

    Raises:
        Refusal: the necessity is not explained, or the amount left is not below the charge. Conflict: it is decided.
    """
    require(actor, Permission.OFFER)
    check_section(Section.DISPUTE, item.complaint.status)
    _refuse_decided(item)
    texts.check_given(necessity, N_("Please explain why the work was needed, or why it was not."), field="necessity")
    item.stands_at = _stands_at(item, outcome, reduced_to)
    item.outcome, item.necessity = outcome, necessity.strip()
    item.decided_at, item.decided_by = now, actor
    _tell(item, "decided", actor=actor, now=now)


def todo(complaint: Complaint, *, now: datetime) -> list[NextStep]:
    """Charges that nobody decided on yet; in a dispute about them, the first thing is to write them down."""
    if complaint.status not in SECTION_STATUSES[Section.DISPUTE]:
        return []
    found = of(complaint)
    if not found and complaint.category is Category.EXTRA_ITEMS:
        return [NextStep(Tab.DISPUTES, N_("Look the disputed charge up in the contract: clause, page, signature"))]
    sentence = N_("Decide on the extra item “%(what)s”")
    return [NextStep(Tab.DISPUTES, sentence, {"what": item.what}) for item in found if item.outcome is None]


def _stands_at(item: ExtraItem, outcome: ExtraItemOutcome, reduced_to: Decimal | None) -> Decimal:
    """What is left of the charge, in yuan."""
    if outcome is not ExtraItemOutcome.REDUCED:
        return item.amount if outcome is ExtraItemOutcome.UPHELD else Decimal("0.00")
    if reduced_to is None:
        raise Refusal(N_("Please give the amount that is left."), field="reduced_to")
    try:
        left = checked_amount(reduced_to)
    except Refusal as refusal:
        raise Refusal(refusal.message, field="reduced_to", **refusal.params) from None
    if not 0 < left < item.amount:
        raise Refusal(N_("What is left lies between nothing and the charge."), field="reduced_to")
    return left


def _charged(amount: Decimal) -> Decimal:
    charge = checked_amount(amount)
    if charge == 0:
        raise Refusal(N_("A charge of nothing is no charge."), field="amount")
    return charge


def _check_finding(finding: Finding) -> None:
    texts.check(finding.clause, field="clause", longest=MAX_WHAT)
    texts.check(finding.page, field="page", longest=MAX_PAGE)
    texts.check(finding.necessity, field="necessity")


def _refuse_decided(item: ExtraItem) -> None:
    if item.outcome is not None:
        raise Conflict(N_("This charge was decided on already."))


def _tell(item: ExtraItem, step: str, *, actor: Person, now: datetime) -> None:
    db.session.flush()
    details = {
        "step": step,
        "what": item.what,
        "amount": item.amount,
        "outcome": item.outcome,
        "stands_at": item.stands_at,
    }
    note = item.necessity if step == "decided" else ""
    timeline.add(item.complaint, EventKind.EXTRA_ITEM, actor=actor, now=now, note=note, details=details)
    acknowledgements.renew(item.complaint, now=now)
    db.session.flush()
