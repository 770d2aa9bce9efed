"""The auditor of the chains: every open complaint either has somebody whose lease ends, or a next call ahead.

What has neither is a bug of the desk. It is put right at once, kept as a finding and shown on the workbench: a chain
that fell silent must not be found by the customer.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import joinedload

from extensions import db
from models import AuditFinding, Complaint
from rules.escalation import LONGEST_STAND_DOWN
from rules.vocabulary import AuditProblem, EscalationCause, EventKind, NotificationKind
from services import acknowledgements, complaint_locks, duty, escalations, notifications, timeline
from services.actors import SYSTEM

BATCH = 50
GRACE = timedelta(minutes=5)
"""How late the sweep may be before the auditor does its work; it comes every few seconds."""

FINDING_ROWS = 20
_DAY = timedelta(days=1)


def audit(*, now: datetime, limit: int = BATCH) -> int:
    """Find the chains that stand still, put them right, and tell the leader; returns how many."""
    broken = select(Complaint.id).where(~Complaint.is_history, Complaint.is_open, _is_broken(now))
    ids = list(db.session.scalars(broken.order_by(Complaint.id).limit(limit)))
    findings = []
    for complaint in complaint_locks.take(ids):
        problem = problem_of(complaint, now=now)
        if problem is not None:
            findings.append(_repair(complaint, problem, now=now))
    db.session.flush()
    if findings:
        _tell_leaders(findings, now=now)
    return len(findings)


def problem_of(complaint: Complaint, *, now: datetime) -> AuditProblem | None:
    """What is wrong with the complaint's chain; None when somebody will be called, or is answerable until a moment."""
    if complaint.is_history or not complaint.is_open:
        return None
    if complaint.acknowledged_at is not None:
        if complaint.lease_until is None:
            return AuditProblem.NO_LEASE
        return AuditProblem.STEP_OVERDUE if complaint.lease_until < now - GRACE else None
    due_at = complaint.escalation_due_at
    if due_at is None or due_at > now + LONGEST_STAND_DOWN + GRACE:
        return AuditProblem.NO_NEXT_STEP
    return AuditProblem.STEP_OVERDUE if due_at < now - GRACE else None


def findings(*, now: datetime) -> list[AuditFinding]:
    """What the auditor found within the last day, the newest on top."""
    statement = (
        select(AuditFinding)
        .where(AuditFinding.found_at > now - _DAY)
        .options(joinedload(AuditFinding.complaint))
        .order_by(AuditFinding.found_at.desc(), AuditFinding.id.desc())
        .limit(FINDING_ROWS)
    )
    return list(db.session.scalars(statement))


def _is_broken(now: datetime) -> ColumnElement[bool]:
    """The condition of ``problem_of`` as the database understands it."""
    nobody, overdue = Complaint.acknowledged_at.is_(None), now - GRACE
    return or_(
        and_(nobody, Complaint.escalation_due_at.is_(None)),
        and_(nobody, Complaint.escalation_due_at < overdue),
        and_(nobody, Complaint.escalation_due_at > now + LONGEST_STAND_DOWN + GRACE),
        and_(~nobody, Complaint.lease_until.is_(None)),
        and_(~nobody, Complaint.lease_until < overdue),
    )


def _repair(complaint: Complaint, problem: AuditProblem, *, now: datetime) -> AuditFinding:
    """Write it down and put it right in the same transaction."""
    finding = AuditFinding(complaint=complaint, problem=problem, found_at=now)
    db.session.add(finding)
    due_at = complaint.lease_until or complaint.escalation_due_at
    timeline.add(
        complaint, EventKind.CHAIN_REPAIRED, actor=SYSTEM, now=now, details={"problem": problem, "due_at": due_at}
    )
    if problem is AuditProblem.NO_LEASE:
        acknowledgements.renew(complaint, now=now)
    elif complaint.acknowledged_at is not None:
        acknowledgements.lapse(complaint, now=now)
    else:
        escalations.go_on(complaint, cause=EscalationCause.REPAIRED, due_at=due_at, now=now)
    db.session.flush()
    return finding


def _tell_leaders(found: list[AuditFinding], *, now: datetime) -> None:
    """One message for all, however many there are."""
    for leader in duty.leaders(at=now):
        notifications.queue(
            kind=NotificationKind.CHAIN_REPAIRED,
            person=leader,
            dedup_key=f"audit:{found[0].id}:{leader.id}",
            now=now,
            count=str(len(found)),
        )
