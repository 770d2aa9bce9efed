"""The outbox: out of the table and to a provider, never lost, never twice, and the truth when nobody knows.

The one service that commits by itself, since calls to the outside stand between its transactions. Each function here is
one of them: ``claim`` plans and puts a lease on what may leave now, ``begin`` commits that an attempt begins, ``send``
makes it without any transaction, ``finish`` commits the verdict. Whoever dies in between leaves a row whose lease runs
out: without an attempt it was certainly not sent and waits again; with one its provider is asked first.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import joinedload
from sqlalchemy.sql.base import ExecutableOption

from extensions import db
from gateways.base import Fate, Finding, Message, Verdict, VerdictKind
from models import Notification
from models.base import spelled_out
from rules import backoff, message_kinds, quiet_hours
from rules.message_states import MessageEvent
from rules.vocabulary import NotificationKind, NotificationState
from services import (
    bulk,
    bundles,
    channel_conditions,
    channel_states,
    channels,
    fallbacks,
    message_steps,
    notifications,
    receipts,
    reply_codes,
    still_wanted,
    templates,
)
from services.channels import Channel, Channels
from services.throttling import Ledger

LEASE = timedelta(seconds=60)
BATCH = 200
LOOK_AHEAD = 500
"""Waiting messages that one claim looks at, and those of them that it takes: a storm for one phone is seen together."""

LONGEST_RUN = timedelta(seconds=60)
"""A run that takes longer leaves the rest to the next one: a job that is stopped from outside loses verdicts."""

QUESTIONS = 50
"""Messages whose provider one round asks about."""

LONGEST_ASKING = timedelta(seconds=10)
"""When a round asks no more: a provider that is down answers no question, and calls wait to leave."""

BROKEN_PAUSE = timedelta(minutes=1)
"""When a message that cannot be worked on is looked at again, so that it keeps no other waiting meanwhile."""

ONE_PLANNER = 4127
"""PostgreSQL's advisory lock that makes claims wait for each other; SQLite has one writer anyway."""

_FOR_A_LOOK = (joinedload(Notification.complaint), joinedload(Notification.person))

_log = logging.getLogger(__name__)

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Attempt:
    """One message on its way to a provider; ``until`` is when the lease ends."""

    notification_id: int
    channel: Channel
    message: Message
    until: datetime


def dispatch(*, fleet: Channels, clock: Callable[[], datetime], batch: int = BATCH, threads: int = 1) -> int:
    """Send everything that may leave now, the most urgent first; returns how many attempts were made.

    ``clock`` is asked before every step: a lease that ran out meanwhile belongs to somebody else. ``threads`` calls
    are made side by side, one alone in the caller's own thread; the outbox itself is used by one thread alone.
    """
    until = clock() + LONGEST_RUN
    recover(fleet, now=clock())
    with ThreadPoolExecutor(max_workers=threads) as pool:
        hands = _Hands(clock, threads, pool.map if threads > 1 else map)
        made = _send_what_waits(fleet, hands, batch=batch, until=until)
        if ask(fleet, clock=clock) and clock() < until:  # What was never seen waits again.
            made += _send_what_waits(fleet, hands, batch=batch, until=until)
    return made


def rehearse(fleet: Channels, *, now: datetime) -> None:
    """Go through the motions once without sending, so that a worker's forks find every statement prepared."""
    recover(fleet, now=now)
    token, _ = claim(fleet, now=now, batch=0)
    begin([], token, fleet, now=now)
    finish([], token, fleet, now=now)


@dataclass(frozen=True)
class _Hands:
    """Who sends: what time it is, how many at once, and a ``map`` that works on so many side by side."""

    clock: Callable[[], datetime]
    threads: int
    each_of: Callable[[Callable[[Attempt], Verdict], Sequence[Attempt]], Iterable[Verdict]]


def _send_what_waits(fleet: Channels, hands: _Hands, *, batch: int, until: datetime) -> int:
    made = 0
    while True:
        token, ids = claim(fleet, now=hands.clock(), batch=batch)
        for some in bulk.batches(ids, hands.threads):
            if hands.clock() >= until:
                release(token, now=hands.clock())
                return made
            made += _hand_over(some, token, fleet, hands)
        if not ids or hands.clock() >= until:
            return made


