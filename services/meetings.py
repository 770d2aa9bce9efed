"""Triage meetings: called, joined, ended with decisions, flagged when they go on too long (D-10, N4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload, selectinload

from extensions import db
from models import Complaint, MeetingAttendee, Person, TriageMeeting
from rules import meetings as rule
from rules import texts
from rules.lifecycle import next_status
from rules.permissions import ACTION_PERMISSION
from rules.refusals import Conflict, Refusal
from rules.vocabulary import N_, Action, EventKind, FaultSide, NotificationKind, Severity
from services import (
    complaint_locks,
    complaints,
    duty,
    first_writer,
    notifications,
    people,
    promises,
    responsibilities,
    timeline,
)
from services.actors import SYSTEM, require

MAX_PLACE = 200


def open_of(complaint: Complaint) -> TriageMeeting | None:
    """The meeting that is going on about this complaint; there is one at most."""
    statement = select(TriageMeeting).where(
        TriageMeeting.complaint_id == complaint.id, TriageMeeting.ended_at.is_(None)
    )
    return db.session.scalar(statement)


def all_going_on(*, limit: int = 5) -> list[TriageMeeting]:
    """Meetings that go on now, the newest on top, with their complaints and who was called."""
    statement = (
        select(TriageMeeting)
        .where(TriageMeeting.ended_at.is_(None))
        .options(joinedload(TriageMeeting.complaint), selectinload(TriageMeeting.attendees))
        .order_by(TriageMeeting.due_at.desc())
        .limit(limit)
    )
    return list(db.session.scalars(statement))


def going_on(complaint: Complaint) -> TriageMeeting:
    """The meeting that is going on.

    Raises:
        Conflict: there is none, or it has ended.
    """
    meeting = open_of(complaint)
    if meeting is None:
        raise Conflict(N_("No triage meeting is going on."))
    return meeting


def proposed_attendees(complaint: Complaint, *, at: datetime) -> list[Person]:
    """Whom to call: the leader on duty and the people that D-14's map names for this kind of complaint."""
    _, lead, cooperators = responsibilities.proposal(complaint)
    named = [part.person for part in responsibilities.current(complaint)]
    return people.distinct([*duty.leaders(at=at), *named, *([lead] if lead else []), *cooperators])


def start(
    complaint: Complaint, *, attendees: Sequence[Person], place: str, actor: Person, now: datetime
) -> TriageMeeting:
    """Begin a meeting of ten minutes: everybody named is called at once, who begins it is there.

    ``place`` is a link or a room. One meeting at a time: the first who presses begins it.

    Raises:
        Refusal: nobody else is called, too many are, or somebody cannot come. Conflict: one is going on already.
    """
    require(actor, ACTION_PERMISSION[Action.MEET])
    next_status(complaint.status, Action.MEET)
    texts.check(place, field="place", longest=MAX_PLACE)
    called = [person for person in people.distinct(attendees) if person.id != actor.id]
    _check(called)
    meeting = TriageMeeting(
        complaint_id=complaint.id,
        started_at=now,
        started_by_id=actor.id,
        due_at=now + rule.LENGTH,
        place=place.strip(),
    )
    if not first_writer.insert(meeting):
        raise Conflict(N_("A triage meeting about this complaint is going on already."))
    for person in (actor, *called):
        joined_at = now if person.id == actor.id else None
        db.session.add(MeetingAttendee(meeting=meeting, person_id=person.id, called_at=now, joined_at=joined_at))
    timeline.add(
        complaint,
        EventKind.MEETING_STARTED,
        actor=actor,
        now=now,
        note=meeting.place,
        details={"people": [person.name for person in called]},
    )
    db.session.flush()
    for person in called:
        _call(meeting, person, complaint, now=now)
    return meeting


def join(meeting: TriageMeeting, *, person: Person, actor: Person, now: datetime) -> None:
    """Write down that somebody is there; whoever was called says so themselves, others need the right to grade.

    Saying it twice changes nothing.

    Raises:
        Conflict: the meeting has ended. NotAllowed: neither called nor entitled.
    """
    _refuse_if_ended(meeting)
    attendee = _attendee(meeting, person)
    if attendee is None or person.id != actor.id:
        require(actor, ACTION_PERMISSION[Action.MEET])
    if attendee is None:
        attendee = MeetingAttendee(meeting_id=meeting.id, person_id=person.id, called_at=now, joined_at=now)
        first_writer.insert(attendee)
        db.session.expire(meeting, ["attendees"])
    attendee.joined_at = attendee.joined_at or now
    db.session.flush()


