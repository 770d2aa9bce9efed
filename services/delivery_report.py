"""The report of deliveries: who was called or told about a complaint, how, and why somebody was not.

At night one question is asked of it: why was nobody told? Each step of the chain has its people, each of them what was
sent to them by which channel and what they answered; the posts where nobody stood are there too. A handful of bounded
questions, however long the case lasted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased, joinedload

from extensions import db
from models import Complaint, Escalation, InboundMessage, Notification, Summons, TimelineEvent
from models.base import spelled_out
from rules import message_fates
from rules.message_fates import UNREACHED, Fate
from rules.vocabulary import EventKind, MessageRelation, NotificationKind, NotificationState
from services.unreached import MEANT

SUMMONSES, MESSAGES, EVENTS, REPLIES = 60, 200, 100, 100
"""The newest of each that are looked at."""

NOTICES = 30
"""Messages beside the chain that are shown."""

LOST = (NotificationState.FAILED, NotificationState.UNKNOWN, NotificationState.EXPIRED)
LOST_ROWS = 6
_DAY = timedelta(days=1)
_NO_MESSAGE = frozenset({"no_number", "no_mobile", "opted_out"})
"""Why nothing was even written, as the timeline keeps it."""

_RECEIVERS = (joinedload(Notification.person), joinedload(Notification.customer))


@dataclass(frozen=True)
class Told:
    """One person at one step, or the receiver of one message beside the chain.

    ``messages`` are theirs in the order they were written: another way and once more included, the bundle after what
    it stands for. ``hindrance`` is why there is none.
    """

    name: str
    kind: NotificationKind | None
    messages: Sequence[Notification] = ()
    replies: Sequence[InboundMessage] = ()
    summons: Summons | None = None
    hindrance: str = ""

    @property
    def fate(self) -> Fate:
        """What became of it."""
        has_answered = self.summons is not None and self.summons.acknowledged_at is not None
        has_answered = has_answered or any(message.answered_at is not None for message in self.messages)
        states = [each.state for each in self.messages if each.state is not NotificationState.BUNDLED]
        return message_fates.fate(states, has_answered=has_answered)

    @property
    def is_unreached(self) -> bool:
        """Whether somebody has to look after it."""
        return self.fate in UNREACHED


@dataclass(frozen=True)
class Step:
    """One call of the chain or by hand; ``escalation`` is None for the first one. ``gaps`` are its empty posts."""

    at: datetime
    escalation: Escalation | None = None
    told: Sequence[Told] = ()
    gaps: Sequence[TimelineEvent] = ()


@dataclass(frozen=True)
class Report:
    """Everything about one complaint; ``has_more`` says that there is more than is looked at."""

    steps: Sequence[Step] = ()
    notices: Sequence[Told] = ()
    has_more: bool = False
    is_open: bool = False

    @property
    def told(self) -> list[Told]:
        """Everybody, with the steps first."""
        return [*(each for step in self.steps for each in step.told), *self.notices]

    @property
    def unreached(self) -> list[Told]:
        """Whom nothing has reached."""
        return [each for each in self.told if each.is_unreached]

    @property
    def is_alarming(self) -> bool:
        """Whether somebody should look at once: a case goes on, and somebody was not reached or nobody stood there."""
        return self.is_open and (bool(self.unreached) or any(step.gaps for step in self.steps))


def of(complaint: Complaint) -> Report:
    """Who was told about this complaint, the newest step first."""
    summonses, messages, events = _summonses(complaint), _messages(complaint), _events(complaint)
    strands = _Strands(messages)
    stage = _Stage(summonses, strands)
    for event in events:
        if event.kind is EventKind.NOBODY_ON_DUTY:
            stage.note_gap(event)
        elif event.details["state"] in _NO_MESSAGE:
            stage.note_hindrance(event)
    for root in strands.roots:
        stage.put(root)
    has_more = len(summonses) == SUMMONSES or len(messages) == MESSAGES or len(stage.notices) > NOTICES
    notices = tuple(each.told(strands) for each in reversed(stage.notices[-NOTICES:]))
    return Report(stage.steps(), notices, has_more=has_more, is_open=complaint.is_open)


def lost_lately(*, now: datetime, limit: int = LOST_ROWS) -> list[Notification]:
    """Messages of the last day that did not arrive, newest first; of those that something followed, the last one."""
    follower = aliased(Notification)
    is_followed = select(follower.id).where(
        follower.parent_id == Notification.id,
        follower.relation.in_((MessageRelation.FALLBACK, MessageRelation.RESENT)),
    )
    statement = (
        select(Notification)
        .where(
            spelled_out(Notification.state, *LOST),
            Notification.created_at > now - _DAY,
            Notification.is_drill.is_(False),
            or_(Notification.state != NotificationState.UNKNOWN, Notification.ask_at.is_(None)),
            ~is_followed.exists(),
        )
        .options(*_RECEIVERS, joinedload(Notification.complaint))
        .order_by(Notification.created_at.desc(), Notification.id.desc())
        .limit(limit)
    )
    return list(db.session.scalars(statement))


class _Strands:
    """Every message with what followed from it: once more, another way, together with others."""

    def __init__(self, messages: Sequence[Notification]) -> None:
        bundles = {each.bundle_id for each in messages if each.bundle_id is not None}
        followers = [*messages, *_of_bundles(bundles)]
        known = {each.id for each in messages}
        self._children: dict[int, list[Notification]] = defaultdict(list)
        for each in followers:
            if each.parent_id is not None and each.relation is not MessageRelation.ANSWER:
                self._children[each.parent_id].append(each)
        self._replies = _replies({each.id for each in followers} | bundles)
        self.roots = [each for each in messages if each.parent_id not in known]

    def of(self, root: Notification) -> list[Notification]:
        """The message and all that followed from it, in the order of its history."""
        found = [root]
        for each in found:  # It grows while it is read.
            found += [each.bundle] if each.bundle is not None else []
            found += self._children[each.id]
        return found

    def replies(self, messages: Iterable[Notification]) -> list[InboundMessage]:
        """What was written back to any of them."""
        return [reply for message in messages for reply in self._replies[message.id]]


@dataclass
class _Draft:
    """Somebody of a step, while it is put together."""

    name: str
    kind: NotificationKind | None = None
    summons: Summons | None = None
    hindrance: str = ""
    roots: list[Notification] = field(default_factory=list)

    def told(self, strands: _Strands) -> Told:
        messages = [each for root in self.roots for each in strands.of(root)]
        return Told(self.name, self.kind, messages, strands.replies(messages), self.summons, self.hindrance)


@dataclass
class _DraftStep:
    at: datetime
    escalation: Escalation | None
    people: dict[str, _Draft] = field(default_factory=dict)
    gaps: list[TimelineEvent] = field(default_factory=list)


class _Stage:
    """The steps of the chain, each by its escalation or, for the first one, by its moment; beside them the notices."""

    def __init__(self, summonses: Sequence[Summons], strands: _Strands) -> None:
        self._strands = strands
        self._steps: list[_DraftStep] = []
        self._by_escalation: dict[int, _DraftStep] = {}
        self._by_moment: dict[datetime, _DraftStep] = {}
        self.notices: list[_Draft] = []
        for summons in summonses:
            step = self._step_of(summons)
            person = step.people.setdefault(summons.person.name, _Draft(summons.person.name))
            person.summons = person.summons or summons

    def _step_of(self, summons: Summons) -> _DraftStep:
        escalation = summons.escalation
        at = escalation.raised_at if escalation is not None else summons.summoned_at
        found = self._by_escalation.get(escalation.id) if escalation is not None else self._by_moment.get(at)
        if found is None:
            found = _DraftStep(at, escalation)
            self._steps.append(found)
            self._by_moment[at] = found
            if escalation is not None:
                self._by_escalation[escalation.id] = found
        return found

    def note_gap(self, event: TimelineEvent) -> None:
        """A post was empty when a step was taken: it is written in the very same moment."""
        if event.at in self._by_moment:
            self._by_moment[event.at].gaps.append(event)

    def note_hindrance(self, event: TimelineEvent) -> None:
        """Nothing could be written to somebody."""
        kind = next((kind for kind in NotificationKind if kind.value == event.details.get("message")), None)
        name, why = event.details["person"], event.details["state"]
        step = self._by_moment.get(event.at)
        if step is None or kind not in MEANT:
            self.notices.append(_Draft(name, kind, hindrance=why))
            return
        person = step.people.setdefault(name, _Draft(name))
        person.kind, person.hindrance = kind, why

    def put(self, root: Notification) -> None:
        """A message belongs to its step, or stands beside the chain."""
        step = self._home(root)
        if step is None:
            self.notices.append(_Draft(root.receiver_name, root.kind, roots=[root]))
            return
        person = step.people.setdefault(root.receiver_name, _Draft(root.receiver_name))
        person.kind = person.kind or root.kind
        person.roots.append(root)

    def _home(self, root: Notification) -> _DraftStep | None:
        if root.kind not in MEANT:
            return None
        if root.escalation_id is not None:
            return self._by_escalation.get(root.escalation_id)
        return self._by_moment.get(root.created_at)

    def steps(self) -> tuple[Step, ...]:
        """The newest first."""
        return tuple(
            Step(step.at, step.escalation, [each.told(self._strands) for each in step.people.values()], step.gaps)
            for step in sorted(self._steps, key=lambda step: step.at, reverse=True)
        )


# --- what is asked of the database -----------------------------------------------------------------------------------


def _summonses(complaint: Complaint) -> list[Summons]:
    newest = (
        select(Summons)
        .where(Summons.complaint_id == complaint.id)
        .options(joinedload(Summons.person), joinedload(Summons.escalation))
        .order_by(Summons.id.desc())
        .limit(SUMMONSES)
    )
    return list(db.session.scalars(newest))[::-1]


def _messages(complaint: Complaint) -> list[Notification]:
    newest = (
        select(Notification)
        .where(Notification.complaint_id == complaint.id)
        .options(*_RECEIVERS, joinedload(Notification.bundle))
        .order_by(Notification.id.desc())
        .limit(MESSAGES)
    )
    return list(db.session.scalars(newest))[::-1]


def _events(complaint: Complaint) -> list[TimelineEvent]:
    newest = (
        select(TimelineEvent)
        .where(
            TimelineEvent.complaint_id == complaint.id,
            TimelineEvent.kind.in_((EventKind.NOBODY_ON_DUTY, EventKind.NOTIFICATION_FAILED)),
        )
        .order_by(TimelineEvent.at.desc(), TimelineEvent.id.desc())
        .limit(EVENTS)
    )
    return list(db.session.scalars(newest))[::-1]


def _of_bundles(ids: Collection[int]) -> list[Notification]:
    """What was sent in the place of a bundle, and in the place of that."""
    if not ids:
        return []
    before = aliased(Notification)
    statement = (
        select(Notification)
        .outerjoin(before, Notification.parent_id == before.id)
        .where(or_(Notification.parent_id.in_(ids), before.parent_id.in_(ids)))
        .order_by(Notification.id)
        .limit(MESSAGES)
    )
    return list(db.session.scalars(statement))


def _replies(ids: Collection[int]) -> Mapping[int, list[InboundMessage]]:
    statement = (
        select(InboundMessage)
        .where(InboundMessage.notification_id.in_(ids))
        .order_by(InboundMessage.id.desc())
        .limit(REPLIES)
    )
    found: dict[int, list[InboundMessage]] = defaultdict(list)
    for reply in list(db.session.scalars(statement))[::-1] if ids else ():
        if reply.notification_id is not None:
            found[reply.notification_id].append(reply)
    return found
