"""Chains: which one a complaint follows, where it stands in it, and who answers for how long.

A chain keeps the policy version it began with: an edited policy serves what begins after it, so that nobody who was
promised ten minutes finds that they were five.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select

from extensions import db
from models import Complaint, Policy, TimelineEvent
from rules.escalation import START, Chain, EscalationPolicy, Place
from rules.vocabulary import EventKind, PolicyKind, Severity
from services import bulk, policies, working_time


def read(version: Policy) -> EscalationPolicy:
    """The chains of a version of the policy."""
    return EscalationPolicy.from_document(version.document)


def begin(complaint: Complaint) -> Chain:
    """Put the complaint at the start of the chain that the policy in force has for it."""
    version = policies.current(PolicyKind.ESCALATION)
    chain = read(version).chain_for(complaint.level, complaint.category)
    complaint.escalation_policy_id, complaint.escalation_chain = version.id, chain.id
    move(complaint, START)
    return chain


def leave(complaint: Complaint) -> None:
    """Let it follow no chain; whenever somebody is called again, the one that is right by then begins."""
    complaint.escalation_policy_id = None
    move(complaint, START)


def of(complaint: Complaint) -> Chain:
    """The chain the complaint follows, from the version it began with.

    One whose level or kind has changed since begins the chain that is right for it by the policy in force; one that
    never began, or began before chains were policies, takes that up where it stands.
    """
    if complaint.escalation_policy_id is None:
        stands = place(complaint)
        chain = begin(complaint)
        move(complaint, stands)
        return chain
    return followed(complaint) or begin(complaint)


def followed(complaint: Complaint) -> Chain | None:
    """The chain it follows, to look at; None when it follows none, or another is right for it by now."""
    kept = complaint.escalation_policy_id
    if kept is None or not is_right(complaint):
        return None
    return read(policies.by_id(kept)).chain(complaint.escalation_chain)


def going_on(complaint: Complaint, *, is_climbing: bool) -> tuple[Chain, Place]:
    """Its chain and where that goes on: to whatever follows, or one step up past all repetitions."""
    has_begun = complaint.escalation_policy_id is not None or complaint.escalation_level > 0
    has_changed = complaint.escalation_policy_id is not None and not is_right(complaint)
    chain = of(complaint)
    if has_changed or not has_begun:
        return chain, START
    return chain, chain.above(place(complaint)) if is_climbing else chain.after(place(complaint))


def is_right(complaint: Complaint) -> bool:
    """Whether the chain it follows is the one for its level and kind."""
    if complaint.escalation_policy_id is None:
        return False
    policy = read(policies.by_id(complaint.escalation_policy_id))
    return policy.chain_for(complaint.level, complaint.category).id == complaint.escalation_chain


def place(complaint: Complaint) -> Place:
    """Where it stands in its chain."""
    return Place(complaint.escalation_level, complaint.escalation_round)


def move(complaint: Complaint, to: Place) -> None:
    """Let it stand there."""
    complaint.escalation_level, complaint.escalation_round = to


def lease(complaint: Complaint) -> timedelta:
    """How long an acknowledgement of it holds without progress (ES2)."""
    kept = complaint.escalation_policy_id
    version = policies.current(PolicyKind.ESCALATION) if kept is None else policies.by_id(kept)
    return read(version).leases[complaint.level]


def lease_ends(complaint: Complaint, *, now: datetime) -> datetime:
    """Until when an acknowledgement given or renewed now holds.

    A major complaint knows no night. What is milder goes stale in working time only: a file that lay still for days
    is no reason to wake the duty group.
    """
    ends = now + lease(complaint)
    if complaint.level is Severity.MAJOR:
        return ends
    return working_time.calendar(policies.current(PolicyKind.WORKING_TIME)).open_from(ends)


def quiet_until(complaint: Complaint, *, now: datetime) -> datetime | None:
    """Until when nobody is called because somebody stood the chain down; None when nobody did, or it is over."""
    until = stood_down_until(complaint)
    return until if until is not None and until > now else None


def stood_down_until(complaint: Complaint) -> datetime | None:
    """The end of the newest stand-down, past or not; None when the complaint was called for, given away or became
    graver since: what could wait then cannot wait now.
    """
    statement = (
        select(TimelineEvent)
        .where(TimelineEvent.complaint_id == complaint.id, TimelineEvent.kind.in_(_ENDS_A_STAND_DOWN))
        .order_by(TimelineEvent.id.desc())
        .limit(1)
    )
    newest = db.session.scalars(statement).first()
    if newest is None or newest.kind is not EventKind.STOOD_DOWN or complaint.level < newest.details["level"]:
        return None
    return datetime.fromisoformat(newest.details["until"])


def stood_down(complaints: Sequence[Complaint]) -> dict[int, datetime]:
    """The same for many, by the complaints' ids, in one question."""
    known = {complaint.id: complaint for complaint in complaints}
    found = {}
    for ids in bulk.batches(known):
        newest = (
            select(func.max(TimelineEvent.id))
            .where(TimelineEvent.complaint_id.in_(ids), TimelineEvent.kind.in_(_ENDS_A_STAND_DOWN))
            .group_by(TimelineEvent.complaint_id)
        )
        rows = select(TimelineEvent.complaint_id, TimelineEvent.details).where(
            TimelineEvent.id.in_(newest), TimelineEvent.kind == EventKind.STOOD_DOWN
        )
        for complaint_id, details in db.session.execute(rows):
            if known[complaint_id].level >= details["level"]:
                found[complaint_id] = datetime.fromisoformat(details["until"])
    return found


_ENDS_A_STAND_DOWN = (EventKind.STOOD_DOWN, EventKind.ESCALATED, EventKind.ASSIGNED)
