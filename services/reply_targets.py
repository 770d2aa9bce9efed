"""Which message a reply means: by its code, by the call in which a key was pressed, or the only one that is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import joinedload

from extensions import db
from models import Complaint, Notification, Person
from rules.answers import DIGITS, Say, about
from rules.message_kinds import KINDS
from rules.replies import ReplyAction, Said
from rules.reply_codes import is_code
from rules.vocabulary import NotificationKind, NotificationState, ReplyOutcome
from services import bundles, reply_codes, summonses

REMEMBERED = timedelta(days=60)
"""How long a code that answers nothing any more is still known as one that did."""

MOST_OPEN = 50
"""Messages among which the only open one is looked for; whoever has more is asked for the code anyway."""

ANSWERABLE = tuple(kind for kind in NotificationKind if KINDS[kind].is_answerable)
ARRIVED = (
    NotificationState.ATTEMPTED,
    NotificationState.ACCEPTED,
    NotificationState.DELIVERED,
    NotificationState.UNKNOWN,
)
"""States of a message that somebody may have read."""


@dataclass(frozen=True)
class Target:
    """The message that is answered, who answers it, and the calls that it stands for: itself, or a bundle's members."""

    message: Notification
    person: Person
    calls: Sequence[Notification]

    @property
    def complaint_ids(self) -> set[int]:
        """The complaints that the calls are about."""
        return {call.complaint_id for call in self.calls if call.complaint_id is not None}

    @property
    def name(self) -> str:
        """What it is about, for an answer: a number, or how many."""
        numbers = list(dict.fromkeys(call.complaint.number for call in self.calls if call.complaint is not None))
        return about(numbers, self.person.message_language) if numbers else ""


@dataclass(frozen=True)
class NoTarget:
    """No message is meant, or it is not clear which: the outcome, what is answered, and the message nearest to it."""

    outcome: ReplyOutcome
    say: Say
    values: dict[str, object] = field(default_factory=dict)
    message: Notification | None = None


def of_call(channel_name: str, provider_id: str, writers: Sequence[Person]) -> Target | None:
    """The message that was read out in this call, if it was one to one of these people."""
    mine = (Notification.channel == channel_name) & (Notification.provider_id == provider_id)
    found = db.session.scalars(_sent(mine).limit(2)).all()
    return _target(found[0], writers) if len(found) == 1 else None


def by_code(code: str, *, phone: str, writers: Sequence[Person], now: datetime) -> Target | NoTarget:
    """The message with this code, as far as it was sent to this phone and its person still has it."""
    if not is_code(code):
        return NoTarget(ReplyOutcome.UNKNOWN_CODE, Say.UNKNOWN_CODE, {"code": code})
    has_code = Notification.reply_code == code
    standing = db.session.scalar(_sent(has_code & Notification.code_ended_at.is_(None)))
    if standing is not None and standing.phone == phone:
        target = _target(standing, writers)
        if target is not None and not _is_too_old(standing, now=now):
            return target
    mine = (Notification.phone == phone) & (Notification.attempted_at >= now - REMEMBERED)
    ended = db.session.scalars(_sent(has_code & mine).limit(1)).first()
    if ended is not None and (target := _target(ended, writers)) is not None:
        return _over(target) or NoTarget(ReplyOutcome.EXPIRED, Say.TOO_LATE, {"code": code}, ended)
    if standing is not None:
        return NoTarget(ReplyOutcome.OF_ANOTHER, Say.OF_ANOTHER, {"code": code})
    return NoTarget(ReplyOutcome.UNKNOWN_CODE, Say.UNKNOWN_CODE, {"code": code})


def only_open(said: Said, *, phone: str, writers: Sequence[Person], now: datetime) -> Target | NoTarget:
    """The one message to this phone that waits for such a reply. Of several none is guessed.

    Where none waits, the latest is taken: whatever was done about it in the meantime is the answer.
    """
    lately = (
        (Notification.phone == phone)
        & (Notification.attempted_at >= now - reply_codes.LIVES)
        & Notification.kind.in_(ANSWERABLE)
        & Notification.state.in_(ARRIVED)
    )
    found = db.session.scalars(_sent(lately).limit(MOST_OPEN)).all()
    targets = [target for each in found if (target := _target(each, writers)) is not None]
    waiting: dict[object, Target] = {}
    for target in targets:
        if said.action is not None and _waits(target, said.action, now=now):
            waiting.setdefault(_matter(target), target)
    if len(waiting) == 1:
        return next(iter(waiting.values()))
    if waiting:
        newest = next(iter(waiting.values()))
        values = {"count": len(waiting), "code": newest.message.reply_code, "about": newest.name}
        digit = DIGITS[said.action] if said.action is not None else ""
        # A manager may have published words that tell no code; then there is nothing that could be added.
        say = Say.WHICH if newest.message.reply_code else Say.WHICH_UNSAID
        return NoTarget(ReplyOutcome.AMBIGUOUS, say, {**values, "digit": digit}, newest.message)
    return targets[0] if targets else NoTarget(ReplyOutcome.REFUSED, Say.NOTHING_WAITS)


def _sent(which: ColumnElement[bool]) -> Select[Notification]:
    return (
        select(Notification)
        .where(which)
        .options(joinedload(Notification.complaint).defer(Complaint.search_text), joinedload(Notification.person))
        .order_by(Notification.id.desc())
    )


def _target(message: Notification, writers: Sequence[Person]) -> Target | None:
    """The message as one of these people's to answer; None when it is another's, or can be answered by nobody."""
    person = next((each for each in writers if each.id == message.person_id), None)
    if person is None or not KINDS[message.kind].is_answerable:
        return None
    if message.kind is not NotificationKind.BUNDLE:
        return Target(message, person, [message])
    inside = [each for each in bundles.members(_origin(message)) if KINDS[each.kind].is_answerable]
    return Target(message, person, inside)


def _origin(bundle: Notification) -> Notification:
    """The bundle that has the members; what was sent in its place has none of its own."""
    while bundle.parent is not None and bundle.parent.kind is NotificationKind.BUNDLE:
        bundle = bundle.parent
    return bundle


def _over(target: Target) -> NoTarget | None:
    """Where everything that it asked about is over, that is why it can be answered no more."""
    complaints = [call.complaint for call in target.calls if call.complaint is not None]
    if not complaints or any(complaint.is_open for complaint in complaints):
        return None
    return NoTarget(ReplyOutcome.EXPIRED, Say.OVER, {"about": target.name}, target.message)


def _is_too_old(message: Notification, *, now: datetime) -> bool:
    return (message.attempted_at or message.created_at) < now - reply_codes.LIVES


def _matter(target: Target) -> object:
    """What it is about: two calls to the same complaint are one matter."""
    return frozenset(target.complaint_ids) or target.message.id


def _waits(target: Target, action: ReplyAction, *, now: datetime) -> bool:
    """Whether such a reply would do something."""
    if target.message.code_ended_at is not None:
        return False
    if target.message.kind is NotificationKind.DRILL:
        return target.message.answered_at is None and target.message.expires_at > now
    return any(_is_open_for(call, target.person, action) for call in target.calls)


def _is_open_for(call: Notification, person: Person, action: ReplyAction) -> bool:
    complaint = call.complaint
    if complaint is None or not complaint.is_open:
        return False
    if action is ReplyAction.ACKNOWLEDGE:
        return complaint.acknowledged_at is None and not summonses.has_answered(complaint, person)
    if action is ReplyAction.ESCALATE:
        return call.answer != action
    return complaint.acknowledged_by_id in (None, person.id) and call.answer != action