def _hand_over(ids: Sequence[int], token: str, fleet: Channels, hands: _Hands) -> int:
    """What is handed over side by side; returns how many attempts that were."""
    attempts = _in_parts(lambda some: begin(some, token, fleet, now=hands.clock()), ids)
    verdicts = hands.each_of(lambda attempt: send(attempt, clock=hands.clock), attempts)
    answers = list(zip(attempts, verdicts, strict=True))
    _in_parts(lambda some: finish(some, token, fleet, now=hands.clock()), answers)
    return len(attempts)


def _in_parts(
    step: Callable[[Sequence[Item]], Sequence[Result] | None],
    items: Sequence[Item],
    set_aside: Callable[[Item], None] | None = None,
) -> list[Result]:
    """Take a step with all of them at once; where one is broken, with each half, until that one stands alone.

    It keeps no other from leaving: it is ``set_aside``, or left to its lease. What cannot be begun is then tried again
    later, what cannot be judged becomes unknown.
    """
    try:
        return list(step(items) or ())
    except OperationalError:
        # No message is at fault: the database was away, or busy, or chose this one of two that waited for each other.
        db.session.rollback()
        return list(step(items) or ())
    except Exception:
        db.session.rollback()
        if len(items) > 1:
            middle = len(items) // 2
            return [each for half in (items[:middle], items[middle:]) for each in _in_parts(step, half, set_aside)]
        _log.exception("a message cannot be worked on: %s", items[0] if items else "none at all")
        if items and set_aside is not None:
            set_aside(items[0])
        return []


def claim(fleet: Channels, *, now: datetime, batch: int) -> tuple[str, list[int]]:
    """Plan what may leave now and put a lease on up to ``batch`` of it; returns the lease's token and the ids.

    What is overtaken is dropped, what goes together becomes one, what its phone may not get yet is put off. A crowd
    that has to wait hides nobody: where none of it may leave, the next ones are looked at.
    """
    token, before = uuid.uuid4().hex, list[int]()
    while True:
        _be_the_only_planner()
        due = _due(now)
        claimed = _in_parts(
            lambda some: _plan(some, token, fleet, now=now, batch=batch), due, lambda each: _set_aside(each, now=now)
        )
        # What somebody else holds right now stays where it is: looking at it again would change nothing.
        if claimed or not batch or len(due) < LOOK_AHEAD or due == before:
            return token, claimed
        before = due


def _plan(ids: Sequence[int], token: str, fleet: Channels, *, now: datetime, batch: int) -> list[int]:
    """Commit what becomes of these that wait; returns the ids of those that leave."""
    _be_the_only_planner()
    waiting = _waiting(ids)
    for each in [each for each in waiting if each.expires_at <= now]:
        message_steps.move(each, MessageEvent.EXPIRE, now=now)
        notifications.note_failure(each, now=now)
    leaving = bundles.gather([each for each in waiting if each.expires_at > now], now=now)
    ledger = Ledger((each.phone for each in leaving), fleet, now=now)
    claimed: list[Notification] = []
    with message_steps.said_once():
        for each in leaving:
            if len(claimed) == batch:
                break
            if _may_leave(each, fleet, ledger, now=now):
                claimed.append(each)
    with message_steps.together():
        for each in claimed:
            message_steps.move(each, MessageEvent.CLAIM, now=now)
            each.claim_token, each.claimed_until = token, now + LEASE
    reply_codes.give(claimed, now=now)
    found = [each.id for each in claimed]
    db.session.commit()
    return found


