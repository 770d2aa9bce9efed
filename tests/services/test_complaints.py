"""A complaint from the first word to the close, verb by verb."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, scoped_session

from models import Base, Clock, Complaint, Customer, Notification, Shift
from rules.escalation import DutyRoleCode
from rules.lifecycle import TRANSITIONS
from rules.permissions import ACTION_PERMISSION
from rules.phones import Phone
from rules.refusals import Conflict, NotAllowed, Refusal
from rules.severity import Facts
from rules.vocabulary import (
    Action,
    Category,
    ClockKind,
    ClockState,
    ContactMethod,
    EventKind,
    FaultSide,
    NotificationKind,
    NotificationState,
    ResponsibilityKind,
    Role,
    Severity,
    Status,
)
from services import calls, closing, compensations, complaints, escalations, work_orders
from services.actors import SYSTEM
from tests.cast import Cast
from tests.conftest import Hands
from tests.factories import (
    CompensationFactory,
    ComplaintFactory,
    IntakeFactory,
    PersonFactory,
    ProjectFactory,
    WorkOrderFactory,
)
from tests.services.conftest import lines

Db = scoped_session[Session]
OnDuty = dict[DutyRoleCode, Shift]
Messages = Callable[..., list[Notification]]


def clock_of(complaint: Complaint, kind: ClockKind) -> Clock:
    """The complaint's clock of this kind."""
    return next(clock for clock in complaint.clocks if clock.kind is kind)


def contact(complaint: Complaint, actor: Any, now: datetime, *, is_reached: bool = True) -> None:
    """A call to the customer."""
    complaints.log_contact(
        complaint,
        method=ContactMethod.PHONE,
        is_reached=is_reached,
        summary="已致歉，明早九点带工具复查" if is_reached else "",
        actor=actor,
        now=now,
    )


def grade(complaint: Complaint, actor: Any, lead: Any, now: datetime, **known: Any) -> None:
    """Level 3, construction side, with this lead."""
    words: dict[str, Any] = {"severity": Severity.GENERAL, "reason": "局部空鼓", "side": FaultSide.CONSTRUCTION}
    complaints.grade(complaint, **{**words, "cooperators": [], **known}, lead=lead, actor=actor, now=now)


