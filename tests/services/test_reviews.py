"""Reviews and corrective actions: whys, the cause, the action, and whether it helped (G-06, G-07, N14, RV1–RV3)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from models import Complaint, Notification, Review, RootCause
from rules.refusals import Conflict, NotAllowed, Refusal
from rules.vocabulary import ActionEffect, EventKind, NotificationKind, ReviewState, Severity, Status
from services import corrective_actions, next_steps, reviews, root_causes
from tests.cast import Cast
from tests.factories import (
    ComplaintFactory,
    CrewFactory,
    EvidenceFactory,
    ProjectFactory,
    ReviewFactory,
    WhyFactory,
    WorkCostFactory,
    WorkOrderFactory,
)
from tests.services.conftest import lines

Db = scoped_session[Session]


@pytest.fixture
def cause(session: Db) -> RootCause:
    return session.scalars(select(RootCause).where(RootCause.code == "process.forecast")).one()


@pytest.fixture
def review(complaint: Complaint, cast: Cast, now: datetime) -> Review:
    return reviews.begin(complaint, actor=cast.analyst, now=now)


def test_late_delivery_to_reserve_carriers(
    complaint: Complaint, review: Review, cause: RootCause, cast: Cast, now: datetime
) -> None:
    """G-07's chain, from late delivery to the forecast that nobody made."""
    for answer in ("送货晚了", "承运商运力不足", "旺季订单没有预测"):
        reviews.answer_why(review, answer=answer, proof="运单", actor=cast.zhao, now=now)
    complaint.severity, complaint.graded_at = Severity.MAJOR, now
    with pytest.raises(Refusal, match="verifies"):
        reviews.finish(review, root_cause_id=cause.id, lessons="先预测", actor=cast.analyst, now=now)
    found = reviews.of(complaint)
    assert found is not None and [why.place for why in found.whys] == [1, 2, 3]
    with pytest.raises(NotAllowed):
        reviews.verify(found.whys[-1], actor=cast.zhao, now=now)
    reviews.verify(found.whys[-1], actor=cast.lin, now=now)
    with pytest.raises(Conflict):
        reviews.verify(found.whys[-1], actor=cast.lin, now=now)
    with pytest.raises(Refusal):
        reviews.finish(review, root_cause_id=None, lessons="先预测", actor=cast.analyst, now=now)
    reviews.finish(review, root_cause_id=cause.id, lessons="先预测", actor=cast.analyst, now=now)
    report = reviews.report_of(complaint, now=now)
    assert report is not None
    assert [each.code for each in report.cause] == ["process", "process.forecast"]
    assert report.recurrence.cause == 1
    with pytest.raises(Conflict):
        reviews.answer_why(review, answer="还有", proof="x", actor=cast.zhao, now=now)
    steps = [line.details["step"] for line in lines(complaint, EventKind.REVIEW)]
    assert steps == ["begun", "why", "why", "why", "verified", "done"]


def test_level_one_waits_for_its_review(complaint: Complaint, cast: Cast, now: datetime) -> None:
    def in_the_way() -> bool:
        return any(step.is_in_the_way for step in reviews.todo(complaint, now=now))

    complaint.severity, complaint.graded_at = Severity.GENERAL, now
    assert reviews.todo(complaint, now=now) == []
    complaint.severity = Severity.MAJOR
    assert in_the_way()
    assert reviews.todo(complaint, now=now)[0] in next_steps.in_the_way(complaint, now=now)
    reviews.begin(complaint, actor=cast.analyst, now=now)
    assert in_the_way()
    complaint.is_drill = True
    assert not in_the_way(), "a drill is for practice"


def test_one_review_and_none_of_what_is_void(complaint: Complaint, review: Review, cast: Cast, now: datetime) -> None:
    with pytest.raises(Conflict, match="already"):
        reviews.begin(complaint, actor=cast.analyst, now=now)
    with pytest.raises(Conflict):
        reviews.begin(ComplaintFactory(status=Status.VOID), actor=cast.analyst, now=now)
    with pytest.raises(NotAllowed):
        reviews.begin(ComplaintFactory(), actor=cast.auditor, now=now)


@pytest.mark.parametrize(
    ("answer", "proof", "field"),
    [("", "x", "answer"), ("x" * 501, "x", "answer"), ("原因", "  ", "proof"), ("原因", "x" * 501, "proof")],
)
def test_a_why_needs_words_and_proof(
    answer: str, proof: str, field: str, review: Review, cast: Cast, now: datetime
) -> None:
    with pytest.raises(Refusal) as refusal:
        reviews.answer_why(review, answer=answer, proof=proof, actor=cast.zhao, now=now)
    assert refusal.value.field == field


def test_proof_is_a_file_of_this_complaint_and_the_row_ends(review: Review, cast: Cast, now: datetime) -> None:
    own, other = EvidenceFactory(complaint=review.complaint), EvidenceFactory()
    with pytest.raises(Refusal) as refusal:
        reviews.answer_why(review, answer="原因", evidence_id=other.id, actor=cast.zhao, now=now)
    assert refusal.value.field == "evidence_id"
    for _ in range(9):
        reviews.answer_why(review, answer="原因", evidence_id=own.id, actor=cast.zhao, now=now)
    with pytest.raises(Refusal, match="9 whys"):
        reviews.answer_why(review, answer="原因", proof="x", actor=cast.zhao, now=now)


