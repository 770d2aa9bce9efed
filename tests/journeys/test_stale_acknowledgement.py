"""Somebody says "I have it" and does nothing: the acknowledgement goes stale, and the chain goes on (ES2, ES3)."""

from __future__ import annotations

from datetime import timedelta

from models import Shift
from rules.escalation import DutyRoleCode
from rules.vocabulary import EscalationCause, EventKind, Severity
from tests.cast import Cast
from tests.journeys.conftest import Desk

OnDuty = dict[DutyRoleCode, Shift]


def _sparks(desk: Desk, cast: Cast) -> str:
    """A case of level 1: a socket throws sparks."""
    number = desk.seat(cast.xiaozhou).hears(category="safety", problem="插座冒火花", is_safety_hazard="y")
    desk.tick()
    assert desk.complaint(number).level is Severity.MAJOR
    return number


def test_an_hour_without_progress_and_the_chain_goes_on(desk: Desk, cast: Cast, on_duty: OnDuty) -> None:
    number = _sparks(desk, cast)

    # Level 1: the engineer and the leader each answer for themselves; with one of them the chain still runs.
    assert desk.phone(cast.zhou, about=number) and desk.phone(cast.lin, about=number)
    desk.wait(minutes=1)
    desk.seat(cast.zhou).does("acknowledge", number)
    assert desk.complaint(number).acknowledged_at is None
    desk.wait(minutes=1)
    desk.seat(cast.lin).does("acknowledge", number)
    taken_at = desk.clock.now()
    assert desk.complaint(number).lease_until == taken_at + timedelta(minutes=60)

    # A call is progress, a note among colleagues is none.
    desk.wait(minutes=20)
    zhou = desk.seat(cast.zhou)
    zhou.does("contact", number, method="phone", purpose="first_answer", is_reached="y", summary="先断总闸，电工出发")
    progress_at = desk.clock.now()
    assert desk.complaint(number).lease_until == progress_at + timedelta(minutes=60)
    desk.wait(minutes=30)
    desk.seat(cast.lin).does("note", number, text="问一下电工到哪了")
    assert desk.complaint(number).lease_until == progress_at + timedelta(minutes=60)

    # The desk is restarted a minute before the hour is over; to the second nothing happens too early.
    silent = {person: len(desk.phone(person, about=number)) for person in (cast.he, cast.gao)}
    desk.clock.set(progress_at + timedelta(minutes=59))
    desk.restart()
    desk.tick()
    assert desk.complaint(number).acknowledged_at is not None
    desk.clock.set(progress_at + timedelta(minutes=60))
    desk.tick()
    complaint = desk.complaint(number)
    assert complaint.acknowledged_at is None
    assert complaint.escalations[-1].cause is EscalationCause.LAPSED
    assert EventKind.LEASE_LAPSED in desk.story(number)
    desk.wait(minutes=1)  # One message a minute to a phone.
    assert f"【安心桥】{number}接单后超时无进展，已重新呼叫，请立即处理并登记。" in desk.phone(cast.zhou, about=number)

    # It went on where it stood: the duty group is next, not the first step again.
    assert complaint.escalation_level == 1
    for person, before in silent.items():
        assert len(desk.phone(person, about=number)) == before + 1

    # Lapsed once, told once; whoever takes it now has a lease of their own.
    desk.tick()
    assert [kind for kind in desk.story(number) if kind is EventKind.LEASE_LAPSED] == [EventKind.LEASE_LAPSED]
    desk.seat(cast.he).does("acknowledge", number)
    assert desk.complaint(number).lease_until == desk.clock.now() + timedelta(minutes=60)


def test_an_open_complaint_never_falls_silent(desk: Desk, cast: Cast, on_duty: OnDuty) -> None:
    """For a day nobody answers: at every moment the next call lies ahead, and the last step never gives up."""
    number = _sparks(desk, cast)
    end = desk.clock.now() + timedelta(hours=8)
    while desk.clock.now() < end:
        desk.wait(minutes=15)
        complaint = desk.complaint(number)
        assert complaint.escalation_due_at is not None and complaint.escalation_due_at > desk.clock.now()
    calls = desk.phone(cast.roster, about=f"{number}已升级到您")
    assert 20 <= len(calls) <= 40, "every quarter of an hour"