def end(
    meeting: TriageMeeting,
    *,
    severity: Severity,
    reason: str,
    side: FaultSide,
    lead: Person,
    cooperators: Sequence[Person],
    promise_text: str = "",
    promise_due_at: datetime | None = None,
    actor: Person,
    now: datetime,
) -> None:
    """End the meeting with what it decided: the level, one lead and cooperators, and what the customer is promised.

    Raises:
        Refusal, NotAllowed: as for grading and for a promise. Conflict: it has ended already.
    """
    complaint = meeting.complaint
    promises.check(promise_text, promise_due_at, now=now, text_field="promise_text")
    _close(meeting, decision=reason, actor=actor, now=now)
    complaints.grade(
        complaint,
        severity=severity,
        reason=reason,
        side=side,
        lead=lead,
        cooperators=cooperators,
        actor=actor,
        now=now,
    )
    if promise_text.strip() and promise_due_at is not None:
        promises.make(complaint, text=promise_text, due_at=promise_due_at, actor=actor, now=now)
    _tell_the_end(meeting, note="", is_called_off=False, actor=actor, now=now)


def call_off(meeting: TriageMeeting, *, reason: str, actor: Person, now: datetime) -> None:
    """End a meeting that decided nothing: begun by mistake, or nobody came.

    Raises:
        Refusal: no reason. Conflict: it has ended already.
    """
    require(actor, ACTION_PERMISSION[Action.MEET])
    texts.check_given(reason, N_("Please give a reason."), field="reason")
    _close(meeting, decision=reason, actor=actor, now=now)
    _tell_the_end(meeting, note=reason.strip(), is_called_off=True, actor=actor, now=now)


def flag_overruns(*, now: datetime, limit: int = 50) -> int:
    """Flag meetings whose ten minutes are over and that still go on, each once; returns how many."""
    running_over = (
        select(TriageMeeting.complaint_id)
        .where(TriageMeeting.ended_at.is_(None), TriageMeeting.due_at < now, TriageMeeting.overrun_at.is_(None))
        .order_by(TriageMeeting.due_at)
        .limit(limit)
    )
    ids = list(db.session.scalars(running_over))
    flagged = 0
    for complaint in complaint_locks.take(ids):
        meeting = open_of(complaint)
        if meeting is None or meeting.overrun_at is not None:
            continue
        meeting.overrun_at = meeting.due_at
        timeline.add(complaint, EventKind.MEETING_OVERRUN, actor=SYSTEM, now=now)
        flagged += 1
    db.session.flush()
    return flagged


def _check(called: Sequence[Person]) -> None:
    if not called:
        raise Refusal(N_("A meeting needs somebody to meet: call at least one more person."), field="attendees")
    if len(called) > rule.MAX_ATTENDEES:
        raise Refusal(N_("Call at most %(count)s people."), field="attendees", count=rule.MAX_ATTENDEES)
    for person in called:
        if not person.is_active:
            raise Refusal(N_("%(name)s does not work here any more."), field="attendees", name=person.name)


def _close(meeting: TriageMeeting, *, decision: str, actor: Person, now: datetime) -> None:
    """End it; of two who end it at the same moment the database lets one."""
    texts.check_given(decision, N_("Please give the reason for the level."), field="reason")
    overrun = meeting.due_at if meeting.overrun_at is None and now > meeting.due_at else meeting.overrun_at
    closing = (
        update(TriageMeeting)
        .where(TriageMeeting.id == meeting.id, TriageMeeting.ended_at.is_(None))
        .values(ended_at=now, ended_by_id=actor.id, decision=decision.strip(), overrun_at=overrun)
        .returning(TriageMeeting.id)
        .execution_options(synchronize_session=False)
    )
    if db.session.scalar(closing) is None:
        raise Conflict(N_("This triage meeting has ended already."))
    notifications.withdraw(meeting.complaint, (NotificationKind.MEETING_CALLED,), now=now)
    db.session.refresh(meeting)


def _refuse_if_ended(meeting: TriageMeeting) -> None:
    if meeting.ended_at is not None:
        raise Conflict(N_("This triage meeting has ended already."))


def _tell_the_end(meeting: TriageMeeting, *, note: str, is_called_off: bool, actor: Person, now: datetime) -> None:
    timeline.add(
        meeting.complaint,
        EventKind.MEETING_ENDED,
        actor=actor,
        now=now,
        note=note,
        details={
            "took_seconds": int((now - meeting.started_at).total_seconds()),
            "over_seconds": int(rule.overrun(meeting.due_at, meeting.ended_at, now).total_seconds()),
            "people": [attendee.person.name for attendee in meeting.attendees if attendee.joined_at],
            "is_called_off": is_called_off,
        },
    )
    db.session.flush()


def _attendee(meeting: TriageMeeting, person: Person) -> MeetingAttendee | None:
    return next((attendee for attendee in meeting.attendees if attendee.person_id == person.id), None)


def _call(meeting: TriageMeeting, person: Person, complaint: Complaint, *, now: datetime) -> None:
    notifications.queue(
        kind=NotificationKind.MEETING_CALLED,
        person=person,
        dedup_key=f"meeting:{meeting.id}:called:{person.id}",
        complaint=complaint,
        now=now,
        number=complaint.number,
    )
