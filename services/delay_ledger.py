"""The ledger of a project's days: entered by cause, won back, struck with a reason, and what they come to (D-17, N8).

The ledger is the project's: two complaints about the same home read the same one, and whoever writes in it locks the
project first, so that no day is ever counted twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from extensions import COMPANY_ZONE, db
from models import Compensation, Complaint, DelayEntry, Evidence, Person, Project
from rules import delay_ledger as rule
from rules import texts
from rules.compensation import FOR_THE_CUSTOMER, UNSETTLED, DelayAmount
from rules.delay_ledger import Account, Entry
from rules.lifecycle import SECTION_STATUSES, check_section
from rules.next_steps import NextStep, Tab
from rules.permissions import Permission
from rules.refusals import Conflict, Refusal
from rules.vocabulary import (
    N_,
    Category,
    CompensationBasis,
    DelayCause,
    DelayEntryKind,
    EventKind,
    Section,
)
from services import acknowledgements, catch_up_plans, evidence, timeline
from services.actors import require
from services.evidence import Upload

MAX_WORDS = 300
OWED = "owed"
"""The kind of the last line, which adds the others up."""


@dataclass(frozen=True)
class Statement:
    """A project's ledger at this moment; ``rows`` are all that was ever entered, struck ones included."""

    rows: Sequence[DelayEntry]
    account: Account
    amount: DelayAmount | None
    """What is owed in yuan; None when nothing is, or when the contract names no rate."""


def account_of(project: Project) -> Account:
    """What the project's ledger comes to, in days."""
    return rule.account(_entry(row) for row in _standing(entries(project)))


def lines(project: Project) -> list[dict[str, Any]]:
    """The ledger as the customer reads it, ready for JSON: a line for each entry that stands, and one that adds up.

    ``counts`` is what an entry adds to the days owed: the customer's own days add nothing, days won back are taken
    off. The last line, of the kind ``owed``, has the days, the contract's rate and the amount in yuan as text.
    """
    found = entries(project)
    standing = _standing(found)
    account = rule.account(_entry(row) for row in standing)
    total = {
        "kind": OWED,
        "days": account.owed,
        "daily_rate": str(project.daily_delay_rate),
        "amount": str(account.owed * project.daily_delay_rate),
    }
    return [*(_line(row) for row in standing), total]


def statement(project: Project) -> Statement:
    """The whole ledger with its sum, for a page."""
    rows = entries(project)
    account = rule.account(_entry(row) for row in _standing(rows))
    amount = account.amount(project.daily_delay_rate) if project.daily_delay_rate > 0 else None
    return Statement(rows, account, amount)


def entries(project: Project) -> list[DelayEntry]:
    """Everything that was ever entered, by its days; struck ones too."""
    statement = (
        select(DelayEntry)
        .where(DelayEntry.project_id == project.id)
        .options(joinedload(DelayEntry.evidence), joinedload(DelayEntry.entered_by), joinedload(DelayEntry.struck_by))
        .order_by(DelayEntry.first_on, DelayEntry.id)
    )
    return list(db.session.scalars(statement))


def enter(
    complaint: Complaint,
    *,
    kind: DelayEntryKind,
    cause: DelayCause | None,
    first_on: date,
    last_on: date,
    days: int,
    words: str,
    uploads: Sequence[Upload] = (),
    actor: Person,
    now: datetime,
) -> DelayEntry:
    """Enter days that were lost or won back, with what shows it.

    Raises:
        Refusal: no words, days that end before they begin or lie ahead, a cause that does not fit.
        Conflict: no project, the days are counted already, or more would be won back than was lost.
    """
    require(actor, Permission.WORK)
    check_section(Section.DISPUTE, complaint.status)
    texts.check_given(
        words, N_("Please say what happened, as the customer will read it."), field="words", longest=MAX_WORDS
    )
    project = _locked_project(complaint)
    entry = Entry(kind, cause, first_on, last_on, days, words.strip())
    others = [_entry(row) for row in _standing(entries(project))]
    rule.check(entry, others, today=now.astimezone(COMPANY_ZONE).date())
    row = DelayEntry(
        project=project,
        complaint=complaint,
        **vars(entry),
        evidence=_proof(complaint, uploads, actor=actor, now=now),
        entered_at=now,
        entered_by=actor,
    )
    db.session.add(row)
    _tell(row, "entered", complaint, note=row.words, actor=actor, now=now)
    return row


