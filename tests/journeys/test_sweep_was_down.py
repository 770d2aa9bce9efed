"""The sweep was down for three hours: each due step is done once, late and marked so, without three hours of calls."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from models import Shift, TimelineEvent
from rules.escalation import DutyRoleCode
from rules.vocabulary import ClockKind, ClockState, EventKind
from tests.cast import Cast
from tests.journeys.conftest import Desk

OnDuty = dict[DutyRoleCode, Shift]


def _lines(desk: Desk, number: str, kind: EventKind) -> list[dict[str, Any]]:
    complaint = desk.complaint(number)
    statement = select(TimelineEvent.details).where(
        TimelineEvent.complaint_id == complaint.id, TimelineEvent.kind == kind
    )
    return list(desk.session.scalars(statement.order_by(TimelineEvent.id)))


def test_three_hours_of_silence_are_caught_up_once(desk: Desk, cast: Cast, on_duty: OnDuty) -> None:
    number = desk.seat(cast.xiaozhou).hears()
    desk.tick()
    began_at = desk.clock.now()

    # Nobody acknowledges, no worker runs, and the desk is restarted before it wakes up.
    desk.clock.forward(hours=3)
    desk.restart()
    desk.tick()

    # The chain: one step, not eighteen; it says how late it came, and the next wait begins now.
    complaint = desk.complaint(number)
    assert len(complaint.escalations) == 1
    assert [line["late_seconds"] for line in _lines(desk, number, EventKind.ESCALATED)] == [170 * 60]
    assert complaint.escalation_due_at == desk.clock.now() + timedelta(minutes=10)
    assert len(desk.phone(cast.lin, about=f"{number}已升级到您")) == 1

    # The clocks: every step that was missed stands on the timeline once, marked as late.
    for clock in (ClockKind.CONTACT, ClockKind.TRIAGE):
        breaches = [line for line in _lines(desk, number, EventKind.CLOCK_BREACHED) if line["clock"] == clock]
        assert len(breaches) == 1 and breaches[0]["is_late"], clock
        warnings = [line for line in _lines(desk, number, EventKind.CLOCK_WARNED) if line["clock"] == clock]
        assert [line["percent"] for line in warnings] == [50, 80], clock
        assert all(line["is_late"] for line in warnings)
    contact = next(clock for clock in complaint.clocks if clock.kind is ClockKind.CONTACT)
    assert (contact.state, contact.due_at) == (ClockState.BREACHED, began_at + timedelta(minutes=30))

    # Of all that was missed only the newest is told, so that no phone gets three hours of messages at once.
    for person in (cast.lin, cast.zhou, cast.roster):
        assert len(desk.phone(person, about=number)) <= 4, desk.phone(person, about=number)

    # The next run finds nothing left to do; ten minutes later the chain goes on as ever.
    story = desk.story(number)
    desk.tick()
    assert desk.story(number) == story
    desk.wait(minutes=10)
    assert len(desk.complaint(number).escalations) == 2
    assert "late_seconds" not in _lines(desk, number, EventKind.ESCALATED)[-1]


def test_who_answers_late_is_late_for_ever(desk: Desk, cast: Cast, on_duty: OnDuty) -> None:
    number = desk.seat(cast.xiaozhou).hears()
    desk.tick()
    desk.clock.forward(hours=3)
    zhou = desk.seat(cast.zhou)
    zhou.does("contact", number, method="phone", purpose="talk", is_reached="y", summary="抱歉让您久等")
    desk.tick()
    contact = next(clock for clock in desk.complaint(number).clocks if clock.kind is ClockKind.CONTACT)
    assert contact.state is ClockState.MISSED
    assert desk.phone(cast.lin, about=f"{number}已升级到您") == [], "somebody has it: nobody else is called"
