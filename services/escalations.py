"""Escalation: call the next person until somebody has the complaint (D-03, G-04). Never silence."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from extensions import COMPANY_ZONE, db
from models import Clock, Complaint, Escalation, Person
from rules import texts
from rules.escalation import LADDER, TOP, Target, next_level
from rules.lifecycle import OPEN, next_status
from rules.permissions import Permission
from rules.settings import SettingKey
from rules.vocabulary import (
    N_,
    Action,
    ClockKind,
    EscalationCause,
    EventKind,
    NotificationKind,
    Role,
    Severity,
)
from services import complaint_locks, duty, notifications, people, settings, timeline
from services.actors import SYSTEM, Actor, require

SWEEP_BATCH = 50
"""Complaints that climb in one sweep; a storm takes several."""


def call_first(complaint: Complaint, *, now: datetime) -> None:
    """Call the duty member of the role in charge (level 0); a probably major case calls the leader as well.

    Nobody on duty for the role: written down, and the ladder climbs at once.
    """
    called = _people(Target.REQUIRED_ROLE, complaint, now)
    if not called:
        _climb(complaint, cause=EscalationCause.NOBODY_ON_DUTY, reason="", actor=SYSTEM, now=now)
        return
    if complaint.suggested_severity is Severity.MAJOR:
        called = list({person.id: person for person in [*called, *duty.leaders(at=now)]}.values())
    complaint.escalation_due_at = now + _wait(0)
    for person in called:
        _call(complaint, person, escalation=None, kind=NotificationKind.DUTY_CALL, now=now)


def escalate(complaint: Complaint, *, reason: str, actor: Actor, now: datetime) -> Escalation:
    """Press the button: one level up, the next person is called, and whoever had it must be relieved anew.

    Raises:
        NotAllowed: the role does not allow it. Conflict: the complaint is over. Refusal: no reason.
    """
    require(actor, Permission.ESCALATE)
    next_status(complaint.status, Action.ESCALATE)
    texts.check_given(reason, N_("Please say why you escalate."), field="reason")
    return raise_level(complaint, cause=EscalationCause.MANUAL, reason=reason.strip(), actor=actor, now=now)


def raise_level(
    complaint: Complaint, *, cause: EscalationCause, reason: str, actor: Actor, now: datetime
) -> Escalation:
    """Climb one step and call whoever stands there; the chain then waits for their acknowledgement."""
    complaint.acknowledged_at = None
    complaint.acknowledged_by = None
    return _climb(complaint, cause=cause, reason=reason, actor=actor, now=now)


def level_raised(complaint: Complaint, *, actor: Actor, now: datetime) -> None:
    """The complaint became graver: where nobody has it, the chain of its new level begins."""


def sweep(*, now: datetime, limit: int = SWEEP_BATCH) -> int:
    """Climb one step for every complaint whose wait is over; returns how many.

    However late the sweep comes, each complaint climbs one step a run and the next wait starts now: three hours of
    silence do not become three hours of calls at once.
    """
    due = select(Complaint.id).where(Complaint.escalation_due_at <= now).order_by(Complaint.escalation_due_at)
    waiting = list(db.session.scalars(due.limit(limit)))
    locked = complaint_locks.take(waiting) if waiting else []
    climbed = 0
    for complaint_id in locked:
        complaint = db.session.get_one(Complaint, complaint_id)
        if complaint.escalation_due_at is None or complaint.escalation_due_at > now:
            continue
        if complaint.status not in OPEN:
            complaint.escalation_due_at = None
            continue
        _climb(complaint, cause=EscalationCause.UNANSWERED, reason="", actor=SYSTEM, now=now)
        climbed += 1
    db.session.flush()
    return climbed


def _climb(complaint: Complaint, *, cause: EscalationCause, reason: str, actor: Actor, now: datetime) -> Escalation:
    """Go up to the next step where somebody can be called; empty steps are written down and passed at once."""
    level = complaint.escalation_level
    if cause is EscalationCause.NOBODY_ON_DUTY:
        _note_nobody(complaint, LADDER[level], now=now)
    to_level = next_level(level)
    called = _people(LADDER[to_level], complaint, now)
    while not called and to_level < TOP:
        _note_nobody(complaint, LADDER[to_level], now=now)
        to_level = next_level(to_level)
        called = _people(LADDER[to_level], complaint, now)
    if not called:
        _note_nobody(complaint, LADDER[to_level], now=now)
        called = duty.leaders(at=now)
    escalation = Escalation(
        complaint=complaint,
        from_level=level,
        to_level=to_level,
        target=LADDER[to_level],
        cause=cause,
        reason=reason,
        raised_at=now,
        raised_by_id=actor.id,
    )
    db.session.add(escalation)
    complaint.escalation_level = to_level
    complaint.escalation_due_at = now + _wait(to_level)
    db.session.flush()
    timeline.add(
        complaint,
        EventKind.ESCALATED,
        actor=actor,
        now=now,
        note=reason,
        details={"cause": cause, "target": LADDER[to_level], "people": [person.name for person in called]},
        changes={"escalation_level": (level, to_level)},
    )
    is_gap = cause is EscalationCause.NOBODY_ON_DUTY
    kind = NotificationKind.NOBODY_ON_DUTY if is_gap else NotificationKind.ESCALATION
    for person in called:
        _call(complaint, person, escalation=escalation, kind=kind, now=now)
    return escalation


def _people(target: Target, complaint: Complaint, now: datetime) -> list[Person]:
    if target is Target.REQUIRED_ROLE:
        shifts = duty.on_duty(at=now, role=complaint.duty_role.code)
        return list({shift.person_id: shift.person for shift in shifts}.values())
    if target is Target.LEADER:
        return duty.leaders(at=now)
    if target is Target.DUTY_GROUP:
        return duty.group(at=now)
    return people.with_role(Role.DUTY_MANAGER)


def _call(
    complaint: Complaint, person: Person, *, escalation: Escalation | None, kind: NotificationKind, now: datetime
) -> None:
    due_at = db.session.scalar(
        select(Clock.due_at).where(Clock.complaint_id == complaint.id, Clock.kind == ClockKind.CONTACT).limit(1)
    )
    notifications.queue(
        kind=kind,
        person=person,
        dedup_key=f"complaint:{complaint.id}:call:{escalation.id if escalation else 0}:{person.id}",
        complaint=complaint,
        escalation=escalation,
        priority=notifications.URGENT_PRIORITY,
        now=now,
        number=complaint.number,
        due=f"{due_at.astimezone(COMPANY_ZONE):%H:%M}" if due_at else "",
        role=duty.role_word(complaint.duty_role.code),
    )


def _note_nobody(complaint: Complaint, target: Target, *, now: datetime) -> None:
    timeline.add(
        complaint,
        EventKind.NOBODY_ON_DUTY,
        actor=SYSTEM,
        now=now,
        details={"target": target, "role": complaint.duty_role.code},
    )


def _wait(level: int) -> timedelta:
    """How long the step waits for an acknowledgement before the next."""
    return settings.minutes(SettingKey.REPEAT_MINUTES if level == TOP else SettingKey.ACKNOWLEDGE_MINUTES)
