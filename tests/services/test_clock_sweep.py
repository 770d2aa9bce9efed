"""The sweep: every step of a clock once, on time or marked as late, told to the right people (D-02, D-10, SL4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, scoped_session

from models import Clock, Complaint, Escalation, Notification, Shift, TimelineEvent
from rules import sla
from rules.escalation import DutyRoleCode
from rules.vocabulary import (
    Category,
    ClockKind,
    ClockState,
    ContactMethod,
    EscalationCause,
    EventKind,
    NotificationKind,
    NotificationState,
    PolicyKind,
)
from services import calls, clock_sweep, complaint_locks, complaints, notifications, policies
from tests.cast import Cast
from tests.conftest import Hands
from tests.factories import ClockFactory, IntakeFactory
from tests.query_count import queries
from tests.services.conftest import lines
from tests.services.test_complaints import clock_of

Db = scoped_session[Session]
OnDuty = dict[DutyRoleCode, Shift]
Messages = Callable[..., list[Notification]]


def call_back(complaint: Complaint, actor: Any, now: datetime) -> None:
    complaints.log_contact(complaint, method=ContactMethod.PHONE, is_reached=True, summary="致歉", actor=actor, now=now)


def steps(complaint: Complaint, clock: ClockKind) -> list[tuple[EventKind, Any]]:
    """What the sweep wrote about a clock: the kind of line, and its share of the time."""
    told = (EventKind.CLOCK_WARNED, EventKind.CLOCK_BREACHED, EventKind.CLOCK_OVERRUN)
    return [
        (line.kind, line.details.get("percent"))
        for line in lines(complaint)
        if line.kind in told and line.details["clock"] == clock
    ]


@pytest.mark.parametrize(
    ("after", "state"),
    [
        pytest.param({"minutes": 28}, ClockState.RUNNING, id="at 30:00 after the first word it is on time"),
        pytest.param({"minutes": 28, "seconds": 1}, ClockState.BREACHED, id="at 30:01 it is overdue"),
    ],
)
def test_a_clock_runs_out_after_its_due_moment_not_at_it(
    after: dict[str, float], state: ClockState, complaint: Complaint, clock: Hands
) -> None:
    """Decision 3."""
    clock_sweep.sweep(now=clock.forward(**after))
    assert clock_of(complaint, ClockKind.CONTACT).state is state


def test_warnings_come_half_way_and_at_four_fifths_to_whoever_has_it(
    complaint: Complaint, cast: Cast, clock: Hands, messages: Messages
) -> None:
    complaints.acknowledge(complaint, actor=cast.zhou, now=clock.now())
    clock_sweep.sweep(now=clock.forward(minutes=13))  # 15:00 after the first word: half way, not over.
    assert steps(complaint, ClockKind.CONTACT) == []
    clock_sweep.sweep(now=clock.forward(seconds=1))
    clock_sweep.sweep(now=clock.forward(seconds=1))
    assert steps(complaint, ClockKind.CONTACT) == [(EventKind.CLOCK_WARNED, 50)]
    clock_sweep.sweep(now=clock.forward(minutes=9))
    assert steps(complaint, ClockKind.CONTACT) == [(EventKind.CLOCK_WARNED, 50), (EventKind.CLOCK_WARNED, 80)]
    told = [each for each in messages(NotificationKind.CLOCK_WARNING) if "联系客户" in each.text]
    assert [each.person for each in told] == [cast.zhou, cast.zhou]
    assert "还剩6分钟" in told[-1].text


def test_nobody_is_warned_while_nobody_has_it(complaint: Complaint, clock: Hands, messages: Messages) -> None:
    """Then the chain calls people, and a warning would only be a second call."""
    clock_sweep.sweep(now=clock.forward(minutes=20))
    assert messages(NotificationKind.CLOCK_WARNING) == []
    assert len(steps(complaint, ClockKind.CONTACT)) == 1


def test_a_breach_is_marked_once_and_stays_on_record(complaint: Complaint, cast: Cast, clock: Hands) -> None:
    late = clock.forward(minutes=29)
    for _ in range(2):
        clock_sweep.sweep(now=late)
    contact = clock_of(complaint, ClockKind.CONTACT)
    assert (contact.state, contact.breached_at, contact.next_action_at) == (ClockState.BREACHED, late, None)
    assert steps(complaint, ClockKind.CONTACT)[-1] == (EventKind.CLOCK_BREACHED, None)
    assert len(steps(complaint, ClockKind.CONTACT)) == 3

    call_back(complaint, cast.zhou, clock.forward(minutes=5))
    assert (contact.state, contact.breached_at) == (ClockState.MISSED, late)
    stopped = next(line for line in lines(complaint, EventKind.CLOCK_STOPPED) if line.details["clock"] == "contact")
    assert stopped.details["late_seconds"] == 6 * 60


def test_a_contact_that_is_overdue_though_somebody_has_it_climbs_the_ladder(
    complaint: Complaint, cast: Cast, clock: Hands, messages: Messages
) -> None:
    complaints.acknowledge(complaint, actor=cast.zhou, now=clock.now())
    clock_sweep.sweep(now=clock.forward(minutes=29))
    assert [step.cause for step in complaint.escalations] == [EscalationCause.BREACH]
    assert [call.person for call in messages(NotificationKind.ESCALATION)] == [cast.lin]
    assert complaint.acknowledged_at is None and complaint.handler is cast.zhou
    assert clock_of(complaint, ClockKind.CONTACT).breach_owner is cast.zhou


def test_a_contact_that_is_overdue_while_nobody_has_it_is_left_to_the_chain(complaint: Complaint, clock: Hands) -> None:
    clock_sweep.sweep(now=clock.forward(minutes=29))
    assert complaint.escalations == []
    assert complaint.escalation_due_at is not None


def test_an_overdue_triage_is_told_to_the_leader_once(
    complaint: Complaint, cast: Cast, clock: Hands, messages: Messages
) -> None:
    for _ in range(2):
        clock_sweep.sweep(now=clock.forward(minutes=31))
    told = [each for each in messages(NotificationKind.CLOCK_BREACHED) if "定级" in each.text]
    assert [each.person for each in told] == [cast.lin]


def test_the_golden_two_hours_raise_a_flag_and_ring_no_phone(
    complaint: Complaint, clock: Hands, messages: Messages
) -> None:
    """G-02: two hours, and an hour later once more."""
    clock_sweep.sweep(now=clock.forward(hours=2))
    assert clock_of(complaint, ClockKind.GOLDEN).state is ClockState.BREACHED
    clock_sweep.sweep(now=clock.forward(hours=1))
    assert [kind for kind, _ in steps(complaint, ClockKind.GOLDEN)] == [
        EventKind.CLOCK_BREACHED,
        EventKind.CLOCK_OVERRUN,
    ]
    assert not [each for each in messages() if "黄金" in each.text]


def test_a_policy_that_changes_moves_no_clock_that_runs(
    complaint: Complaint, cast: Cast, now: datetime, clock: Hands, session: Db
) -> None:
    before = clock_of(complaint, ClockKind.CONTACT)
    due_at, target_id = before.due_at, before.target_id
    stricter = [
        {**row, "amount": 15, "warn_at": []} if row["clock"] == "contact" else row
        for row in sla.DEFAULT_DOCUMENT["targets"]
    ]
    policies.publish(
        PolicyKind.CLOCKS,
        document={"targets": stricter},
        remarks="十五分钟内联系客户",
        based_on=1,
        actor=cast.roster,
        now=now,
    )
    later = calls.record(IntakeFactory(first_word_at=now), actor=cast.xiaozhou, now=now)
    assert (before.due_at, before.target_id, before.policy.number) == (due_at, target_id, 1)
    assert clock_of(later, ClockKind.CONTACT).due_at == now + timedelta(minutes=15)
    clock_sweep.sweep(now=clock.forward(minutes=14))
    assert [percent for _, percent in steps(complaint, ClockKind.CONTACT)] == [50]
    assert steps(later, ClockKind.CONTACT) == []


def test_a_sweep_that_was_down_for_hours_takes_each_step_once_and_tells_only_the_newest(
    on_duty: OnDuty, cast: Cast, clock: Hands, session: Db, messages: Messages
) -> None:
    complaint = calls.record(IntakeFactory(), actor=cast.xiaozhou, now=clock.now())
    complaints.acknowledge(complaint, actor=cast.zhou, now=clock.now())
    late = clock.forward(hours=3)
    while clock_sweep.sweep(now=late):
        pass
    contact = [line for line in lines(complaint) if line.details.get("clock") == "contact"]
    assert [(line.kind, line.details.get("is_late")) for line in contact] == [
        (EventKind.CLOCK_WARNED, True),
        (EventKind.CLOCK_WARNED, True),
        (EventKind.CLOCK_BREACHED, True),
    ]
    about_triage = [each.kind for each in messages() if "定级" in each.text]
    assert about_triage == [NotificationKind.CLOCK_BREACHED]
    assert len(messages(NotificationKind.ESCALATION)) == 1


def test_a_call_that_is_entered_late_is_overdue_at_once_and_not_the_sweep_s_fault(
    on_duty: OnDuty, cast: Cast, clock: Hands, session: Db
) -> None:
    intake = IntakeFactory(first_word_at=clock.now() - timedelta(hours=5))
    complaint = calls.record(intake, actor=cast.xiaozhou, now=clock.now())
    clock_sweep.sweep(now=clock.forward(seconds=2))
    assert steps(complaint, ClockKind.CONTACT) == [(EventKind.CLOCK_BREACHED, None)]
    assert "is_late" not in lines(complaint, EventKind.CLOCK_BREACHED)[0].details


def test_a_clock_of_a_finished_complaint_rings_no_phone(
    complaint: Complaint, cast: Cast, clock: Hands, messages: Messages, session: Db
) -> None:
    complaints.make_void(complaint, reason="误录", actor=cast.roster, now=clock.now())
    before = len(messages())
    assert clock_sweep.sweep(now=clock.forward(days=9)) == 0
    assert len(messages()) == before


def test_a_clock_of_the_first_release_still_runs_out(session: Db, clock: Hands, on_duty: OnDuty) -> None:
    """It keeps no policy: the leader is told of its breach."""
    old = ClockFactory(kind=ClockKind.TRIAGE)
    assert clock_sweep.sweep(now=clock.forward(minutes=31)) == 1
    session.refresh(old)
    assert (old.state, old.next_action_at) == (ClockState.BREACHED, None)
    assert len(lines(old.complaint, EventKind.NOTIFIED)) == 1


def test_a_limit_leaves_the_rest_for_the_next_sweep(session: Db, clock: Hands) -> None:
    for _ in range(5):
        ClockFactory()
    now = clock.forward(minutes=31)
    assert [clock_sweep.sweep(now=now, limit=2) for _ in range(4)] == [2, 2, 1, 0]


def test_a_storm_costs_a_few_statements_more_than_a_single_breach(
    on_duty: OnDuty, cast: Cast, session: Db, clock: Hands
) -> None:
    def cost(count: int) -> int:
        for _ in range(count):
            intake = IntakeFactory(category=Category.OTHER, first_word_at=clock.now())
            calls.record(intake, actor=cast.xiaozhou, now=clock.now())
        session.commit()
        session.expire_all()
        with queries() as seen:
            assert clock_sweep.sweep(now=clock.forward(hours=9)) >= count
        session.commit()
        return len(seen)

    one = cost(1)
    assert cost(30) <= one + 4


def test_two_sweeps_at_once_share_the_work(
    on_duty: OnDuty, cast: Cast, clock: Hands, session: Db, at_once: Callable[..., list[Any]]
) -> None:
    for _ in range(10):
        calls.record(IntakeFactory(), actor=cast.xiaozhou, now=clock.now())
    now = clock.forward(minutes=31)
    counts = at_once(*[lambda: clock_sweep.sweep(now=now)] * 3)
    counts.append(clock_sweep.sweep(now=now))
    assert all(isinstance(count, int) for count in counts)
    breaches = select(func.count(TimelineEvent.id)).where(TimelineEvent.kind == EventKind.CLOCK_BREACHED)
    assert session.scalar(breaches) == 20
    assert session.scalar(select(func.count(Clock.id)).where(Clock.state == ClockState.BREACHED)) == 20


def test_stopping_and_sweeping_at_the_same_moment_agree(
    complaint: Complaint, cast: Cast, clock: Hands, session: Db, at_once: Callable[..., list[Any]]
) -> None:
    number, zhou_id = complaint.number, cast.zhou.id
    now = clock.forward(minutes=29)

    def stop() -> None:
        from extensions import db
        from models import Person

        call_back(complaint_locks.by_number(number), db.session.get_one(Person, zhou_id), now)

    stopped, swept = at_once(stop, lambda: clock_sweep.sweep(now=now))
    assert stopped is None and isinstance(swept, int)
    session.expire_all()
    assert clock_of(complaint, ClockKind.CONTACT).state is ClockState.MISSED
    assert session.scalar(select(func.count(Escalation.id))) == 0


def test_a_notice_that_was_not_sent_yet_goes_with_its_clock(
    complaint: Complaint, cast: Cast, clock: Hands, messages: Messages
) -> None:
    complaints.acknowledge(complaint, actor=cast.zhou, now=clock.now())
    clock_sweep.sweep(now=clock.forward(minutes=14))
    call_back(complaint, cast.zhou, clock.forward(seconds=5))
    told = next(each for each in messages(NotificationKind.CLOCK_WARNING) if "联系客户" in each.text)
    assert told.state is NotificationState.CANCELLED


@pytest.mark.parametrize("is_stopped", [False, True])
def test_a_notice_that_is_being_sent_while_its_clock_stops_is_not_sent(
    complaint: Complaint, cast: Cast, clock: Hands, session: Db, is_stopped: bool
) -> None:
    """The dispatcher has it already when the clock stops: it asks once more at the very moment of sending."""
    complaints.acknowledge(complaint, actor=cast.zhou, now=clock.now())
    clock_sweep.sweep(now=clock.forward(minutes=14))
    notice = session.scalars(
        select(Notification).where(Notification.kind == NotificationKind.CLOCK_WARNING).order_by(Notification.id)
    ).first()
    assert notice is not None
    notice.state, notice.claim_token = NotificationState.CLAIMED, "worker"
    if is_stopped:
        call_back(complaint, cast.zhou, clock.forward(seconds=5))
    assert notifications.is_of_idle_clock(notice) is is_stopped
