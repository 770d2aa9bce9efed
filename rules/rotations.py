"""Rotations: people take turns, and a pattern says when one turn ends and the next begins.

Every handover is a time on the wall clock of the rotation's zone, so that it stays at eight in the morning when the
clocks change. A time that occurs twice means the first one, a time that is skipped means the moment after the skip.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from rules.refusals import Refusal
from rules.vocabulary import N_, Term

DAY: Final = timedelta(days=1)
LONGEST_TURN: Final = timedelta(days=14)
LONGEST_ORDER: Final = 50
MAX_SLOTS: Final = 8
COMPANY_ZONE_NAME: Final = "Asia/Shanghai"


class RotationKind(Term):
    """How the turns follow each other."""

    SHIFT = "shift", N_("By shifts (early, middle, night)")
    HOURLY = "hourly", N_("Every few hours")
    DAILY = "daily", N_("Daily")
    WEEKLY = "weekly", N_("Weekly")
    CUSTOM = "custom", N_("At an interval of your own")


class Unit(Term):
    """What a rotation's interval counts."""

    HOURS = "hours", N_("hours")
    DAYS = "days", N_("days")


@dataclass(frozen=True)
class Slot:
    """One of the shifts of a day, in local time; one that ends no later than it begins ends the next day."""

    name: str
    starts: time
    ends: time

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Slot:
        """Read a slot as it is kept: ``{"name": "早班", "starts": "08:00", "ends": "16:00"}``."""
        starts, ends = (time.fromisoformat(document[name]) for name in ("starts", "ends"))
        return cls(document["name"], starts, ends)

    def to_document(self) -> dict[str, str]:
        """The slot as it is kept."""
        return {"name": self.name, "starts": f"{self.starts:%H:%M}", "ends": f"{self.ends:%H:%M}"}

    def on(self, day: date) -> tuple[datetime, datetime]:
        """Its beginning and end on the wall clock, for the slot that begins on this day."""
        starts = datetime.combine(day, self.starts)
        ends = datetime.combine(day, self.ends)
        return starts, ends if ends > starts else ends + DAY


THREE_SHIFTS: Final = (
    Slot("早班", time(8), time(16)),
    Slot("中班", time(16), time(0)),
    Slot("夜班", time(0), time(8)),
)
"""What a new rotation by shifts proposes."""


@dataclass(frozen=True)
class Pattern:
    """When turns begin and end.

    ``every`` and ``unit`` are a turn's length; for ``SHIFT`` they say after how many days everybody moves on to the
    next of the day's ``slots``, and ``handover_at`` means nothing.
    """

    kind: RotationKind
    first_day: date
    handover_at: time = time(8)
    zone: str = COMPANY_ZONE_NAME
    every: int = 1
    unit: Unit = Unit.DAYS
    slots: tuple[Slot, ...] = ()

    @property
    def step(self) -> timedelta:
        """From one handover to the next on the wall clock."""
        if self.kind is RotationKind.DAILY:
            return DAY
        if self.kind is RotationKind.WEEKLY:
            return 7 * DAY
        is_hours = self.kind is RotationKind.HOURLY or self.unit is Unit.HOURS
        return self.every * (timedelta(hours=1) if is_hours else DAY)

    @property
    def begins_at(self) -> datetime:
        """The moment of its very first turn."""
        first = min((slot.starts for slot in self.slots), default=self.handover_at)
        return moment(datetime.combine(self.first_day, first), ZoneInfo(self.zone))


@dataclass(frozen=True)
class Turn:
    """One turn; ``number`` counts through the order of the people, over and over."""

    number: int
    starts_at: datetime
    ends_at: datetime


def moment(wall: datetime, zone: ZoneInfo) -> datetime:
    """The aware UTC moment at which the wall clock of the zone shows this time, see the head of this module."""
    first, other = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if other >= first:
        return first
    before, after = other, first  # The time is skipped: somewhere in between the clocks were put forward.
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(zone).replace(tzinfo=None) < wall:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def turns(pattern: Pattern, *, start: datetime, end: datetime) -> Iterator[Turn]:
    """Every turn that touches the time from ``start`` up to ``end``, in order; it costs no more in the tenth year."""
    zone = ZoneInfo(pattern.zone)
    for number, begins, ends in _walls(pattern, start.astimezone(zone).replace(tzinfo=None)):
        turn = Turn(number, moment(begins, zone), moment(ends, zone))
        if turn.starts_at >= end:
            return
        if turn.starts_at < turn.ends_at and turn.ends_at > start:
            yield turn


def _walls(pattern: Pattern, since: datetime) -> Iterator[tuple[int, datetime, datetime]]:
    """Number, beginning and end of turns on the wall clock, from one that is over before ``since``, without end."""
    if pattern.kind is RotationKind.SHIFT:
        yield from _slots(pattern, since)
        return
    first, step = datetime.combine(pattern.first_day, pattern.handover_at), pattern.step
    for number in itertools.count(max(0, (since - first) // step - 2)):
        yield number, first + number * step, first + (number + 1) * step


def _slots(pattern: Pattern, since: datetime) -> Iterator[tuple[int, datetime, datetime]]:
    """Everybody moves on early → middle → night: the direction in which people sleep better.

    A day's night stands last among its slots and begins first.
    """
    by_clock = sorted(enumerate(pattern.slots), key=lambda placed: placed[1].starts)
    for day in itertools.count(max(0, (since.date() - pattern.first_day).days - 2)):
        for place, slot in by_clock:
            yield place - day // pattern.every, *slot.on(pattern.first_day + day * DAY)


def check(pattern: Pattern) -> None:
    """Refuse a pattern that makes no sense.

    Raises:
        Refusal: an unknown zone, an interval that is too short or too long, no slots or overlapping ones.
    """
    zone_of(pattern.zone)
    if pattern.kind is RotationKind.SHIFT:
        _check_slots(pattern.slots)
    if pattern.every < 1:
        raise Refusal(N_("The interval must be at least 1."), field="every")
    if pattern.kind is RotationKind.HOURLY and pattern.every > 24:
        raise Refusal(N_("A turn of an hourly rotation is at most 24 hours long."), field="every")
    if pattern.step > LONGEST_TURN:
        raise Refusal(N_("A turn is at most 14 days long."), field="every")


def check_order(people: Sequence[object]) -> None:
    """Refuse an order with nobody in it, or with no end.

    Raises:
        Refusal: as said; beside ``members``.
    """
    if not people:
        raise Refusal(N_("A rotation needs at least one person."), field="members")
    if len(people) > LONGEST_ORDER:
        raise Refusal(N_("A rotation has at most %(longest)s places."), field="members", longest=LONGEST_ORDER)


def zone_of(name: str) -> ZoneInfo:
    """The time zone of this name.

    Raises:
        Refusal: there is none.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise Refusal(N_("There is no time zone of this name."), field="zone") from None


def _check_slots(slots: tuple[Slot, ...]) -> None:
    if not slots:
        raise Refusal(N_("A rotation by shifts needs at least one shift."), field="slots")
    if len(slots) > MAX_SLOTS:
        raise Refusal(N_("A day has at most %(longest)s shifts."), field="slots", longest=MAX_SLOTS)
    day = date(2000, 1, 1)
    hours = sorted(slot.on(day) for slot in slots)
    around = [*hours, (hours[0][0] + DAY, hours[0][1] + DAY)]
    if any(earlier[1] > later[0] for earlier, later in itertools.pairwise(around)):
        raise Refusal(N_("The shifts of a day must not overlap."), field="slots")
