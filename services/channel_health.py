"""How channels do: what became of the messages of the last hour and day, and how long they took.

Read by the index on channel and moment of the attempt, and never more than ``MOST`` messages of a channel, so that the
page costs the same on a desk with a million of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Final, NamedTuple

from sqlalchemy import select

from extensions import db
from models import ChannelState, Notification
from rules.vocabulary import ChannelCondition, MessageClass, NotificationState
from services import channel_conditions, channel_states
from services.channels import Channel, Channels

MOST: Final = 5_000
"""Messages of one channel that are looked at, the newest."""


@dataclass(frozen=True)
class Span:
    """A stretch of time up to now, in equal steps."""

    length: timedelta
    step: timedelta

    @property
    def steps(self) -> int:
        """How many steps it has."""
        return self.length // self.step


HOUR: Final = Span(timedelta(hours=1), timedelta(minutes=5))
DAY: Final = Span(timedelta(days=1), timedelta(hours=1))


class Sent(NamedTuple):
    """What health has to know of a message."""

    attempted_at: datetime
    accepted_at: datetime | None
    delivered_at: datetime | None
    state: NotificationState

    @property
    def delay(self) -> timedelta | None:
        """How long the phone took to get it, or the provider to take it where it says no more; None for neither."""
        end = self.delivered_at or self.accepted_at
        return max(end - self.attempted_at, timedelta(0)) if end else None


@dataclass(frozen=True)
class Tally:
    """What became of some messages. ``accepted`` are those that the provider took and has not reported on."""

    delivered: int = 0
    accepted: int = 0
    failed: int = 0
    unknown: int = 0
    open: int = 0
    delay: timedelta | None = None

    @property
    def total(self) -> int:
        """All of them."""
        return self.delivered + self.accepted + self.failed + self.unknown + self.open


@dataclass(frozen=True)
class Step:
    """One step of a span."""

    begins_at: datetime
    tally: Tally


@dataclass(frozen=True)
class Health:
    """One channel: its row (None: nothing was ever noted), the last hour and day, and both step by step.

    ``is_cut``: there were more messages than ``MOST``, and the older ones are left out.
    """

    channel: Channel
    state: ChannelState | None
    hour: Tally
    day: Tally
    hour_steps: Sequence[Step]
    day_steps: Sequence[Step]
    is_cut: bool

    @property
    def condition(self) -> ChannelCondition:
        """How the channel is."""
        return self.state.condition if self.state else ChannelCondition.OPEN


def of(channels: Channels, *, now: datetime) -> list[Health]:
    """The health of every channel, in their order."""
    states = channel_states.states()
    return [_health(channel, states.get(channel.name), now=now) for channel in channels]


def in_trouble(channels: Channels) -> list[ChannelState]:
    """The configured channels that rest or stand still, in their order."""
    states = channel_states.states()
    found = (states.get(channel.name) for channel in channels)
    return [state for state in found if state is not None and state.condition is not ChannelCondition.OPEN]


def is_silent(channels: Channels, *, now: datetime) -> bool:
    """Whether nothing calls people on duty any more: every channel for that rests or stands still."""
    conditions = channel_conditions.standing()
    return not any(conditions[channel.name].takes(now) for channel in channels.order(MessageClass.DUTY))


def _health(channel: Channel, state: ChannelState | None, *, now: datetime) -> Health:
    sent = _sent(channel.name, since=now - DAY.length)
    lately = [each for each in sent if each.attempted_at > now - HOUR.length]
    return Health(
        channel=channel,
        state=state,
        hour=tally(lately),
        day=tally(sent),
        hour_steps=list(steps(lately, HOUR, now=now)),
        day_steps=list(steps(sent, DAY, now=now)),
        is_cut=len(sent) == MOST,
    )


def _sent(name: str, *, since: datetime) -> list[Sent]:
    statement = (
        select(Notification.attempted_at, Notification.accepted_at, Notification.delivered_at, Notification.state)
        .where(Notification.channel == name, Notification.attempted_at > since)
        .order_by(Notification.attempted_at.desc())
        .limit(MOST)
    )
    rows = db.session.execute(statement)
    return [Sent(at, accepted_at, delivered_at, state) for at, accepted_at, delivered_at, state in rows if at]


def tally(sent: Iterable[Sent]) -> Tally:
    """Count messages by what became of them; the delay is their median."""
    counts = dict.fromkeys(("delivered", "accepted", "failed", "unknown", "open"), 0)
    delays = []
    for each in sent:
        counts[_FATES.get(each.state, "open")] += 1
        if each.delay is not None:
            delays.append(each.delay.total_seconds())
    return Tally(**counts, delay=timedelta(seconds=median(delays)) if delays else None)


_FATES: Final = {
    NotificationState.DELIVERED: "delivered",
    NotificationState.ACCEPTED: "accepted",
    NotificationState.FAILED: "failed",
    NotificationState.UNKNOWN: "unknown",
}
"""The rest is being sent, waits for its next attempt, or was dropped after one."""


def steps(sent: Iterable[Sent], span: Span, *, now: datetime) -> Iterator[Step]:
    """The messages step by step, the oldest step first; the last one is not over yet.

    Steps begin at full hours, or at full five minutes, as people read a clock.
    """
    seconds = int(span.step.total_seconds())
    end = (int(now.timestamp()) // seconds + 1) * seconds
    first = end - span.steps * seconds
    buckets: list[list[Sent]] = [[] for _ in range(span.steps)]
    for each in sent:
        place = (int(each.attempted_at.timestamp()) - first) // seconds
        if 0 <= place < span.steps:
            buckets[place].append(each)
    for place, bucket in enumerate(buckets):
        yield Step(datetime.fromtimestamp(first + place * seconds, now.tzinfo), tally(bucket))