class TestRecording:
    def test_it_keeps_the_first_word_apart_from_the_time_of_entry(self, complaint: Complaint, now: datetime) -> None:
        """N2."""
        assert (complaint.first_word_at, complaint.recorded_at) == (now - timedelta(minutes=2), now)
        assert lines(complaint, EventKind.RECORDED)[0].details["entered_late_seconds"] == 120

    def test_the_contact_clock_runs_from_the_first_word_and_triage_from_the_record(
        self, complaint: Complaint, now: datetime
    ) -> None:
        """Decision 4."""
        assert clock_of(complaint, ClockKind.CONTACT).due_at == now + timedelta(minutes=28)
        assert clock_of(complaint, ClockKind.TRIAGE).due_at == now + timedelta(minutes=30)
        assert {clock.state for clock in complaint.clocks} == {ClockState.RUNNING}

    def test_the_phone_of_the_duty_member_in_charge_rings(
        self, complaint: Complaint, cast: Cast, messages: Messages
    ) -> None:
        """D-03, D-04: tiles are construction, so it is the engineering director."""
        (call,) = messages()
        assert (call.kind, call.person, call.phone) == (NotificationKind.DUTY_CALL, cast.zhou, cast.zhou.phone)
        assert complaint.number in call.text and "王" not in call.text and "138" not in call.text
        assert complaint.escalation_due_at is not None and complaint.escalation_level == 0

    def test_who_was_asked_first_stays_responsible_for_life(
        self, complaint: Complaint, cast: Cast, now: datetime
    ) -> None:
        """G-02, N6."""
        complaints.acknowledge(complaint, actor=cast.zhou, now=now)
        complaints.hand_over(complaint, to=cast.zhao, reason="现场由他负责", actor=cast.zhou, now=now)
        assert (complaint.first_responder, complaint.handler) == (cast.xiaozhou, cast.zhao)

    def test_numbers_run_within_the_month_of_company_time(
        self, on_duty: OnDuty, cast: Cast, clock: Hands, session: Db
    ) -> None:
        end_of_month = datetime.fromisoformat("2026-11-30T15:59:59+00:00")
        numbers = []
        for moment in (end_of_month, end_of_month, end_of_month + timedelta(seconds=1)):
            now = clock.set(moment)
            numbers.append(calls.record(IntakeFactory(), actor=cast.xiaozhou, now=now).number)
        assert numbers == ["C-2611-0001", "C-2611-0002", "C-2612-0001"]

    def test_the_same_caller_gets_one_file(self, complaint: Complaint, cast: Cast, now: datetime, session: Db) -> None:
        """A-08."""
        second = calls.record(IntakeFactory(contact_name="王小姐", problem="厨房漏水"), actor=cast.xiaozhou, now=now)
        assert second.customer is complaint.customer
        assert (second.contact_name, complaint.customer.name) == ("王小姐", "王女士")

    def test_a_probably_major_case_calls_the_leader_as_well(
        self, on_duty: OnDuty, cast: Cast, now: datetime, messages: Messages
    ) -> None:
        calls.record(IntakeFactory(category=Category.SAFETY), actor=cast.xiaozhou, now=now)
        assert [call.person for call in messages()] == [cast.zhou, cast.lin]

    def test_the_project_is_found_by_the_contract_number_that_was_said(
        self, on_duty: OnDuty, cast: Cast, now: datetime
    ) -> None:
        project = ProjectFactory(contract_no="ZX2026-0107")
        known = calls.record(IntakeFactory(contract_no=" zx2026-0107 "), actor=cast.xiaozhou, now=now)
        unknown = calls.record(IntakeFactory(contract_no="ZX1999-1"), actor=cast.xiaozhou, now=now)
        assert (known.project, known.is_contract_unknown) == (project, False)
        assert (unknown.project, unknown.is_contract_unknown) == (None, True)

    def test_a_project_of_somebody_else_is_refused(self, on_duty: OnDuty, cast: Cast, now: datetime) -> None:
        with pytest.raises(Refusal) as refusal:
            calls.record(IntakeFactory(project_id=ProjectFactory().id), actor=cast.xiaozhou, now=now)
        assert refusal.value.field == "project_id"

    def test_rare_characters_and_what_looks_like_a_formula_are_kept(
        self, on_duty: OnDuty, cast: Cast, now: datetime, session: Db
    ) -> None:
        problem = '=HYPERLINK("http://x")😀𠮷 <script>alert(1)</script>'
        complaint = calls.record(IntakeFactory(problem=problem), actor=cast.xiaozhou, now=now)
        session.commit()
        assert complaint.problem == problem

    def test_an_old_call_of_an_import_is_history_and_nobody_s_phone_rings(
        self, on_duty: OnDuty, cast: Cast, now: datetime, messages: Messages
    ) -> None:
        old = IntakeFactory(first_word_at=now - timedelta(days=1, seconds=1), external_ref="HL1")
        complaint = calls.record(old, actor=SYSTEM, now=now, is_import=True)
        assert complaint.is_history and complaint.escalation_due_at is None and messages() == []
        assert {clock.state for clock in complaint.clocks} == {ClockState.MISSED}

    def test_an_import_of_today_is_alive(self, on_duty: OnDuty, cast: Cast, now: datetime, messages: Messages) -> None:
        fresh = IntakeFactory(first_word_at=now - timedelta(days=1), external_ref="HL1")
        complaint = calls.record(fresh, actor=SYSTEM, now=now, is_import=True)
        assert not complaint.is_history and len(messages()) == 1

    def test_an_external_number_is_recorded_once(self, on_duty: OnDuty, cast: Cast, now: datetime) -> None:
        calls.record(IntakeFactory(external_ref="HL1"), actor=SYSTEM, now=now, is_import=True)
        with pytest.raises(Conflict):
            calls.record(IntakeFactory(external_ref="HL1"), actor=SYSTEM, now=now, is_import=True)

    def test_ten_calls_at_the_same_moment_get_ten_numbers(
        self, on_duty: OnDuty, cast: Cast, now: datetime, session: Db, at_once: Callable[..., list[Any]]
    ) -> None:
        def record(place: int) -> Callable[[], str]:
            intake = IntakeFactory(phone=Phone(f"+861380013820{place}", "", is_mobile=True))
            return lambda: calls.record(intake, actor=SYSTEM, now=now).number

        numbers = at_once(*(record(place) for place in range(10)))
        assert sorted(numbers) == [f"C-2611-{n:04d}" for n in range(1, 11)]

    def test_the_same_new_customer_calling_twice_at_once_gets_one_file(
        self, on_duty: OnDuty, cast: Cast, now: datetime, session: Db, at_once: Callable[..., list[Any]]
    ) -> None:
        results = at_once(*(lambda: calls.record(IntakeFactory(), actor=SYSTEM, now=now).number for _ in range(4)))
        assert sorted(results) == [f"C-2611-{n:04d}" for n in range(1, 5)]
        assert session.scalar(select(func.count(Customer.id))) == 1


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no name": ({"contact_name": " "}, "contact_name"),
    "an endless name": ({"contact_name": "王" * 65}, "contact_name"),
    "no problem": ({"problem": "\n\t "}, "problem"),
    "an endless problem": ({"problem": "漏" * 10_001}, "problem"),
    "an endless impact": ({"impact": "漏" * 10_001}, "impact"),
    "an endless demand": ({"demand": "漏" * 10_001}, "demand"),
    "an endless community": ({"community": "苑" * 101}, "community"),
    "an endless room": ({"room": "1" * 101}, "room"),
    "an endless contract number": ({"contract_no": "Z" * 41}, "contract_no"),
    "no household": ({"facts": Facts(Category.QUALITY, household_count=0)}, "household_count"),
    "too many households": ({"facts": Facts(Category.QUALITY, household_count=10_001)}, "household_count"),
    "a negative delay": ({"facts": Facts(Category.QUALITY, delay_days=-1)}, "delay_days"),
    "an endless delay": ({"facts": Facts(Category.QUALITY, delay_days=3651)}, "delay_days"),
    "a promise without a time": ({"promise_text": "明天上门"}, "promise_due_at"),
    "a character no database keeps, in the problem": ({"problem": "漏\x00水"}, "problem"),
    "a character no database keeps, in the name": ({"contact_name": "王\x00"}, "contact_name"),
    "a character no database keeps, in the room": ({"room": "18\x00"}, "room"),
    "half a character": ({"demand": "\ud83d"}, "demand"),
    "a repeat of nothing": ({"repeat_of_id": 999_999}, "repeat_of_id"),
    "a project that does not exist": ({"project_id": 999_999}, "project_id"),
}


