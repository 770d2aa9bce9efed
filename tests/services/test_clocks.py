"""Clocks that run out: noticed once, told to the right people (D-02, D-10)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, scoped_session

from models import Clock, Complaint, Escalation, Notification, Shift, TimelineEvent
from rules.escalation import DutyRoleCode
from rules.settings import SettingKey
from rules.vocabulary import ClockKind, ClockState, ContactMethod, EscalationCause, EventKind, NotificationKind
from services import calls, clock_sweep, complaints
from tests.cast import Cast
from tests.conftest import Hands
from tests.factories import ClockFactory, IntakeFactory, SettingFactory
from tests.services.conftest import lines
from tests.services.test_complaints import clock_of

Db = scoped_session[Session]
OnDuty = dict[DutyRoleCode, Shift]
Messages = Callable[..., list[Notification]]


@pytest.mark.parametrize(
    ("after", "breached"),
    [
        pytest.param({"minutes": 28}, 0, id="at 30:00 after the first word nothing is overdue"),
        pytest.param({"minutes": 28, "seconds": 1}, 1, id="at 30:01 the contact is"),
        pytest.param({"minutes": 30}, 1, id="at 30:00 after the record only the contact is"),
        pytest.param({"minutes": 30, "seconds": 1}, 2, id="at 30:01 the triage is as well"),
    ],
)
def test_a_clock_runs_out_after_its_due_moment_not_at_it(
    after: dict[str, float], breached: int, complaint: Complaint, clock: Hands
) -> None:
    """Decision 3."""
    assert clock_sweep.sweep(now=clock.forward(**after)) == breached


def test_a_breach_is_marked_once_and_stays_on_record(
    complaint: Complaint, cast: Cast, clock: Hands, session: Db
) -> None:
    late = clock.forward(minutes=29)
    assert [clock_sweep.sweep(now=late), clock_sweep.sweep(now=late)] == [1, 0]
    contact = clock_of(complaint, ClockKind.CONTACT)
    assert (contact.state, contact.breached_at) == (ClockState.BREACHED, late)
    assert len(lines(complaint, EventKind.CLOCK_BREACHED)) == 1

    complaints.log_contact(
        complaint,
        method=ContactMethod.PHONE,
        is_reached=True,
        summary="致歉",
        actor=cast.zhou,
        now=clock.forward(minutes=5),
    )
    assert (contact.state, contact.breached_at) == (ClockState.MISSED, late)
    assert lines(complaint, EventKind.CLOCK_STOPPED)[0].details["late_seconds"] == 6 * 60


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
    clock_sweep.sweep(now=clock.forward(minutes=31))
    clock_sweep.sweep(now=clock.forward(minutes=31))
    assert [told.person for told in messages(NotificationKind.CLOCK_BREACHED)] == [cast.lin]


def test_a_setting_that_changes_moves_no_clock_that_runs(
    complaint: Complaint, cast: Cast, now: datetime, session: Db
) -> None:
    before = clock_of(complaint, ClockKind.CONTACT).due_at
    SettingFactory(key=SettingKey.CONTACT_MINUTES).value = 15
    later = calls.record(IntakeFactory(first_word_at=now), actor=cast.xiaozhou, now=now)
    assert clock_of(complaint, ClockKind.CONTACT).due_at == before
    assert clock_of(later, ClockKind.CONTACT).due_at == now + timedelta(minutes=15)


def test_a_sweep_that_comes_very_late_tells_each_breach_once(
    on_duty: OnDuty, cast: Cast, clock: Hands, session: Db, messages: Messages
) -> None:
    for _ in range(3):
        calls.record(IntakeFactory(), actor=cast.xiaozhou, now=clock.now())
    assert clock_sweep.sweep(now=clock.forward(hours=9)) == 6
    assert len(messages(NotificationKind.CLOCK_BREACHED)) == 3


def test_a_limit_leaves_the_rest_for_the_next_sweep(session: Db, clock: Hands) -> None:
    for _ in range(5):
        ClockFactory()
    now = clock.forward(minutes=31)
    assert [clock_sweep.sweep(now=now, limit=2) for _ in range(4)] == [2, 2, 1, 0]


def test_two_sweeps_at_once_share_the_work(
    on_duty: OnDuty, cast: Cast, clock: Hands, session: Db, at_once: Callable[..., list[Any]]
) -> None:
    for _ in range(10):
        calls.record(IntakeFactory(), actor=cast.xiaozhou, now=clock.now())
    now = clock.forward(minutes=31)
    counts = at_once(*[lambda: clock_sweep.sweep(now=now)] * 3)
    counts.append(clock_sweep.sweep(now=now))
    assert sum(counts) == 20
    breaches = select(func.count(TimelineEvent.id)).where(TimelineEvent.kind == EventKind.CLOCK_BREACHED)
    assert session.scalar(breaches) == 20
    assert session.scalar(select(func.count(Clock.id)).where(Clock.state == ClockState.BREACHED)) == 20


def test_stopping_and_sweeping_at_the_same_moment_agree(
    complaint: Complaint, cast: Cast, clock: Hands, session: Db, at_once: Callable[..., list[Any]]
) -> None:
    from services import complaint_locks

    number, zhou_id = complaint.number, cast.zhou.id
    now = clock.forward(minutes=29)

    def call_back() -> None:
        from extensions import db
        from models import Person

        locked = complaint_locks.by_number(number)
        complaints.log_contact(
            locked,
            method=ContactMethod.PHONE,
            is_reached=True,
            summary="致歉",
            actor=db.session.get_one(Person, zhou_id),
            now=now,
        )

    stopped, swept = at_once(call_back, lambda: clock_sweep.sweep(now=now))
    assert stopped is None and swept in (0, 1)
    session.expire_all()
    assert clock_of(complaint, ClockKind.CONTACT).state is ClockState.MISSED
    assert session.scalar(select(func.count(Escalation.id))) == 0
