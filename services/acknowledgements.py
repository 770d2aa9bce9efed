"""Acknowledgements: somebody has the complaint. A lease that real progress renews; when it lapses the chain goes on
(ES2). Where several must acknowledge, each does so for themselves (ES3).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from extensions import db
from models import Complaint, Person
from rules.vocabulary import EscalationCause, EventKind, NotificationKind
from services import chains, complaint_locks, escalations, notifications, summonses, timeline
from services.actors import SYSTEM

SWEEP_BATCH = 50
"""Leases that lapse in one sweep."""


def take(complaint: Complaint, *, actor: Person, now: datetime) -> None:
    """Write down that the actor answers; the chain stops once nobody else has to.

    The first to answer becomes the handler: whoever answers beside them does not take it away.
    """
    is_first = not summonses.answered(complaint)
    changes = {"handler": (complaint.handler and complaint.handler.name, actor.name)}
    if is_first:
        complaint.handler = actor
    is_held = summonses.answer(complaint, actor, now=now)
    timeline.add(
        complaint,
        EventKind.ACKNOWLEDGED,
        actor=actor,
        now=now,
        details={"missing": [summons.person.name for summons in summonses.missing(complaint)]},
        changes=changes if is_first and changes["handler"][0] != actor.name else None,
    )
    if is_held:
        settle(complaint, by=actor, now=now)
        renew(complaint, now=now)
    else:
        notifications.cancel_calls(complaint, now=now, person=actor)
    db.session.flush()


def settle(complaint: Complaint, *, by: Person, now: datetime) -> None:
    """It is solved: whoever solved it had it, nobody else is called, and nobody has to show progress any more."""
    if complaint.acknowledged_at is None:
        complaint.acknowledged_at, complaint.acknowledged_by = now, by
    let_go(complaint, now=now)


def let_go(complaint: Complaint, *, now: datetime) -> None:
    """It is over: nobody is called, and nobody has to show progress any more."""
    escalations.stop(complaint, now=now)
    complaint.lease_until = None


def renew(complaint: Complaint, *, now: datetime) -> None:
    """There is real progress (a call logged, a visit, evidence, a level): the acknowledgement holds anew.

    A note among colleagues is none. What nobody has, is over or comes from the past has no lease.
    """
    if complaint.acknowledged_at is None or not complaint.is_open or complaint.is_history:
        complaint.lease_until = None
        return
    ends = (chains.lease_ends(complaint, now=now), chains.quiet_until(complaint, now=now))
    complaint.lease_until = max(end for end in ends if end is not None)


def sweep(*, now: datetime, limit: int = SWEEP_BATCH) -> int:
    """Let every acknowledgement without progress lapse; the chain goes on where it stood. Returns how many."""
    stale = select(Complaint.id).where(Complaint.lease_until <= now).order_by(Complaint.lease_until).limit(limit)
    waiting = list(db.session.scalars(stale))
    lapsed = 0
    for complaint in complaint_locks.take(waiting):
        if complaint.lease_until is not None and complaint.lease_until <= now:
            lapsed += lapse(complaint, now=now)
    db.session.flush()
    return lapsed


def lapse(complaint: Complaint, *, now: datetime) -> bool:
    """The acknowledgement went stale: whoever had it is told, and the chain goes on. False where there is nothing to
    lapse: the complaint is over.
    """
    due_at, holder = complaint.lease_until, complaint.handler or complaint.acknowledged_by
    if not complaint.is_open:
        let_go(complaint, now=now)
        return False
    if due_at is not None and chains.stood_down_until(complaint) == due_at:
        escalations.go_on(complaint, cause=EscalationCause.RESUMED, due_at=due_at, now=now)
        return True
    since = complaint.acknowledged_at
    timeline.add(
        complaint,
        EventKind.LEASE_LAPSED,
        actor=SYSTEM,
        now=now,
        details={"person": holder.name if holder else "", "since": since},
    )
    escalations.go_on(complaint, cause=EscalationCause.LAPSED, due_at=due_at, now=now)
    if holder is not None and holder.is_active:
        _tell_holder(complaint, holder, now=now)
    return True


def _tell_holder(complaint: Complaint, holder: Person, *, now: datetime) -> None:
    notifications.queue(
        kind=NotificationKind.LEASE_LAPSED,
        person=holder,
        dedup_key=f"complaint:{complaint.id}:lapsed:{int(now.timestamp())}:{holder.id}",
        complaint=complaint,
        now=now,
        number=complaint.number,
    )
