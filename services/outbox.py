"""The outbox: out of the table and to a provider, never lost, never twice, and the truth when nobody knows.

The services of these steps are the only ones that commit by themselves, since calls to the outside stand between their
transactions: ``claims.claim`` plans and puts a lease on what may leave now, ``attempts.begin`` commits that an attempt
begins, ``attempts.send`` makes it without any transaction, ``attempts.finish`` commits the verdict. Whoever dies in
between leaves a row whose lease runs out, and ``recover`` takes it back; ``questions.ask`` finds out what nobody knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from extensions import db, just_looking
from gateways.base import Verdict
from models import Notification
from rules.message_states import MessageEvent
from rules.vocabulary import NotificationState
from services import attempts, broken, bulk, claims, message_steps, questions, verdicts
from services.attempts import Attempt
from services.channels import Channels

BATCH = 200
"""Messages that a claim takes at most."""

LONGEST_RUN = timedelta(seconds=60)
"""A run that takes longer leaves the rest to the next one: a job that is stopped from outside loses verdicts."""


def dispatch(*, fleet: Channels, clock: Callable[[], datetime], batch: int = BATCH, threads: int = 1) -> int:
    """Send everything that may leave now, the most urgent first; returns how many attempts were made.

    ``clock`` is asked before every step: a lease that ran out meanwhile belongs to somebody else. ``threads`` calls
    are made side by side, one alone in the caller's own thread; the outbox itself is used by one thread alone.
    """
    until = clock() + LONGEST_RUN
    recover(fleet, now=clock())
    with ThreadPoolExecutor(max_workers=threads) as pool:
        hands = _Hands(clock, threads, pool)
        made = _send_what_waits(fleet, hands, batch=batch, until=until)
        if questions.ask(fleet, clock=clock) and clock() < until:  # What was never seen waits again.
            made += _send_what_waits(fleet, hands, batch=batch, until=until)
    return made


def rehearse(fleet: Channels, *, now: datetime) -> None:
    """Go through the motions once without sending, so that a worker's forks find every statement prepared."""
    claims.rehearse(fleet, now=now)
    attempts.begin([], "", fleet, now=now)
    attempts.finish([], "", fleet, now=now)


@dataclass(frozen=True)
class _Hands:
    """Who sends: what time it is, and how many at once."""

    clock: Callable[[], datetime]
    threads: int
    pool: ThreadPoolExecutor

    def send(self, begun: Sequence[Attempt]) -> Iterable[Verdict]:
        """Make these attempts side by side; for one alone no thread is begun."""
        work_on = self.pool.map if min(len(begun), self.threads) > 1 else map
        return work_on(lambda attempt: attempts.send(attempt, clock=self.clock), begun)


def _send_what_waits(fleet: Channels, hands: _Hands, *, batch: int, until: datetime) -> int:
    made = 0
    while True:
        token, ids = claims.claim(fleet, now=hands.clock(), batch=batch)
        for some in bulk.batches(ids, hands.threads):
            if hands.clock() >= until:
                claims.release(token, now=hands.clock())
                return made
            made += _hand_over(some, token, fleet, hands)
        if not ids or hands.clock() >= until:
            return made


def _hand_over(ids: Sequence[int], token: str, fleet: Channels, hands: _Hands) -> int:
    """What is handed over side by side; returns how many attempts that were."""
    begun = broken.in_parts(lambda some: attempts.begin(some, token, fleet, now=hands.clock()), ids)
    answers = list(zip(begun, hands.send(begun), strict=True))
    broken.in_parts(lambda some: attempts.finish(some, token, fleet, now=hands.clock()), answers)
    return len(begun)


def recover(fleet: Channels, *, now: datetime) -> int:
    """Take back what a dead worker held; returns how many. What it may have sent is asked for first."""
    is_abandoned = Notification.claim_token.is_not(None) & (Notification.claimed_until <= now)
    with just_looking():
        abandoned = db.session.scalars(select(Notification.id).where(is_abandoned).order_by(Notification.id)).all()
        db.session.commit()
    return len(
        broken.in_parts(
            lambda some: _take_back(some, fleet, now=now), abandoned, lambda each: broken.set_aside(each, now=now)
        )
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
            verdicts.doubt(notification, fleet, now=now, words="lease_over")
    db.session.commit()
    return [each.id for each in taken]