def begin(ids: Sequence[int], token: str, fleet: Channels, *, now: datetime) -> list[Attempt]:
    """Commit that these attempts begin; whose lease is gone, or what nobody needs any more, is left out."""
    held = [each for each in _held(ids, token, *_FOR_A_LOOK) if each.claimed_until and each.claimed_until > now]
    # All are asked about before anything is changed: a question in between would write every change by itself.
    unwanted = still_wanted.unwanted(held, now=now)
    begun = []
    with message_steps.together():
        for notification in held:
            channel, event = fleet.named(notification.channel), unwanted.get(notification.id)
            if event is None and _is_empty_bundle(notification, now=now):
                event = MessageEvent.CANCEL
            if event is not None:
                message_steps.move(notification, event, now=now)
                if event is MessageEvent.EXPIRE:
                    notifications.note_failure(notification, now=now)
            elif channel is None or not channel_conditions.takes(channel.name, now=now):
                # It was taken out of the settings, or stopped working, since this was claimed: another may have it.
                message_steps.move(notification, MessageEvent.RELEASE, now=now)
            else:
                begun.append(begin_one(notification, channel, now=now))
    db.session.commit()
    return begun


def release(token: str, *, now: datetime) -> int:
    """Put back what this lease holds and nobody has begun, so that it need not wait for its end; returns how many."""
    claimed = Notification.claim_token == token, Notification.state == NotificationState.CLAIMED
    held = db.session.scalars(select(Notification).where(*claimed).order_by(Notification.id).with_for_update()).all()
    with message_steps.together():
        for notification in held:
            message_steps.move(notification, MessageEvent.RELEASE, now=now)
    db.session.commit()
    return len(held)


def send(attempt: Attempt, *, clock: Callable[[], datetime]) -> Verdict:
    """One attempt, unless its lease has run out. Whatever goes wrong on the way, the provider may have the message."""
    if clock() >= attempt.until:
        return Verdict(VerdictKind.RETRY, code="lease_over")
    try:
        return attempt.channel.gateway.send(attempt.message)
    except Exception as error:
        _log.exception("message %s: the provider's answer was lost", attempt.message.message_id)
        return Verdict(VerdictKind.UNKNOWN, words=type(error).__name__)


def finish(answers: Sequence[tuple[Attempt, Verdict]], token: str, fleet: Channels, *, now: datetime) -> None:
    """Commit the verdicts; a row whose lease ran out belongs to somebody else and is left alone."""
    verdicts = {attempt.notification_id: verdict for attempt, verdict in answers}
    for attempt, verdict in answers:
        channel_states.note_verdict(attempt.channel, verdict, now=now)
    held = list(_held(list(verdicts), token))
    with message_steps.together():
        for notification in held:
            _judge(notification, verdicts[notification.id], fleet, now=now)
        fallbacks.watch(held, fleet, now=now)
        receipts.claim_loose(held, now=now)
    db.session.commit()


def recover(fleet: Channels, *, now: datetime) -> int:
    """Take back what a dead worker held; returns how many. What it may have sent is asked for first."""
    is_abandoned = Notification.claim_token.is_not(None) & (Notification.claimed_until <= now)
    abandoned = db.session.scalars(select(Notification.id).where(is_abandoned).order_by(Notification.id)).all()
    return len(
        _in_parts(lambda some: _take_back(some, fleet, now=now), abandoned, lambda each: _set_aside(each, now=now))
    )


def _take_back(ids: Sequence[int], fleet: Channels, *, now: datetime) -> list[int]:
    is_abandoned = Notification.claim_token.is_not(None) & (Notification.claimed_until <= now)
    statement = (
        select(Notification)
        .where(Notification.id.in_(ids), is_abandoned)
        .order_by(Notification.id)
        .with_for_update(of=Notification, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    taken = db.session.scalars(statement).all()
    for notification in taken:
        if notification.state is NotificationState.CLAIMED:
            message_steps.move(notification, MessageEvent.RELEASE, now=now)
        else:
            _doubt(notification, fleet, now=now, words="lease_over")
    db.session.commit()
    return [each.id for each in taken]


def ask(fleet: Channels, *, clock: Callable[[], datetime]) -> int:
    """Ask providers about messages without a verdict, and for receipts that never came; returns how many.

    Where that takes long the rest is asked about next time.
    """
    due = select(Notification).where(Notification.ask_at.is_not(None), Notification.ask_at <= clock())
    questions = []
    for notification in db.session.scalars(due.order_by(Notification.ask_at).limit(QUESTIONS)).all():
        channel = fleet.named(notification.channel)
        message = _message(notification, channel, at=notification.attempted_at or clock()) if channel else None
        questions.append(
            _Question(notification.id, notification.attempted_at, channel, message, notification.provider_id)
        )
    db.session.commit()
    until, asked = clock() + LONGEST_ASKING, 0
    for question in questions:
        if clock() >= until:
            break
        finding = question.put()
        _in_parts(
            lambda some: _settle(some, finding, fleet, now=clock()),  # noqa: B023
            [question],
            lambda each: _set_aside(each.notification_id, now=clock()),
        )
        asked += 1
    return asked


# --- what may leave -------------------------------------------------------------------------------------------------


def _be_the_only_planner() -> None:
    """Until this transaction ends nobody else plans: two would both see the last free place of a phone."""
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_PLANNER})


