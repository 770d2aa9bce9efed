"""What happens in more than one story, said once: a call is written down, an offer is made."""

from __future__ import annotations

import uuid
from collections.abc import Generator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from gateways.base import Reply
from models import Appointment, Compensation, Complaint, Person
from rules.escalation import DutyRoleCode
from rules.severity import Facts
from rules.vocabulary import (
    AppointmentPurpose,
    Category,
    Channel,
    CompensationBasis,
    CompensationKind,
    ContactMethod,
    ContactPurpose,
    FaultSide,
    Severity,
    Stage,
)
from seed.demo.week import Wait, Week
from services import appointments, calls, compensations, complaints, duty, meetings, progress_reports, replies, sandbox


def record(
    week: Week,
    customer: str,
    category: Category,
    *,
    first_word_at: datetime,
    problem: str,
    impact: str,
    demand: str,
    channel: Channel = Channel.HOTLINE,
    stage: Stage = Stage.CONSTRUCTION,
    by: str = "intake",
    promise: tuple[str, datetime] | None = None,
    repeat_of: Complaint | None = None,
    **facts: Any,
) -> Complaint:
    """Write a complaint of a known customer down, read back and confirmed; ``facts`` are the risk facts that apply."""
    known = week.known[customer]
    intake = calls.Intake(
        channel=channel,
        first_word_at=first_word_at,
        contact_name=customer,
        phone=known.phone,
        category=category,
        problem=problem,
        facts=Facts(category=category, **facts),
        community=known.household.community,
        room=known.household.room,
        contract_no=known.contract_no,
        stage=stage,
        impact=impact,
        demand=demand,
        is_read_back=True,
        promise_text=promise[0] if promise else "",
        promise_due_at=promise[1] if promise else None,
        repeat_of_id=repeat_of.id if repeat_of else None,
    )
    return calls.record(intake, actor=week.cast[by], now=week.now)


def acknowledge(week: Week, complaint: Complaint, who: Person) -> None:
    """Take the complaint."""
    complaints.acknowledge(complaint, actor=who, now=week.now)


def call(week: Week, complaint: Complaint, who: Person, words: str, *, purpose: ContactPurpose | None = None) -> None:
    """Reach the customer by telephone; the first time they hear what happens next, unless ``purpose`` says better."""
    _talk(week, complaint, who, words, ContactMethod.PHONE, purpose)


def answer(
    week: Week, complaint: Complaint, role: DutyRoleCode, words: str, *, after: tuple[float, float]
) -> Generator[Wait, None, Person]:
    """Whoever is on duty takes the complaint and calls the customer, each so many minutes ``after``; returns them."""
    until_taken, until_called = after
    yield timedelta(minutes=until_taken)
    member = week.on_duty(role)
    acknowledge(week, complaint, member)
    yield timedelta(minutes=until_called)
    call(week, complaint, member, words)
    return member


def text_back(week: Week, complaint: Complaint, who: Person) -> None:
    """Answer the last call for the complaint from the phone it went to, with its code: that takes it (SM6)."""
    waiting = (call for call in complaint.notifications if call.person_id == who.id and call.reply_code)
    last = max((call for call in waiting if call.code_ended_at is None), key=lambda call: call.created_at)
    replies.take(
        sandbox.NAME, [Reply(uuid.uuid4().hex, who.phone or "", f"1 {last.reply_code}", week.now)], now=week.now
    )


def no_answer(week: Week, complaint: Complaint, who: Person) -> None:
    """Try the customer's telephone in vain."""
    complaints.log_contact(complaint, method=ContactMethod.PHONE, is_reached=False, summary="", actor=who, now=week.now)


def visit(week: Week, complaint: Complaint, who: Person, words: str, *, purpose: ContactPurpose | None = None) -> None:
    """Go and see the customer."""
    _talk(week, complaint, who, words, ContactMethod.VISIT, purpose)


