"""Reviews of complaints: why it happened, step by step, and the cause at the end (G-06, G-07, N14)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from extensions import db
from models import Complaint, CorrectiveAction, Evidence, Person, Project, Review, RootCause, Why, WorkCost, WorkOrder
from models.base import not_by_index
from rules import reviews as rule
from rules import texts
from rules.lifecycle import check_section
from rules.next_steps import NextStep, Tab
from rules.permissions import Permission
from rules.refusals import Conflict, NotAllowed, Refusal
from rules.vocabulary import N_, EventKind, ReviewState, Section, Status
from services import root_causes, timeline
from services.actors import require

MAX_WORDS = 500
LOOKED_BACK = timedelta(days=365)
"""How far back recurrence is counted."""

REMEMBERED = 500
"""Among so many finished reviews, the latest, a complaint's page looks for lessons."""


def of(complaint: Complaint) -> Review | None:
    """The complaint's review with everything in it, or None before it began."""
    return db.session.scalar(
        select(Review)
        .where(Review.complaint_id == complaint.id)
        .options(
            joinedload(Review.root_cause),
            joinedload(Review.begun_by),
            joinedload(Review.ended_by),
            selectinload(Review.whys).options(
                joinedload(Why.written_by), joinedload(Why.verified_by), joinedload(Why.evidence)
            ),
            selectinload(Review.actions).joinedload(CorrectiveAction.owner),
        )
        .execution_options(populate_existing=True)
    )


def lessons_for(complaint: Complaint, *, limit: int = 3) -> list[Review]:
    """What the latest reviews of this kind of complaint taught, the newest first (RV5); drills teach nothing here."""
    newest_first = Review.begun_at.desc(), Review.id.desc()
    latest = select(Review.id).where(Review.state == ReviewState.DONE).order_by(*newest_first).limit(REMEMBERED)
    statement = (
        select(Review)
        .join(Review.complaint)
        .where(
            Review.id.in_(latest),
            Review.lessons != "",
            Review.complaint_id != complaint.id,
            not_by_index(Complaint.category) == complaint.category,
            Complaint.is_counted,
        )
        .options(contains_eager(Review.complaint).defer(Complaint.search_text), joinedload(Review.root_cause))
        .order_by(*newest_first)
        .limit(limit)
    )
    return list(db.session.scalars(statement))


def begin(complaint: Complaint, *, actor: Person, now: datetime) -> Review:
    """Open the search for the cause.

    Raises:
        Conflict: it began already, or the complaint is void.
    """
    require(actor, Permission.REVIEW)
    check_section(Section.REVIEW, complaint.status)
    if of(complaint) is not None:
        raise Conflict(N_("The review of this complaint began already."))
    review = Review(complaint=complaint, begun_at=now, begun_by=actor)
    db.session.add(review)
    tell(review, "begun", actor=actor, now=now)
    return review


def answer_why(
    review: Review, *, answer: str, proof: str = "", evidence_id: int | None = None, actor: Person, now: datetime
) -> Why:
    """Write the next answer to “why?”, deeper than the one before, with what proves it.

    Raises:
        Refusal: no answer, nothing that proves it, or too many. Conflict: the review is over.
    """
    require(actor, Permission.REVIEW)
    check_open(review)
    texts.check_given(answer, N_("Please answer the question."), field="answer", longest=MAX_WORDS)
    texts.check(proof, field="proof", longest=MAX_WORDS)
    evidence = _evidence(review, evidence_id)
    if evidence is None and not proof.strip():
        raise Refusal(N_("Please say what proves it, or choose a photo or file."), field="proof")
    place = 1 + (db.session.scalar(select(func.max(Why.place)).where(Why.review_id == review.id)) or 0)
    if place > rule.MOST_WHYS:
        raise Refusal(N_("After %(most)s whys the question was the wrong one."), field="answer", most=rule.MOST_WHYS)
    why = Why(
        review=review,
        place=place,
        answer=answer.strip(),
        proof=proof.strip(),
        evidence=evidence,
        written_at=now,
        written_by=actor,
    )
    db.session.add(why)
    tell(review, "why", note=why.answer, actor=actor, now=now)
    return why