class TestWhatCannotBeAComplaint:
    @pytest.mark.parametrize("case", BAD)
    def test_it_is_refused_beside_its_field_and_nothing_is_half_written(
        self, case: str, on_duty: OnDuty, cast: Cast, now: datetime, session: Db
    ) -> None:
        known, field = BAD[case]
        before = {
            table: session.scalar(select(func.count()).select_from(table)) for table in Base.metadata.sorted_tables
        }
        with pytest.raises(Refusal) as refusal:
            calls.record(IntakeFactory(**known), actor=cast.xiaozhou, now=now)
        session.rollback()
        assert refusal.value.field == field
        after = {
            table: session.scalar(select(func.count()).select_from(table)) for table in Base.metadata.sorted_tables
        }
        assert after == before

    @pytest.mark.parametrize(
        ("ago", "is_accepted"),
        [
            pytest.param(timedelta(minutes=-2), True, id="two minutes ahead are two clocks that differ"),
            pytest.param(timedelta(minutes=-2, seconds=-1), False, id="more lies in the future"),
            pytest.param(timedelta(days=90), True, id="ninety days back"),
            pytest.param(timedelta(days=90, seconds=1), False, id="last year"),
        ],
    )
    def test_a_first_word_lies_neither_ahead_nor_last_year(
        self, ago: timedelta, is_accepted: bool, on_duty: OnDuty, cast: Cast, now: datetime
    ) -> None:
        intake = IntakeFactory(first_word_at=now - ago)
        if is_accepted:
            assert calls.record(intake, actor=cast.xiaozhou, now=now).number
        else:
            with pytest.raises(Refusal) as refusal:
                calls.record(intake, actor=cast.xiaozhou, now=now)
            assert refusal.value.field == "first_word_at"

    def test_a_promise_lies_ahead(self, on_duty: OnDuty, cast: Cast, now: datetime) -> None:
        with pytest.raises(Refusal) as refusal:
            calls.check(IntakeFactory(promise_text="明天上门", promise_due_at=now), now=now)
        assert refusal.value.field == "promise_due_at"

    def test_long_texts_up_to_the_limit_are_kept(self, on_duty: OnDuty, cast: Cast, now: datetime, session: Db) -> None:
        """Some characters grow when they are folded (㌀) or put in capitals (ß); a column does not."""
        intake = IntakeFactory(
            contact_name="王" * 64, problem="😀" * 10_000, community="㌀" * 100, room="㌀" * 100, contract_no="ß" * 40
        )
        complaint = calls.record(intake, actor=cast.xiaozhou, now=now)
        session.commit()
        assert len(complaint.problem) == 10_000