def strike(entry: DelayEntry, *, complaint: Complaint, why: str, actor: Person, now: datetime) -> None:
    """Strike an entry out: it stays to be read, and counts no more.

    Raises:
        Refusal: no reason. Conflict: it is struck already, or days were won back that would then never have been lost.
    """
    require(actor, Permission.WORK)
    check_section(Section.DISPUTE, complaint.status)
    texts.check_given(why, N_("Please give a reason."), field="why", longest=MAX_WORDS)
    project = _locked_project(complaint)
    db.session.refresh(entry)
    if entry.struck_at is not None:
        raise Conflict(N_("This line is struck out already."))
    rest = rule.account(_entry(row) for row in _standing(entries(project)) if row is not entry)
    if rest.won_back > rest.lost - rest.customers_own:
        raise Conflict(N_("Strike out the days won back first: they would be more than were lost."), field="why")
    entry.struck_at, entry.struck_by, entry.struck_why = now, actor, why.strip()
    _tell(entry, "struck", complaint, note=entry.struck_why, actor=actor, now=now)


def todo(complaint: Complaint, *, now: datetime) -> list[NextStep]:
    """A delay without a cause, and days that are owed and not offered yet; not while a plan may still win some back."""
    if complaint.status not in SECTION_STATUSES[Section.DISPUTE] or complaint.project is None:
        return []
    found = entries(complaint.project)
    if not _standing(found):
        is_delay = complaint.category is Category.DELAY
        return [NextStep(Tab.DISPUTES, N_("Find out day by day why the work is late"))] if is_delay else []
    missing = rule.account(_entry(row) for row in _standing(found)).owed - _days_offered(complaint.project)
    if missing <= 0 or catch_up_plans.is_running(complaint, now=now):
        return []
    return [NextStep(Tab.DISPUTES, N_("Offer the compensation for %(days)s days of delay"), {"days": missing})]


def _days_offered(project: Project) -> int:
    """The days of delay that were offered or granted to the project already, by whichever complaint."""
    statement = (
        select(func.coalesce(func.sum(Compensation.delay_days), 0))
        .join(Compensation.complaint)
        .where(
            Complaint.project_id == project.id,
            Compensation.basis == CompensationBasis.DELAY,
            Compensation.status.in_(UNSETTLED | FOR_THE_CUSTOMER),
        )
    )
    return int(db.session.scalar(statement) or 0)


def _locked_project(complaint: Complaint) -> Project:
    """The project, with its ledger to oneself until the transaction ends.

    Raises:
        Conflict: the complaint has none.
    """
    if complaint.project_id is None:
        raise Conflict(N_("Without a project there is no ledger of days; link the project first."))
    locked = select(Project).where(Project.id == complaint.project_id).with_for_update(of=Project, key_share=True)
    return db.session.scalars(locked).one()


def _proof(complaint: Complaint, uploads: Sequence[Upload], *, actor: Person, now: datetime) -> Evidence | None:
    """The file that shows it, kept among the complaint's; one is enough."""
    if not uploads:
        return None
    if len(uploads) > 1:
        raise Refusal(N_("One file at a time."), field="evidence")
    return evidence.attach(complaint, uploads=uploads, actor=actor, now=now)[0]


def _standing(rows: Sequence[DelayEntry]) -> list[DelayEntry]:
    return [row for row in rows if row.struck_at is None]


def _entry(row: DelayEntry) -> Entry:
    return Entry(row.kind, row.cause, row.first_on, row.last_on, row.days, row.words)


def counts(row: DelayEntry) -> int:
    """What an entry adds to the days owed; days won back are taken off, the customer's own add nothing."""
    if row.struck_at is not None or row.cause is DelayCause.CUSTOMER:
        return 0
    return row.days if row.kind is DelayEntryKind.LOST else -row.days


def _line(row: DelayEntry) -> dict[str, Any]:
    return {
        "kind": row.kind.value,
        "cause": row.cause.value if row.cause else None,
        "first_on": row.first_on.isoformat(),
        "last_on": row.last_on.isoformat(),
        "days": row.days,
        "counts": counts(row),
        "words": row.words,
    }


def _tell(row: DelayEntry, step: str, complaint: Complaint, *, note: str, actor: Person, now: datetime) -> None:
    details = {"step": step, **_line(row)}
    timeline.add(complaint, EventKind.DELAY_LEDGER, actor=actor, now=now, note=note, details=details)
    acknowledgements.renew(complaint, now=now)
    db.session.flush()
