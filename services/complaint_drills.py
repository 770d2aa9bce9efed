"""Drills of a complaint: one is made up and goes the whole real way, and it is seen who answered when (G-02, N15).

Everything is in earnest but three things: the customer does not exist, what it says goes into the sandbox only and is
marked, and no figure counts it. It ends by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from extensions import db
from models import Clock, Complaint, Customer, Notification, Person, TimelineEvent
from rules.drills import LENGTH, PHONE, SCENES, Script
from rules.message_kinds import CALLS
from rules.permissions import Permission
from rules.phones import Phone
from rules.refusals import Conflict
from rules.vocabulary import N_, ClockState, EventKind, MessageLanguage, NotificationState
from services import calls, complaint_locks, complaints, customers, duty
from services.actors import SYSTEM, Actor, require

NAMES = {MessageLanguage.CHINESE: "演练客户", MessageLanguage.ENGLISH: "Drill customer"}
"""Who the made-up customer is, in the language of whoever started the first drill."""

OVER = "演练结束 / The drill is over"
"""Beside the end on the timeline."""

REACTIONS = frozenset({EventKind.ACKNOWLEDGED, EventKind.CONTACT_LOGGED, EventKind.GRADED, EventKind.REPLIED})
"""What shows that somebody who was called is there."""


@dataclass(frozen=True)
class Call:
    """One call: who, when, over what, and when they first did something about it after it."""

    message: Notification
    person: Person
    at: datetime
    answered_at: datetime | None

    @property
    def answered_after(self) -> timedelta | None:
        """How long they took."""
        return None if self.answered_at is None else self.answered_at - self.at


@dataclass(frozen=True)
class Report:
    """What a drill showed: the calls in their order, and the clocks by what became of them."""

    complaint: Complaint
    ends_at: datetime
    calls: Sequence[Call]
    clocks: Sequence[Clock]

    @property
    def met(self) -> int:
        """How many clocks were kept."""
        return sum(clock.state is ClockState.MET for clock in self.clocks)

    @property
    def missed(self) -> int:
        """How many clocks ran out; those too that nobody stopped afterwards."""
        return sum(clock.breached_at is not None or clock.state is ClockState.MISSED for clock in self.clocks)

    @property
    def first_answer(self) -> datetime | None:
        """When somebody did something for the first time."""
        return min((call.answered_at for call in self.calls if call.answered_at), default=None)


def start(script: Script, *, actor: Person, now: datetime) -> Complaint:
    """Play a complaint: it is recorded now, its clocks run, whoever is on duty is called in the sandbox.

    Raises:
        Conflict: one is played already, or nobody is on duty who could answer.
    """
    require(actor, Permission.SCHEDULE)
    end_overdue(now=now)
    _customer(actor, now=now)
    if running() is not None:
        raise Conflict(N_("A complaint is being played already."))
    if not duty.group(at=now):
        raise Conflict(N_("Nobody is on duty who could be called."))
    scene, language = SCENES[script], actor.message_language
    intake = calls.Intake(
        channel=scene.channel,
        first_word_at=now,
        contact_name=NAMES[language],
        phone=Phone(PHONE, "", is_mobile=False),
        category=scene.facts.category,
        problem=scene.words[language],
        facts=scene.facts,
        is_drill=True,
    )
    return calls.record(intake, actor=actor, now=now)


def end(complaint: Complaint, *, actor: Actor, now: datetime) -> None:
    """End it before its time: the record becomes void, no phone rings any more.

    Raises:
        Conflict: it is no drill, or it is over.
    """
    require(actor, Permission.SCHEDULE)
    if not complaint.is_drill or not complaint.is_open:
        raise Conflict(N_("This drill is over."))
    complaints.make_void(complaint, reason=OVER, actor=actor, now=now)


def end_overdue(*, now: datetime) -> int:
    """End what has lasted for its whole time; returns how many."""
    overdue = db.session.scalars(
        _open().with_only_columns(Complaint.id).where(Complaint.recorded_at <= now - LENGTH)
    ).all()
    taken = [each for each in complaint_locks.take(overdue) if each.is_open]
    for complaint in taken:
        end(complaint, actor=SYSTEM, now=now)
    return len(taken)


def running() -> Complaint | None:
    """The one that is being played, if one is."""
    return db.session.scalar(_open().limit(1))


def recent(*, limit: int) -> list[Complaint]:
    """The last ones, the newest on top."""
    played = select(Complaint).where(Complaint.is_drill.is_(True))
    newest = played.order_by(Complaint.recorded_at.desc(), Complaint.id.desc()).limit(limit)
    return list(db.session.scalars(newest.options(joinedload(Complaint.recorded_by))))


def report(complaint: Complaint) -> Report:
    """Who was called when and over what, who answered after how long, and which clocks were kept."""
    messages = db.session.scalars(
        select(Notification)
        .where(Notification.complaint_id == complaint.id, Notification.kind.in_(CALLS))
        .options(joinedload(Notification.person))
        .order_by(Notification.created_at, Notification.id)
    ).all()
    reactions = db.session.execute(
        select(TimelineEvent.actor_id, TimelineEvent.at)
        .where(TimelineEvent.complaint_id == complaint.id, TimelineEvent.kind.in_(REACTIONS))
        .order_by(TimelineEvent.at)
    ).all()
    made = [_call(each, each.person, reactions) for each in messages if each.person is not None]
    clocks = sorted(complaint.clocks, key=lambda clock: (clock.started_at, clock.due_at, clock.id))
    return Report(complaint, complaint.recorded_at + LENGTH, made, clocks)


def _call(message: Notification, person: Person, reactions: Sequence[tuple[int | None, datetime]]) -> Call:
    """The call with the first thing that this person did after it; a message that never left was no call."""
    at = message.attempted_at or message.created_at
    later = [when for actor_id, when in reactions if actor_id == person.id and when >= at]
    if message.answered_at is not None:
        later.append(message.answered_at)
    was_made = message.state is not NotificationState.CANCELLED or message.attempted_at is not None
    return Call(message, person, at, min(later, default=None) if was_made else None)


def _open() -> Select[Complaint]:
    return select(Complaint).where(Complaint.is_drill.is_(True), Complaint.is_open)


def _customer(actor: Actor, *, now: datetime) -> Customer:
    """The customer who does not exist, held until the transaction ends: one drill begins at a time."""
    name = NAMES[actor.message_language if isinstance(actor, Person) else MessageLanguage.CHINESE]
    made_up = customers.find_or_create(
        name=name, phone=Phone(PHONE, "", is_mobile=False), room=None, actor=actor, now=now
    )
    held = select(Customer).where(Customer.id == made_up.id).with_for_update(of=Customer)
    return db.session.scalars(held.execution_options(populate_existing=True)).one()