def verify(why: Why, *, actor: Person, now: datetime) -> None:
    """Say that an answer is true; somebody else than its writer does.

    Raises:
        NotAllowed: they wrote it. Conflict: it is verified already, or the review is over.
    """
    require(actor, Permission.REVIEW)
    check_open(why.review)
    if why.written_by_id == actor.id:
        raise NotAllowed(N_("Somebody else verifies what you wrote."))
    if why.verified_at is not None:
        raise Conflict(N_("This is verified already."))
    why.verified_at, why.verified_by = now, actor
    tell(why.review, "verified", note=why.answer, actor=actor, now=now)


def finish(review: Review, *, root_cause_id: int | None, lessons: str, actor: Person, now: datetime) -> None:
    """End the search: the cause out of the shared tree, and the lessons.

    Raises:
        Refusal: no why, no cause, no lessons; at level 1 the last why is not verified. Conflict: it is over already.
    """
    require(actor, Permission.REVIEW)
    check_open(review)
    whys = db.session.scalars(select(Why).where(Why.review_id == review.id).order_by(Why.place)).all()
    has_cause = root_cause_id is not None
    rule.check_finish(review.complaint.level, [why.verified_at is not None for why in whys], has_cause=has_cause)
    texts.check_given(lessons, N_("Please write down what is learned from it."), field="lessons")
    review.root_cause = root_causes.by_id(root_cause_id)
    review.lessons = lessons.strip()
    review.state, review.ended_at, review.ended_by = ReviewState.DONE, now, actor
    tell(review, "done", note=review.lessons, actor=actor, now=now)


def todo(complaint: Complaint, *, now: datetime) -> list[NextStep]:
    """At level 1 the review that is missing, else one that began and is not over."""
    if complaint.status is Status.VOID or complaint.is_history:
        return []
    state = db.session.scalar(select(Review.state).where(Review.complaint_id == complaint.id))
    is_needed = rule.is_needed(complaint.level) and complaint.is_counted
    if state is ReviewState.DONE or (state is None and not is_needed):
        return []
    sentence = N_("Find the cause and say what is done about it") if state is None else N_("Finish the review")
    return [NextStep(Tab.REVIEW, sentence, is_in_the_way=is_needed)]


# --- recurrence ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Recurrence:
    """How often the like of a complaint came in the last year, itself included; None where there is nothing to
    compare by.
    """

    cause: int | None = None
    project_manager: int | None = None
    designer: int | None = None
    crew: int | None = None
    batch: int | None = None


def recurrence(complaint: Complaint, review: Review | None, *, now: datetime) -> Recurrence:
    """Count the complaints of the same cause, and those of the same kind by who and what was involved."""
    span = Complaint.first_word_at.between(now - LOOKED_BACK, now)
    project = complaint.project
    cause_id = review.root_cause_id if review is not None else None
    alike = Complaint.category == complaint.category
    manager_id = project.project_manager_id if project is not None else None
    designer_id = project.lead_designer_id if project is not None else None
    return Recurrence(
        cause=_count(span, of_cause(cause_id)) if cause_id else None,
        project_manager=_count(span, alike, _of_project(Project.project_manager_id == manager_id))
        if manager_id
        else None,
        designer=_count(span, alike, _of_project(Project.lead_designer_id == designer_id)) if designer_id else None,
        crew=_count(span, alike, with_crew(_crews_of(complaint))) or None,
        batch=_count(span, with_batch(_batches_of(complaint))) or None,
    )


def before_and_after(review: Review, *, at: datetime, span: timedelta) -> tuple[int, int]:
    """How many complaints of the same cause came in the span before a moment and in the one after it.

    Where few of them were reviewed, both are counted by the same kind with the same project manager, crew or batch too.
    """
    of_this = [of_cause(review.root_cause_id)] if review.root_cause_id else []
    counts = _two_counts(of_this, at, span)
    return counts if max(counts) >= rule.FEWEST else _two_counts([*of_this, *_of_its_kind(review.complaint)], at, span)