class TestProbableRepeats:
    def near(self, now: datetime, **other: Any) -> Complaint | None:
        """Ask about the same call once more."""
        asked = {"phone": IntakeFactory().phone, "problem": "客厅新铺的 瓷砖空鼓，敲着发空", "category": Category.OTHER}
        return calls.probable_repeat(**{**asked, "first_word_at": now, **other})

    @pytest.mark.parametrize(
        ("later", "is_repeat"),
        [
            pytest.param(timedelta(minutes=58), True, id="within the hour"),
            pytest.param(timedelta(minutes=58, seconds=1), False, id="after the hour"),
        ],
    )
    def test_the_same_words_within_the_hour_are_probably_one(
        self, later: timedelta, is_repeat: bool, complaint: Complaint, now: datetime
    ) -> None:
        assert self.near(now + later) is (complaint if is_repeat else None)

    def test_the_same_kind_of_matter_counts_as_well(self, complaint: Complaint, now: datetime) -> None:
        assert self.near(now, problem="又来电催促", category=Category.QUALITY) is complaint
        assert self.near(now, problem="又来电催促", category=Category.SERVICE) is None

    def test_somebody_else_s_complaint_is_no_repeat(self, complaint: Complaint, now: datetime) -> None:
        assert self.near(now, phone=Phone("+8613800138199", "", is_mobile=True)) is None

    def test_a_void_complaint_is_no_repeat(self, complaint: Complaint, cast: Cast, now: datetime) -> None:
        complaints.make_void(complaint, reason="误录", actor=cast.admin, now=now)
        assert self.near(now) is None

    def test_a_linked_repeat_stands_on_both_timelines(self, complaint: Complaint, cast: Cast, now: datetime) -> None:
        second = calls.record(IntakeFactory(repeat_of_id=complaint.id), actor=cast.xiaozhou, now=now)
        assert lines(second, EventKind.REPEAT_LINKED)[0].details["number"] == complaint.number
        assert lines(complaint, EventKind.REPEAT_LINKED)[0].details["number"] == second.number


class TestAcknowledging:
    def test_it_stops_the_chain_and_withdraws_the_calls_not_yet_sent(
        self, complaint: Complaint, cast: Cast, now: datetime, messages: Messages
    ) -> None:
        complaints.acknowledge(complaint, actor=cast.zhou, now=now)
        assert (complaint.handler, complaint.acknowledged_at, complaint.escalation_due_at) == (cast.zhou, now, None)
        assert [call.state for call in messages()] == [NotificationState.CANCELLED]
        assert complaint.status is Status.NEW, "nothing is solved yet"

    def test_the_second_hears_who_was_first(self, complaint: Complaint, cast: Cast, now: datetime) -> None:
        complaints.acknowledge(complaint, actor=cast.zhou, now=now)
        with pytest.raises(Conflict) as conflict:
            complaints.acknowledge(complaint, actor=cast.lin, now=now)
        assert conflict.value.params == {"name": "周强"}

    def test_intake_staff_may_not(self, complaint: Complaint, cast: Cast, now: datetime) -> None:
        with pytest.raises(NotAllowed):
            complaints.acknowledge(complaint, actor=cast.xiaozhou, now=now)


