"""Whether a message is still wanted: asked again at the very moment of sending."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select

from extensions import db
from models import Clock, Complaint, Notification, Person
from rules.lifecycle import OPEN
from rules.message_kinds import CALLS
from rules.message_states import MessageEvent
from rules.vocabulary import ClockState, MessageClass, NotificationKind, Status
from services import appointment_notices, bulk, chains, drills, duty, notifications, opt_outs, silences, summonses
from services.summonses import Called

_AFTER_THE_END = frozenset(
    {
        NotificationKind.PROMISE_DUE,
        NotificationKind.COMPENSATION_TO_DECIDE,
        NotificationKind.GROUP_MESSAGE,
        NotificationKind.FOLLOW_UP_LINK,
        NotificationKind.FOLLOW_UP_DUE,
        NotificationKind.ACTION_DUE,
        NotificationKind.STATEMENT_TO_APPROVE,
        NotificationKind.MALICE_TO_DECIDE,
    }
)
"""What somebody still has to know of a complaint that is closed; of a void one nobody has to know anything."""

_UNTIL_SOMEBODY_HAS_IT = frozenset({*CALLS, NotificationKind.LEASE_LAPSED, NotificationKind.NOBODY_ON_DUTY})
"""What only keeps a complaint from lying there: void once somebody has it, or it is solved."""

_WHATEVER_BECAME_OF_IT = frozenset({NotificationKind.ANSWER, NotificationKind.DRILL, NotificationKind.VISIT_CHANGED})
"""What does not depend on where the complaint stands."""

_MINDFUL_OF_OPT_OUTS = frozenset({MessageClass.CUSTOMER})


def unwanted(notifications_: Sequence[Notification], *, now: datetime) -> dict[int, MessageEvent]:
    """Of messages that were read just now, with their complaints: which nobody needs any more, and why, by their ids.

    Their time is over, or things have moved on.
    """
    history = _History([each.complaint for each in notifications_ if each.complaint is not None])
    found = {}
    for each in notifications_:
        if each.expires_at <= now:
            found[each.id] = MessageEvent.EXPIRE
        elif _is_moot(each, history, now=now):
            found[each.id] = MessageEvent.CANCEL
    return found


class _History:
    """What became of the calls for some complaints, in two questions."""

    def __init__(self, complaints: Sequence[Complaint]) -> None:
        self._stood_down = chains.stood_down(complaints)
        self._summonses = summonses.of(complaints)

    def is_quiet(self, complaint: Complaint, *, now: datetime) -> bool:
        """Whether nobody is called now because somebody stood the chain down."""
        until = self._stood_down.get(complaint.id)
        return until is not None and until > now

    def is_released(self, complaint: Complaint, person: Person) -> bool:
        """Whether the person was called and is not any more."""
        return summonses.all_ended(self._own(complaint, person))

    def has_answered(self, complaint: Complaint, person: Person) -> bool:
        """Whether the person answered in this run and was not called again since."""
        return summonses.all_answered(self._own(complaint, person))

    def _own(self, complaint: Complaint, person: Person) -> list[Called]:
        return [each for each in self._summonses[complaint.id] if each.person_id == person.id]


def moot_members(notifications_: Iterable[Notification]) -> set[int]:
    """Of many messages that would go out as one, the ids of those nobody needs any more, in two questions.

    Rougher than ``unwanted``: it knows that somebody has the complaint, that it is over, that its clock stands still.
    """
    waiting = list(notifications_)
    settled = _settled_complaints({each.complaint_id for each in waiting if each.complaint_id is not None})
    still = _idle_clocks({clock for each in waiting if (clock := notifications.clock_of(each)) is not None})
    return {
        each.id
        for each in waiting
        if (each.kind in _UNTIL_SOMEBODY_HAS_IT and each.complaint_id in settled)
        or notifications.clock_of(each) in still
    }


def _settled_complaints(ids: set[int]) -> set[int]:
    found: set[int] = set()
    for some in bulk.batches(ids):
        is_settled = Complaint.acknowledged_at.is_not(None) | Complaint.status.not_in(OPEN)
        found.update(db.session.scalars(select(Complaint.id).where(Complaint.id.in_(some), is_settled)))
    return found


def _idle_clocks(ids: set[int]) -> set[int]:
    found: set[int] = set()
    for some in bulk.batches(ids):
        runs = Clock.state.in_((ClockState.RUNNING, ClockState.BREACHED, ClockState.MISSED))
        found.update(db.session.scalars(select(Clock.id).where(Clock.id.in_(some), ~runs)))
    return found


def is_moot(notification: Notification, *, now: datetime) -> bool:
    """Whether things have moved on since one message was written, whatever its own time says."""
    complaint = notification.complaint
    if complaint is not None:
        db.session.refresh(complaint, ["acknowledged_at", "status", "severity", "suggested_severity", "nudge_at"])
    return _is_moot(notification, _History([complaint] if complaint else []), now=now)


def _is_moot(notification: Notification, history: _History, *, now: datetime) -> bool:
    person, shift, complaint = notification.person, notification.shift, notification.complaint
    if person is not None and not person.is_active:
        return True
    if notification.message_class in _MINDFUL_OF_OPT_OUTS and opt_outs.stands(notification.phone):
        return True
    if notification.kind is NotificationKind.DRILL and not drills.goes_on(notification, now=now):
        return True
    if shift is not None and person is not None and not duty.stands_in(shift, person):
        return True
    if notification.appointment is not None and appointment_notices.is_moot(notification, now=now):
        return True
    if complaint is None or notification.kind in _WHATEVER_BECAME_OF_IT:
        return False
    return _is_moot_by_now(notification, complaint, history, now=now)


def _is_moot_by_now(notification: Notification, complaint: Complaint, history: _History, *, now: datetime) -> bool:
    """Whether the complaint has moved on: somebody has it, it is milder than the message says, stood down or over."""
    if complaint.is_finished and not (complaint.status is Status.CLOSED and notification.kind in _AFTER_THE_END):
        return True
    if notification.severity is not None and complaint.level > notification.severity:
        return True
    if notification.kind in CALLS and _is_call_void(notification, complaint, history, now=now):
        return True
    if notification.kind in _UNTIL_SOMEBODY_HAS_IT:
        return _has_been_taken(notification, complaint, history)
    if notification.kind is NotificationKind.CUSTOMER_SILENT:
        return silences.is_broken(complaint, since=notification.created_at)
    return notifications.is_of_idle_clock(notification)


def _has_been_taken(notification: Notification, complaint: Complaint, history: _History) -> bool:
    if complaint.acknowledged_at is not None or not complaint.is_open:
        return True
    person = notification.person
    is_answer_wanted = notification.kind is not NotificationKind.NOBODY_ON_DUTY
    return is_answer_wanted and person is not None and history.has_answered(complaint, person)


def _is_call_void(notification: Notification, complaint: Complaint, history: _History, *, now: datetime) -> bool:
    """Whether nobody is to be called now, or this person no more."""
    if history.is_quiet(complaint, now=now):
        return True
    return notification.person is not None and history.is_released(complaint, notification.person)
