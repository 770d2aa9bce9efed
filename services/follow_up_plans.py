"""When a customer is asked: planned as soon as a complaint is resolved, called off when it is taken up again (N13)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update

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


def cancel(complaint: Complaint, *, now: datetime, before: FollowUp | None = None) -> None:
    """Call off what is planned, or only what was planned ``before`` another one that asks instead."""
    planned = update(FollowUp).where(
        FollowUp.complaint_id == complaint.id, spelled_out(FollowUp.state, FollowUpState.PLANNED)
    )
    if before is not None:
        planned = planned.where(FollowUp.round < before.round)
    db.session.execute(
        planned.values(state=FollowUpState.CANCELLED, ended_at=now, version=FollowUp.version + 1),
        execution_options={"synchronize_session": "fetch"},
    )
    if before is None:
        notifications.withdraw(complaint, MESSAGES, now=now)
