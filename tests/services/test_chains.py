"""Chains by their policy: the version they began with, steps that repeat and lead back, people chosen by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session, scoped_session

from models import Complaint, Notification, Shift
from rules.escalation import DutyRoleCode, Target, Whom
from rules.refusals import Conflict, NotAllowed, Refusal
from rules.severity import Facts
from rules.vocabulary import Category, EscalationCause, EventKind, NotificationKind, PolicyKind, Severity, Status
from services import acknowledgements, calls, chains, complaint_edits, complaints, escalations, policies, summonses
from services.complaint_edits import Description
from tests.cast import Cast
from tests.chains import chain, last, publish, step
from tests.conftest import Hands
from tests.factories import ComplaintFactory, DutyRoleFactory, IntakeFactory, PersonFactory, ShiftFactory
from tests.services.conftest import grade, lines

Db = scoped_session[Session]
OnDuty = dict[DutyRoleCode, Shift]
Messages = Callable[..., list[Notification]]


def record(cast: Cast, now: datetime, **said: Any) -> Complaint:
    """A call as intake writes it down."""
    return calls.record(IntakeFactory(**said), actor=cast.xiaozhou, now=now)


def waits(complaint: Complaint, clock: Hands, *, calls: int) -> list[tuple[int, int]]:
    """Sweep whenever a call is due; after how many minutes each came, and the step."""
    found = []
    for _ in range(calls):
        assert complaint.escalation_due_at is not None
        before = clock.now()
        clock.set(complaint.escalation_due_at)
        assert escalations.sweep(now=clock.now()) == 1
        found.append(((clock.now() - before) // timedelta(minutes=1), complaint.escalation_level))
    return found


class TestThePolicy:
    def test_a_step_repeats_then_the_chain_leads_back_and_at_last_repeats_for_ever(
        self, on_duty: OnDuty, cast: Cast, clock: Hands
    ) -> None:
        publish(
            chain(step("required_role", repeats=2, every=3), step("leader", back_to=0, back_times=1), last(every=20)),
            by=cast.roster,
            now=clock.now(),
        )
        complaint = record(cast, clock.now())
        assert waits(complaint, clock, calls=10) == [
            *[(3, 0), (3, 0), (10, 1)],
            *[(10, 0), (3, 0), (3, 0), (10, 1)],
            *[(10, 2), (20, 2), (20, 2)],
        ]

    def test_a_running_chain_keeps_the_version_it_began_with(
        self, complaint: Complaint, cast: Cast, clock: Hands
    ) -> None:
        publish(chain(step("duty_role:legal", wait=1), last(every=5)), by=cast.roster, now=clock.now())
        assert [waited for waited, _ in waits(complaint, clock, calls=4)] == [10, 10, 10, 30]
        fresh = record(cast, clock.now())
        assert [waited for waited, _ in waits(fresh, clock, calls=2)] == [1, 5]
        assert {complaint.escalation_policy.number, fresh.escalation_policy.number} == {1, 2}

    def test_each_level_and_kind_has_the_chain_made_for_it(self, on_duty: OnDuty, cast: Cast, now: datetime) -> None:
        publish(
            chain(last()),
            chain(last("duty_role:legal"), name="safety", categories=("safety",)),
            by=cast.roster,
            now=now,
        )
        called = [record(cast, now, category=category) for category in (Category.SAFETY, Category.DESIGN)]
        assert [complaint.escalation_chain for complaint in called] == ["safety", "rest"]
        assert [[summons.person for summons in complaint.summonses] for complaint in called] == [
            [cast.gao],
            [cast.roster],
        ]

    @pytest.mark.parametrize(
        ("whom", "called"),
        [
            ("required_role", {"zhou"}),
            ("leader", {"lin"}),
            ("duty_group", {"lin", "zhou", "he", "gao"}),
            ("management", {"roster"}),
            ("duty_role:design", {"he"}),
            ("role:handler", {"zhao"}),
            ("person", {"he"}),
        ],
    )
    def test_a_step_calls_whom_it_says(
        self, whom: str, called: set[str], on_duty: OnDuty, cast: Cast, now: datetime, messages: Messages
    ) -> None:
        name = f"person:{cast.he.id}" if whom == "person" else whom
        publish(chain(step(name), last()), by=cast.roster, now=now)
        record(cast, now)
        assert {call.person.login for call in messages(NotificationKind.DUTY_CALL)} == called

    def test_the_handlers_superior_is_called_after_the_handler(
        self, on_duty: OnDuty, cast: Cast, clock: Hands, messages: Messages
    ) -> None:
        cast.zhao.superior = cast.gao
        publish(
            chain(step("required_role"), step("handler"), step("superior"), last()), by=cast.roster, now=clock.now()
        )
        complaint = record(cast, clock.now())
        complaints.hand_over(complaint, to=cast.zhao, reason="现场", actor=cast.zhou, now=clock.now())
        waits(complaint, clock, calls=2)
        assert [call.person for call in messages(NotificationKind.ESCALATION)] == [cast.zhao, cast.gao]

    @pytest.mark.parametrize(
        ("part", "sentence"),
        [
            ({"is_active": False}, "does not work here"),
            ({"roles": []}, "cannot take complaints"),
            ({"phone": None}, "no mobile number"),
        ],
    )
    def test_a_policy_calls_nobody_by_name_who_could_not_come(
        self, part: dict[str, Any], sentence: str, cast: Cast, now: datetime
    ) -> None:
        stranger = PersonFactory(**({"roles": ["duty"]} | part))
        with pytest.raises(Refusal, match=sentence) as refusal:
            publish(chain(step(f"person:{stranger.id}"), last()), by=cast.roster, now=now)
        assert refusal.value.field == "chains-0-steps-0-whom"

    def test_a_policy_that_would_fall_silent_is_not_published(self, cast: Cast, now: datetime) -> None:
        with pytest.raises(Refusal):
            publish(chain(step()), by=cast.roster, now=now)
        assert policies.current(PolicyKind.ESCALATION).number == 1

    def test_only_managers_publish(self, cast: Cast, now: datetime) -> None:
        with pytest.raises(NotAllowed):
            publish(chain(last()), by=cast.zhou, now=now)


class TestAnEmptyStep:
    def test_it_is_passed_at_once_written_down_and_the_leader_told(
        self, on_duty: OnDuty, cast: Cast, clock: Hands, messages: Messages
    ) -> None:
        publish(
            chain(step("required_role"), step("handler", repeats=5, every=9), last("duty_role:legal")),
            by=cast.roster,
            now=clock.now(),
        )
        complaint = record(cast, clock.now())
        assert waits(complaint, clock, calls=1) == [(10, 2)], "nobody waits for nobody"
        assert lines(complaint, EventKind.NOBODY_ON_DUTY)[0].details["target"] == Target.HANDLER
        told = {call.person: call.kind for call in messages() if call.escalation_id}
        assert told == {cast.gao: NotificationKind.ESCALATION, cast.lin: NotificationKind.NOBODY_ON_DUTY}

    def test_one_post_of_two_that_is_empty_is_told_to_the_leader_who_is_called_anyway(
        self, cast: Cast, now: datetime, messages: Messages
    ) -> None:
        ShiftFactory(person=cast.lin, role=DutyRoleFactory(code=DutyRoleCode.CS_SUPERVISOR))
        complaint = record(cast, now, facts=Facts(Category.QUALITY, is_safety_hazard=True))
        assert [(call.person, call.kind) for call in messages()] == [(cast.lin, NotificationKind.NOBODY_ON_DUTY)]
        assert [summons.person for summons in complaint.summonses] == [cast.lin]
        assert complaint.escalation_level == 0

    def test_somebody_who_left_is_nobody(self, on_duty: OnDuty, cast: Cast, clock: Hands, messages: Messages) -> None:
        publish(chain(step(f"person:{cast.zhao.id}"), last()), by=cast.roster, now=clock.now())
        cast.zhao.is_active = False
        complaint = record(cast, clock.now())
        assert [step.to_level for step in complaint.escalations] == [1]
        assert lines(complaint, EventKind.NOBODY_ON_DUTY)[0].details["name"] == "赵磊"


class TestByHand:
    def test_to_a_chosen_person_who_is_called_at_once(
        self, complaint: Complaint, cast: Cast, now: datetime, messages: Messages
    ) -> None:
        to = Whom(Target.PERSON, str(cast.gao.id))
        escalation = escalations.escalate(complaint, reason="对方律师来电", to=to, actor=cast.zhou, now=now)
        assert (escalation.target, escalation.target_name, escalation.to_level) == (Target.PERSON, "高岩", 0)
        assert [call.person for call in messages(NotificationKind.ESCALATION)] == [cast.gao]

    @pytest.mark.parametrize(
        ("to", "called"), [("duty_role:legal", ["gao"]), ("role:duty_manager", ["roster"]), ("leader", ["lin"])]
    )
    def test_to_a_chosen_role(
        self, to: str, called: list[str], complaint: Complaint, cast: Cast, now: datetime, messages: Messages
    ) -> None:
        escalations.escalate(complaint, reason="对方律师来电", to=Whom.parse(to), actor=cast.zhou, now=now)
        assert [call.person.login for call in messages(NotificationKind.ESCALATION)] == called

    def test_when_the_chosen_one_is_silent_the_chain_goes_on_from_where_it_stood(
        self, complaint: Complaint, cast: Cast, clock: Hands, messages: Messages
    ) -> None:
        to = Whom(Target.PERSON, str(cast.gao.id))
        escalations.escalate(complaint, reason="对方律师来电", to=to, actor=cast.zhou, now=clock.forward(minutes=2))
        assert waits(complaint, clock, calls=1) == [(10, 1)]
        assert [call.person for call in messages(NotificationKind.ESCALATION)] == [cast.gao, cast.lin]

    def test_whoever_had_it_must_be_relieved_anew(self, complaint: Complaint, cast: Cast, now: datetime) -> None:
        complaints.acknowledge(complaint, actor=cast.zhou, now=now)
        escalations.escalate(complaint, reason="需法务", to=Whom.parse("duty_role:legal"), actor=cast.zhou, now=now)
        assert (complaint.acknowledged_at, complaint.lease_until) == (None, None)
        assert complaint.escalation_due_at is not None

    @pytest.mark.parametrize("post", ["handler", "superior"])
    def test_to_nobody_is_refused(self, post: str, complaint: Complaint, cast: Cast, now: datetime) -> None:
        with pytest.raises(Refusal) as refusal:
            escalations.escalate(complaint, reason="急", to=Whom.parse(post), actor=cast.zhou, now=now)
        assert refusal.value.field == "to"

    def test_to_somebody_without_a_phone_is_refused(self, complaint: Complaint, cast: Cast, now: datetime) -> None:
        cast.gao.phone = None
        with pytest.raises(Refusal, match="mobile number"):
            escalations.escalate(
                complaint, reason="急", to=Whom(Target.PERSON, str(cast.gao.id)), actor=cast.zhou, now=now
            )


class TestAnotherLevelOrKind:
    def test_a_graver_level_begins_its_chain_where_nobody_has_the_complaint(
        self, complaint: Complaint, cast: Cast, clock: Hands, messages: Messages
    ) -> None:
        escalations.sweep(now=clock.forward(minutes=10))
        complaint.suggested_severity = Severity.MAJOR
        escalations.level_raised(complaint, actor=cast.xiaozhou, now=clock.forward(minutes=1))
        assert (complaint.escalation_chain, complaint.escalation_level) == ("major", 0)
        assert complaint.escalation_due_at == clock.now() + timedelta(minutes=5)
        newest = [call.person for call in messages() if call.created_at == clock.now()]
        assert newest == [cast.zhou, cast.lin]

    def test_a_level_with_the_same_chain_calls_nobody_again(
        self, complaint: Complaint, cast: Cast, now: datetime, messages: Messages
    ) -> None:
        complaint.suggested_severity = Severity.URGENT
        escalations.level_raised(complaint, actor=cast.xiaozhou, now=now)
        assert len(messages()) == 1

    def test_a_milder_level_that_nobody_announced_is_noticed_by_the_next_step(
        self, on_duty: OnDuty, cast: Cast, clock: Hands
    ) -> None:
        complaint = record(cast, clock.now(), facts=Facts(Category.QUALITY, is_media_involved=True))
        complaint.suggested_severity = Severity.GENERAL
        assert waits(complaint, clock, calls=2) == [(5, 0), (10, 1)]
        assert complaint.escalation_chain == "standard"

    def test_another_kind_calls_its_own_duty_role(
        self, complaint: Complaint, cast: Cast, clock: Hands, messages: Messages
    ) -> None:
        complaint_edits.edit(
            complaint,
            Description(contact_name="王女士", category=Category.DESIGN, problem="图纸错了"),
            actor=cast.xiaozhou,
            now=clock.forward(minutes=3),
        )
        assert complaint.duty_role.code is DutyRoleCode.DESIGN
        assert [call.person for call in messages(NotificationKind.ESCALATION)] == [cast.he]
        assert complaint.escalation_due_at == clock.now() + timedelta(minutes=10)

    def test_another_kind_calls_nobody_once_somebody_has_it(
        self, complaint: Complaint, cast: Cast, now: datetime, messages: Messages
    ) -> None:
        complaints.acknowledge(complaint, actor=cast.zhou, now=now)
        complaint_edits.edit(
            complaint,
            Description(contact_name="王女士", category=Category.DESIGN, problem="图纸错了"),
            actor=cast.xiaozhou,
            now=now,
        )
        assert complaint.duty_role.code is DutyRoleCode.DESIGN
        assert messages(NotificationKind.ESCALATION) == []


class TestStandingDown:
    def test_nobody_is_called_until_then_and_then_the_chain_goes_on(
        self, complaint: Complaint, cast: Cast, clock: Hands, messages: Messages
    ) -> None:
        until = clock.now() + timedelta(hours=8)
        complaints.stand_down(complaint, until=until, reason="客户明早再联系", actor=cast.lin, now=clock.now())
        assert escalations.sweep(now=clock.forward(hours=7, minutes=59)) == 0
        assert escalations.sweep(now=clock.forward(minutes=1)) == 1
        assert [step.cause for step in complaint.escalations] == [EscalationCause.RESUMED]
        assert [call.person for call in messages(NotificationKind.ESCALATION)] == [cast.lin]
        assert lines(complaint, EventKind.STOOD_DOWN)[0].note == "客户明早再联系"

    def test_whoever_has_it_need_not_show_progress_until_then(
        self, complaint: Complaint, cast: Cast, clock: Hands
    ) -> None:
        complaint.suggested_severity = Severity.MAJOR
        complaints.acknowledge(complaint, actor=cast.zhou, now=clock.now())
        until = clock.now() + timedelta(hours=6)
        complaints.stand_down(complaint, until=until, reason="客户要求", actor=cast.lin, now=clock.now())
        complaints.add_note(complaint, text="已知", actor=cast.zhou, now=clock.now())
        assert acknowledgements.sweep(now=clock.forward(hours=5)) == 0
        assert acknowledgements.sweep(now=clock.forward(hours=1)) == 1
        assert [step.cause for step in complaint.escalations] == [EscalationCause.RESUMED]
        assert lines(complaint, EventKind.LEASE_LAPSED) == []

    def test_an_overdue_clock_wakes_nobody_meanwhile(
        self, complaint: Complaint, cast: Cast, clock: Hands, messages: Messages
    ) -> None:
        complaints.acknowledge(complaint, actor=cast.zhou, now=clock.now())
        until = clock.now() + timedelta(hours=6)
        complaints.stand_down(complaint, until=until, reason="客户要求", actor=cast.lin, now=clock.now())
        raised = escalations.raise_level(
            complaint, cause=EscalationCause.BREACH, reason="", actor=cast.lin, now=clock.forward(hours=1)
        )
        assert (raised, messages(NotificationKind.ESCALATION)) == (None, [])

    def test_a_person_who_escalates_ends_it(self, complaint: Complaint, cast: Cast, clock: Hands) -> None:
        until = clock.now() + timedelta(hours=6)
        complaints.stand_down(complaint, until=until, reason="客户要求", actor=cast.lin, now=clock.now())
        escalations.escalate(complaint, reason="客户又来电", actor=cast.xiaozhou, now=clock.forward(hours=1))
        assert chains.quiet_until(complaint, now=clock.now()) is None
        assert complaint.escalation_due_at == clock.now() + timedelta(minutes=10)

    @pytest.mark.parametrize("by_hand", [True, False])
    def test_a_graver_level_ends_it(self, by_hand: bool, complaint: Complaint, cast: Cast, clock: Hands) -> None:
        until = clock.now() + timedelta(hours=6)
        complaints.stand_down(complaint, until=until, reason="客户要求", actor=cast.lin, now=clock.now())
        if by_hand:
            grade(complaint, cast, clock.forward(hours=1), Severity.MAJOR)
        else:
            graver = replace(complaint.facts, is_media_involved=True)
            complaints.update_facts(complaint, facts=graver, note="", actor=cast.lin, now=clock.forward(hours=1))
        assert chains.quiet_until(complaint, now=clock.now()) is None
        for person in (cast.zhou, cast.lin):
            complaints.acknowledge(complaint, actor=person, now=clock.now())
        assert complaint.lease_until == clock.now() + timedelta(hours=1)

    def test_a_milder_level_or_another_kind_wakes_nobody_and_its_chain_begins_when_it_ends(
        self, on_duty: OnDuty, cast: Cast, clock: Hands, messages: Messages
    ) -> None:
        complaint = record(cast, clock.now(), facts=Facts(Category.QUALITY, is_media_involved=True))
        until = clock.now() + timedelta(hours=6)
        complaints.stand_down(complaint, until=until, reason="客户要求", actor=cast.lin, now=clock.now())
        told = len(messages())
        grade(complaint, cast, clock.forward(hours=1), Severity.GENERAL)
        described = Description(contact_name="王女士", category=Category.DESIGN, problem="图纸错了")
        complaint_edits.edit(complaint, described, actor=cast.xiaozhou, now=clock.now())
        assert (messages()[told:], complaint.escalation_due_at) == ([], until)
        planned = escalations.preview(complaint, now=clock.now())
        assert escalations.sweep(now=clock.set(until)) == 1
        assert [call.person for call in messages()[told:]] == [cast.he] == list(planned[0].people)
        assert (complaint.escalation_chain, complaint.escalation_level) == ("standard", 0)

    def test_a_graver_level_of_the_same_chain_ends_it_too(self, complaint: Complaint, cast: Cast, clock: Hands) -> None:
        until = clock.now() + timedelta(hours=6)
        complaints.stand_down(complaint, until=until, reason="客户要求", actor=cast.lin, now=clock.now())
        later = replace(complaint.facts, delay_days=11)
        complaints.update_facts(complaint, facts=later, note="", actor=cast.lin, now=clock.forward(hours=1))
        assert complaint.level is Severity.URGENT
        assert complaint.escalation_due_at == clock.now() + timedelta(minutes=10)
        assert escalations.sweep(now=clock.forward(minutes=10)) == 1

    @pytest.mark.parametrize(
        "ahead", [timedelta(0), timedelta(minutes=-1), timedelta(hours=24, seconds=1), timedelta(days=400)]
    )
    def test_only_for_the_coming_day(self, ahead: timedelta, complaint: Complaint, cast: Cast, now: datetime) -> None:
        with pytest.raises(Refusal) as refusal:
            complaints.stand_down(complaint, until=now + ahead, reason="歇", actor=cast.lin, now=now)
        assert refusal.value.field == "until"

    def test_it_wants_a_reason_and_the_right_to(self, complaint: Complaint, cast: Cast, now: datetime) -> None:
        until = now + timedelta(hours=1)
        with pytest.raises(Refusal) as refusal:
            complaints.stand_down(complaint, until=until, reason=" ", actor=cast.lin, now=now)
        assert refusal.value.field == "reason"
        with pytest.raises(NotAllowed):
            complaints.stand_down(complaint, until=until, reason="歇", actor=cast.xiaozhou, now=now)

    def test_where_nobody_would_be_called_there_is_nothing_to_stand_down(self, cast: Cast, now: datetime) -> None:
        with pytest.raises(Conflict):
            complaints.stand_down(
                ComplaintFactory(is_history=True), until=now + timedelta(hours=1), reason="歇", actor=cast.lin, now=now
            )

    @pytest.mark.parametrize("status", [Status.RESOLVED, Status.CLOSED, Status.VOID])
    def test_what_is_over_is_not_stood_down(self, status: Status, cast: Cast, now: datetime) -> None:
        with pytest.raises(Conflict):
            complaints.stand_down(
                ComplaintFactory(status=status), until=now + timedelta(hours=1), reason="歇", actor=cast.lin, now=now
            )


class TestASweepThatWasDown:
    def test_a_step_that_comes_late_says_by_how_much(self, complaint: Complaint, clock: Hands) -> None:
        escalations.sweep(now=clock.forward(hours=3))
        assert lines(complaint, EventKind.ESCALATED)[0].details["late_seconds"] == 3 * 3600 - 600

    def test_a_few_seconds_are_not_late(self, complaint: Complaint, clock: Hands) -> None:
        escalations.sweep(now=clock.forward(minutes=10, seconds=59))
        assert "late_seconds" not in lines(complaint, EventKind.ESCALATED)[0].details

    def test_many_due_at_once_go_one_step_each(self, on_duty: OnDuty, cast: Cast, clock: Hands, session: Db) -> None:
        several = [record(cast, clock.now(), problem=f"第{number}处空鼓") for number in range(6)]
        now = clock.forward(hours=3)
        assert escalations.sweep(now=now, limit=4) + escalations.sweep(now=now, limit=4) == 6
        assert escalations.sweep(now=now) == 0
        assert {complaint.escalation_level for complaint in several} == {1}


class TestThePreview:
    def test_of_a_new_complaint_it_names_the_people_by_the_roster_of_each_moment(
        self, on_duty: OnDuty, cast: Cast, clock: Hands
    ) -> None:
        policy = chains.read(policies.current(PolicyKind.ESCALATION))
        planned = escalations.preview_of(policy, severity=Severity.GENERAL, category=Category.QUALITY, now=clock.now())
        assert [[person.login for person in line.people] for line in planned] == [
            ["zhou"],
            ["lin"],
            ["lin", "zhou", "he", "gao"],
            ["roster"],
            ["roster"],
        ]
        assert [(line.at - clock.now()) // timedelta(minutes=1) for line in planned] == [0, 10, 20, 30, 60]

    def test_of_a_running_chain_it_goes_on_where_that_stands(
        self, complaint: Complaint, cast: Cast, clock: Hands
    ) -> None:
        escalations.sweep(now=clock.forward(minutes=10))
        planned = escalations.preview(complaint, now=clock.forward(minutes=3))
        assert [line.place.step for line in planned] == [2, 3, 3]
        assert planned[0].at == complaint.escalation_due_at

    def test_of_one_that_somebody_has_it_begins_when_the_lease_ends(
        self, complaint: Complaint, cast: Cast, now: datetime
    ) -> None:
        complaints.acknowledge(complaint, actor=cast.zhou, now=now)
        planned = escalations.preview(complaint, now=now)
        assert (planned[0].at, planned[0].place.step) == (complaint.lease_until, 1)

    def test_it_says_what_the_sweep_then_does(self, complaint: Complaint, cast: Cast, clock: Hands) -> None:
        planned = escalations.preview(complaint, now=clock.now())
        done = []
        for _ in planned:
            clock.set(complaint.escalation_due_at)
            escalations.sweep(now=clock.now())
            done.append((clock.now(), complaint.escalation_level))
        assert done == [(line.at, line.place.step) for line in planned]

    def test_it_leaves_out_who_answered_while_others_are_still_waited_for(
        self, on_duty: OnDuty, cast: Cast, clock: Hands
    ) -> None:
        complaint = record(cast, clock.now(), facts=Facts(Category.QUALITY, is_media_involved=True))
        complaints.acknowledge(complaint, actor=cast.zhou, now=clock.now())
        planned = escalations.preview(complaint, now=clock.now())
        assert planned[0].people == (cast.lin, cast.he, cast.gao)
        assert escalations.sweep(now=clock.set(planned[0].at)) == 1
        assert tuple(summons.person for summons in summonses.running(complaint)[2:]) == planned[0].people

    def test_of_a_level_that_changed_while_somebody_had_it_the_policy_in_force_counts(
        self, complaint: Complaint, cast: Cast, clock: Hands
    ) -> None:
        complaints.acknowledge(complaint, actor=cast.zhou, now=clock.now())
        publish(
            chain(step("duty_role:legal"), last(), name="major", levels=(1,)),
            chain(last()),
            by=cast.roster,
            now=clock.now(),
        )
        grade(complaint, cast, clock.now(), Severity.MAJOR)
        planned = escalations.preview(complaint, now=clock.now())
        assert acknowledgements.sweep(now=clock.set(complaint.lease_until)) == 1
        assert [summons.person for summons in summonses.running(complaint)] == list(planned[0].people) == [cast.gao]
        assert complaint.escalation_policy.number == 2

    def test_it_changes_nothing(self, complaint: Complaint, cast: Cast, now: datetime, session: Db) -> None:
        complaint.suggested_severity = Severity.MAJOR  # Another chain is right for it by now.
        session.flush()
        assert escalations.preview(complaint, now=now) != []
        assert (complaint.escalation_chain, not session.dirty) == ("standard", True)

    @pytest.mark.parametrize("status", [Status.RESOLVED, Status.CLOSED, Status.VOID])
    def test_nobody_is_called_for_what_is_over(self, status: Status, cast: Cast, now: datetime) -> None:
        assert escalations.preview(ComplaintFactory(status=status), now=now) == []
