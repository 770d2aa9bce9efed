"""Acknowledgements: a lease that only real progress renews (ES2), and several who each answer for themselves (ES3)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session, scoped_session

from models import Complaint, Notification, Shift
from rules.escalation import DutyRoleCode
from rules.refusals import Conflict
from rules.severity import Facts
from rules.vocabulary import (
    Category,
    ContactMethod,
    EscalationCause,
    EventKind,
    NotificationKind,
    NotificationState,
    Severity,
    Status,
)
from seed.demo import pictures
from services import acknowledgements, calls, chains, complaints, escalations, evidence, promises, summonses
from tests.cast import Cast
from tests.conftest import Hands
from tests.factories import ComplaintFactory, IntakeFactory
from tests.services.conftest import grade, lines

Db = scoped_session[Session]
OnDuty = dict[DutyRoleCode, Shift]
Messages = Callable[..., list[Notification]]

HOUR = timedelta(hours=1)


@pytest.fixture
def major(cast: Cast, on_duty: OnDuty, now: datetime, session: Db) -> Complaint:
    """A reporter is there: level 1, the role in charge and the leader are called and each must answer."""
    complaint = calls.record(
        IntakeFactory(facts=Facts(Category.QUALITY, is_media_involved=True)), actor=cast.xiaozhou, now=now
    )
    session.commit()
    return complaint


@pytest.fixture
def held(major: Complaint, cast: Cast, now: datetime) -> Complaint:
    """Both have answered: 周强 has it."""
    complaints.acknowledge(major, actor=cast.zhou, now=now)
    complaints.acknowledge(major, actor=cast.lin, now=now)
    return major


class TestEachForThemselves:
    def test_the_role_in_charge_and_the_leader_are_called_together(
        self, major: Complaint, cast: Cast, messages: Messages
    ) -> None:
        assert [call.person for call in messages(NotificationKind.DUTY_CALL)] == [cast.zhou, cast.lin]
        assert {summons.person for summons in summonses.missing(major)} == {cast.zhou, cast.lin}

    def test_the_first_becomes_the_handler_and_the_chain_goes_on_without_the_second(
        self, major: Complaint, cast: Cast, clock: Hands, messages: Messages
    ) -> None:
        complaints.acknowledge(major, actor=cast.zhou, now=clock.forward(minutes=1))
        assert (major.handler, major.acknowledged_at) == (cast.zhou, None)
        assert lines(major, EventKind.ACKNOWLEDGED)[0].details == {"missing": ["林晓"]}
        assert escalations.sweep(now=clock.forward(minutes=4)) == 1
        assert {call.person for call in messages(NotificationKind.ESCALATION)} == {cast.lin, cast.he, cast.gao}, (
            "everybody on duty but the one who answered"
        )

    def test_the_last_answer_stops_the_chain_and_leaves_the_handler(
        self, held: Complaint, cast: Cast, now: datetime, messages: Messages
    ) -> None:
        assert (held.handler, held.acknowledged_by, held.escalation_due_at) == (cast.zhou, cast.lin, None)
        assert summonses.running(held) == []
        assert {call.state for call in messages(NotificationKind.DUTY_CALL)} == {NotificationState.CANCELLED}

    def test_one_answer_withdraws_the_callers_own_message_only(
        self, major: Complaint, cast: Cast, now: datetime, messages: Messages
    ) -> None:
        complaints.acknowledge(major, actor=cast.zhou, now=now)
        states = {call.person: call.state for call in messages(NotificationKind.DUTY_CALL)}
        assert states == {cast.zhou: NotificationState.CANCELLED, cast.lin: NotificationState.QUEUED}

    def test_nobody_answers_for_the_other(self, major: Complaint, cast: Cast, now: datetime) -> None:
        complaints.acknowledge(major, actor=cast.zhou, now=now)
        with pytest.raises(Conflict) as conflict:
            complaints.acknowledge(major, actor=cast.zhou, now=now)
        assert conflict.value.params == {"names": "林晓"}

    def test_somebody_whom_nobody_called_stands_beside_them(self, major: Complaint, cast: Cast, now: datetime) -> None:
        complaints.acknowledge(major, actor=cast.zhao, now=now)
        assert (major.handler, major.acknowledged_at) == (cast.zhao, None)
        assert summonses.has_answered(major, cast.zhao)
        assert {summons.person for summons in summonses.missing(major)} == {cast.zhou, cast.lin}

    def test_after_the_next_step_any_other_answer_will_do(self, major: Complaint, cast: Cast, clock: Hands) -> None:
        complaints.acknowledge(major, actor=cast.zhou, now=clock.now())
        escalations.sweep(now=clock.forward(minutes=5))
        complaints.acknowledge(major, actor=cast.gao, now=clock.forward(minutes=1))
        assert (major.handler, major.acknowledged_by) == (cast.zhou, cast.gao)

    def test_reaching_the_customer_is_an_answer_too(self, major: Complaint, cast: Cast, now: datetime) -> None:
        for person in (cast.zhou, cast.zhou, cast.lin):
            _call(major, person, now)
        assert major.acknowledged_by is cast.lin

    def test_where_anybodys_answer_will_do_one_is_enough(self, complaint: Complaint, cast: Cast, now: datetime) -> None:
        complaints.acknowledge(complaint, actor=cast.zhao, now=now)
        assert complaint.acknowledged_by is cast.zhao

    def test_waiting_for_my_answer_ends_with_it(self, major: Complaint, cast: Cast, now: datetime) -> None:
        assert summonses.waiting_for(cast.zhou) == summonses.waiting_for(cast.lin) == [major]
        complaints.acknowledge(major, actor=cast.zhou, now=now)
        assert (summonses.waiting_for(cast.zhou), summonses.waiting_for(cast.lin)) == ([], [major])
        complaints.acknowledge(major, actor=cast.lin, now=now)
        assert summonses.waiting_for(cast.lin) == []


class TestTheLease:
    def test_it_holds_an_hour_at_level_one_and_longer_below(
        self, held: Complaint, complaint: Complaint, cast: Cast, now: datetime
    ) -> None:
        complaints.acknowledge(complaint, actor=cast.zhou, now=now)
        wednesday_morning = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
        assert (held.lease_until, complaint.lease_until) == (now + HOUR, wednesday_morning)
        assert wednesday_morning > now + 72 * HOUR, "three days end on a Tuesday night, when nobody is woken for that"

    @pytest.mark.parametrize(
        ("after", "lapsed"),
        [pytest.param({"minutes": 59, "seconds": 59}, 0, id="59:59"), pytest.param({"minutes": 60}, 1, id="60:00")],
    )
    def test_it_lapses_after_its_hour_not_before(
        self, after: dict[str, float], lapsed: int, held: Complaint, clock: Hands
    ) -> None:
        assert acknowledgements.sweep(now=clock.forward(**after)) == lapsed

    def test_a_stale_one_is_written_down_the_holder_told_and_the_chain_goes_on_where_it_stood(
        self, held: Complaint, cast: Cast, clock: Hands, messages: Messages
    ) -> None:
        now = clock.forward(hours=1)
        acknowledgements.sweep(now=now)
        assert (held.acknowledged_at, held.acknowledged_by, held.lease_until) == (None, None, None)
        assert (held.escalation_level, held.escalation_due_at) == (1, now + timedelta(minutes=5))
        assert lines(held, EventKind.LEASE_LAPSED)[0].details["person"] == "周强"
        assert [call.person for call in messages(NotificationKind.LEASE_LAPSED)] == [cast.zhou]
        assert {call.person for call in messages(NotificationKind.ESCALATION)} == {
            cast.lin,
            cast.zhou,
            cast.he,
            cast.gao,
        }
        assert [step.cause for step in held.escalations] == [EscalationCause.LAPSED]
        assert held.handler is cast.zhou, "until somebody else takes it"

    def test_whoever_let_it_lapse_may_take_it_again(self, held: Complaint, cast: Cast, clock: Hands) -> None:
        acknowledgements.sweep(now=clock.forward(hours=1))
        complaints.acknowledge(held, actor=cast.zhou, now=clock.now())
        assert held.lease_until == clock.now() + HOUR

    @pytest.mark.parametrize("progress", ["call", "attempt", "visit", "evidence", "grade", "promise kept"])
    def test_real_progress_renews_it(self, progress: str, held: Complaint, cast: Cast, clock: Hands) -> None:
        now = clock.forward(minutes=50)
        _PROGRESS[progress](held, cast, now)
        assert held.lease_until == now + HOUR

    @pytest.mark.parametrize("talk", ["note", "promise made"])
    def test_words_among_colleagues_do_not(self, talk: str, held: Complaint, cast: Cast, clock: Hands) -> None:
        until = held.lease_until
        now = clock.forward(minutes=50)
        if talk == "note":
            complaints.add_note(held, text="已催", actor=cast.zhou, now=now)
        else:
            promises.make(held, text="明天回复", due_at=now + HOUR, actor=cast.zhou, now=now)
        assert held.lease_until == until

    def test_nobody_called_before_the_acknowledgement_has_one(
        self, major: Complaint, cast: Cast, now: datetime
    ) -> None:
        _call(major, cast.xiaozhou, now)  # Intake staff talk to customers and take no complaints.
        assert (major.acknowledged_at, major.lease_until) == (None, None)

    def test_a_graver_level_shortens_it(self, complaint: Complaint, cast: Cast, now: datetime) -> None:
        complaints.acknowledge(complaint, actor=cast.zhou, now=now)
        complaint.suggested_severity = Severity.MAJOR
        escalations.level_raised(complaint, actor=cast.zhou, now=now)
        assert complaint.lease_until == now + HOUR

    def test_what_is_solved_has_none_and_what_is_reopened_has_one_again(
        self, held: Complaint, cast: Cast, clock: Hands
    ) -> None:
        _call(held, cast.zhou, clock.now())
        _PROGRESS["grade"](held, cast, clock.now())
        complaints.resolve(held, resolution="重铺", actor=cast.zhou, now=clock.now())
        assert held.lease_until is None
        assert acknowledgements.sweep(now=clock.forward(hours=5)) == 0
        complaints.reopen(held, reason="又漏了", actor=cast.zhao, now=clock.now())
        assert held.lease_until == clock.now() + HOUR

    def test_a_complaint_that_ended_meanwhile_lapses_silently(
        self, cast: Cast, on_duty: OnDuty, now: datetime, messages: Messages
    ) -> None:
        closed = ComplaintFactory(status=Status.CLOSED, lease_until=now)
        assert acknowledgements.sweep(now=now) == 0
        assert (closed.lease_until, messages()) == (None, [])

    def test_two_sweeps_at_once_let_it_lapse_once(
        self, held: Complaint, clock: Hands, at_once: Callable[..., list[Any]]
    ) -> None:
        now = clock.forward(hours=2)
        assert sorted(at_once(*[lambda: acknowledgements.sweep(now=now)] * 3)) == [0, 0, 1]


class TestHandingOver:
    def test_nobody_has_it_until_the_new_one_answers(
        self, held: Complaint, cast: Cast, clock: Hands, messages: Messages
    ) -> None:
        complaints.hand_over(held, to=cast.zhao, reason="现场由他负责", actor=cast.zhou, now=clock.now())
        assert (held.handler, held.acknowledged_at, held.lease_until) == (cast.zhao, None, None)
        assert held.escalation_due_at == clock.now() + timedelta(minutes=5)
        assert [call.person for call in messages(NotificationKind.ASSIGNED)] == [cast.zhao]
        assert [(step.cause, step.target_name) for step in held.escalations] == [(EscalationCause.HANDED_OVER, "赵磊")]
        complaints.acknowledge(held, actor=cast.zhao, now=clock.forward(minutes=1))
        assert (held.handler, held.acknowledged_by) == (cast.zhao, cast.zhao)

    def test_when_the_new_one_is_silent_the_chain_goes_on(
        self, complaint: Complaint, cast: Cast, clock: Hands, messages: Messages
    ) -> None:
        complaints.acknowledge(complaint, actor=cast.zhou, now=clock.now())
        complaints.hand_over(complaint, to=cast.zhao, reason="现场由他负责", actor=cast.zhou, now=clock.now())
        assert escalations.sweep(now=clock.forward(minutes=10)) == 1
        assert [call.person for call in messages(NotificationKind.ESCALATION)] == [cast.lin]

    def test_who_gives_it_to_themselves_has_it(self, complaint: Complaint, cast: Cast, now: datetime) -> None:
        complaints.hand_over(complaint, to=cast.zhou, reason="我来", actor=cast.zhou, now=now)
        assert (complaint.handler, complaint.acknowledged_by) == (cast.zhou, cast.zhou)
        assert complaint.lease_until is not None

    def test_history_that_is_given_to_somebody_rings_nobody_else(
        self, cast: Cast, on_duty: OnDuty, clock: Hands, messages: Messages
    ) -> None:
        old = ComplaintFactory(is_history=True)
        complaints.hand_over(old, to=cast.zhao, reason="请回访", actor=cast.zhou, now=clock.now())
        assert old.escalation_due_at is None
        assert escalations.sweep(now=clock.forward(days=1)) == 0
        assert [call.person for call in messages()] == [cast.zhao]


class TestThePolicyItBeganWith:
    def test_an_edited_lease_serves_what_begins_after_it(self, held: Complaint, cast: Cast, clock: Hands) -> None:
        from tests.chains import chain, last, publish

        publish(chain(last()), by=cast.roster, now=clock.now(), **{"1": 10})
        _call(held, cast.zhou, clock.forward(minutes=5))
        assert held.lease_until == clock.now() + HOUR
        assert chains.lease(held) == HOUR


def _call(complaint: Complaint, actor: Any, now: datetime, *, is_reached: bool = True, **more: Any) -> None:
    complaints.log_contact(
        complaint,
        method=more.get("method", ContactMethod.PHONE),
        is_reached=is_reached,
        summary="说明了安排",
        actor=actor,
        now=now,
    )


def _keep(complaint: Complaint, cast: Cast, now: datetime) -> None:
    promise = promises.make(complaint, text="一小时内回复", due_at=now + HOUR, actor=cast.zhou, now=now)
    promises.keep(promise, actor=cast.zhou, now=now)


_PROGRESS: dict[str, Callable[[Complaint, Cast, datetime], Any]] = {
    "call": lambda complaint, cast, now: _call(complaint, cast.zhou, now),
    "attempt": lambda complaint, cast, now: _call(complaint, cast.zhou, now, is_reached=False),
    "visit": lambda complaint, cast, now: _call(complaint, cast.zhou, now, method=ContactMethod.VISIT),
    "evidence": lambda complaint, cast, now: evidence.attach(
        complaint, uploads=[pictures.crack()], actor=cast.zhou, now=now
    ),
    "grade": lambda complaint, cast, now: grade(complaint, cast, now, Severity.MAJOR, actor=cast.zhou),
    "promise kept": _keep,
}