class TestContact:
    def test_reaching_the_customer_stops_the_clock_with_the_time_kept(
        self, complaint: Complaint, cast: Cast, clock: Hands
    ) -> None:
        """D-02, D-04: the director called back after fifteen minutes."""
        now = clock.forward(minutes=13)
        complaints.acknowledge(complaint, actor=cast.zhou, now=now)
        contact(complaint, cast.zhou, now)
        stopped = clock_of(complaint, ClockKind.CONTACT)
        assert (stopped.state, stopped.stopped_at, complaint.status) == (ClockState.MET, now, Status.CONTACTED)
        assert lines(complaint, EventKind.CLOCK_STOPPED)[0].details["took_seconds"] == 15 * 60

    @pytest.mark.parametrize(
        ("after", "state"),
        [
            pytest.param({"minutes": 28}, ClockState.MET, id="30:00 after the first word is on time"),
            pytest.param({"minutes": 28, "seconds": 1}, ClockState.MISSED, id="30:01 is too late"),
        ],
    )
    def test_thirty_minutes_mean_thirty_minutes(
        self, after: dict[str, float], state: ClockState, complaint: Complaint, cast: Cast, clock: Hands
    ) -> None:
        contact(complaint, cast.zhou, clock.forward(**after))
        assert clock_of(complaint, ClockKind.CONTACT).state is state

    def test_an_attempt_that_reached_nobody_stops_nothing(
        self, complaint: Complaint, cast: Cast, now: datetime
    ) -> None:
        contact(complaint, cast.zhou, now, is_reached=False)
        assert clock_of(complaint, ClockKind.CONTACT).state is ClockState.RUNNING
        assert (complaint.status, complaint.acknowledged_at) == (Status.NEW, None)
        assert len(complaint.contacts) == 1

    def test_whoever_reaches_the_customer_first_takes_the_complaint(
        self, complaint: Complaint, cast: Cast, now: datetime
    ) -> None:
        contact(complaint, cast.zhou, now)
        assert (complaint.handler, complaint.escalation_due_at) == (cast.zhou, None)

    def test_what_was_said_must_be_written_down(self, complaint: Complaint, cast: Cast, now: datetime) -> None:
        with pytest.raises(Refusal) as refusal:
            complaints.log_contact(
                complaint, method=ContactMethod.PHONE, is_reached=True, summary=" ", actor=cast.zhou, now=now
            )
        assert refusal.value.field == "summary"


class TestGrading:
    def test_it_fixes_level_reason_lead_and_cooperators_and_stops_the_triage_clock(
        self, complaint: Complaint, cast: Cast, now: datetime
    ) -> None:
        """D-10, D-14."""
        grade(complaint, cast.zhou, cast.zhao, now, severity=Severity.URGENT, cooperators=[cast.he])
        assert (complaint.severity, complaint.graded_by, complaint.graded_at) == (Severity.URGENT, cast.zhou, now)
        assert clock_of(complaint, ClockKind.TRIAGE).state is ClockState.MET
        assert {(part.person, part.kind) for part in complaint.responsibilities} == {
            (cast.zhao, ResponsibilityKind.LEAD),
            (cast.he, ResponsibilityKind.COOPERATOR),
        }

    def test_grading_anew_ends_the_earlier_map_and_tells_old_and_new(
        self, complaint: Complaint, cast: Cast, now: datetime, session: Db
    ) -> None:
        grade(complaint, cast.zhou, cast.zhao, now)
        grade(complaint, cast.zhou, cast.he, now, severity=Severity.MAJOR, side=FaultSide.DESIGN)
        session.expire(complaint)
        standing = [part.person for part in complaint.responsibilities if part.ended_at is None]
        assert standing == [cast.he]
        assert lines(complaint, EventKind.GRADED)[-1].changes["severity"] == [3, 1]

    def test_the_lead_does_not_cooperate_with_themselves(self, complaint: Complaint, cast: Cast, now: datetime) -> None:
        with pytest.raises(Refusal) as refusal:
            grade(complaint, cast.zhou, cast.zhao, now, cooperators=[cast.zhao])
        assert refusal.value.field == "cooperators"

    def test_contacted_and_graded_is_in_progress_whichever_came_first(
        self, on_duty: OnDuty, cast: Cast, now: datetime
    ) -> None:
        one, other = (calls.record(IntakeFactory(), actor=cast.xiaozhou, now=now) for _ in range(2))
        contact(one, cast.zhou, now)
        grade(one, cast.zhou, cast.zhao, now)
        grade(other, cast.zhou, cast.zhao, now)
        contact(other, cast.zhou, now)
        assert one.status is other.status is Status.HANDLING


