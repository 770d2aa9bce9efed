"""Changes of shift: when a role passes from one person to another, and until when the next one is to say so.

Pure: who is on duty from when to when for one role goes in, the changes come out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

ACCEPT_WITHIN = timedelta(minutes=15)
"""How long the next one has to accept a handover before the leader is told."""

LOOK_BACK = timedelta(hours=24)
"""After a gap the last one who was there hands over, unless that is longer ago than this."""

LONGEST_NOTE = 2000


@dataclass(frozen=True)
class Watch:
    """Somebody on duty for the role, from ``starts_at`` up to, not including, ``ends_at``."""

    person_id: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Change:
    """At this moment one takes over from another; from nobody where nobody was there for long."""

    at: datetime
    given_by: int | None
    taken_by: int


def changes(watches: Iterable[Watch], *, after: datetime, until: datetime) -> list[Change]:
    """Every change of shift after ``after`` up to and including ``until``, the earliest first.

    Somebody who joins a colleague takes over nothing, somebody who leaves one behind hands nothing over, and nobody
    hands over to themself. Where two leave and one comes, the one takes over from both; where one leaves and two come,
    both take over.
    """
    known = sorted(watches, key=lambda watch: (watch.starts_at, watch.person_id))
    moments = sorted({watch.starts_at for watch in known if after < watch.starts_at <= until})
    return [change for at in moments for change in _at(at, known)]


def present(watches: Sequence[Watch], *, now: datetime) -> list[Change]:
    """The change to each person who is there now, if it is not longer ago than ``LOOK_BACK``.

    What changed and changed again meanwhile is of no use to anybody any more.
    """
    there = _people(watch for watch in watches if watch.starts_at <= now < watch.ends_at)
    found = changes(watches, after=now - LOOK_BACK, until=now)
    last = {change.taken_by: change.at for change in found}
    return [change for change in found if change.taken_by in there and change.at == last[change.taken_by]]


def _at(at: datetime, watches: Sequence[Watch]) -> list[Change]:
    before = _people(watch for watch in watches if watch.starts_at < at <= watch.ends_at)
    now = _people(watch for watch in watches if watch.starts_at <= at < watch.ends_at)
    coming = [person for person in now if person not in before]
    leaving = [person for person in before if person not in now]
    if before and not leaving:
        return []
    giving: list[int | None] = [*leaving] or [_last_there(at, watches)]
    pairs = max(len(coming), len(giving)) if coming else 0
    found = [
        Change(at, giving[min(place, len(giving) - 1)], coming[min(place, len(coming) - 1)]) for place in range(pairs)
    ]
    return [change for change in found if change.given_by != change.taken_by]


def _people(watches: Iterable[Watch]) -> list[int]:
    return list(dict.fromkeys(watch.person_id for watch in watches))


def _last_there(at: datetime, watches: Sequence[Watch]) -> int | None:
    gone = [watch for watch in watches if at - LOOK_BACK <= watch.ends_at < at]
    return max(gone, key=lambda watch: watch.ends_at).person_id if gone else None
