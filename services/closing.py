"""Closing: resolved is our view, closed is agreed. What stands in the way is asked here, and named (FU4)."""

from __future__ import annotations

from datetime import datetime

from models import Complaint, Person
from rules import follow_ups
from rules.lifecycle import next_status
from rules.permissions import ACTION_PERMISSION
from rules.refusals import Conflict
from rules.vocabulary import N_, Action, FollowUpWay
from services import complaints, follow_up_plans, malice, next_steps
from services.actors import require
from services.follow_ups import tries_since_resolved


def close(
    complaint: Complaint,
    *,
    agreement: str,
    way: FollowUpWay | None = FollowUpWay.PHONE,
    actor: Person,
    now: datetime,
) -> None:
    """Close it as agreed: ``agreement`` in words, and how the customer said so; None where nobody reached them, or
    where counsel found it made in bad faith: who plays with the company need not agree (A-10).

    Raises:
        NotAllowed, Refusal: see ``complaints.close``.
        Conflict: something is still to be done, or the customer has not agreed and was not tried often enough.
    """
    require(actor, ACTION_PERMISSION[Action.CLOSE])
    next_status(complaint.status, Action.CLOSE)
    _refuse_unfinished(complaint, now=now)
    _refuse_unagreed(complaint, way)
    if way is not None:
        complaints.confirm(complaint, way=way, now=now)
        follow_up_plans.cancel_due(complaint, now=now)
    complaints.close(complaint, agreement=agreement, actor=actor, now=now)


def _refuse_unfinished(complaint: Complaint, *, now: datetime) -> None:
    steps = next_steps.in_the_way(complaint, now=now)
    if steps:
        raise Conflict(N_("Before it can be closed: %(steps)s"), steps=tuple(steps))


def _refuse_unagreed(complaint: Complaint, way: FollowUpWay | None) -> None:
    if way is FollowUpWay.LINK and complaint.confirmed_way is not FollowUpWay.LINK:
        raise Conflict(N_("On the page only the customer answers."), field="way")
    policy, tries = follow_up_plans.policy(), tries_since_resolved(complaint)
    is_confirmed = way is not None or complaint.confirmed_at is not None or malice.is_confirmed(complaint)
    if not follow_ups.may_close(is_confirmed=is_confirmed, tries=tries, policy=policy):
        raise Conflict(
            N_("The customer has not agreed; they were tried %(tries)s of %(needed)s times."),
            field="way",
            tries=tries,
            needed=policy.tries,
        )
