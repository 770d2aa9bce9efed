"""How long to wait: before the next attempt, before the provider is asked, and until a channel is trusted again.

Pure: what went wrong and how often goes in, the moment of the next step comes out; None means that there is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from rules.throttles import URGENT
from rules.vocabulary import MessageClass

MOST_ATTEMPTS = 5
"""Attempts that a provider may refuse for now before the message has failed; the chain reacts to that."""

NOTHING, SECOND, MINUTE, DAY = timedelta(0), timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)

_URGENT_WAITS = (5 * SECOND, 15 * SECOND, MINUTE, 5 * MINUTE)
_OTHER_WAITS = (MINUTE, 5 * MINUTE, 15 * MINUTE, 60 * MINUTE)

PATIENCE: Mapping[MessageClass, timedelta] = MappingProxyType(
    {each: 2 * MINUTE if each in URGENT else 60 * MINUTE for each in MessageClass}
)
"""How long a provider may keep a message waiting before another channel is the better way."""

GRACE: Mapping[MessageClass, timedelta] = MappingProxyType(
    {
        MessageClass.DUTY: 30 * SECOND,
        MessageClass.STAFF: 5 * MINUTE,
        MessageClass.CUSTOMER: 5 * MINUTE,
        MessageClass.VERIFICATION: 30 * SECOND,
        MessageClass.ANSWER: 30 * SECOND,
        MessageClass.ALARM: 30 * SECOND,
    }
)
"""How long a message without a verdict rests before the provider is asked.

Whoever asks sooner than the provider's own books are written hears that it has nothing, and sends twice. For a call
at night that is the smaller evil; a customer is never told twice.
"""

MOST_QUESTIONS = 6
"""Questions without an answer before a message stays unknown for good."""

ASKED_LATER = 2
"""As if so many questions had found no answer: of what was accepted a provider that sends receipts is asked late."""

ACCOUNT_PAUSE = MINUTE
"""Between two looks at whether a channel is there again for a message that has no other."""

TRIPS_AFTER = 5
"""Attempts in a row that came to nothing before a channel rests."""

LONGEST_REST = 15 * MINUTE


def retry_at(
    message_class: MessageClass,
    *,
    attempts: int,
    at: datetime,
    expires_at: datetime,
    wish: timedelta | None = None,
) -> datetime | None:
    """When to try again after a provider refused for now, never sooner than it wishes (``wish``).

    None when these were ``attempts`` enough, or when the message has expired by then.
    """
    if attempts >= MOST_ATTEMPTS:
        return None
    waits = _URGENT_WAITS if message_class in URGENT else _OTHER_WAITS
    wait = waits[min(max(attempts, 1), len(waits)) - 1]
    moment = at + max(wait, min(wish or NOTHING, DAY))
    return moment if moment < expires_at else None


def is_better_elsewhere(message_class: MessageClass, wish: timedelta | None) -> bool:
    """Whether the provider wants to be left alone for longer than a message of this class can wait."""
    return wish is not None and wish > PATIENCE[message_class]


def after_account_trouble(*, at: datetime, expires_at: datetime, has_another: bool) -> datetime | None:
    """When to try again after trouble with the account: at once where there is another channel.

    The message is not at fault: it waits for the channel as long as it is wanted, and no attempt is counted.
    """
    moment = at if has_another else at + ACCOUNT_PAUSE
    return moment if moment < expires_at else None


def ask_at(message_class: MessageClass, *, attempted_at: datetime, asked: int) -> datetime | None:
    """When to ask the provider about a message without a verdict, having asked so often without an answer.

    Each wait is twice as long as the one before; None after ``MOST_QUESTIONS``.
    """
    if asked >= MOST_QUESTIONS:
        return None
    return attempted_at + GRACE[message_class] * ((2 << max(asked, 0)) - 1)


def rest(failures: int) -> timedelta | None:
    """How long a channel rests after so many failures in a row, each time twice as long; None while it works."""
    if failures < TRIPS_AFTER:
        return None
    return min(MINUTE * (1 << min(failures - TRIPS_AFTER, 10)), LONGEST_REST)
