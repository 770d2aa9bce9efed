"""Coverage of the roster: when is nobody there? Pure intervals of aware UTC moments, ends excluded."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

Interval = tuple[datetime, datetime]


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """The same time as few intervals as possible, in order; touching ones become one."""
    result: list[Interval] = []
    for start, end in sorted(intervals):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((start, end))
    return result


def gaps(intervals: Iterable[Interval], *, start: datetime, end: datetime) -> list[Interval]:
    """When, between ``start`` and ``end``, no interval covers the time (N5)."""
    free: list[Interval] = []
    at = start
    for begins, ends in merged(intervals):
        if begins >= end:
            break
        if begins > at:
            free.append((at, begins))
        at = max(at, ends)
    if at < end:
        free.append((at, end))
    return free


def coverage(free: Iterable[Interval], *, start: datetime, end: datetime) -> float:
    """The covered share of the time from ``start`` to ``end``, between 0 and 1, given its gaps."""
    uncovered = sum(((ends - begins) for begins, ends in free), timedelta(0))
    return 1 - uncovered / (end - start)