def test_two_at_the_same_moment_begin_one(
    complaint: Complaint, cast: Cast, now: datetime, session: Db, at_once: Callable[..., list[object]]
) -> None:
    from services import complaint_locks, people

    number, actor_id = complaint.number, cast.analyst.id

    def begin() -> Review:
        return reviews.begin(complaint_locks.by_number(number), actor=people.by_id(actor_id), now=now)

    results = at_once(begin, begin)
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "Review"]


def test_the_tree_stays_a_tree(cause: RootCause) -> None:
    with pytest.raises(Refusal) as refusal:
        root_causes.check_parent(cause.parent_id, cause.id)
    assert refusal.value.field == "parent_id"
    root_causes.check_parent(cause.id, None)
    parent = root_causes.everything()[cause.parent_id or 0]
    parent.is_active = False
    assert cause.id not in {path[-1].id for path in root_causes.usable()}, "below what is out of use"


class TestActions:
    def test_reminded_once_done_by_its_owner(
        self, review: Review, cast: Cast, now: datetime, messages: Callable[..., list[Notification]]
    ) -> None:
        today = now.date()
        action = corrective_actions.make(
            review,
            words="储备承运商",
            owner_id=cast.approver.id,
            due_on=today + timedelta(days=2),
            check_on=today + timedelta(days=32),
            actor=cast.analyst,
            now=now,
        )
        assert corrective_actions.sweep(now=now) == 0
        later = now + timedelta(days=1)
        assert [corrective_actions.sweep(now=later) for _ in range(2)] == [1, 0]
        assert [each.person_id for each in messages(NotificationKind.ACTION_DUE)] == [cast.approver.id]
        assert [step.is_in_the_way for step in corrective_actions.todo(review.complaint, now=now)] == [False]
        with pytest.raises(NotAllowed):
            corrective_actions.do(action, words="好了", actor=cast.xiaozhou, now=later)
        with pytest.raises(Refusal):
            corrective_actions.do(action, words=" ", actor=cast.approver, now=later)
        corrective_actions.do(action, words="签了两家", actor=cast.approver, now=later)
        with pytest.raises(Conflict):
            corrective_actions.do(action, words="签了两家", actor=cast.approver, now=later)
        assert corrective_actions.todo(review.complaint, now=now) == []

    @pytest.mark.parametrize(
        ("due", "check", "field"), [(-1, 5, "due_on"), (800, 900, "due_on"), (5, 4, "check_on"), (5, 800, "check_on")]
    )
    def test_days_stand_in_order(
        self, due: int, check: int, field: str, review: Review, cast: Cast, now: datetime
    ) -> None:
        with pytest.raises(Refusal) as refusal:
            corrective_actions.make(
                review,
                words="x",
                owner_id=cast.zhao.id,
                due_on=now.date() + timedelta(days=due),
                check_on=now.date() + timedelta(days=check),
                actor=cast.analyst,
                now=now,
            )
        assert refusal.value.field == field

    @pytest.mark.parametrize(
        ("before", "after", "effect"),
        [(4, 1, ActionEffect.WORKED), (3, 4, ActionEffect.FAILED), (1, 0, ActionEffect.UNCLEAR)],
    )
    def test_the_effect_is_counted_in_equal_spans(
        self,
        before: int,
        after: int,
        effect: ActionEffect,
        review: Review,
        cause: RootCause,
        cast: Cast,
        now: datetime,
        session: Db,
    ) -> None:
        review.root_cause = cause
        review.complaint.first_word_at = now - timedelta(days=300)
        action = corrective_actions.make(
            review,
            words="x",
            owner_id=cast.zhao.id,
            due_on=now.date(),
            check_on=now.date() + timedelta(days=30),
            actor=cast.analyst,
            now=now,
        )
        corrective_actions.do(action, words="好了", actor=cast.zhao, now=now)
        for count, days in ((before, -10), (after, 10), (5, -40)):
            for _ in range(count):
                alike = ComplaintFactory(first_word_at=now + timedelta(days=days))
                ReviewFactory(complaint=alike, root_cause=cause)
        for more in ({"is_drill": True}, {"status": Status.VOID}):
            ReviewFactory(complaint=ComplaintFactory(first_word_at=now + timedelta(days=5), **more), root_cause=cause)
        assert corrective_actions.sweep(now=now + timedelta(days=29)) == 0
        then = now + timedelta(days=30)
        assert [corrective_actions.sweep(now=then) for _ in range(2)] == [1, 0]
        assert (action.count_before, action.count_after, action.effect) == (before, after, effect)


def test_recurrence_by_who_and_what_was_involved(cast: Cast, now: datetime, session: Db) -> None:
    project = ProjectFactory(project_manager=cast.zhao, lead_designer=cast.he)
    crew = CrewFactory()
    own = ComplaintFactory(project=project)
    for complaint in (own, ComplaintFactory(project=ProjectFactory(project_manager=cast.zhao)), ComplaintFactory()):
        order = WorkOrderFactory(complaint=complaint, crew=crew)
        WorkCostFactory(work_order=order, batch="B1" if complaint is own else "B2")
    found = reviews.recurrence(own, None, now=now + timedelta(days=1))
    assert (found.cause, found.project_manager, found.designer, found.crew, found.batch) == (None, 2, 1, 3, 1)


def test_an_owner_outside_the_review_sees_every_why(review: Review, session: Db) -> None:
    WhyFactory(review=review, place=2)
    WhyFactory(review=review, place=1, answer="先")
    found = reviews.of(review.complaint)
    assert found is not None and [why.place for why in found.whys] == [1, 2]
    assert found.state is ReviewState.OPEN
