"""Asked again at the moment of sending: no phone rings for what somebody has, what is milder now, or what is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session, scoped_session

from models import Complaint, Notification, SmsInboxMessage, Summons
from rules.message_kinds import KINDS
from rules.vocabulary import NotificationKind, NotificationState, Severity, Status
from services import escalations, outbox, sandbox
from tests.cast import Cast
from tests.conftest import Hands
from tests.factories import ComplaintFactory, NotificationFactory

Db = scoped_session[Session]
QUEUED, SENT, CANCELLED = NotificationState.QUEUED, NotificationState.ACCEPTED, NotificationState.CANCELLED
CALLS = (NotificationKind.DUTY_CALL, NotificationKind.ESCALATION, NotificationKind.ASSIGNED)


@pytest.fixture
def send(clock: Hands, session: Db) -> Callable[[Notification], NotificationState]:
    """Let the worker come by; what became of the message."""

    def dispatch(notification: Notification) -> NotificationState:
        session.commit()
        outbox.dispatch(fleet=sandbox.fleet(clock.now), clock=clock.now)
        session.refresh(notification)
        rang = session.query(SmsInboxMessage).count()
        assert rang == (notification.state is SENT)
        return notification.state

    return dispatch


def queued(complaint: Complaint, cast: Cast, kind: NotificationKind, **more: Any) -> Notification:
    """A message to 周强 about the complaint, written a moment ago."""
    about = {"kind": kind, "priority": KINDS[kind].priority, **more}
    notification: Notification = NotificationFactory(complaint=complaint, person=cast.zhou, **about)
    return notification


@pytest.mark.parametrize("kind", [*CALLS, NotificationKind.LEASE_LAPSED, NotificationKind.NOBODY_ON_DUTY])
def test_an_acknowledgement_between_queueing_and_sending(
    kind: NotificationKind, cast: Cast, now: datetime, send: Any, session: Db
) -> None:
    """Written past the services, as a worker sees it that read the outbox a moment earlier."""
    complaint = ComplaintFactory()
    notification = queued(complaint, cast, kind)
    session.commit()
    taken = update(Complaint).values(acknowledged_at=now, acknowledged_by_id=cast.lin.id)
    session.execute(taken.execution_options(synchronize_session=False))
    assert send(notification) is CANCELLED


@pytest.mark.parametrize("kind", CALLS)
@pytest.mark.parametrize("status", [Status.RESOLVED, Status.CLOSED, Status.VOID])
def test_a_call_about_what_is_solved_or_over(kind: NotificationKind, status: Status, cast: Cast, send: Any) -> None:
    assert send(queued(ComplaintFactory(status=status), cast, kind)) is CANCELLED


@pytest.mark.parametrize(
    "kind",
    [
        NotificationKind.CLOCK_WARNING,
        NotificationKind.CLOCK_BREACHED,
        NotificationKind.NOBODY_ON_DUTY,
        NotificationKind.LEVEL_RAISED,
        NotificationKind.MEETING_CALLED,
    ],
)
def test_no_notice_of_any_kind_after_a_closing(kind: NotificationKind, cast: Cast, send: Any) -> None:
    assert send(queued(ComplaintFactory(status=Status.CLOSED), cast, kind)) is CANCELLED


@pytest.mark.parametrize(
    "kind",
    [
        NotificationKind.ACTION_DUE,
        NotificationKind.COMPENSATION_TO_DECIDE,
        NotificationKind.FOLLOW_UP_DUE,
        NotificationKind.MALICE_TO_DECIDE,
        NotificationKind.PROMISE_DUE,
        NotificationKind.STATEMENT_TO_APPROVE,
    ],
)
def test_what_outlives_the_complaint_is_said_after_a_closing(
    kind: NotificationKind, cast: Cast, clock: Hands, send: Any
) -> None:
    """G-07: a corrective action is due long after the customer agreed; of a void record nothing is."""
    clock.forward(hours=11)  # None of this wakes anybody.
    assert send(queued(ComplaintFactory(status=Status.CLOSED), cast, kind)) is SENT


def test_a_void_record_has_no_actions(cast: Cast, clock: Hands, send: Any) -> None:
    clock.forward(hours=11)
    void = ComplaintFactory(status=Status.VOID)
    assert send(queued(void, cast, NotificationKind.ACTION_DUE)) is CANCELLED


@pytest.mark.parametrize(("status", "state"), [(Status.CLOSED, SENT), (Status.VOID, CANCELLED)])
def test_a_promise_outlives_a_closing_but_not_a_mistake(
    status: Status, state: NotificationState, cast: Cast, send: Any
) -> None:
    assert send(queued(ComplaintFactory(status=status), cast, NotificationKind.PROMISE_DUE)) is state


@pytest.mark.parametrize(
    ("level", "state"), [(Severity.MAJOR, SENT), (Severity.URGENT, CANCELLED), (Severity.GENERAL, CANCELLED)]
)
def test_a_downgrade_withdraws_what_only_the_graver_level_deserves(
    level: Severity, state: NotificationState, cast: Cast, send: Any
) -> None:
    complaint = ComplaintFactory(suggested_severity=level)
    assert send(queued(complaint, cast, NotificationKind.DUTY_CALL, severity=Severity.MAJOR)) is state


def test_a_call_that_every_level_deserves_survives_a_downgrade(cast: Cast, send: Any) -> None:
    assert send(queued(ComplaintFactory(), cast, NotificationKind.DUTY_CALL)) is SENT


@pytest.mark.parametrize("kind", CALLS)
def test_a_call_that_comes_back_to_the_queue_after_a_stand_down(
    kind: NotificationKind, cast: Cast, now: datetime, send: Any
) -> None:
    """A worker held it at that moment, and the provider knows nothing of it."""
    complaint = ComplaintFactory(escalation_due_at=now)
    until = now + timedelta(hours=8)
    escalations.stand_down(complaint, until=until, reason="客户明早再联系", actor=cast.lin, now=now)
    assert send(queued(complaint, cast, kind)) is CANCELLED


def test_whoever_answered_for_themselves_is_not_called_though_others_still_are(
    cast: Cast, now: datetime, send: Any, session: Db
) -> None:
    complaint = ComplaintFactory()
    session.add(Summons(complaint=complaint, person=cast.zhou, summoned_at=now, acknowledged_at=now))
    assert send(queued(complaint, cast, NotificationKind.DUTY_CALL)) is CANCELLED


@pytest.mark.parametrize("kind", CALLS)
def test_a_call_to_whoever_it_was_handed_on_from(
    kind: NotificationKind, cast: Cast, now: datetime, send: Any, session: Db
) -> None:
    """A worker held it at that moment."""
    complaint = ComplaintFactory(escalation_due_at=now)
    session.add(Summons(complaint=complaint, person=cast.zhou, summoned_at=now))
    escalations.hand_over(complaint, to=cast.zhao, reason="在工地", actor=cast.lin, now=now)
    session.execute(update(Notification).values(state=CANCELLED))
    assert send(queued(complaint, cast, kind)) is CANCELLED


def test_whoever_is_called_anew_is_called(cast: Cast, now: datetime, send: Any, session: Db) -> None:
    complaint = ComplaintFactory(escalation_due_at=now)
    session.add(Summons(complaint=complaint, person=cast.zhou, summoned_at=now, ended_at=now))
    session.add(Summons(complaint=complaint, person=cast.zhou, summoned_at=now))
    assert send(queued(complaint, cast, NotificationKind.ESCALATION)) is SENT


def test_an_empty_post_is_told_to_a_leader_who_answered_while_others_are_still_waited_for(
    cast: Cast, now: datetime, send: Any, session: Db
) -> None:
    complaint = ComplaintFactory()
    session.add(Summons(complaint=complaint, person=cast.zhou, summoned_at=now, acknowledged_at=now))
    assert send(queued(complaint, cast, NotificationKind.NOBODY_ON_DUTY)) is SENT


def test_a_call_to_somebody_who_left_in_between(cast: Cast, send: Any) -> None:
    notification = queued(ComplaintFactory(), cast, NotificationKind.DUTY_CALL)
    cast.zhou.is_active = False
    assert send(notification) is CANCELLED
