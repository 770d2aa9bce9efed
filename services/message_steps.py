"""The steps of a message: every change of its state, by one table, with one row of its history each."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import func, select

from extensions import db
from models import Notification, NotificationStep
from rules.message_states import FINISHED, MessageEvent, following
from rules.vocabulary import NotificationState
from services import bulk
from services.actors import SYSTEM, Actor

HELD = frozenset({NotificationState.CLAIMED, NotificationState.ATTEMPTED})
"""A worker has its lease on these."""

LONGEST_CODE, LONGEST_WORDS = 64, 300

_TOGETHER = "steps_together"


def move(
    notification: Notification,
    event: MessageEvent,
    *,
    now: datetime,
    channel: str = "",
    code: str = "",
    words: str = "",
    actor: Actor = SYSTEM,
) -> NotificationState:
    """Let this happen to a message and write it down; returns its state now.

    ``code`` and ``words`` are the provider's, or why the desk did it. A receipt that changes nothing leaves no row.

    Raises:
        Conflict: in its state that cannot happen, since somebody else was first.
    """
    before, notification.state = notification.state, following(notification.state, event)
    if notification.state not in HELD:
        notification.claim_token = notification.claimed_until = None
    if notification.state in FINISHED:
        notification.finished_at = notification.finished_at or now
        notification.ask_at = notification.fallback_at = None
    if notification.state in (NotificationState.ACCEPTED, NotificationState.DELIVERED):
        notification.accepted_at = notification.accepted_at or now
    if notification.state is NotificationState.DELIVERED:
        notification.delivered_at = notification.delivered_at or now
    if notification.state is not before or event not in _MAY_COME_AGAIN:
        note(notification, now=now, channel=channel, code=code, words=words, actor=actor)
    return notification.state


_MAY_COME_AGAIN = frozenset({MessageEvent.ON_ITS_WAY, MessageEvent.DELIVERED, MessageEvent.FAILED})


def note(
    notification: Notification,
    *,
    now: datetime,
    channel: str = "",
    code: str = "",
    words: str = "",
    actor: Actor = SYSTEM,
) -> None:
    """Write a row of its history without changing its state: why it still waits, say."""
    step = NotificationStep(
        notification_id=notification.id,
        at=now,
        state=notification.state,
        channel=channel or notification.channel,
        code=code[:LONGEST_CODE],
        words=words[:LONGEST_WORDS],
        actor_id=actor.id,
    )
    together: list[NotificationStep] | None = db.session.info.get(_TOGETHER)
    if together is None:
        db.session.add(step)
    else:
        together.append(step)


@contextmanager
def together() -> Iterator[None]:
    """Write the rows of history that come up inside at its end, in one statement: for many messages at a time."""
    with _kept() as steps:
        yield
        bulk.write(NotificationStep, steps)


@contextmanager
def said_once() -> Iterator[None]:
    """The same, without what is the last word of its message already: that it still waits for the same reason."""
    with _kept() as steps:
        yield
        last = _last({step.notification_id for step in steps})
        bulk.write(NotificationStep, [step for step in steps if _said(step) != last.get(step.notification_id)])


@contextmanager
def _kept() -> Iterator[list[NotificationStep]]:
    steps = db.session.info[_TOGETHER] = list[NotificationStep]()
    try:
        yield steps
    finally:
        del db.session.info[_TOGETHER]


Said = tuple[NotificationState, str, str]


def _said(step: NotificationStep) -> Said:
    return step.state, step.code, step.words


def _last(ids: Collection[int]) -> dict[int, Said]:
    """The last row of history of each message."""
    found: dict[int, Said] = {}
    for some in bulk.batches(ids):
        newest = select(func.max(NotificationStep.id)).where(NotificationStep.notification_id.in_(some))
        rows = select(NotificationStep).where(
            NotificationStep.id.in_(newest.group_by(NotificationStep.notification_id))
        )
        found.update((step.notification_id, _said(step)) for step in db.session.scalars(rows))
    return found


def note_all(ids: Collection[int], state: NotificationState, *, now: datetime, words: str = "") -> None:
    """Write the same row into the history of many messages; the caller has put them into that state."""
    rows = (
        NotificationStep(notification_id=each, at=now, state=state, channel="", code="", words=words) for each in ids
    )
    bulk.write(NotificationStep, rows)
