"""Matters with authorities and the media: when each came, its course and way, by when, and how it ended (N16)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from extensions import db
from models import Complaint, OutwardCase, Person
from rules import outward as rule
from rules import texts
from rules.lifecycle import check_section
from rules.next_steps import NextStep, Tab
from rules.permissions import Permission
from rules.refusals import Conflict, Refusal
from rules.vocabulary import N_, EventKind, OutwardBody, PolicyKind, Section
from services import acknowledgements, complaints, milestones, policies, records, timeline, working_time
from services.actors import require

MAX_REFERENCE = 60
MAX_WAY = 200
OLDEST = timedelta(days=366)
FARTHEST = timedelta(days=2 * 366)


def of(complaint: Complaint) -> list[OutwardCase]:
    """The complaint's matters, those that are open first, the earliest due on top."""
    statement = (
        select(OutwardCase)
        .where(OutwardCase.complaint_id == complaint.id)
        .options(joinedload(OutwardCase.entered_by), joinedload(OutwardCase.ended_by))
        .order_by(OutwardCase.ended_at.is_not(None), OutwardCase.due_at, OutwardCase.id)
    )
    return list(db.session.scalars(statement))


def proposed_due(body: OutwardBody, came_at: datetime) -> datetime:
    """By when such a body usually wants its answer: so many working days after it came."""
    calendar = working_time.calendar(policies.current(PolicyKind.WORKING_TIME))
    return calendar.after(came_at, rule.ANSWER_TIMES[body].working_days * calendar.week.day_length)


def enter(
    complaint: Complaint,
    *,
    body: OutwardBody,
    reference: str,
    came_at: datetime,
    due_at: datetime | None,
    course: str = "",
    actor: Person,
    now: datetime,
) -> OutwardCase:
    """Write down that somebody asks from outside; its clock runs from then on, and the level follows (D-11, D-12).

    ``due_at`` is what they say themselves; without it the usual working days are taken.

    Raises:
        Refusal: it lies ahead, or is due before it came. Conflict: the complaint is closed, the matter known.
    """
    require(actor, Permission.NOTE)
    check_section(Section.OUTWARD, complaint.status)
    if complaint.is_finished:
        raise Conflict(N_("This complaint is closed; reopen it first, so that the answer gets its clock."))
    reference = reference.strip()
    texts.check(reference, field="reference", longest=MAX_REFERENCE)
    texts.check(course, field="course")
    _check_came(came_at, now)
    _refuse_known(complaint, body, reference)
    due_at = proposed_due(body, came_at) if due_at is None else due_at
    _check_due(due_at, came_at)
    case = OutwardCase(
        complaint=complaint,
        body=body,
        reference=reference,
        came_at=came_at,
        due_at=due_at,
        course=course.strip(),
        entered_by=actor,
    )
    db.session.add(case)
    _tell(case, "entered", note=case.course, actor=actor, now=now)
    milestones.outward_entered(case, now=now)
    _let_level_follow(case, actor=actor, now=now)
    db.session.flush()
    return case


def go_on(
    case: OutwardCase, *, course: str, way: str, due_at: datetime, version: int, actor: Person, now: datetime
) -> None:
    """Write down how it goes on; a day that they moved moves the clock.

    Raises:
        Refusal: a text is endless, or it is due before it came. Conflict: it is over, or somebody else wrote meanwhile.
    """
    require(actor, Permission.NOTE)
    _check_open(case)
    if version != case.version:
        raise Conflict(N_("Somebody else changed this meanwhile; here it is as it stands now."))
    texts.check(course, field="course")
    texts.check(way, field="way", longest=MAX_WAY)
    due_at = case.due_at if _same_minute(due_at, case.due_at) else due_at
    _check_due(due_at, case.came_at)
    was_due_at = case.due_at
    case.course, case.way, case.due_at = course.strip(), way.strip(), due_at
    changes = records.changes_of(case)
    if not changes:
        return
    records.note_change(case, changes, actor=actor, now=now)
    _tell(case, "went_on", note=case.course, actor=actor, now=now)
    if due_at != was_due_at:
        milestones.outward_moved(case, actor=actor, now=now)
    db.session.flush()


def end(case: OutwardCase, *, way: str, result: str, actor: Person, now: datetime) -> None:
    """Write down how it ended: by which way it was settled, and with what result.

    Raises:
        Refusal: the way or the result is missing. Conflict: it is over already.
    """
    require(actor, Permission.SPEAK)
    _check_open(case)
    texts.check_given(way, N_("Please say by which way it was settled."), field="way", longest=MAX_WAY)
    texts.check_given(result, N_("Please write down the result."), field="result")
    case.way, case.result = way.strip(), result.strip()
    case.ended_at, case.ended_by = now, actor
    _tell(case, "ended", note=case.result, actor=actor, now=now)
    milestones.outward_ended(case, actor=actor, now=now)
    db.session.flush()


def todo(complaint: Complaint, *, now: datetime) -> list[NextStep]:
    """Whoever still waits for an answer; nothing is closed over their heads."""
    waiting = (
        select(OutwardCase)
        .where(OutwardCase.complaint_id == complaint.id, OutwardCase.ended_at.is_(None))
        .order_by(OutwardCase.due_at)
    )
    sentence = N_("Answer to “%(body)s” %(reference)s")
    return [
        NextStep(
            Tab.OUTWARD,
            sentence,
            {"body": case.body, "reference": case.reference},
            due_at=case.due_at,
            is_in_the_way=True,
        )
        for case in db.session.scalars(waiting)
    ]


def _let_level_follow(case: OutwardCase, *, actor: Person, now: datetime) -> None:
    """Who asks is a fact of the complaint from now on."""
    complaint = case.complaint
    complaints.put_facts(complaint, rule.learned(complaint.facts, case.body))
    complaints.follow_facts(complaint, note="", actor=actor, now=now)


def _check_came(came_at: datetime, now: datetime) -> None:
    if not now - OLDEST <= came_at <= now:
        raise Refusal(N_("It came within the last year, and not after now."), field="came_at")


def _check_due(due_at: datetime, came_at: datetime) -> None:
    if not came_at < due_at <= came_at + FARTHEST:
        raise Refusal(N_("It is due after it came, and within two years."), field="due_at")


def _same_minute(one: datetime, other: datetime) -> bool:
    """A form shows no seconds: who did not touch the field meant no other moment."""
    return one.replace(second=0, microsecond=0) == other.replace(second=0, microsecond=0)


def _refuse_known(complaint: Complaint, body: OutwardBody, reference: str) -> None:
    """The same number of the same body is the same matter, sent twice."""
    if reference and any((case.body, case.reference) == (body, reference) for case in of(complaint)):
        raise Conflict(N_("This matter is entered already."), field="reference")


def _check_open(case: OutwardCase) -> None:
    check_section(Section.OUTWARD, case.complaint.status)
    if case.ended_at is not None:
        raise Conflict(N_("This matter is over already."))


def _tell(case: OutwardCase, step: str, *, note: str, actor: Person, now: datetime) -> None:
    db.session.flush()
    details = {"step": step, "body": case.body, "reference": case.reference, "due_at": case.due_at}
    timeline.add(case.complaint, EventKind.OUTWARD, actor=actor, now=now, note=note, details=details)
    acknowledgements.renew(case.complaint, now=now)