def _due(now: datetime) -> list[int]:
    statement = (
        select(Notification.id)
        .where(spelled_out(Notification.state, NotificationState.QUEUED), Notification.due_at <= now)
        .order_by(Notification.priority, Notification.due_at, Notification.id)
        .limit(LOOK_AHEAD)
    )
    return list(db.session.scalars(statement))


def _waiting(ids: Sequence[int]) -> Sequence[Notification]:
    """Those of the rows that still wait and that nobody else holds, locked, the most urgent first."""
    statement = (
        select(Notification)
        .where(Notification.id.in_(ids), Notification.state == NotificationState.QUEUED)
        .order_by(Notification.priority, Notification.due_at, Notification.id)
        .options(*_FOR_A_LOOK)
        .with_for_update(skip_locked=True, of=Notification)
        .execution_options(populate_existing=True)
    )
    return db.session.scalars(statement).all()


def _may_leave(notification: Notification, fleet: Channels, ledger: Ledger, *, now: datetime) -> bool:
    """Choose its channel; False when it may not come at this hour, when there is no channel now, or when its phone may
    not get it yet: then it is put off.
    """
    is_urgent = notification.priority <= message_kinds.URGENT
    opens_at = quiet_hours.earliest(notification.message_class, now, is_urgent=is_urgent)
    if opens_at > now:
        _put_off(notification, opens_at, words="quiet_hours", now=now)
        return False
    channel = channels.choose(fleet, notification, now=now)
    if channel is None:
        _wait_for_channel(notification, fleet, now=now)
        return False
    at = ledger.permitted_at(notification, channel)
    if at > now:
        _put_off(notification, at, words="throttled", now=now)
        return False
    ledger.note(notification, channel)
    notification.channel = channel.name
    return True


def _wait_for_channel(notification: Notification, fleet: Channels, *, now: datetime) -> None:
    """Every channel that could take it rests: it waits. Where none is left that could, it has failed."""
    at = channels.looks_again_at(fleet, notification, now=now)
    if at is not None:
        _put_off(notification, at, words="no_channel", now=now)
        return
    message_steps.move(notification, MessageEvent.CLAIM, now=now)
    message_steps.move(notification, MessageEvent.GIVE_UP, now=now, words="no_channel")
    _has_failed(notification, fleet, now=now)


def _put_off(notification: Notification, at: datetime, *, words: str, now: datetime) -> None:
    notification.due_at = min(at, notification.expires_at)
    message_steps.note(notification, now=now, words=words)


def _set_aside(notification_id: int, *, now: datetime) -> None:
    """Look again later at a message that cannot be worked on; until it expires it stands where people look."""
    notification = db.session.get(Notification, notification_id, with_for_update=True, populate_existing=True)
    later = now + BROKEN_PAUSE
    if notification is None:
        pass
    elif notification.state is NotificationState.QUEUED:
        notification.due_at = min(later, notification.expires_at)
    elif notification.claim_token is not None:
        notification.claimed_until = later
    elif notification.ask_at is not None:
        notification.ask_at = later
    db.session.commit()


# --- one attempt ----------------------------------------------------------------------------------------------------


def _is_empty_bundle(notification: Notification, *, now: datetime) -> bool:
    return notification.kind is NotificationKind.BUNDLE and not bundles.shrink(notification, now=now)


