"""Whether a message is still wanted: asked again at the very moment of sending."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select

from extensions import db
from models import Clock, Complaint, Notification
from rules.lifecycle import OPEN
from rules.message_kinds import CALLS
from rules.message_states import MessageEvent
from rules.vocabulary import ClockState, MessageClass, NotificationKind, Status
from services import appointments, bulk, chains, drills, duty, notifications, opt_outs, silences, summonses

_AFTER_THE_END = frozenset(
    {NotificationKind.PROMISE_DUE, NotificationKind.COMPENSATION_TO_DECIDE, NotificationKind.GROUP_MESSAGE}
)
"""What somebody still has to know of a complaint that is closed; of a void one nobody has to know anything."""

_UNTIL_SOMEBODY_HAS_IT = frozenset({*CALLS, NotificationKind.LEASE_LAPSED, NotificationKind.NOBODY_ON_DUTY})
"""What only keeps a complaint from lying there: void once somebody has it, or it is solved."""

_WHATEVER_BECAME_OF_IT = frozenset({NotificationKind.ANSWER, NotificationKind.DRILL, NotificationKind.VISIT_CHANGED})
"""What does not depend on where the complaint stands."""

_MINDFUL_OF_OPT_OUTS = frozenset({MessageClass.CUSTOMER})


def unwanted(notification: Notification, *, now: datetime) -> MessageEvent | None:
    """Why nobody needs the message any more: its time is over, or things have moved on; None when it is wanted."""
    if notification.expires_at <= now:
        return MessageEvent.EXPIRE
    return MessageEvent.CANCEL if is_moot(notification, now=now) else None


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
    """Whether things have moved on since it was written, whatever its own time says."""
    person, shift, complaint = notification.person, notification.shift, notification.complaint
    if person is not None and not person.is_active:
        return True
    if notification.message_class in _MINDFUL_OF_OPT_OUTS and opt_outs.stands(notification.phone):
        return True
    if notification.kind is NotificationKind.DRILL and not drills.goes_on(notification, now=now):
        return True
    if shift is not None and person is not None and not duty.stands_in(shift, person):
        return True
    if notification.appointment is not None and appointments.is_moot(notification, now=now):
        return True
    if complaint is None or notification.kind in _WHATEVER_BECAME_OF_IT:
        return False
    db.session.refresh(complaint, ["acknowledged_at", "status", "severity", "suggested_severity", "nudge_at"])
    return _is_moot_by_now(notification, complaint, now=now)


def _is_moot_by_now(notification: Notification, complaint: Complaint, *, now: datetime) -> bool:
    """Whether the complaint has moved on: somebody has it, it is milder than the message says, stood down or over."""
    if complaint.is_finished and not (complaint.status is Status.CLOSED and notification.kind in _AFTER_THE_END):
        return True
    if notification.severity is not None and complaint.level > notification.severity:
        return True
    if notification.kind in CALLS and _is_call_void(notification, complaint, now=now):
        return True
    if notification.kind in _UNTIL_SOMEBODY_HAS_IT:
        return _has_been_taken(notification, complaint)
    if notification.kind is NotificationKind.CUSTOMER_SILENT:
        return silences.is_broken(complaint, since=notification.created_at)
    return notifications.is_of_idle_clock(notification)


def _has_been_taken(notification: Notification, complaint: Complaint) -> bool:
    if complaint.acknowledged_at is not None or not complaint.is_open:
        return True
    person = notification.person
    is_answer_wanted = notification.kind is not NotificationKind.NOBODY_ON_DUTY
    return is_answer_wanted and person is not None and summonses.has_answered(complaint, person)


def _is_call_void(notification: Notification, complaint: Complaint, *, now: datetime) -> bool:
    """Whether nobody is to be called now, or this person no more."""
    if chains.quiet_until(complaint, now=now) is not None:
        return True
    return notification.person is not None and summonses.is_released(complaint, notification.person)
