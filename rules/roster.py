"""The roster's answer: who stands for a role when, and when is nobody there?

Three layers lie over each other. **Turns** are what was planned, by a rotation or by hand. **Overrides** change them in
the order in which they were made: somebody comes, goes, or stands in for another. **Absences** take their person out of
whatever that gives. Pure functions over intervals of aware UTC moments, ends excluded; each layer only adds rows and
never rewrites one, so the answer about a past moment stays the same for ever.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from rules.refusals import Refusal
from rules.vocabulary import N_, Term

Interval = tuple[datetime, datetime]

NO_END: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""When an absence ends whose end nobody knows."""

TYPING_TIME: Final = timedelta(minutes=1)
"""A form knows minutes only: what was to begin this very minute begins now."""


class OverrideKind(Term):
    """What an override does to the shifts under it."""

    ADD = "add", N_("Also on duty")
    REMOVE = "remove", N_("Not on duty")
    REPLACE = "replace", N_("Stands in")


@dataclass(frozen=True)
class Planned:
    """A planned turn. ``key`` is whatever the caller knows it by."""

    role: int
    person: int
    starts_at: datetime
    ends_at: datetime
    key: int = 0


@dataclass(frozen=True)
class Overriding:
    """``person`` comes, ``instead_of`` goes; a replacement changes nothing where ``instead_of`` does not stand."""

    role: int
    person: int | None
    instead_of: int | None
    starts_at: datetime
    ends_at: datetime
    key: int = 0


@dataclass(frozen=True)
class Absence:
    """Somebody is not there, for no role."""

    person: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Stretch:
    """Somebody really stands for a role; ``planned`` and ``override`` are the keys of what put them there, or 0."""

    role: int
    person: int
    starts_at: datetime
    ends_at: datetime
    planned: int = 0
    override: int = 0


def resolve(planned: Iterable[Planned], overrides: Iterable[Overriding], absences: Iterable[Absence]) -> list[Stretch]:
    """Who stands for which role when, by role and beginning.

    ``overrides`` come in the order in which they were made. Nobody stands twice for one role at one moment: of two
    reasons the one that began first counts.
    """
    standing: dict[int, list[Stretch]] = defaultdict(list)
    for turn in planned:
        standing[turn.role].append(Stretch(turn.role, turn.person, turn.starts_at, turn.ends_at, planned=turn.key))
    for override in overrides:
        standing[override.role] = list(_overridden(standing[override.role], override))
    away: dict[int, list[Interval]] = defaultdict(list)
    for absence in absences:
        away[absence.person].append((absence.starts_at, absence.ends_at))
    return [
        present
        for role in sorted(standing)
        for stretch in _once(standing[role])
        for present in _outside(stretch, away[stretch.person])
    ]


def _overridden(standing: Iterable[Stretch], override: Overriding) -> Iterable[Stretch]:
    hours = (override.starts_at, override.ends_at)
    for stretch in standing:
        if stretch.person != override.instead_of or not overlap(_hours(stretch), hours):
            yield stretch
            continue
        yield from _outside(stretch, [hours])
        if override.person is not None:
            starts_at, ends_at = overlap(_hours(stretch), hours) or hours
            yield replace(stretch, person=override.person, starts_at=starts_at, ends_at=ends_at, override=override.key)
    if override.person is not None and override.instead_of is None:
        yield Stretch(override.role, override.person, *hours, override=override.key)


def _once(standing: Iterable[Stretch]) -> list[Stretch]:
    """The same people at the same moments, each once, by beginning.

    In this order whatever somebody stood before reaches up to one moment: a year costs no more than its stretches.
    """
    until: dict[int, datetime] = {}
    result: list[Stretch] = []
    for stretch in sorted(standing, key=lambda each: each.starts_at):
        starts_at = max(stretch.starts_at, until.get(stretch.person, stretch.starts_at))
        if starts_at < stretch.ends_at:
            result.append(stretch if starts_at == stretch.starts_at else replace(stretch, starts_at=starts_at))
            until[stretch.person] = stretch.ends_at
    return sorted(result, key=lambda each: each.starts_at)


def _outside(stretch: Stretch, holes: Sequence[Interval]) -> Iterable[Stretch]:
    """What is left of the stretch."""
    if not holes:
        return [stretch]
    left = gaps(holes, start=stretch.starts_at, end=stretch.ends_at)
    return [replace(stretch, starts_at=starts_at, ends_at=ends_at) for starts_at, ends_at in left]


def _hours(stretch: Stretch) -> Interval:
    return stretch.starts_at, stretch.ends_at


def overlap(one: Interval, other: Interval) -> Interval | None:
    """The time in both; None where there is none."""
    start, end = max(one[0], other[0]), min(one[1], other[1])
    return (start, end) if start < end else None


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


def doubles(intervals: Iterable[Interval], *, start: datetime, end: datetime) -> list[Interval]:
    """When, between ``start`` and ``end``, more than one interval covers the time."""
    twice: list[Interval] = []
    latest = start
    for begins, ends in sorted(intervals):
        shared = overlap((begins, min(ends, latest)), (start, end))
        if shared:
            twice.append(shared)
        latest = max(latest, ends)
    return merged(twice)


def coverage(free: Iterable[Interval], *, start: datetime, end: datetime) -> float:
    """The covered share of the time from ``start`` to ``end``, between 0 and 1, given its gaps."""
    uncovered = sum(((ends - begins) for begins, ends in free), timedelta(0))
    return 1 - uncovered / (end - start)


def begin(starts_at: datetime, *, now: datetime) -> datetime:
    """When something planned really begins: the past is closed, this very minute is now.

    Raises:
        Refusal: it would begin in the past.
    """
    if starts_at <= now - TYPING_TIME:
        raise Refusal(N_("This would begin in the past, and the past stays as it was."), field="starts_at")
    return max(starts_at, now)


def check_length(starts_at: datetime, ends_at: datetime, *, longest: timedelta) -> None:
    """Refuse a stretch that ends before it begins, or lasts for too long.

    Raises:
        Refusal: as said; beside ``ends_at``.
    """
    if ends_at <= starts_at:
        raise Refusal(N_("The end must lie after the beginning."), field="ends_at")
    if ends_at - starts_at > longest:
        raise Refusal(N_("This is too long; %(days)s days at most."), field="ends_at", days=longest.days)
