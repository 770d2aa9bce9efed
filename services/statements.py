"""One voice outward: a statement is written by one, approved by another, and the newest approved one holds (G-08)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from extensions import db
from models import Complaint, OutwardStatement, Person
from rules import texts
from rules.lifecycle import check_section
from rules.next_steps import NextStep, Tab
from rules.permissions import Permission
from rules.refusals import Conflict
from rules.vocabulary import N_, EventKind, NotificationKind, Role, Section
from services import notifications, people, timeline
from services.actors import require

MAX_WORDS = 2_000


def of(complaint: Complaint) -> list[OutwardStatement]:
    """Every statement that was ever written, the newest first."""
    statement = (
        select(OutwardStatement)
        .where(OutwardStatement.complaint_id == complaint.id)
        .options(joinedload(OutwardStatement.written_by), joinedload(OutwardStatement.approved_by))
        .order_by(OutwardStatement.id.desc())
    )
    return list(db.session.scalars(statement))


def in_force(complaint: Complaint) -> OutwardStatement | None:
    """What everybody says who is asked; None as long as nothing is approved."""
    return db.session.scalar(
        select(OutwardStatement)
        .where(
            OutwardStatement.complaint_id == complaint.id,
            OutwardStatement.approved_at.is_not(None),
            OutwardStatement.replaced_at.is_(None),
        )
        .options(joinedload(OutwardStatement.approved_by))
    )


def waiting(complaint: Complaint) -> OutwardStatement | None:
    """The draft that waits for somebody's approval."""
    return db.session.scalar(
        select(OutwardStatement).where(
            OutwardStatement.complaint_id == complaint.id,
            OutwardStatement.approved_at.is_(None),
            OutwardStatement.replaced_at.is_(None),
        )
    )


def write(complaint: Complaint, *, words: str, actor: Person, now: datetime) -> OutwardStatement:
    """Draft what is said outward; a draft that still waits gives way to it. Who may approve it is told.

    Raises:
        Refusal: nothing is said, or too much.
    """
    require(actor, Permission.NOTE)
    check_section(Section.OUTWARD, complaint.status)
    texts.check_given(words, N_("Please write down what is said."), field="words", longest=MAX_WORDS)
    if older := waiting(complaint):
        older.replaced_at = now
    draft = OutwardStatement(complaint=complaint, words=words.strip(), written_at=now, written_by=actor)
    db.session.add(draft)
    _tell(draft, "written", actor=actor, now=now)
    _ask_for_approval(draft, now=now)
    return draft


def approve(draft: OutwardStatement, *, actor: Person, now: datetime) -> None:
    """Let it be said; whatever was said until now is said no more.

    Raises:
        Conflict: the actor wrote it, or it is approved or replaced already.
    """
    require(actor, Permission.SPEAK)
    check_section(Section.OUTWARD, draft.complaint.status)
    if draft.approved_at is not None or draft.replaced_at is not None:
        raise Conflict(N_("This statement was decided on or replaced already."))
    if draft.written_by_id == actor.id:
        raise Conflict(N_("Whoever wrote a statement does not approve it."))
    if until_now := in_force(draft.complaint):
        until_now.replaced_at = now
        db.session.flush()  # One in force at a time: the index would not wait for the end of the transaction.
    draft.approved_at, draft.approved_by = now, actor
    _tell(draft, "approved", actor=actor, now=now)


def todo(complaint: Complaint, *, now: datetime) -> list[NextStep]:
    """A draft that waits, and a complaint the media know of without a word for them."""
    draft = waiting(complaint)
    if draft is not None:
        return [NextStep(Tab.OUTWARD, N_("Approve what is said outward"))]
    if complaint.is_open and complaint.is_media_involved and in_force(complaint) is None:
        return [NextStep(Tab.OUTWARD, N_("Write down what is said outward: one voice"))]
    return []


def _ask_for_approval(draft: OutwardStatement, *, now: datetime) -> None:
    for person in people.with_role(Role.DUTY_MANAGER, Role.APPROVER):
        if person.id != draft.written_by_id:
            notifications.queue(
                kind=NotificationKind.STATEMENT_TO_APPROVE,
                person=person,
                dedup_key=f"statement:{draft.id}:approve:{person.id}",
                complaint=draft.complaint,
                now=now,
                number=draft.complaint.number,
            )


def _tell(draft: OutwardStatement, step: str, *, actor: Person, now: datetime) -> None:
    timeline.add(draft.complaint, EventKind.STATEMENT, actor=actor, now=now, note=draft.words, details={"step": step})
    db.session.flush()