class TestHandingOver:
    def test_the_new_handler_is_told_and_the_reason_kept(
        self, complaint: Complaint, cast: Cast, now: datetime, messages: Messages
    ) -> None:
        complaints.hand_over(complaint, to=cast.zhao, reason="现场由他负责", actor=cast.zhou, now=now)
        assert complaint.handler is cast.zhao and complaint.acknowledged_at is None
        assert [call.person for call in messages(NotificationKind.ASSIGNED)] == [cast.zhao]
        line = lines(complaint, EventKind.ASSIGNED)[0]
        assert (line.note, line.changes) == ("现场由他负责", {"handler": [None, "赵磊"]})

    @pytest.mark.parametrize("who", ["xiaozhou", "analyst", "auditor"])
    def test_only_to_somebody_who_can_take_it(self, who: str, complaint: Complaint, cast: Cast, now: datetime) -> None:
        with pytest.raises(Refusal) as refusal:
            complaints.hand_over(complaint, to=getattr(cast, who), reason="忙", actor=cast.zhou, now=now)
        assert refusal.value.field == "to"

    def test_not_to_whoever_has_it(self, complaint: Complaint, cast: Cast, now: datetime) -> None:
        complaints.acknowledge(complaint, actor=cast.zhou, now=now)
        with pytest.raises(Conflict):
            complaints.hand_over(complaint, to=cast.zhou, reason="忙", actor=cast.zhou, now=now)

    def test_there_and_back_tells_each_time(
        self, complaint: Complaint, cast: Cast, now: datetime, messages: Messages
    ) -> None:
        for to in (cast.zhao, cast.zhou, cast.zhao):
            complaints.hand_over(complaint, to=to, reason="轮换", actor=cast.roster, now=now)
        assert [call.person for call in messages(NotificationKind.ASSIGNED)] == [cast.zhao, cast.zhou, cast.zhao]


class TestFacts:
    def test_later_facts_raise_the_proposed_level_with_a_line_of_its_own(
        self, complaint: Complaint, cast: Cast, now: datetime
    ) -> None:
        facts = dataclasses.replace(complaint.facts, household_count=3)
        complaints.update_facts(complaint, facts=facts, note="邻居也来电", actor=cast.zhou, now=now)
        assert complaint.suggested_severity is Severity.MAJOR
        assert lines(complaint, EventKind.EDITED)[0].changes == {"household_count": [1, 3]}
        assert lines(complaint, EventKind.REGRADED)[0].changes == {"suggested_severity": [3, 1]}

    def test_the_same_facts_write_nothing(self, complaint: Complaint, cast: Cast, now: datetime) -> None:
        complaints.update_facts(complaint, facts=complaint.facts, note="", actor=cast.zhou, now=now)
        assert lines(complaint, EventKind.EDITED) == []


