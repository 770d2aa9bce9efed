"""How many messages a phone takes: smooth windows per class of message, and what a provider allows on top.

A throttled message waits, it is never dropped. What one phone gets is counted three times: by class, altogether, and
for each text that a provider counts by itself. Of every window over all classes a reserve belongs to the urgent ones,
so that no roster notice takes the place of a call.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from rules.vocabulary import MessageClass

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

URGENT = frozenset({MessageClass.DUTY, MessageClass.VERIFICATION, MessageClass.ALARM})
"""The classes that may use the reserve."""


@dataclass(frozen=True)
class Window:
    """At most ``count`` messages in any stretch of ``length``, its end not included.

    A smooth window does not stay shut once it is used up in one go: what it allows beyond the window before it is
    spread evenly over the rest of its length. ``reserve`` is how many of ``count`` are for urgent classes alone.
    """

    count: int
    length: timedelta
    is_smooth: bool = False
    reserve: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.reserve < self.count or self.length <= timedelta(0):
            raise ValueError(f"{self} would never open")


def smooth(count: int, length: timedelta, *, reserve: int = 0) -> Window:
    """A window that opens bit by bit."""
    return Window(count, length, is_smooth=True, reserve=reserve)


OF_CLASS: Mapping[MessageClass, tuple[Window, ...]] = MappingProxyType(
    {
        MessageClass.DUTY: (
            Window(1, MINUTE),
            Window(5, 15 * MINUTE),
            smooth(11, HOUR),
            smooth(21, 3 * HOUR),
        ),
        MessageClass.STAFF: (Window(1, MINUTE), Window(3, 20 * MINUTE), smooth(8, 2 * HOUR), smooth(15, DAY)),
        MessageClass.CUSTOMER: (Window(1, MINUTE), Window(3, HOUR), smooth(6, DAY)),
        MessageClass.VERIFICATION: (Window(1, MINUTE), Window(5, HOUR), Window(10, DAY)),
        MessageClass.ANSWER: (Window(3, MINUTE), Window(10, 15 * MINUTE), smooth(20, HOUR)),
        MessageClass.ALARM: (Window(1, MINUTE), Window(3, HOUR), smooth(12, DAY)),
    }
)
"""Per phone, over the messages of that class. Answers are soon there, yet two machines do not talk for ever."""

ALTOGETHER = (
    Window(6, MINUTE, reserve=3),
    Window(12, 15 * MINUTE, reserve=6),
    smooth(24, HOUR, reserve=12),
    smooth(80, DAY, reserve=40),
)
"""Per phone, over the messages of every class."""

OF_TEMPLATE = (Window(21, 3 * HOUR), smooth(50, DAY))
"""Aliyun takes fifty a day of one text with one signature for one phone; smooth, so that a long night has no silence.

A provider with a lower cap has windows of its own.
"""


def next_permitted(sent: Collection[datetime], windows: Sequence[Window], now: datetime) -> datetime:
    """The earliest moment from ``now`` on at which one more message stays within every window.

    ``sent`` are the moments of those that left, in any order; none is permitted before one that left already.
    """
    moments = sorted(sent)
    opens = [moments[-count] + length for count, length in _steps(windows) if count <= len(moments)]
    return max([now, *moments[-1:], *opens])


def permitted_at(
    message_class: MessageClass,
    now: datetime,
    *,
    of_class: Collection[datetime],
    altogether: Collection[datetime],
    of_template: Collection[datetime] = (),
    provider: Sequence[Window] = OF_TEMPLATE,
) -> datetime:
    """The earliest moment at which a phone may get one more message of this class.

    Given are the moments at which it got any of the class, any at all, and any of the very text (over ``LOOK_BACK``).
    """
    return max(
        next_permitted(of_class, OF_CLASS[message_class], now),
        next_permitted(altogether, open_to(message_class, ALTOGETHER), now),
        next_permitted(of_template, provider, now),
    )


def open_to(message_class: MessageClass, windows: Sequence[Window]) -> tuple[Window, ...]:
    """The windows as this class finds them: the reserve is shut to whatever is not urgent."""
    if message_class in URGENT:
        return tuple(windows)
    return tuple(Window(window.count - window.reserve, window.length, window.is_smooth) for window in windows)


LOOK_BACK = max(window.length for windows in (*OF_CLASS.values(), ALTOGETHER, OF_TEMPLATE) for window in windows)
"""How far back a message still counts."""


def _steps(windows: Sequence[Window]) -> Iterator[tuple[int, timedelta]]:
    """Every window as plain ones: at most so many in any stretch of that length.

    A smooth one is a flight of them, from the window before it up to its own count and length.
    """
    base: Window | None = None
    for window in windows:
        if window.is_smooth and base is not None and window.count > base.count:
            rise = window.count - base.count
            for step in range(1, rise + 1):
                yield base.count + step, base.length + (window.length - base.length) * step / rise
        else:
            yield window.count, window.length
        base = window
