"""When a customer is asked: planned as soon as a complaint is resolved, called off when it is taken up again (N13)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, update

from extensions import db
from models import Complaint, FollowUp
from models.base import spelled_out
from rules.follow_ups import FollowUpPolicy
from rules.vocabulary import FollowUpState, NotificationKind, PolicyKind
from services import notifications, policies

MESSAGES = frozenset({NotificationKind.FOLLOW_UP_LINK, NotificationKind.FOLLOW_UP_DUE})


def policy() -> FollowUpPolicy:
    """The rhythm in force."""
    return FollowUpPolicy.from_document(policies.current(PolicyKind.FOLLOW_UP).document)


def plan(complaint: Complaint, *, now: datetime) -> None:
    """The questions that follow a resolved complaint, by its level; of a call from the past nobody is asked."""
    if complaint.is_history:
        return
    cancel(complaint, now=now)
    dues = policy().due(complaint.level, now)
    db.session.add_all(
        FollowUp(complaint=complaint, round=number, due_at=due_at) for number, due_at in enumerate(dues, start=1)
    )
    db.session.flush()


def cancel(complaint: Complaint, *, now: datetime) -> None:
    """Call off all that is planned, and what tells of it."""
    _cancel(complaint, now=now)
    notifications.withdraw(complaint, MESSAGES, now=now)


def cancel_before(follow_up: FollowUp, *, now: datetime) -> None:
    """Call off what was planned before another question, which asks instead."""
    if follow_up.complaint is not None:
        _cancel(follow_up.complaint, FollowUp.round < follow_up.round, now=now)


def cancel_due(complaint: Complaint, *, now: datetime) -> None:
    """Call off what is due by now: the customer was just talked to. What comes later is asked all the same."""
    _cancel(complaint, FollowUp.due_at <= now, now=now)


def _cancel(complaint: Complaint, *which: ColumnElement[bool], now: datetime) -> None:
    planned = update(FollowUp).where(
        FollowUp.complaint_id == complaint.id, spelled_out(FollowUp.state, FollowUpState.PLANNED), *which
    )
    db.session.execute(
        planned.values(state=FollowUpState.CANCELLED, ended_at=now, version=FollowUp.version + 1),
        execution_options={"synchronize_session": "fetch"},
    )
