"""Silence: whoever was asked first is nudged when the customer hears nothing for too long (N6, G-02).

Every word that reaches the customer begins the wait anew. Nudged again and again, in working time only: nobody is
called at night over a case that somebody has in hand. A clock that waits for the customer does not end the wait, so
that a forgotten pause is noticed too.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select

from extensions import db
from models import Complaint, CustomerContact, Person
from rules import sms_values
from rules.settings import SettingKey
from rules.vocabulary import EventKind, NotificationKind, PolicyKind
from services import complaint_locks, duty, notifications, policies, settings, timeline, working_time
from services.actors import SYSTEM

SWEEP_BATCH = 100


def begin_anew(complaint: Complaint, *, now: datetime) -> None:
    """The customer has just heard from the desk: wait from now on, and take back a nudge that is not sent yet."""
    end(complaint, now=now)
    if complaint.is_open and not complaint.is_history:
        complaint.nudge_at = now + _patience()


def end(complaint: Complaint, *, now: datetime) -> None:
    """Nobody has to say anything more: the follow-up asks, or the complaint is over."""
    complaint.nudge_at = None
    notifications.withdraw(complaint, (NotificationKind.CUSTOMER_SILENT,), now=now)


def sweep(*, now: datetime, limit: int = SWEEP_BATCH) -> int:
    """Nudge for every complaint whose customer has waited for too long; returns for how many.

    However late the sweep comes, each is nudged for once, and the next wait begins now.
    """
    if working_time.calendar(policies.current(PolicyKind.WORKING_TIME)).open_from(now) != now:
        return 0
    due = select(Complaint.id).where(Complaint.nudge_at <= now).order_by(Complaint.nudge_at).limit(limit)
    nudged = 0
    for complaint in complaint_locks.take(list(db.session.scalars(due))):
        if complaint.nudge_at is not None and complaint.nudge_at <= now:
            _nudge(complaint, now=now)
            nudged += 1
    db.session.flush()
    return nudged


def is_broken(complaint: Complaint, *, since: datetime) -> bool:
    """Whether the customer heard from the desk after ``since``, or need not any more."""
    if complaint.nudge_at is None:
        return True
    heard_at = _heard_at(complaint)
    return heard_at is not None and heard_at > since


def _nudge(complaint: Complaint, *, now: datetime) -> None:
    heard_at = _heard_at(complaint) or complaint.first_word_at
    people = _who_answers(complaint, now=now)
    timeline.add(
        complaint,
        EventKind.CUSTOMER_SILENT,
        actor=SYSTEM,
        now=now,
        details={"since": heard_at, "names": [person.name for person in people]},
    )
    for person in people:
        notifications.queue(
            kind=NotificationKind.CUSTOMER_SILENT,
            person=person,
            dedup_key=f"silence:{complaint.id}:{complaint.nudge_at:%Y%m%d%H%M%S}:{person.id}",
            complaint=complaint,
            now=now,
            number=complaint.number,
            time=sms_values.length(now - heard_at),
        )
    complaint.nudge_at = now + _patience()


def _who_answers(complaint: Complaint, *, now: datetime) -> list[Person]:
    """The one who was asked first and follows through; who has it now where they left; the leader where nobody does."""
    for person in (complaint.first_responder, complaint.handler):
        if person is not None and person.is_active:
            return [person]
    return duty.leaders(at=now)


def _heard_at(complaint: Complaint) -> datetime | None:
    statement = select(func.max(CustomerContact.at)).where(
        CustomerContact.complaint_id == complaint.id, CustomerContact.is_reached
    )
    return db.session.scalar(statement)


def _patience() -> timedelta:
    return timedelta(hours=settings.value(SettingKey.SILENCE_HOURS))