def _held(ids: Sequence[int], token: str, *options: ExecutableOption) -> Iterator[Notification]:
    """The rows that this token still holds, locked by their own order like everywhere, in the order of ``ids``."""
    statement = (
        select(Notification)
        .where(Notification.id.in_(ids), Notification.claim_token == token)
        .order_by(Notification.id)
        .options(*options)
        .with_for_update(of=Notification)
        .execution_options(populate_existing=True)
    )
    found = {each.id: each for each in db.session.scalars(statement)}
    return (found[each] for each in ids if each in found)


def begin_one(notification: Notification, channel: Channel, *, now: datetime) -> Attempt:
    """Note that an attempt begins, for whoever holds the message; the caller commits before the call."""
    message_steps.move(notification, MessageEvent.ATTEMPT, now=now, channel=channel.name)
    notification.attempted_at = now
    notification.attempts += 1
    notification.provider_id = ""
    notification.claimed_until = until = now + LEASE
    return Attempt(notification.id, channel, _message(notification, channel, at=now), until)


def _message(notification: Notification, channel: Channel, *, at: datetime) -> Message:
    person = notification.person
    return Message(
        message_id=notification.public_id,
        phone=notification.phone,
        text=notification.text,
        signature=channel.signature,
        at=at,
        email=(person.email or "") if person else "",
        template=templates.approved(notification, channel) if channel.needs_template else None,
    )


def _judge(notification: Notification, verdict: Verdict, fleet: Channels, *, now: datetime) -> None:
    notification.provider_id = verdict.provider_id[:64]
    notification.provider_code = verdict.code[:64]
    notification.outcome = verdict.words[:300]
    _JUDGE[verdict.kind](notification, verdict, fleet, now)


def _accepted(notification: Notification, verdict: Verdict, fleet: Channels, now: datetime) -> None:
    _move(notification, MessageEvent.ACCEPTED, verdict, now=now)
    channel = fleet.named(notification.channel)
    if notification.state is NotificationState.ACCEPTED and channel is not None and channel.can_find:
        notification.asked = backoff.ASKED_LATER if channel.gives_receipts else 0
        notification.ask_at = backoff.ask_at(notification.message_class, attempted_at=now, asked=notification.asked)


def _retry(notification: Notification, verdict: Verdict, fleet: Channels, now: datetime) -> None:
    wish, message_class = verdict.retry_after, notification.message_class
    if backoff.is_better_elsewhere(message_class, wish) and _goes_elsewhere(notification, verdict, fleet, now=now):
        return
    attempts, expires_at = notification.attempts, notification.expires_at
    at = backoff.retry_at(message_class, attempts=attempts, at=now, expires_at=expires_at, wish=wish)
    if at is None:
        _refused(notification, MessageEvent.GIVE_UP, verdict, fleet, now=now)
    else:
        _move(notification, MessageEvent.RETRY, verdict, now=now)
        notification.due_at = at


def _account_trouble(notification: Notification, verdict: Verdict, fleet: Channels, now: datetime) -> None:
    """The message is not at fault: no attempt is counted, and it waits for a channel as long as it is wanted."""
    has_another = channels.choose(fleet, notification, now=now) is not None
    at = backoff.after_account_trouble(at=now, expires_at=notification.expires_at, has_another=has_another)
    _move(notification, MessageEvent.ACCOUNT, verdict, now=now)
    notification.attempts -= 1
    notification.due_at = at or notification.expires_at


def _permanent(notification: Notification, verdict: Verdict, fleet: Channels, now: datetime) -> None:
    _refused(notification, MessageEvent.PERMANENT, verdict, fleet, now=now)


def _unknown(notification: Notification, verdict: Verdict, fleet: Channels, now: datetime) -> None:
    _doubt(notification, fleet, now=now, code=verdict.code, words=verdict.words)


_JUDGE: dict[VerdictKind, Callable[[Notification, Verdict, Channels, datetime], None]] = {
    VerdictKind.ACCEPTED: _accepted,
    VerdictKind.RETRY: _retry,
    VerdictKind.ACCOUNT: _account_trouble,
    VerdictKind.PERMANENT: _permanent,
    VerdictKind.UNKNOWN: _unknown,
}


