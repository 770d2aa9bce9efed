"""Duplicates: the same matter recorded twice goes on under one number; the other is void and says which (IN5)."""

from __future__ import annotations

from datetime import datetime

from models import Complaint, Person
from rules.refusals import Conflict, Refusal
from rules.vocabulary import N_, CompensationStatus, EventKind
from services import complaint_locks, complaints, timeline
from services.actors import Actor

_OWED_NOTHING = (CompensationStatus.REFUSED, CompensationStatus.WITHDRAWN, CompensationStatus.DECLINED)


def merge(complaint: Complaint, *, into: str, reason: str, actor: Person, now: datetime) -> None:
    """Make this complaint void as a duplicate of the one with the number ``into``, which takes over its risk facts.

    What was said, promised and logged stays with the record it was said in; each names the other.

    Raises:
        Refusal: no reason, no such number, or its own. Conflict: the other is over, somebody else is changing it, or
        a promise or compensation of this one is not settled.
    """
    other = _other(complaint, into.strip().upper())
    _refuse_unsettled(complaint)
    complaints.make_void(complaint, reason=reason, actor=actor, now=now)
    complaint.duplicate_of = other
    for one, its_other in ((complaint, other), (other, complaint)):
        timeline.add(
            one,
            EventKind.DUPLICATE_MERGED,
            actor=actor,
            now=now,
            note=reason.strip(),
            details={"number": its_other.number, "is_void": one is complaint},
        )
    _take_over_facts(other, complaint, actor=actor, now=now)


def _other(complaint: Complaint, number: str) -> Complaint:
    if number == complaint.number:
        raise Refusal(N_("A complaint is no duplicate of itself."), field="duplicate_of")
    other = complaint_locks.another(number, field="duplicate_of")
    if other.is_drill is not complaint.is_drill:
        raise Refusal(N_("A drill and a complaint in earnest are not the same matter."), field="duplicate_of")
    if other.is_finished or other.is_history:
        raise Conflict(
            N_("%(number)s is over; choose the complaint that goes on, or reopen it first."),
            field="duplicate_of",
            number=other.number,
        )
    return other


def _refuse_unsettled(complaint: Complaint) -> None:
    """Money and promises do not disappear with a mistaken record."""
    is_promised = any(promise.is_open for promise in complaint.promises)
    is_owed = any(compensation.status not in _OWED_NOTHING for compensation in complaint.compensations)
    if is_promised or is_owed:
        raise Conflict(
            N_("It has promises or compensations of its own; settle them first, or merge the other one into this."),
            field="duplicate_of",
        )


def _take_over_facts(complaint: Complaint, duplicate: Complaint, *, actor: Actor, now: datetime) -> None:
    complaints.put_facts(complaint, complaint.facts.joined(duplicate.facts))
    complaints.follow_facts(complaint, note="", actor=actor, now=now)
