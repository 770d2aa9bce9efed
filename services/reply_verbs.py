"""What a reply does: the very verbs of the buttons, in the name of whoever wrote, for each complaint it is about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from extensions import db
from models import Complaint, Notification, Person
from rules.answers import REASONS, Say
from rules.escalation import Target as Post
from rules.escalation import Whom
from rules.lifecycle import next_status
from rules.permissions import Permission
from rules.refusals import Conflict, NotAllowed, Refusal
from rules.replies import ReplyAction
from rules.vocabulary import N_, Action, EventKind, NotificationKind, ReplyOutcome
from services import callees, chains, complaint_locks, complaints, drills, escalations, summonses, timeline
from services.actors import require
from services.callees import Roll
from services.reply_targets import Target

GAVE_AWAY = (ReplyAction.CANNOT, ReplyAction.PASS_ON)
"""Whoever answered so is not asked again for this complaint."""


@dataclass(frozen=True)
class Done:
    """What became of it, and what is said about it."""

    outcome: ReplyOutcome
    say: Say
    values: dict[str, object] = field(default_factory=dict)


def act(action: ReplyAction, target: Target, *, now: datetime) -> Done:
    """Do what the reply asks for, as far as a button would; what a button would refuse is refused here."""
    if target.message.kind is NotificationKind.DRILL:
        return _answer_drill(action, target, now=now)
    calls = {call.complaint_id: call for call in target.calls}
    said = Counter(
        _attempt(action, complaint, calls[complaint.id], target.person, now=now)
        for complaint in complaint_locks.several(target.complaint_ids)
    )
    return _summary(action, target, said, now=now)


def _attempt(action: ReplyAction, complaint: Complaint, call: Notification, person: Person, *, now: datetime) -> Say:
    """One complaint: all of it, or nothing but the reason why not."""
    try:
        with db.session.begin_nested():
            say = _VERBS[action](complaint, call, person, now)
            _mark(call, action, now=now)
    except _Not as reason:
        return reason.say
    except Refusal as refusal:
        return _why_not(complaint, person, refusal)
    return say


def _summary(action: ReplyAction, target: Target, said: Counter[Say], *, now: datetime) -> Done:
    done = sum(count for say, count in said.items() if say in _GOOD)
    if done:
        _mark(target.message, action, now=now)
    if len(said) == 1:
        outcome = ReplyOutcome.DONE if done else ReplyOutcome.REFUSED
        return Done(outcome, next(iter(said)), {"about": target.name})
    if not said:
        return Done(ReplyOutcome.REFUSED, Say.NOTHING_WAITS)
    outcome = ReplyOutcome.DONE if done else ReplyOutcome.REFUSED
    return Done(outcome, Say.SOME_OF_THEM, {"count": said.total(), "done": done})


def _mark(message: Notification, action: ReplyAction, *, now: datetime) -> None:
    message.answered_at, message.answer = message.answered_at or now, action.value


def _answer_drill(action: ReplyAction, target: Target, *, now: datetime) -> Done:
    if action is not ReplyAction.ACKNOWLEDGE:
        return Done(ReplyOutcome.REFUSED, Say.DRILL_TAKES_ONE)
    if target.message.answered_at is not None:
        return Done(ReplyOutcome.REFUSED, Say.DRILL)
    if not drills.answer(target.message, now=now):
        return Done(ReplyOutcome.EXPIRED, Say.TOO_LATE, {"code": target.message.reply_code})
    _mark(target.message, action, now=now)
    return Done(ReplyOutcome.DONE, Say.DRILL)


# --- the verbs -------------------------------------------------------------------------------------------------------


class _Not(Exception):
    """It was not done, for a reason that has a sentence of its own."""

    def __init__(self, say: Say) -> None:
        super().__init__(say)
        self.say = say


def _acknowledge(complaint: Complaint, call: Notification, person: Person, now: datetime) -> Say:
    complaints.acknowledge(complaint, actor=person, now=now)
    return Say.TAKEN if complaint.acknowledged_at is not None else Say.TAKEN_BESIDE_OTHERS


def _escalate(complaint: Complaint, call: Notification, person: Person, now: datetime) -> Say:
    """One level up; the same message takes it once, or an impatient thumb would climb to the top."""
    _refuse_again(call, ReplyAction.ESCALATE)
    escalations.escalate(complaint, reason=REASONS[ReplyAction.ESCALATE], actor=person, now=now)
    return Say.ESCALATED


def _pass_on(complaint: Complaint, call: Notification, person: Person, now: datetime) -> Say:
    _refuse_again(call, ReplyAction.PASS_ON)
    _refuse_if_anothers(complaint, person)
    following = next(_next_on_duty(complaint, person, now=now), None)
    if following is None:
        raise _Not(Say.NOBODY_ELSE)
    complaints.hand_over(complaint, to=following, reason=REASONS[ReplyAction.PASS_ON], actor=person, now=now)
    return Say.PASSED_ON


def _cannot(complaint: Complaint, call: Notification, person: Person, now: datetime) -> Say:
    """Say no: it stands on the timeline, and where nobody else is expected to answer the chain goes on at once."""
    require(person, Permission.ACKNOWLEDGE)
    next_status(complaint.status, Action.ACKNOWLEDGE)
    _refuse_again(call, ReplyAction.CANNOT)
    _refuse_if_anothers(complaint, person)
    details = {"action": ReplyAction.CANNOT}
    timeline.add(complaint, EventKind.REPLIED, actor=person, now=now, details=details)
    if _depends_on(complaint, person, now=now):
        escalations.escalate(complaint, reason=REASONS[ReplyAction.CANNOT], actor=person, now=now)
    db.session.flush()
    return Say.CANNOT


_VERBS: Mapping[ReplyAction, Callable[[Complaint, Notification, Person, datetime], Say]] = {
    ReplyAction.ACKNOWLEDGE: _acknowledge,
    ReplyAction.ESCALATE: _escalate,
    ReplyAction.PASS_ON: _pass_on,
    ReplyAction.CANNOT: _cannot,
}
_GOOD = frozenset({Say.TAKEN, Say.TAKEN_BESIDE_OTHERS, Say.ESCALATED, Say.PASSED_ON, Say.CANNOT})


def _refuse_again(call: Notification, action: ReplyAction) -> None:
    if call.answer == action:
        raise _Not(Say.DONE_BEFORE)


def _refuse_if_anothers(complaint: Complaint, person: Person) -> None:
    if complaint.acknowledged_by_id not in (None, person.id):
        raise Conflict(N_("Somebody else has this complaint."))


def _depends_on(complaint: Complaint, person: Person, *, now: datetime) -> bool:
    """Whether the chain waits for this very person: they have it, must answer, or nobody else of the step is left."""
    if complaint.acknowledged_by_id == person.id:
        return True
    chain = chains.followed(complaint)
    is_waiting = complaint.escalation_due_at is not None and chains.quiet_until(complaint, now=now) is None
    if not is_waiting or chain is None or chains.place(complaint).step >= chain.last:
        return False  # The last step repeats by itself; at once it would only call the same people again.
    called = summonses.called_last(complaint)
    own = [summons for summons in called if summons.person_id == person.id]
    if not own:
        return False
    if any(summons.must_acknowledge for summons in own):
        return True
    declined = _declined(complaint)
    return all(summons.person_id in (person.id, *declined) for summons in called)


def _declined(complaint: Complaint) -> set[int]:
    """Who said about one of its messages that they cannot take it, or passed it on."""
    statement = select(Notification.person_id).where(
        Notification.complaint_id == complaint.id, Notification.answer.in_(GAVE_AWAY)
    )
    return {person_id for person_id in db.session.scalars(statement) if person_id is not None}


def _next_on_duty(complaint: Complaint, person: Person, *, now: datetime) -> Iterator[Person]:
    """Whoever else could take it, the nearest first: the same post, what its chain calls next, the duty group."""
    left_out = {person.id, *_declined(complaint), *([complaint.handler_id] if complaint.handler_id else [])}
    roll, case = Roll(now), callees.case_of(complaint)
    for candidate in _in_order(complaint, roll, case, now=now):
        if candidate.id not in left_out and candidate.phone:
            yield candidate


def _in_order(complaint: Complaint, roll: Roll, case: callees.Case, *, now: datetime) -> Iterator[Person]:
    yield from roll.of(Whom(Post.REQUIRED_ROLE), case)
    for planned in escalations.preview(complaint, now=now):
        yield from planned.people
    yield from roll.of(Whom(Post.DUTY_GROUP), case)


def _why_not(complaint: Complaint, person: Person, refusal: Refusal) -> Say:
    """A refusal as something that may stand in an SMS: no name, and short."""
    if isinstance(refusal, NotAllowed):
        return Say.NOT_ALLOWED
    if not complaint.is_open:
        return Say.OVER
    if complaint.acknowledged_by_id == person.id or summonses.has_answered(complaint, person):
        return Say.YOU_HAVE_IT
    return Say.OTHER_HAS_IT if complaint.acknowledged_at is not None else Say.NOT_POSSIBLE