def _refused(
    notification: Notification, event: MessageEvent, verdict: Verdict, fleet: Channels, *, now: datetime
) -> None:
    if not _goes_elsewhere(notification, verdict, fleet, now=now):
        _move(notification, event, verdict, now=now)
        _has_failed(notification, fleet, now=now)


def _goes_elsewhere(notification: Notification, verdict: Verdict, fleet: Channels, *, now: datetime) -> bool:
    """Whether another channel takes over what this one certainly did not send: the message waits for it."""
    tried = notification.channels_tried
    notification.channels_tried = [*tried, notification.channel]
    if not channels.others_left(fleet, notification, now=now):
        notification.channels_tried = tried
        return False
    _move(notification, MessageEvent.RETRY, verdict, now=now)
    notification.due_at, notification.attempts = now, 0
    return True


def _move(notification: Notification, event: MessageEvent, verdict: Verdict, *, now: datetime) -> None:
    message_steps.move(notification, event, now=now, code=verdict.code, words=verdict.words)


def _doubt(notification: Notification, fleet: Channels, *, now: datetime, code: str = "", words: str = "") -> None:
    """Nobody knows: the provider is asked after a while, and what is urgent takes a second channel meanwhile."""
    message_steps.move(notification, MessageEvent.UNKNOWN, now=now, code=code, words=words)
    if notification.state is NotificationState.UNKNOWN:
        notification.asked = 0
        # The grace begins now: the call may have left at the very end of the lease, not when the attempt began.
        notification.ask_at = backoff.ask_at(notification.message_class, attempted_at=now, asked=0)
        fallbacks.after(notification, fleet, now=now)


def _has_failed(notification: Notification, fleet: Channels, *, now: datetime) -> None:
    notifications.note_failure(notification, now=now)
    fallbacks.after(notification, fleet, now=now)


# --- what nobody knows ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Question:
    """What a provider is asked; ``attempted_at`` says of which attempt."""

    notification_id: int
    attempted_at: datetime | None
    channel: Channel | None
    message: Message | None
    provider_id: str

    def put(self) -> Finding:
        """Ask; whoever cannot be asked cannot say."""
        if self.channel is None or self.message is None:
            return Finding(Fate.CANNOT_SAY)
        try:
            return self.channel.gateway.find(self.message, self.provider_id)
        except Exception:
            _log.exception("message %s: the provider could not be asked", self.message.message_id)
            return Finding(Fate.CANNOT_SAY)


def _settle(questions: Sequence[_Question], finding: Finding, fleet: Channels, *, now: datetime) -> None:
    """Commit what the provider said of these attempts, unless the message has moved on while it was asked."""
    for question in questions:
        key = question.notification_id
        notification = db.session.get(Notification, key, with_for_update=True, populate_existing=True)
        if notification is None or notification.ask_at is None or notification.attempted_at != question.attempted_at:
            continue
        can_find = question.channel is not None and question.channel.can_find
        notification.asked = notification.asked + 1 if can_find else backoff.MOST_QUESTIONS
        if finding.fate is Fate.CANNOT_SAY:
            _ask_again(notification, now=now)
        else:
            _learn(notification, finding, fleet, now=now)
    db.session.commit()


def _learn(notification: Notification, finding: Finding, fleet: Channels, *, now: datetime) -> None:
    notification.provider_id = notification.provider_id or finding.provider_id[:64]
    event = MessageEvent[finding.fate.name]
    message_steps.move(notification, event, now=now, code=finding.code, words=finding.words)
    if notification.state is NotificationState.QUEUED:
        notification.due_at, notification.ask_at = now, None
    elif notification.state is NotificationState.ACCEPTED:
        _ask_again(notification, now=now)
    elif notification.state is NotificationState.FAILED:
        notification.outcome, notification.provider_code = finding.words[:300], finding.code[:64]
        _has_failed(notification, fleet, now=now)


def _ask_again(notification: Notification, *, now: datetime) -> None:
    """When the provider is asked next; a message that stays unknown for good is told of where people look."""
    began = notification.attempted_at or now
    notification.ask_at = backoff.ask_at(notification.message_class, attempted_at=began, asked=notification.asked)
    if notification.ask_at is None and notification.state is NotificationState.UNKNOWN:
        notifications.note_failure(notification, now=now)
