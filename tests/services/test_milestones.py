"""Which event of a complaint starts and which stops which clock."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session, scoped_session

from extensions import COMPANY_ZONE
from models import Clock, Complaint, Notification, Shift
from rules import sla
from rules.escalation import DutyRoleCode
from rules.vocabulary import (
    Category,
    ClockKind,
    ClockState,
    CompensationBasis,
    CompensationKind,
    ContactMethod,
    ContactPurpose,
    EventKind,
    FaultSide,
    NotificationState,
    PolicyKind,
    PromiseKind,
    Severity,
)
from services import (
    calls,
    clock_sweep,
    compensations,
    complaint_edits,
    complaints,
    milestones,
    pauses,
    policies,
    promises,
    regrading,
)
from tests.cast import Cast
from tests.conftest import Hands
from tests.factories import IntakeFactory
from tests.services.conftest import grade, lines
from tests.services.test_complaints import clock_of

Db = scoped_session[Session]
OnDuty = dict[DutyRoleCode, Shift]
Messages = Callable[..., list[Notification]]
RUNNING = (ClockState.RUNNING, ClockState.PAUSED, ClockState.BREACHED)


def running(complaint: Complaint) -> set[ClockKind]:
    return {clock.kind for clock in fresh(complaint) if clock.state in RUNNING}


def fresh(complaint: Complaint) -> list[Clock]:
    from extensions import db

    db.session.flush()
    db.session.expire(complaint, ["clocks"])
    return complaint.clocks


def of(complaint: Complaint, kind: ClockKind) -> list[Clock]:
    return [clock for clock in sorted(fresh(complaint), key=lambda each: each.id) if clock.kind is kind]


def tell(
    complaint: Complaint,
    actor: Any,
    now: datetime,
    purpose: ContactPurpose,
    method: ContactMethod = ContactMethod.PHONE,
    is_reached: bool = True,
) -> None:
    complaints.log_contact(
        complaint, method=method, is_reached=is_reached, summary="说明进展", purpose=purpose, actor=actor, now=now
    )


@pytest.fixture
def delayed(cast: Cast, on_duty: OnDuty, session: Db, now: datetime) -> Complaint:
    """A delay, recorded on Saturday at 22:00."""
    intake = IntakeFactory(category=Category.DELAY, problem="工期拖延", first_word_at=now)
    return calls.record(intake, actor=cast.xiaozhou, now=now)


def company(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=COMPANY_ZONE)


# --- recording ------------------------------------------------------------------------------------------------------


def test_a_complaint_begins_with_its_clocks(complaint: Complaint, now: datetime) -> None:
    first_word = complaint.first_word_at
    begins = {clock.kind: (clock.started_at, clock.due_at) for clock in complaint.clocks}
    assert begins == {
        ClockKind.CONTACT: (first_word, first_word + timedelta(minutes=30)),
        ClockKind.TRIAGE: (now, now + timedelta(minutes=30)),
        ClockKind.GOLDEN: (first_word, first_word + timedelta(hours=2)),
        ClockKind.FIRST_ANSWER: (first_word, company("2026-11-23 18:00")),  # Saturday night: Monday is the day.
        ClockKind.ON_SITE: (now, now + timedelta(hours=24)),
        ClockKind.FORMAL_REPLY: (now, company("2026-11-25 18:00")),
    }
    assert all(clock.owner_id == complaint.first_responder_id for clock in complaint.clocks)
    assert {clock.kind for clock in complaint.clocks if clock.is_pausable} == {
        ClockKind.FIRST_ANSWER,
        ClockKind.ON_SITE,
        ClockKind.FORMAL_REPLY,
    }


def test_a_grave_complaint_is_answered_at_once(on_duty: OnDuty, cast: Cast, session: Db, now: datetime) -> None:
    intake = IntakeFactory(category=Category.SAFETY, first_word_at=now)
    complaint = calls.record(intake, actor=cast.xiaozhou, now=now)
    assert clock_of(complaint, ClockKind.FIRST_ANSWER).due_at == now + timedelta(minutes=30)


# --- contacts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("purpose", "method", "stopped"),
    [
        pytest.param(ContactPurpose.TALK, ContactMethod.PHONE, {ClockKind.CONTACT}, id="a talk is the contact"),
        pytest.param(
            ContactPurpose.FIRST_ANSWER,
            ContactMethod.PHONE,
            {ClockKind.CONTACT, ClockKind.FIRST_ANSWER, ClockKind.GOLDEN},
            id="the first answer",
        ),
        pytest.param(
            ContactPurpose.FORMAL_REPLY,
            ContactMethod.PHONE,
            {ClockKind.CONTACT, ClockKind.FIRST_ANSWER, ClockKind.GOLDEN, ClockKind.FORMAL_REPLY},
            id="a formal reply is an answer too",
        ),
        pytest.param(
            ContactPurpose.TALK, ContactMethod.VISIT, {ClockKind.CONTACT, ClockKind.ON_SITE}, id="a visit is on site"
        ),
    ],
)
def test_what_was_said_stops_its_clocks_and_no_others(
    complaint: Complaint,
    cast: Cast,
    now: datetime,
    purpose: ContactPurpose,
    method: ContactMethod,
    stopped: set[ClockKind],
) -> None:
    before = running(complaint)
    tell(complaint, cast.zhou, now, purpose, method)
    assert before - running(complaint) == stopped


def test_whoever_did_not_reach_the_customer_stopped_nothing(complaint: Complaint, cast: Cast, now: datetime) -> None:
    before = running(complaint)
    tell(complaint, cast.zhou, now, ContactPurpose.FORMAL_REPLY, ContactMethod.VISIT, is_reached=False)
    assert running(complaint) == before


def test_the_form_proposes_what_the_customer_waits_for_but_never_the_formal_reply(
    complaint: Complaint, cast: Cast, now: datetime
) -> None:
    assert milestones.awaited(complaint, now=now) is ContactPurpose.FIRST_ANSWER
    tell(complaint, cast.zhou, now, ContactPurpose.FIRST_ANSWER)
    fresh(complaint)
    assert milestones.awaited(complaint, now=now) is ContactPurpose.TALK


# --- levels and categories ------------------------------------------------------------------------------------------


def now_waiting(complaint: Complaint, kind: ClockKind) -> Clock:
    """The clock of this kind that somebody has to stop; there is one."""
    (waiting,) = [each for each in of(complaint, kind) if each.is_unstopped]
    return waiting


class TestAGraverLevel:
    def test_wants_the_first_answer_at_once(self, complaint: Complaint, cast: Cast, clock: Hands) -> None:
        (before,) = of(complaint, ClockKind.FIRST_ANSWER)
        was_due_at = before.due_at
        now = clock.forward(minutes=20)
        grade(complaint, cast, now, Severity.MAJOR)
        ended, sooner = of(complaint, ClockKind.FIRST_ANSWER)
        assert (ended.id, ended.state, ended.due_at) == (before.id, ClockState.CANCELLED, was_due_at)
        assert (sooner.state, sooner.started_at, sooner.due_at) == (
            ClockState.RUNNING,
            now,
            now + timedelta(minutes=30),
        )
        assert sooner.target_id == "first_answer.major"

    def test_says_so_on_the_timeline(self, complaint: Complaint, cast: Cast, now: datetime) -> None:
        grade(complaint, cast, now, Severity.MAJOR)
        (line,) = [each for each in lines(complaint, EventKind.CLOCK_STOPPED) if each.details["clock"] != "triage"]
        assert (line.details["clock"], line.details["state"]) == ("first_answer", "cancelled")
        assert datetime.fromisoformat(line.details["due_at"]) == now + timedelta(minutes=30)

    def test_leaves_every_other_clock_alone(self, complaint: Complaint, cast: Cast, now: datetime) -> None:
        def others() -> dict[ClockKind, datetime]:
            answered = (ClockKind.FIRST_ANSWER, ClockKind.TRIAGE)
            return {each.kind: each.due_at for each in fresh(complaint) if each.kind not in answered}

        before = others()
        grade(complaint, cast, now, Severity.MAJOR)
        assert others() == before
        assert ClockKind.TRIAGE not in running(complaint)

    def test_reaches_it_by_new_facts_too(self, complaint: Complaint, cast: Cast, clock: Hands) -> None:
        now = clock.forward(hours=1)
        complaint.is_media_involved = True
        regrading.follow_facts(complaint, actor=cast.xiaozhou, now=now)
        assert now_waiting(complaint, ClockKind.FIRST_ANSWER).due_at == now + timedelta(minutes=30)

    def test_makes_nothing_later(self, complaint: Complaint, cast: Cast, clock: Hands) -> None:
        before = now_waiting(complaint, ClockKind.FIRST_ANSWER)
        clock.set(before.due_at - timedelta(minutes=30))
        grade(complaint, cast, clock.now(), Severity.MAJOR)
        assert [each.id for each in of(complaint, ClockKind.FIRST_ANSWER)] == [before.id]

    def test_leaves_what_is_overdue_overdue(self, complaint: Complaint, cast: Cast, clock: Hands) -> None:
        before = now_waiting(complaint, ClockKind.FIRST_ANSWER)
        clock.set(before.due_at + timedelta(minutes=1))
        clock_sweep.sweep(now=clock.now())
        grade(complaint, cast, clock.now(), Severity.MAJOR)
        assert [(each.id, each.state) for each in of(complaint, ClockKind.FIRST_ANSWER)] == [
            (before.id, ClockState.BREACHED)
        ]

    def test_asks_for_no_second_answer(self, complaint: Complaint, cast: Cast, clock: Hands) -> None:
        tell(complaint, cast.zhou, clock.forward(minutes=5), ContactPurpose.FIRST_ANSWER)
        grade(complaint, cast, clock.forward(minutes=5), Severity.MAJOR)
        assert [each.state for each in of(complaint, ClockKind.FIRST_ANSWER)] == [ClockState.MET]

    def test_does_not_wait_for_the_customer(self, complaint: Complaint, cast: Cast, clock: Hands) -> None:
        before = now_waiting(complaint, ClockKind.FIRST_ANSWER)
        pauses.pause(complaint, clock_ids=[before.id], reason="等客户回电", actor=cast.zhou, now=clock.now())
        # By its stored due time it would be over; it stood still, and has as much time left as on Saturday night.
        now = clock.forward(days=3)
        grade(complaint, cast, now, Severity.MAJOR)
        ended, sooner = of(complaint, ClockKind.FIRST_ANSWER)
        assert (ended.state, ended.pauses[0].ended_at) == (ClockState.CANCELLED, now)
        assert (sooner.state, sooner.due_at) == (ClockState.RUNNING, now + timedelta(minutes=30))

    def test_sends_no_word_of_what_ended(
        self, complaint: Complaint, cast: Cast, clock: Hands, messages: Messages
    ) -> None:
        complaint.handler = cast.zhou
        before = now_waiting(complaint, ClockKind.FIRST_ANSWER)
        clock.set(company("2026-11-23 14:30"))  # Past half of Monday's working day.
        clock_sweep.sweep(now=clock.now())
        assert before.steps_done == 1
        grade(complaint, cast, clock.now(), Severity.MAJOR)
        about_it = [each for each in messages() if each.dedup_key.startswith(f"clock:{before.id}:")]
        assert {each.state for each in about_it} == {NotificationState.CANCELLED}


def test_a_milder_level_changes_no_clock(complaint: Complaint, cast: Cast, clock: Hands) -> None:
    grade(complaint, cast, clock.now(), Severity.MAJOR)
    before = {each.id: (each.state, each.due_at) for each in fresh(complaint)}
    complaints.grade(
        complaint,
        severity=Severity.GENERAL,
        reason="没有那么严重",
        side=FaultSide.CONSTRUCTION,
        lead=cast.zhao,
        cooperators=[],
        actor=cast.lin,
        now=clock.forward(minutes=5),
    )
    assert {each.id: (each.state, each.due_at) for each in fresh(complaint)} == before


def test_a_new_policy_is_no_graver_level(complaint: Complaint, cast: Cast, clock: Hands) -> None:
    stricter = deepcopy(sla.DEFAULT_DOCUMENT)
    for row in stricter["targets"]:
        if row["clock"] == ClockKind.FIRST_ANSWER:
            row.update(amount=10, unit="minutes")
    policies.publish(
        PolicyKind.CLOCKS, document=stricter, remarks="更快", based_on=1, actor=cast.roster, now=clock.now()
    )
    (before,) = of(complaint, ClockKind.FIRST_ANSWER)
    was_due_at = before.due_at
    grade(complaint, cast, clock.forward(minutes=5), Severity.GENERAL)
    assert [(each.id, each.due_at) for each in of(complaint, ClockKind.FIRST_ANSWER)] == [(before.id, was_due_at)]


def test_another_category_ends_what_it_does_not_know_and_starts_what_it_needs(
    complaint: Complaint, cast: Cast, clock: Hands
) -> None:
    complaint.category = Category.SERVICE
    milestones.category_changed(complaint, actor=cast.xiaozhou, now=clock.forward(minutes=5))
    assert of(complaint, ClockKind.ON_SITE)[0].state is ClockState.CANCELLED
    complaint.category = Category.DESIGN
    milestones.category_changed(complaint, actor=cast.xiaozhou, now=clock.forward(minutes=5))
    assert len(of(complaint, ClockKind.ON_SITE)) == 1


def test_a_complaint_that_turns_out_to_be_about_quality_needs_somebody_on_site(
    delayed: Complaint, cast: Cast, clock: Hands
) -> None:
    delayed.category = Category.QUALITY
    now = clock.forward(hours=1)
    milestones.category_changed(delayed, actor=cast.xiaozhou, now=now)
    assert of(delayed, ClockKind.ON_SITE)[0].due_at == now + timedelta(hours=24)


def test_a_corrected_category_reaches_the_clocks(complaint: Complaint, cast: Cast, now: datetime) -> None:
    description = complaint_edits.Description(
        contact_name=complaint.contact_name,
        category=Category.DELAY,
        problem=complaint.problem,
        community=complaint.community_stated,
        room=complaint.room_stated,
    )
    complaint_edits.edit(complaint, description, actor=cast.xiaozhou, now=now)
    assert of(complaint, ClockKind.ON_SITE)[0].state is ClockState.CANCELLED


# --- the daily report (D-17) ----------------------------------------------------------------------------------------


def test_a_graded_delay_is_reported_on_by_six_the_next_evening(delayed: Complaint, cast: Cast, now: datetime) -> None:
    assert ClockKind.PROGRESS not in running(delayed)
    grade(delayed, cast, now, Severity.GENERAL)
    (report,) = of(delayed, ClockKind.PROGRESS)
    assert (report.started_at, report.due_at) == (now, company("2026-11-22 18:00"))


def test_a_report_starts_the_next_day_s_clock_and_a_second_one_does_not_count_for_tomorrow(
    delayed: Complaint, cast: Cast, clock: Hands
) -> None:
    grade(delayed, cast, clock.now(), Severity.GENERAL)
    tell(delayed, cast.zhao, clock.forward(hours=12), ContactPurpose.PROGRESS)  # Sunday 10:00.
    tell(delayed, cast.zhao, clock.forward(hours=1), ContactPurpose.PROGRESS)
    reports = of(delayed, ClockKind.PROGRESS)
    assert [(report.state, report.due_at) for report in reports] == [
        (ClockState.MET, company("2026-11-22 18:00")),
        (ClockState.RUNNING, company("2026-11-23 18:00")),
    ]
    tell(delayed, cast.zhao, clock.forward(hours=8), ContactPurpose.PROGRESS)  # Sunday 19:00 is for Monday.
    assert [report.state for report in of(delayed, ClockKind.PROGRESS)] == [
        ClockState.MET,
        ClockState.MET,
        ClockState.RUNNING,
    ]


def test_a_day_without_a_report_stays_missed_and_the_next_one_begins(
    delayed: Complaint, cast: Cast, clock: Hands, session: Db
) -> None:
    grade(delayed, cast, clock.now(), Severity.GENERAL)
    clock.set(company("2026-11-24 18:00") + timedelta(seconds=1))
    for _ in range(5):
        clock_sweep.sweep(now=clock.now())
    reports = of(delayed, ClockKind.PROGRESS)
    assert [(report.state, report.due_at.astimezone(COMPANY_ZONE).day) for report in reports] == [
        (ClockState.MISSED, 22),
        (ClockState.MISSED, 23),
        (ClockState.MISSED, 24),
        (ClockState.RUNNING, 25),
    ]
    assert all(report.stopped_at is None and report.breached_at is not None for report in reports[:3])


# --- promises -------------------------------------------------------------------------------------------------------


def promise_rework(complaint: Complaint, cast: Cast, now: datetime, days: int = 3) -> Any:
    return promises.make(
        complaint,
        text="三天内返工完成",
        due_at=now + timedelta(days=days),
        kind=PromiseKind.REWORK,
        actor=cast.zhou,
        now=now,
    )


def test_a_rework_promise_has_its_own_clock_and_daily_reports_until_it_is_kept(
    complaint: Complaint, cast: Cast, clock: Hands
) -> None:
    first = promise_rework(complaint, cast, clock.now())
    second = promise_rework(complaint, cast, clock.now(), days=5)
    assert [(each.promise_id, each.due_at) for each in of(complaint, ClockKind.REWORK)] == [
        (first.id, first.due_at),
        (second.id, second.due_at),
    ]
    assert len(of(complaint, ClockKind.PROGRESS)) == 1
    promises.keep(first, actor=cast.zhou, now=clock.forward(hours=5))
    assert [each.state for each in of(complaint, ClockKind.REWORK)] == [ClockState.MET, ClockState.RUNNING]
    assert ClockKind.PROGRESS in running(complaint)
    promises.keep(second, actor=cast.zhou, now=clock.forward(days=6))
    assert of(complaint, ClockKind.REWORK)[1].state is ClockState.MISSED
    assert ClockKind.PROGRESS not in running(complaint)


def test_an_ordinary_promise_has_no_clock(complaint: Complaint, cast: Cast, now: datetime) -> None:
    before = running(complaint)
    promises.make(complaint, text="明早回电", due_at=now + timedelta(hours=9), actor=cast.zhou, now=now)
    assert running(complaint) == before


# --- compensations --------------------------------------------------------------------------------------------------


def offer(complaint: Complaint, cast: Cast, now: datetime) -> Any:
    return compensations.offer(
        complaint,
        kind=CompensationKind.CLEANING,
        basis=CompensationBasis.AGREED,
        amount=Decimal(200),
        delay_days=None,
        reason="返工不便",
        actor=cast.zhou,
        now=now,
    )


def test_a_compensation_is_decided_within_a_working_day(complaint: Complaint, cast: Cast, clock: Hands) -> None:
    offered = offer(complaint, cast, clock.now())
    (decision,) = of(complaint, ClockKind.COMPENSATION)
    assert (decision.due_at, decision.compensation_id) == (company("2026-11-23 18:00"), offered.id)
    assert decision.owner_id is None
    compensations.approve(offered, note="", actor=cast.approver, now=clock.forward(hours=1))
    assert decision.state is ClockState.MET


def test_a_compensation_that_is_taken_back_needs_no_decision(complaint: Complaint, cast: Cast, clock: Hands) -> None:
    offered = offer(complaint, cast, clock.now())
    compensations.withdraw(offered, note="客户不接受", actor=cast.zhou, now=clock.forward(hours=1))
    assert of(complaint, ClockKind.COMPENSATION)[0].state is ClockState.CANCELLED


def test_one_that_was_approved_and_then_taken_back_was_decided(complaint: Complaint, cast: Cast, clock: Hands) -> None:
    offered = offer(complaint, cast, clock.now())
    compensations.approve(offered, note="", actor=cast.approver, now=clock.forward(hours=1))
    compensations.withdraw(offered, note="客户不接受", actor=cast.zhou, now=clock.forward(hours=1))
    assert of(complaint, ClockKind.COMPENSATION)[0].state is ClockState.MET


# --- the end --------------------------------------------------------------------------------------------------------


@pytest.fixture
def resolved(complaint: Complaint, cast: Cast, clock: Hands) -> Complaint:
    tell(complaint, cast.zhou, clock.forward(minutes=5), ContactPurpose.FIRST_ANSWER)
    grade(complaint, cast, clock.forward(minutes=5), Severity.GENERAL)
    complaints.resolve(complaint, resolution="已返工", actor=cast.zhao, now=clock.forward(hours=3))
    return complaint


def test_what_is_resolved_needs_no_visit_but_a_follow_up_and_still_the_formal_reply(
    resolved: Complaint, clock: Hands
) -> None:
    assert running(resolved) == {ClockKind.FOLLOW_UP, ClockKind.FORMAL_REPLY}
    assert of(resolved, ClockKind.ON_SITE)[0].state is ClockState.CANCELLED
    assert of(resolved, ClockKind.FOLLOW_UP)[0].due_at == clock.now() + timedelta(days=3)


def test_closing_with_the_customer_s_agreement_is_the_reply_and_the_follow_up(
    resolved: Complaint, cast: Cast, clock: Hands
) -> None:
    complaints.close(resolved, agreement="客户满意", actor=cast.zhao, now=clock.forward(hours=3))
    assert running(resolved) == set()
    assert {of(resolved, kind)[0].state for kind in (ClockKind.FOLLOW_UP, ClockKind.FORMAL_REPLY)} == {ClockState.MET}


def test_a_breach_stays_on_record_when_the_complaint_ends(resolved: Complaint, cast: Cast, clock: Hands) -> None:
    promise = promise_rework(
        complaints.reopen(resolved, reason="又空鼓", actor=cast.zhao, now=clock.now()) or resolved, cast, clock.now()
    )
    late = clock.forward(days=4)
    clock_sweep.sweep(now=late)
    complaints.resolve(resolved, resolution="已再次返工", actor=cast.zhao, now=clock.forward(hours=1))
    complaints.close(resolved, agreement="客户满意", actor=cast.zhao, now=clock.forward(hours=1))
    (rework,) = of(resolved, ClockKind.REWORK)
    assert rework.promise_id == promise.id
    assert (rework.state, rework.stopped_at, rework.breached_at) == (ClockState.MISSED, None, late)


def test_what_is_taken_up_again_owes_a_formal_reply_and_no_follow_up(
    resolved: Complaint, cast: Cast, clock: Hands
) -> None:
    complaints.close(resolved, agreement="客户满意", actor=cast.zhao, now=clock.forward(hours=3))
    complaints.reopen(resolved, reason="又空鼓", actor=cast.zhao, now=clock.forward(days=2))
    assert running(resolved) == {ClockKind.FORMAL_REPLY}
    assert len(of(resolved, ClockKind.FORMAL_REPLY)) == 2


def test_a_mistaken_record_counts_nothing(complaint: Complaint, cast: Cast, clock: Hands) -> None:
    clock_sweep.sweep(now=clock.forward(minutes=40))
    complaints.make_void(complaint, reason="误录", actor=cast.roster, now=clock.now())
    assert {each.state for each in fresh(complaint)} == {ClockState.CANCELLED}
