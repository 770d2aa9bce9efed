"""Bad faith: said by whoever handles the complaint, decided by legal counsel, and never a deletion (A-10, decision 8).

A confirmed one stays where it is, marked: its clocks end, but for the answers that authorities wait for, and somebody
has it, so that nobody else is called now. Whether it is closed, a person says; the lease reminds them to.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from extensions import db
from models import Complaint, MaliceReview, Person
from rules import texts
from rules.next_steps import NextStep, Tab
from rules.permissions import Permission
from rules.refusals import Conflict, NotAllowed
from rules.vocabulary import N_, EventKind, MaliceVerdict, NotificationKind, Position, Status
from services import acknowledgements, milestones, notifications, people, timeline
from services.actors import require


def of(complaint: Complaint) -> list[MaliceReview]:
    """Every suspicion and what became of it, the newest first."""
    statement = (
        select(MaliceReview)
        .where(MaliceReview.complaint_id == complaint.id)
        .options(joinedload(MaliceReview.said_by), joinedload(MaliceReview.decided_by))
        .order_by(MaliceReview.id.desc())
    )
    return list(db.session.scalars(statement))


def is_confirmed(complaint: Complaint) -> bool:
    """Whether legal counsel found that it was made in bad faith."""
    confirmed = select(MaliceReview.id).where(
        MaliceReview.complaint_id == complaint.id, MaliceReview.verdict == MaliceVerdict.CONFIRMED
    )
    return db.session.scalar(confirmed.limit(1)) is not None


def may_say(complaint: Complaint, actor: Person) -> bool:
    """Whether this person may say a suspicion now."""
    return (
        actor.may(Permission.CONTACT)
        and complaint.status is not Status.VOID
        and all(review.verdict is MaliceVerdict.REJECTED for review in of(complaint))
    )


def may_decide(review: MaliceReview, actor: Person) -> bool:
    """Whether it is this person's to decide: counsel, and not who said it; a finding may be taken back, once."""
    return (
        review.verdict is not MaliceVerdict.REJECTED
        and actor.position is Position.LEGAL_COUNSEL
        and review.said_by_id != actor.id
    )


def say(complaint: Complaint, *, suspicion: str, actor: Person, now: datetime) -> MaliceReview:
    """Say that a complaint seems to be made in bad faith, and why; legal counsel is asked.

    Raises:
        Refusal: no words. Conflict: that was said before and is not rejected, or the record is void.
    """
    require(actor, Permission.CONTACT)
    texts.check_given(suspicion, N_("Please say what makes you think so."), field="suspicion")
    if complaint.status is Status.VOID:
        raise Conflict(N_("This record is void."))
    if not may_say(complaint, actor):
        raise Conflict(N_("Legal counsel was asked about this already."))
    review = MaliceReview(complaint=complaint, suspicion=suspicion.strip(), said_at=now, said_by=actor)
    db.session.add(review)
    timeline.add(complaint, EventKind.MALICE, actor=actor, now=now, note=review.suspicion, details={"step": "said"})
    db.session.flush()
    _ask_counsel(review, now=now)
    return review


def decide(review: MaliceReview, *, verdict: MaliceVerdict, grounds: str, actor: Person, now: datetime) -> None:
    """Decide on a suspicion, with grounds; a confirmed one ends the complaint's clocks and calls. Counsel who finds out
    better takes it back the same way: the complaint is one like any other again, and owed a reply anew.

    Raises:
        NotAllowed: somebody else than counsel. Refusal: no grounds. Conflict: decided before, or counsel said it.
    """
    if actor.position is not Position.LEGAL_COUNSEL:
        raise NotAllowed(N_("Only legal counsel decides whether a complaint is made in bad faith."))
    texts.check_given(grounds, N_("Please give your grounds."), field="grounds")
    if review.verdict in (MaliceVerdict.REJECTED, verdict):
        raise Conflict(N_("Legal counsel decided on this already."))
    if review.said_by_id == actor.id:
        raise Conflict(N_("Whoever said the suspicion does not decide on it."))
    is_taken_back = review.verdict is MaliceVerdict.CONFIRMED
    review.verdict, review.grounds = verdict, grounds.strip()
    review.decided_at, review.decided_by = now, actor
    timeline.add(
        review.complaint,
        EventKind.MALICE,
        actor=actor,
        now=now,
        note=review.grounds,
        details={"step": "decided", "verdict": verdict},
    )
    db.session.flush()
    if verdict is MaliceVerdict.CONFIRMED:
        _take_off_the_clocks(review.complaint, actor=actor, now=now)
    elif is_taken_back and review.complaint.is_open:
        milestones.reopened(review.complaint, actor=actor, now=now)
        db.session.flush()


def todo(complaint: Complaint, *, now: datetime) -> list[NextStep]:
    """A suspicion that waits for counsel."""
    waiting = select(MaliceReview.id).where(MaliceReview.complaint_id == complaint.id, MaliceReview.verdict.is_(None))
    if complaint.status is Status.VOID or db.session.scalar(waiting.limit(1)) is None:
        return []
    return [NextStep(Tab.OUTWARD, N_("Legal counsel decides whether it is made in bad faith"))]


def _take_off_the_clocks(complaint: Complaint, *, actor: Person, now: datetime) -> None:
    milestones.malice_confirmed(complaint, actor=actor, now=now)
    if complaint.is_open:
        acknowledgements.settle(complaint, by=actor, now=now)
        acknowledgements.renew(complaint, now=now)
    db.session.flush()


def _ask_counsel(review: MaliceReview, *, now: datetime) -> None:
    for person in people.with_position(Position.LEGAL_COUNSEL):
        if person.id != review.said_by_id:
            notifications.queue(
                kind=NotificationKind.MALICE_TO_DECIDE,
                person=person,
                dedup_key=f"malice:{review.id}:decide:{person.id}",
                complaint=review.complaint,
                now=now,
                number=review.complaint.number,
            )