def appoint(
    week: Week,
    complaint: Complaint,
    who: Person,
    purpose: AppointmentPurpose,
    starts_at: datetime,
    *,
    remarks: str = "",
) -> Appointment:
    """Agree with the customer that somebody comes for an hour and a half."""
    return appointments.make(
        complaint,
        person=who,
        purpose=purpose,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=90),
        remarks=remarks,
        is_double=True,  # The stories know nothing of each other's hours.
        actor=complaint.handler or who,
        now=week.now,
    )


def report(week: Week, complaint: Complaint, who: Person, words: str, percent: int) -> None:
    """Write the day's progress to the customer by SMS (D-17)."""
    progress_reports.send(complaint, words=words, percent=percent, actor=who, now=week.now)


def _talk(
    week: Week, complaint: Complaint, who: Person, words: str, method: ContactMethod, purpose: ContactPurpose | None
) -> None:
    is_first = complaint.contacted_at is None
    complaints.log_contact(
        complaint,
        method=method,
        purpose=purpose or (ContactPurpose.FIRST_ANSWER if is_first else ContactPurpose.TALK),
        is_reached=True,
        summary=words,
        actor=who,
        now=week.now,
    )


def grade(
    week: Week,
    complaint: Complaint,
    who: Person,
    severity: Severity,
    reason: str,
    side: FaultSide,
    lead: str,
    cooperators: Sequence[str] = (),
) -> None:
    """Fix the level and draw the map of who is responsible."""
    complaints.grade(
        complaint,
        severity=severity,
        reason=reason,
        side=side,
        lead=week.cast[lead],
        cooperators=[week.cast[login] for login in cooperators],
        actor=who,
        now=week.now,
    )


def triage_meeting(
    week: Week,
    complaint: Complaint,
    who: Person,
    severity: Severity,
    reason: str,
    side: FaultSide,
    lead: str,
    cooperators: Sequence[str] = (),
) -> Generator[Wait, None, None]:
    """Meet for eight minutes with the leader and everybody it will concern, and decide (D-10)."""
    answering, *others = (week.cast[login] for login in (lead, *cooperators))
    called = [*duty.leaders(at=week.now), answering, *others]
    meeting = meetings.start(complaint, attendees=called, place="企业微信视频会议", actor=who, now=week.now)
    yield timedelta(minutes=1)
    for person in called:
        meetings.join(meeting, person=person, actor=person, now=week.now)
    yield timedelta(minutes=7)
    meetings.end(
        meeting,
        severity=severity,
        reason=reason,
        side=side,
        lead=answering,
        cooperators=others,
        actor=who,
        now=week.now,
    )


def stand_down(week: Week, complaint: Complaint, who: Person, until: datetime, reason: str) -> None:
    """Let nobody be called until then."""
    complaints.stand_down(complaint, until=until, reason=reason, actor=who, now=week.now)


def hand_over(week: Week, complaint: Complaint, who: Person, to: str, reason: str) -> Generator[Wait, None, Person]:
    """Give the complaint to its lead, who may have it already and else takes it three minutes later; returns them."""
    lead = week.cast[to]
    if complaint.handler is not lead:
        complaints.hand_over(complaint, to=lead, reason=reason, actor=who, now=week.now)
        yield timedelta(minutes=3)
        if complaint.acknowledged_at is None:  # Whoever was called meanwhile may have been quicker.
            acknowledge(week, complaint, lead)
    return lead


def offer(
    week: Week, complaint: Complaint, who: Person, kind: CompensationKind, amount: str, reason: str
) -> Compensation:
    """Propose an agreed amount in yuan."""
    return compensations.offer(
        complaint,
        kind=kind,
        basis=CompensationBasis.AGREED,
        amount=Decimal(amount),
        delay_days=None,
        reason=reason,
        actor=who,
        now=week.now,
    )


def offer_for_delay(
    week: Week, complaint: Complaint, who: Person, kind: CompensationKind, days: int, reason: str
) -> Compensation:
    """Propose what so many days of delay are worth by the contract (D-17)."""
    return compensations.offer(
        complaint,
        kind=kind,
        basis=CompensationBasis.DELAY,
        amount=None,
        delay_days=days,
        reason=reason,
        actor=who,
        now=week.now,
    )
