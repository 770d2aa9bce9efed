"""A customer who waits in silence: the first responder is nudged, in working time, until somebody calls (N6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session, scoped_session

from extensions import COMPANY_ZONE
from models import Complaint, Notification
from rules.vocabulary import (
    Action,
    ClockKind,
    EventKind,
    FaultSide,
    NotificationKind,
    NotificationState,
    Severity,
    Status,
)
from services import complaints, duty, outbox, pauses, sandbox, silences
from tests.cast import Cast
from tests.conftest import Hands
from tests.factories import ComplaintFactory
from tests.services.conftest import lines
from tests.services.test_complaints import clock_of, contact

Db = scoped_session[Session]
Nudges = Callable[[], list[Notification]]


def company(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=COMPANY_ZONE)


MONDAY_MORNING = company("2026-11-23 09:00")


@pytest.fixture
def nudges(messages: Callable[..., list[Notification]]) -> Nudges:
    """The nudges in the outbox, as they were written."""
    return lambda: messages(NotificationKind.CUSTOMER_SILENT)


@pytest.fixture
def contacted(complaint: Complaint, cast: Cast, now: datetime) -> Complaint:
    """周强 has it and spoke to the customer on Saturday night at ten."""
    complaints.acknowledge(complaint, actor=cast.zhou, now=now)
    contact(complaint, cast.zhou, now)
    complaints.grade(
        complaint,
        severity=Severity.URGENT,
        reason="空鼓面积大",
        side=FaultSide.CONSTRUCTION,
        lead=cast.zhao,
        cooperators=[],
        actor=cast.lin,
        now=now,
    )
    return complaint


def test_nobody_is_nudged_at_night_nor_on_a_sunday(contacted: Complaint, clock: Hands, nudges: Nudges) -> None:
    assert contacted.nudge_at == clock.now() + timedelta(hours=24)
    assert silences.sweep(now=clock.forward(hours=25)) == 0
    assert silences.sweep(now=clock.set(MONDAY_MORNING - timedelta(seconds=1))) == 0
    assert nudges() == []


def test_the_first_responder_is_nudged_once_a_day_until_the_customer_hears(
    contacted: Complaint, cast: Cast, clock: Hands, nudges: Nudges
) -> None:
    clock.set(MONDAY_MORNING)
    assert [silences.sweep(now=clock.now()), silences.sweep(now=clock.forward(minutes=1))] == [1, 0]
    (nudge,) = nudges()
    assert nudge.person == cast.xiaozhou, "the first one asked follows through, whoever has it now (G-02)"
    assert contacted.number in nudge.text and "35小时" in nudge.text
    (line,) = lines(contacted, EventKind.CUSTOMER_SILENT)
    assert line.details["names"] == [cast.xiaozhou.name]
    assert silences.sweep(now=clock.set(MONDAY_MORNING + timedelta(days=1, seconds=1))) == 1
    assert len(nudges()) == 2
    contact(contacted, cast.zhou, clock.now())
    assert silences.sweep(now=clock.forward(hours=5)) == 0


def test_a_sweep_that_slept_for_days_nudges_once(contacted: Complaint, clock: Hands, nudges: Nudges) -> None:
    assert silences.sweep(now=clock.set(MONDAY_MORNING + timedelta(days=3))) == 1
    assert silences.sweep(now=clock.forward(seconds=2)) == 0
    assert len(nudges()) == 1


def test_who_was_not_reached_has_heard_nothing(contacted: Complaint, cast: Cast, clock: Hands) -> None:
    waits_until = contacted.nudge_at
    contact(contacted, cast.zhou, clock.forward(hours=3), is_reached=False)
    assert contacted.nudge_at == waits_until


def test_a_forgotten_pause_is_noticed(contacted: Complaint, cast: Cast, clock: Hands, nudges: Nudges) -> None:
    on_site = clock_of(contacted, ClockKind.ON_SITE)
    pauses.pause(contacted, clock_ids=[on_site.id], reason="等客户回家", actor=cast.zhou, now=clock.now())
    assert silences.sweep(now=clock.set(MONDAY_MORNING)) == 1


def test_where_the_first_responder_left_whoever_has_it_is_nudged(
    contacted: Complaint, cast: Cast, clock: Hands, nudges: Nudges, session: Db
) -> None:
    cast.xiaozhou.is_active = False
    session.flush()
    silences.sweep(now=clock.set(MONDAY_MORNING))
    assert [nudge.person for nudge in nudges()] == [cast.zhou]


def test_where_nobody_is_left_the_leader_is_nudged(
    contacted: Complaint, cast: Cast, clock: Hands, nudges: Nudges, session: Db
) -> None:
    cast.xiaozhou.is_active = cast.zhou.is_active = False
    session.flush()
    silences.sweep(now=clock.set(MONDAY_MORNING))
    assert [nudge.person for nudge in nudges()] == duty.leaders(at=MONDAY_MORNING)


@pytest.mark.parametrize("end", [Action.RESOLVE, Action.VOID])
def test_who_waits_for_nothing_is_not_counted(contacted: Complaint, cast: Cast, clock: Hands, end: Action) -> None:
    complaints.hand_over(contacted, to=cast.roster, reason="值班经理处理", actor=cast.zhou, now=clock.now())
    if end is Action.RESOLVE:
        complaints.resolve(contacted, resolution="已返工", actor=cast.roster, now=clock.now())
    else:
        complaints.make_void(contacted, reason="登记错误", actor=cast.roster, now=clock.now())
    assert contacted.nudge_at is None
    assert silences.sweep(now=clock.set(MONDAY_MORNING)) == 0


def test_taken_up_again_the_customer_waits_again(contacted: Complaint, cast: Cast, clock: Hands) -> None:
    complaints.resolve(contacted, resolution="已返工", actor=cast.roster, now=clock.now())
    complaints.reopen(contacted, reason="客户不认可", actor=cast.roster, now=clock.forward(hours=2))
    assert contacted.nudge_at == clock.now() + timedelta(hours=24)


def test_a_call_between_queueing_and_sending_makes_the_nudge_needless(
    contacted: Complaint, cast: Cast, clock: Hands, nudges: Nudges, session: Db
) -> None:
    silences.sweep(now=clock.set(MONDAY_MORNING))
    (nudge,) = nudges()
    contact(contacted, cast.zhou, clock.forward(seconds=5))
    session.refresh(nudge)
    assert nudge.state is NotificationState.CANCELLED
    nudge.state = NotificationState.QUEUED  # As a worker sees it that had read the outbox a moment earlier.
    session.commit()
    outbox.dispatch(fleet=sandbox.fleet(clock.now), clock=clock.now)
    session.refresh(nudge)
    assert nudge.state is NotificationState.CANCELLED


def test_a_call_from_the_past_nudges_nobody(session: Db, cast: Cast, now: datetime) -> None:
    history = ComplaintFactory(is_history=True, status=Status.CONTACTED)
    silences.begin_anew(history, now=now)
    assert history.nudge_at is None