class TestTheEnd:
    @pytest.fixture
    def handled(self, complaint: Complaint, cast: Cast, now: datetime) -> Complaint:
        """Contacted and graded."""
        contact(complaint, cast.zhou, now)
        grade(complaint, cast.zhou, cast.zhao, now)
        return complaint

    def test_resolved_is_our_view_and_closed_the_customer_s(
        self, handled: Complaint, cast: Cast, now: datetime
    ) -> None:
        complaints.resolve(handled, resolution="已返工并闭水复查", actor=cast.zhao, now=now)
        assert (handled.status, handled.closed_at) == (Status.RESOLVED, None)
        closing.close(handled, agreement="客户电话确认满意", actor=cast.zhao, now=now)
        assert (handled.status, handled.closed_at) == (Status.CLOSED, now)

    def test_what_was_never_graded_is_not_resolved(self, complaint: Complaint, cast: Cast, now: datetime) -> None:
        contact(complaint, cast.zhou, now)
        with pytest.raises(Conflict):
            complaints.resolve(complaint, resolution="已处理", actor=cast.zhou, now=now)

    def test_reopening_keeps_the_number_and_the_history(self, handled: Complaint, cast: Cast, now: datetime) -> None:
        complaints.resolve(handled, resolution="已返工", actor=cast.zhao, now=now)
        closing.close(handled, agreement="同意", actor=cast.zhao, now=now)
        complaints.reopen(handled, reason="又空鼓了", actor=cast.zhao, now=now)
        assert (handled.status, handled.closed_at, handled.resolved_at) == (Status.HANDLING, None, None)
        assert len(lines(handled, EventKind.CLOSED)) == 1

    def test_a_resolved_complaint_has_somebody_who_owns_it(
        self, complaint: Complaint, cast: Cast, now: datetime
    ) -> None:
        contact(complaint, cast.xiaozhou, now)
        grade(complaint, cast.zhou, cast.zhao, now)
        complaints.resolve(complaint, resolution="解释清楚了", actor=cast.zhou, now=now)
        assert complaint.handler is not None and complaint.acknowledged_at is not None

    def test_a_void_record_rings_no_phone_and_runs_no_clock(
        self, complaint: Complaint, cast: Cast, clock: Hands, session: Db, messages: Messages
    ) -> None:
        complaints.make_void(complaint, reason="误录", actor=cast.admin, now=clock.now())
        session.commit()
        assert {each.state for each in complaint.clocks} == {ClockState.CANCELLED}
        assert escalations.sweep(now=clock.forward(hours=3)) == 0
        assert [call.state for call in messages()] == [NotificationState.CANCELLED]

    def test_work_and_money_do_not_disappear_with_a_mistaken_record(
        self, complaint: Complaint, cast: Cast, now: datetime, session: Db
    ) -> None:
        order = WorkOrderFactory(complaint=complaint, customer=complaint.customer)
        offered = CompensationFactory(complaint=complaint)
        for settle in (
            lambda: work_orders.cancel(order, reason="误录", actor=cast.zhao, now=now),
            lambda: compensations.withdraw(offered, note="误录", actor=cast.zhao, now=now),
        ):
            with pytest.raises(Conflict):
                complaints.make_void(complaint, reason="误录", actor=cast.admin, now=now)
            assert complaint.status is not Status.VOID
            settle()
        complaints.make_void(complaint, reason="误录", actor=cast.admin, now=now)
        assert complaint.status is Status.VOID

    def test_a_drill_ends_with_whatever_was_practised(self, cast: Cast, now: datetime, session: Db) -> None:
        drill = ComplaintFactory(is_drill=True)
        WorkOrderFactory(complaint=drill, customer=drill.customer)
        complaints.make_void(drill, reason="演练结束", actor=cast.admin, now=now)
        assert drill.status is Status.VOID

    @pytest.mark.parametrize(
        ("verb", "word"),
        [("resolve", "resolution"), ("close", "agreement"), ("reopen", "reason"), ("make_void", "reason")],
    )
    def test_every_end_wants_words(self, verb: str, word: str, cast: Cast, now: datetime, session: Db) -> None:
        status = {"close": Status.RESOLVED, "reopen": Status.CLOSED}.get(verb, Status.HANDLING)
        complaint = ComplaintFactory(status=status, severity=Severity.GENERAL, graded_at=now)
        with pytest.raises(Refusal) as refusal:
            getattr(complaints, verb)(complaint, **{word: "  "}, actor=cast.admin, now=now)
        assert refusal.value.field == word
        assert complaint.status is status


class TestWhatIsSeen:
    def test_a_full_number_is_shown_once_and_the_look_is_kept(
        self, complaint: Complaint, cast: Cast, now: datetime
    ) -> None:
        """N18."""
        assert complaints.reveal_phone(complaint, actor=cast.zhou, now=now) == "+8613800138100"
        assert [line.actor for line in lines(complaint, EventKind.REVEALED)] == [cast.zhou]
        with pytest.raises(NotAllowed):
            complaints.reveal_phone(complaint, actor=cast.auditor, now=now)

    @pytest.mark.parametrize("role", Role)
    @pytest.mark.parametrize("status", Status)
    def test_the_buttons_are_what_the_table_and_the_role_allow(
        self, role: Role, status: Status, session: Db, now: datetime
    ) -> None:
        person = PersonFactory(roles=[role])
        complaint = ComplaintFactory(status=status)
        possible = {action for at, action in TRANSITIONS if at is status} - {
            Action.STAND_DOWN,
            Action.PAUSE,
            Action.RESUME,
            Action.WITHDRAW_PROMISE,
        }
        offered = complaints.possible_actions(complaint, person)
        assert set(offered) == {action for action in possible if person.may(ACTION_PERMISSION[action])}
        if role in (Role.ANALYST, Role.AUDITOR):
            assert offered == ()

    def test_a_complaint_somebody_has_offers_no_second_acknowledgement(
        self, complaint: Complaint, cast: Cast, now: datetime
    ) -> None:
        assert Action.ACKNOWLEDGE in complaints.possible_actions(complaint, cast.lin)
        complaints.acknowledge(complaint, actor=cast.zhou, now=now)
        assert Action.ACKNOWLEDGE not in complaints.possible_actions(complaint, cast.lin)

    def test_somebody_who_left_may_nothing(self, complaint: Complaint, cast: Cast, now: datetime) -> None:
        cast.zhou.is_active = False
        assert complaints.possible_actions(complaint, cast.zhou) == ()
        with pytest.raises(NotAllowed):
            complaints.acknowledge(complaint, actor=cast.zhou, now=now)
