"""The auditor: every open complaint has a lease that ends or a next call ahead; what has neither is put right."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from models import AuditFinding, Complaint, Notification, Person, Shift
from rules.escalation import DutyRoleCode, Target, Whom
from rules.refusals import Refusal
from rules.vocabulary import (
    AuditProblem,
    ContactMethod,
    EscalationCause,
    EventKind,
    FaultSide,
    NotificationKind,
    Severity,
    Status,
)
from services import acknowledgements, calls, chain_audit, clock_sweep, complaints, escalations
from tests.cast import Cast
from tests.conftest import Hands
from tests.factories import ComplaintFactory, IntakeFactory
from tests.services.conftest import lines

Db = scoped_session[Session]
OnDuty = dict[DutyRoleCode, Shift]
Messages = Callable[..., list[Notification]]


def test_a_healthy_desk_has_no_findings(complaint: Complaint, cast: Cast, clock: Hands, session: Db) -> None:
    other = calls.record(IntakeFactory(), actor=cast.xiaozhou, now=clock.now())
    complaints.acknowledge(other, actor=cast.zhou, now=clock.now())
    assert chain_audit.audit(now=clock.forward(minutes=14)) == 0
    assert session.scalars(select(AuditFinding)).all() == []


def test_a_chain_without_a_next_step_is_repaired_by_calling_it(
    complaint: Complaint, cast: Cast, clock: Hands, messages: Messages
) -> None:
    complaint.escalation_due_at = None
    assert chain_audit.audit(now=clock.forward(minutes=1)) == 1
    assert [finding.problem for finding in chain_audit.findings(now=clock.now())] == [AuditProblem.NO_NEXT_STEP]
    assert complaint.escalation_due_at == clock.now() + timedelta(minutes=10)
    assert [step.cause for step in complaint.escalations] == [EscalationCause.REPAIRED]
    assert lines(complaint, EventKind.CHAIN_REPAIRED)[0].details["problem"] == "no_next_step"
    assert [call.person for call in messages(NotificationKind.CHAIN_REPAIRED)] == [cast.lin]


def test_a_complaint_whose_chain_never_began_gets_its_first_call(
    cast: Cast, on_duty: OnDuty, now: datetime, messages: Messages
) -> None:
    forgotten = ComplaintFactory()
    chain_audit.audit(now=now)
    assert forgotten.escalation_level == 0
    assert [call.person for call in messages(NotificationKind.ESCALATION)] == [cast.zhou]


def test_a_call_long_overdue_is_made_and_reported_late(complaint: Complaint, clock: Hands) -> None:
    chain_audit.audit(now=clock.forward(minutes=10, hours=2))
    assert [finding.problem for finding in chain_audit.findings(now=clock.now())] == [AuditProblem.STEP_OVERDUE]
    assert complaint.escalation_level == 1
    assert lines(complaint, EventKind.ESCALATED)[0].details["late_seconds"] == 2 * 3600


def test_the_sweep_is_given_its_few_minutes_first(complaint: Complaint, clock: Hands) -> None:
    assert chain_audit.audit(now=clock.forward(minutes=15)) == 0
    assert chain_audit.audit(now=clock.forward(seconds=1)) == 1


def test_a_call_beyond_any_stand_down_counts_as_none(complaint: Complaint, now: datetime) -> None:
    complaint.escalation_due_at = now + timedelta(days=2)
    assert chain_audit.problem_of(complaint, now=now) is AuditProblem.NO_NEXT_STEP


def test_an_acknowledgement_without_an_end_gets_one_and_calls_nobody(
    complaint: Complaint, cast: Cast, now: datetime, messages: Messages
) -> None:
    complaints.acknowledge(complaint, actor=cast.zhou, now=now)
    complaint.lease_until = None
    chain_audit.audit(now=now)
    assert [finding.problem for finding in chain_audit.findings(now=now)] == [AuditProblem.NO_LEASE]
    assert complaint.lease_until is not None and complaint.acknowledged_by is cast.zhou
    assert messages(NotificationKind.ESCALATION) == []


def test_a_lease_long_over_lapses(complaint: Complaint, cast: Cast, clock: Hands) -> None:
    complaints.acknowledge(complaint, actor=cast.zhou, now=clock.now())
    chain_audit.audit(now=clock.forward(days=5))
    assert (complaint.acknowledged_at, complaint.escalation_level) == (None, 1)


@pytest.mark.parametrize(
    "is_over",
    [{"status": Status.RESOLVED}, {"status": Status.CLOSED}, {"status": Status.VOID}, {"is_history": True}],
)
def test_what_is_over_or_from_the_past_is_not_audited(is_over: dict[str, Any], cast: Cast, now: datetime) -> None:
    ComplaintFactory(**is_over)
    assert chain_audit.audit(now=now) == 0


def test_many_at_once_are_one_message(cast: Cast, on_duty: OnDuty, now: datetime, messages: Messages) -> None:
    for _ in range(5):
        ComplaintFactory()
    assert chain_audit.audit(now=now) == 5
    (told,) = messages(NotificationKind.CHAIN_REPAIRED)
    assert "5条" in told.text


def test_a_finding_is_shown_for_a_day(complaint: Complaint, clock: Hands) -> None:
    complaint.escalation_due_at = None
    chain_audit.audit(now=clock.now())
    assert len(chain_audit.findings(now=clock.forward(hours=23, minutes=59))) == 1
    assert chain_audit.findings(now=clock.forward(minutes=1)) == []


def test_two_audits_at_once_repair_it_once(
    complaint: Complaint, clock: Hands, session: Db, at_once: Callable[..., list[Any]]
) -> None:
    complaint.escalation_due_at = None
    now = clock.now()
    assert sorted(at_once(*[lambda: chain_audit.audit(now=now)] * 3)) == [0, 0, 1]
    assert len(session.scalars(select(AuditFinding)).all()) == 1


def test_the_question_to_the_database_and_the_rule_agree(
    cast: Cast, on_duty: OnDuty, now: datetime, session: Db
) -> None:
    """Every mixture of the columns that matter."""
    away = (timedelta(hours=-1), timedelta(minutes=-1), timedelta(hours=1), timedelta(days=3))
    moments = (None, *(now + length for length in away))
    mixed = [
        ComplaintFactory(status=status, escalation_due_at=due_at, is_history=is_history)
        for status in (Status.NEW, Status.HANDLING, Status.RESOLVED, Status.CLOSED)
        for due_at in moments
        for is_history in (False, True)
    ]
    mixed += [
        ComplaintFactory(status=status, acknowledged_at=now, acknowledged_by=cast.zhou, lease_until=lease_until)
        for status in (Status.NEW, Status.HANDLING, Status.RESOLVED)
        for lease_until in moments
    ]
    session.flush()
    expected = sum(chain_audit.problem_of(complaint, now=now) is not None for complaint in mixed)
    assert chain_audit.audit(now=now, limit=1000) == expected
    assert chain_audit.audit(now=now, limit=1000) == 0, "what is repaired is sound"


class Day:
    """A day of a complaint: anybody may do anything at any time, and the sweeps come by."""

    def __init__(self, complaint: Complaint, cast: Cast, now: datetime) -> None:
        self.complaint, self.now = complaint, now
        self.people = (cast.zhou, cast.lin, cast.gao, cast.zhao, cast.roster)

    def acts(self, who: Person, other: Person) -> list[Callable[[], object]]:
        """What somebody might press now."""
        it, now, soon = self.complaint, self.now, self.now + timedelta(hours=2)
        said = {"reason": "情况有变", "actor": who, "now": now}
        return [
            lambda: complaints.acknowledge(it, actor=who, now=now),
            lambda: complaints.log_contact(
                it, method=ContactMethod.PHONE, is_reached=True, summary="已说明", actor=who, now=now
            ),
            lambda: complaints.add_note(it, text="已催", actor=who, now=now),
            lambda: complaints.hand_over(it, to=other, **said),
            lambda: escalations.escalate(it, **said),
            lambda: escalations.escalate(it, to=Whom(Target.PERSON, str(other.id)), **said),
            lambda: complaints.stand_down(it, until=soon, **said),
            lambda: complaints.grade(
                it,
                severity=Severity(1 + now.minute % 3),
                side=FaultSide.CONSTRUCTION,
                lead=other,
                cooperators=[],
                **said,
            ),
            lambda: complaints.resolve(it, resolution="已返工", actor=who, now=now),
            lambda: complaints.reopen(it, **said),
        ]

    def wait(self, minutes: int) -> None:
        """Time passes; the sweeps come as late as that."""
        self.now += timedelta(minutes=minutes)
        for sweep in (clock_sweep.sweep, escalations.sweep, acknowledgements.sweep):
            sweep(now=self.now)


@pytest.mark.parametrize("seed", range(12))
def test_whatever_people_do_in_whatever_order_no_chain_falls_silent(
    seed: int, complaint: Complaint, cast: Cast, now: datetime, session: Db
) -> None:
    dice = random.Random(seed)
    day = Day(complaint, cast, now)
    for _ in range(40):
        act = dice.choice(day.acts(dice.choice(day.people), dice.choice(day.people)))
        with suppress(Refusal):
            act()
        session.flush()
        assert chain_audit.problem_of(complaint, now=day.now) is None
        if dice.random() < 0.4:
            day.wait(dice.choice((1, 7, 31, 65, 1500)))
            assert chain_audit.problem_of(complaint, now=day.now) is None