def _two_counts(either: Sequence[ColumnElement[bool]], at: datetime, span: timedelta) -> tuple[int, int]:
    if not either:
        return 0, 0
    when = Complaint.first_word_at
    return _count(when >= at - span, when < at, or_(*either)), _count(when >= at, when < at + span, or_(*either))


def _of_its_kind(complaint: Complaint) -> list[ColumnElement[bool]]:
    """What makes another complaint the like of this one, whatever its cause turns out to be."""
    alike = Complaint.category == complaint.category
    conditions = [alike & with_crew(_crews_of(complaint)), with_batch(_batches_of(complaint))]
    if complaint.project is not None and complaint.project.project_manager_id is not None:
        manager = Project.project_manager_id == complaint.project.project_manager_id
        conditions.append(alike & _of_project(manager))
    return conditions


def of_cause(cause_id: int | None) -> ColumnElement[bool]:
    """Complaints whose review found this cause."""
    return Complaint.id.in_(select(Review.complaint_id).where(Review.root_cause_id == cause_id))


def with_crew(crews: Select[int | None]) -> ColumnElement[bool]:
    """Complaints on which one of these crews worked."""
    return Complaint.id.in_(select(WorkOrder.complaint_id).where(WorkOrder.crew_id.in_(crews)))


def with_batch(batches: Select[str]) -> ColumnElement[bool]:
    """Complaints for which material of one of these batches was used."""
    used = select(WorkOrder.complaint_id).join(WorkOrder.costs)
    return Complaint.id.in_(used.where(WorkCost.batch.in_(batches), WorkCost.struck_at.is_(None)))


def _crews_of(complaint: Complaint) -> Select[int | None]:
    return select(WorkOrder.crew_id).where(WorkOrder.complaint_id == complaint.id, WorkOrder.crew_id.is_not(None))


def _batches_of(complaint: Complaint) -> Select[str]:
    used = select(WorkCost.batch).join(WorkCost.work_order).where(WorkOrder.complaint_id == complaint.id)
    return used.where(WorkCost.batch != "", WorkCost.struck_at.is_(None))


def _of_project(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return Complaint.project_id.in_(select(Project.id).where(condition))


def _count(*conditions: ColumnElement[bool]) -> int:
    counted = (Complaint.status != Status.VOID, Complaint.is_counted, *conditions)
    return db.session.scalar(select(func.count()).select_from(Complaint).where(*counted)) or 0


# --- the improvement report ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ImprovementReport:
    """A finished or open review as it is printed: the chain, the cause with its path, the actions, what recurs."""

    complaint: Complaint
    review: Review
    whys: Sequence[Why]
    cause: Sequence[RootCause]
    actions: Sequence[CorrectiveAction]
    recurrence: Recurrence


def report_of(complaint: Complaint, *, now: datetime) -> ImprovementReport | None:
    """The improvement report of a complaint, or None where no review began."""
    review = of(complaint)
    if review is None:
        return None
    tree: Mapping[int, RootCause] = root_causes.everything() if review.root_cause is not None else {}
    cause = root_causes.path_of(review.root_cause, tree) if review.root_cause is not None else []
    again = recurrence(complaint, review, now=now)
    return ImprovementReport(complaint, review, review.whys, cause, review.actions, again)


def check_open(review: Review) -> None:
    """Let nothing be written into a review that is over.

    Raises:
        Conflict: it is over, or its complaint is void.
    """
    check_section(Section.REVIEW, review.complaint.status)
    if review.state is ReviewState.DONE:
        raise Conflict(N_("This review is over."))


def tell(review: Review, step: str, *, note: str = "", actor: Person, now: datetime) -> None:
    """One line of the complaint's timeline."""
    db.session.flush()
    timeline.add(review.complaint, EventKind.REVIEW, actor=actor, now=now, note=note, details={"step": step})
    db.session.flush()


def _evidence(review: Review, evidence_id: int | None) -> Evidence | None:
    if not evidence_id:
        return None
    evidence = db.session.get(Evidence, evidence_id)
    if evidence is None or evidence.complaint_id != review.complaint_id:
        raise Refusal(N_("This is none of the choices."), field="evidence_id")
    return evidence
