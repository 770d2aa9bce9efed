"""The ladder: somebody is always called next, until somebody has it (D-03, G-03, G-04)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, scoped_session

from models import Complaint, Escalation, Notification, Shift
from rules.escalation import DutyRoleCode, Target
from rules.refusals import Conflict, NotAllowed, Refusal
from rules.vocabulary import Category, EscalationCause, EventKind, NotificationKind, Status
from services import calls, complaints, duty, escalations
from tests.cast import Cast
from tests.conftest import Hands
from tests.factories import ComplaintFactory, DutyRoleFactory, IntakeFactory, ShiftFactory
from tests.services.conftest import lines

Db = scoped_session[Session]
OnDuty = dict[DutyRoleCode, Shift]
Messages = Callable[..., list[Notification]]


class TestTheChain:
    def test_it_climbs_by_itself_while_nobody_acknowledges(
        self, complaint: Complaint, cast: Cast, clock: Hands, messages: Messages
    ) -> None:
        """Engineering, the leader, everybody on duty, the duty managers, and they again and again."""
        waits = [10, 10, 10, 30, 30]
        called = []
        for wait in waits:
            before = {call.id for call in messages()}
            assert escalations.sweep(now=clock.forward(minutes=wait)) == 1
            called.append({call.person.login for call in messages() if call.id not in before})
        assert called == [{"lin"}, {"lin", "zhou", "he", "gao"}, {"roster"}, {"roster"}, {"roster"}]
        assert [step.to_level for step in complaint.escalations] == [1, 2, 3, 3, 3]
        assert {step.cause for step in complaint.escalations} == {EscalationCause.UNANSWERED}

    @pytest.mark.parametrize(
        ("after", "climbed"),
        [
            pytest.param({"minutes": 9, "seconds": 59}, 0, id="9:59 still waits"),
            pytest.param({"minutes": 10}, 1, id="10:00 waits no longer"),
        ],
    )
    def test_a_step_waits_ten_minutes(
        self, after: dict[str, float], climbed: int, complaint: Complaint, clock: Hands
    ) -> None:
        assert escalations.sweep(now=clock.forward(**after)) == climbed

    def test_a_sweep_that_comes_hours_late_climbs_one_step_and_waits_anew(
        self, complaint: Complaint, clock: Hands
    ) -> None:
        now = clock.forward(hours=3)
        assert [escalations.sweep(now=now), escalations.sweep(now=now)] == [1, 0]
        assert (complaint.escalation_level, complaint.escalation_due_at) == (1, now + timedelta(minutes=10))

    def test_nobody_is_called_once_somebody_has_it(
        self, complaint: Complaint, cast: Cast, clock: Hands, messages: Messages
    ) -> None:
        complaints.acknowledge(complaint, actor=cast.zhou, now=clock.forward(minutes=9))
        assert escalations.sweep(now=clock.forward(hours=5)) == 0
        assert len(messages()) == 1

    def test_two_sweeps_at_once_climb_one_step(
        self,
        on_duty: OnDuty,
        cast: Cast,
        clock: Hands,
        session: Db,
        at_once: Callable[..., list[Any]],
    ) -> None:
        for _ in range(5):
            calls.record(IntakeFactory(), actor=cast.xiaozhou, now=clock.now())
        now = clock.forward(minutes=10)
        assert sum(at_once(*[lambda: escalations.sweep(now=now)] * 3)) == 5
        assert session.scalar(select(func.count(Escalation.id))) == 5

    def test_acknowledging_and_sweeping_at_the_same_moment_leave_no_chain_behind(
        self, complaint: Complaint, cast: Cast, clock: Hands, session: Db, at_once: Callable[..., list[Any]]
    ) -> None:
        from extensions import db
        from models import Person
        from services import complaint_locks

        number, zhou_id, now = complaint.number, cast.zhou.id, clock.forward(minutes=10)

        def take() -> None:
            locked = complaint_locks.by_number(number)
            complaints.acknowledge(locked, actor=db.session.get_one(Person, zhou_id), now=now)

        taken, climbed = at_once(take, lambda: escalations.sweep(now=now))
        assert taken is None and climbed in (0, 1)
        session.expire_all()
        assert (complaint.acknowledged_by, complaint.escalation_due_at) == (cast.zhou, None)


class TestPressingTheButton:
    def test_the_level_rises_the_next_person_is_called_and_the_timeline_says_why(
        self, complaint: Complaint, cast: Cast, now: datetime, messages: Messages
    ) -> None:
        escalations.escalate(complaint, reason="客户情绪激动，要求见负责人", actor=cast.xiaozhou, now=now)
        assert complaint.escalation_level == 1
        assert [call.person for call in messages(NotificationKind.ESCALATION)] == [cast.lin]
        line = lines(complaint, EventKind.ESCALATED)[0]
        assert (line.actor, line.at, line.note) == (cast.xiaozhou, now, "客户情绪激动，要求见负责人")
        assert line.changes == {"escalation_level": [0, 1]}

    def test_whoever_had_it_must_be_relieved_anew(self, complaint: Complaint, cast: Cast, now: datetime) -> None:
        complaints.acknowledge(complaint, actor=cast.zhou, now=now)
        escalations.escalate(complaint, reason="无进展", actor=cast.xiaozhou, now=now)
        assert complaint.acknowledged_at is None
        assert complaint.escalation_due_at == now + timedelta(minutes=10)

    @pytest.mark.parametrize("reason", ["", "  \n", "长" * 10_001, "\x00"])
    def test_it_wants_a_reason(self, reason: str, complaint: Complaint, cast: Cast, now: datetime) -> None:
        with pytest.raises(Refusal) as refusal:
            escalations.escalate(complaint, reason=reason, actor=cast.xiaozhou, now=now)
        assert refusal.value.field == "reason"
        assert complaint.escalation_level == 0

    @pytest.mark.parametrize("who", ["analyst", "auditor", "approver"])
    def test_not_everybody_may(self, who: str, complaint: Complaint, cast: Cast, now: datetime) -> None:
        with pytest.raises(NotAllowed):
            escalations.escalate(complaint, reason="急", actor=getattr(cast, who), now=now)

    @pytest.mark.parametrize("status", [Status.RESOLVED, Status.CLOSED, Status.VOID])
    def test_what_is_over_does_not_climb(self, status: Status, cast: Cast, now: datetime) -> None:
        with pytest.raises(Conflict):
            escalations.escalate(ComplaintFactory(status=status), reason="急", actor=cast.lin, now=now)


class TestNeverSilence:
    def test_nobody_in_charge_on_duty_is_written_down_and_the_leader_is_told_at_once(
        self, cast: Cast, now: datetime, session: Db, messages: Messages
    ) -> None:
        ShiftFactory(person=cast.lin, role=DutyRoleFactory(code=DutyRoleCode.CS_SUPERVISOR))
        complaint = calls.record(IntakeFactory(category=Category.DESIGN), actor=cast.xiaozhou, now=now)
        (told,) = messages()
        assert (told.kind, told.person) == (NotificationKind.NOBODY_ON_DUTY, cast.lin)
        assert "设计" in told.text
        assert lines(complaint, EventKind.NOBODY_ON_DUTY)[0].details["role"] == "design"
        assert complaint.escalation_level == 1

    def test_nobody_on_duty_at_all_still_reaches_the_leader_by_their_post(
        self, cast: Cast, now: datetime, messages: Messages
    ) -> None:
        complaint = calls.record(IntakeFactory(), actor=cast.xiaozhou, now=now)
        assert cast.lin in {told.person for told in messages()}
        assert complaint.escalation_due_at == now + timedelta(minutes=10)

    def test_a_company_with_only_an_administrator_still_tells_somebody(
        self, cast: Cast, now: datetime, session: Db, messages: Messages
    ) -> None:
        for login in ("lin", "zhou", "he", "gao", "roster"):
            getattr(cast, login).is_active = False
        complaint = calls.record(IntakeFactory(), actor=cast.xiaozhou, now=now)
        assert [told.person for told in messages()] == [cast.admin]
        assert complaint.escalation_due_at is not None

    def test_empty_steps_are_written_down_and_passed(
        self, cast: Cast, clock: Hands, session: Db, messages: Messages
    ) -> None:
        ShiftFactory(
            person=cast.zhou,
            role=DutyRoleFactory(code=DutyRoleCode.ENGINEERING),
            ends_at=clock.now() + timedelta(minutes=15),
        )
        complaint = calls.record(IntakeFactory(), actor=cast.xiaozhou, now=clock.now())
        escalations.sweep(now=clock.forward(minutes=10))
        escalations.sweep(now=clock.forward(minutes=10))
        assert [step.target for step in complaint.escalations] == [Target.LEADER, Target.MANAGEMENT]
        assert lines(complaint, EventKind.NOBODY_ON_DUTY)[-1].details["target"] == Target.DUTY_GROUP

    def test_somebody_without_a_number_is_a_line_on_the_timeline(
        self, on_duty: OnDuty, cast: Cast, now: datetime, messages: Messages
    ) -> None:
        cast.zhou.phone = None
        complaint = calls.record(IntakeFactory(), actor=cast.xiaozhou, now=now)
        assert messages() == []
        line = lines(complaint, EventKind.NOTIFICATION_FAILED)[0]
        assert line.details == {"person": "周强", "message": "duty_call", "state": "no_number"}
        assert complaint.escalation_due_at == now, "the chain does not wait for an answer that cannot come"
        assert lines(complaint, EventKind.CALLS_FAILED)[0].details == {"names": ["周强"]}

    def test_the_one_on_duty_now_is_called_not_the_one_who_was(
        self, complaint: Complaint, cast: Cast, clock: Hands, messages: Messages
    ) -> None:
        duty.call_off(
            next(s.shift for s in duty.on_duty(at=clock.now()) if s.person is cast.lin),
            reason="病假",
            actor=cast.roster,
            now=clock.now(),
        )
        ShiftFactory(person=cast.gao, role=DutyRoleFactory(code=DutyRoleCode.CS_SUPERVISOR))
        escalations.sweep(now=clock.forward(minutes=10))
        assert [call.person for call in messages(NotificationKind.ESCALATION)] == [cast.gao]
