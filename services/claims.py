"""Claims: what may leave now, and the lease of the worker that has it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import joinedload

from extensions import db, just_looking
from models import Notification
from models.base import spelled_out
from rules import message_kinds, quiet_hours
from rules.message_states import MessageEvent
from rules.vocabulary import NotificationState
from services import broken, bundles, channels, message_steps, notifications, reply_codes, verdicts
from services.channels import Channels
from services.throttling import Ledger

LEASE = timedelta(seconds=60)

LOOK_AHEAD = 500
"""Waiting messages that one claim looks at together: a storm for one phone is seen as one."""

HANDFUL = 32
"""Messages other than first calls that leave together: a call that comes up meanwhile waits for no more than these."""

ONE_PLANNER = 4127
"""PostgreSQL's advisory lock that makes claims wait for each other; SQLite has one writer anyway."""

FOR_A_LOOK = (joinedload(Notification.complaint), joinedload(Notification.person))
"""What a look at a message is about besides the message itself."""


def claim(fleet: Channels, *, now: datetime, batch: int) -> tuple[str, list[int]]:
    """Plan what may leave now and put a lease on up to ``batch`` of it; returns the lease's token and the ids.

    What is overtaken is dropped, what goes together becomes one, what its phone may not get yet is put off. A crowd
    that has to wait hides nobody: where none of it may leave, the next ones are looked at.
    """
    token, before = uuid.uuid4().hex, list[int]()
    while True:
        due = _due(now)
        claimed = broken.in_parts(
            lambda some: _plan(some, token, fleet, now=now, batch=batch),
            due,
            lambda each: broken.set_aside(each, now=now),
        )
        # What somebody else holds right now stays where it is: looking at it again would change nothing.
        if claimed or len(due) < LOOK_AHEAD or due == before:
            return token, claimed
        before = due


def rehearse(fleet: Channels, *, now: datetime) -> None:
    """Plan for nobody, so that every statement is prepared."""
    _plan([], "", fleet, now=now, batch=0)


def release(token: str, *, now: datetime) -> int:
    """Put back what this lease holds and nobody has begun, so that it need not wait for its end; returns how many."""
    claimed = Notification.claim_token == token, Notification.state == NotificationState.CLAIMED
    held = db.session.scalars(select(Notification).where(*claimed).order_by(Notification.id).with_for_update()).all()
    with message_steps.together():
        for notification in held:
            message_steps.move(notification, MessageEvent.RELEASE, now=now)
    db.session.commit()
    return len(held)


# --- what may leave -------------------------------------------------------------------------------------------------


def _plan(ids: Sequence[int], token: str, fleet: Channels, *, now: datetime, batch: int) -> list[int]:
    """Commit what becomes of these that wait; returns the ids of those that leave."""
    _be_the_only_planner()
    waiting = _waiting(ids, now=now)
    for each in [each for each in waiting if each.expires_at <= now]:
        message_steps.move(each, MessageEvent.EXPIRE, now=now)
        notifications.note_failure(each, now=now)
    leaving = bundles.gather([each for each in waiting if each.expires_at > now], now=now)
    ledger = Ledger((each.phone for each in leaving), fleet, now=now)
    claimed: list[Notification] = []
    with message_steps.said_once():
        for each in leaving:
            if len(claimed) >= _most(each, batch):
                break
            if _may_leave(each, fleet, ledger, now=now):
                claimed.append(each)
    # No code depends on the leases: both are written at once.
    with message_steps.together(), db.session.no_autoflush:
        for each in claimed:
            message_steps.move(each, MessageEvent.CLAIM, now=now)
            each.claim_token, each.claimed_until = token, now + LEASE
        reply_codes.give(claimed, now=now)
    found = [each.id for each in claimed]
    db.session.commit()
    return found


def _most(notification: Notification, batch: int) -> int:
    """How many may be claimed before this one for it to leave as well."""
    return batch if notification.priority <= message_kinds.FIRST else min(batch, HANDFUL)


def _be_the_only_planner() -> None:
    """Until this transaction ends nobody else plans: two would both see the last free place of a phone."""
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_PLANNER})


def _due(now: datetime) -> list[int]:
    """Who would like to leave, seen without a lock: whoever finds nobody keeps nobody waiting."""
    statement = (
        select(Notification.id)
        .where(spelled_out(Notification.state, NotificationState.QUEUED), Notification.due_at <= now)
        .order_by(Notification.priority, Notification.due_at, Notification.id)
        .limit(LOOK_AHEAD)
    )
    with just_looking():
        found = list(db.session.scalars(statement))
        db.session.commit()
    return found


def _waiting(ids: Sequence[int], *, now: datetime) -> Sequence[Notification]:
    """Those of the rows that are still due and that nobody else holds, locked, the most urgent first."""
    statement = (
        select(Notification)
        .where(Notification.id.in_(ids), Notification.state == NotificationState.QUEUED, Notification.due_at <= now)
        .order_by(Notification.priority, Notification.due_at, Notification.id)
        .options(*FOR_A_LOOK)
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
    verdicts.has_failed(notification, fleet, now=now)


def _put_off(notification: Notification, at: datetime, *, words: str, now: datetime) -> None:
    notification.due_at = min(at, notification.expires_at)
    message_steps.note(notification, now=now, words=words)
