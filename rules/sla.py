"""Clocks: how long each promise of time lasts, who is told on the way, and what became of it.

All moments are aware UTC; lengths are ``timedelta``. The contact clock starts at the customer's first word, runs
round the clock and is never paused (D-02, decision 6); the triage clock starts at the record (D-10, decision 4). How
long each clock runs, for which levels and categories, and who hears of it stands in the policy; the shipped one is the
plan's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo

from rules import documents
from rules.refusals import Refusal
from rules.vocabulary import N_, Category, ClockKind, ClockState, ContactPurpose, Severity, Term
from rules.working_time import Calendar

HISTORY_AFTER = timedelta(days=1)
"""A call that is entered later than this is history: its clocks are computed, nobody's phone rings."""

BACKDATE_LIMIT = timedelta(days=90)
"""How far back a first word may lie when a person records it."""

HISTORY_LIMIT = timedelta(days=3 * 366)
"""How far back a first word may lie when it comes from an export."""

CLOCK_SKEW = timedelta(minutes=2)
"""How far ahead of the desk's clock a first word may be before it counts as lying in the future."""

REPEAT_WITHIN = timedelta(hours=1)
"""Two complaints of the same customer about the same matter within this are probably one."""

LATE_AFTER = timedelta(minutes=5)
"""A step that the sweep takes later than this is marked as late: the sweep was down, not the desk."""

Pause = tuple[datetime, datetime]


def verdict(due_at: datetime, stopped_at: datetime | None, now: datetime) -> ClockState:
    """What a clock shows. The due moment itself is still on time (decision 3: 30:00 is, 30:01 is not)."""
    if stopped_at is not None:
        return ClockState.MET if stopped_at <= due_at else ClockState.MISSED
    return ClockState.RUNNING if now <= due_at else ClockState.BREACHED


def lateness(due_at: datetime, stopped_at: datetime | None, now: datetime) -> timedelta:
    """How much over time the clock is or was; zero when on time."""
    return max((stopped_at or now) - due_at, timedelta(0))


def is_history(first_word_at: datetime, now: datetime) -> bool:
    """Whether a call is so old that it is entered as history."""
    return now - first_word_at > HISTORY_AFTER


def reminder_at(made_at: datetime, due_at: datetime, lead: timedelta) -> datetime:
    """When somebody is reminded of a promise: ``lead`` before it falls due, but not in the first half of its time."""
    return max(due_at - lead, made_at + (due_at - made_at) / 2)


def due_at(start: datetime, budget: timedelta, pauses: Iterable[Pause], calendar: Calendar) -> datetime:
    """When a clock runs out that began at ``start``, may run for ``budget``, and stood still in the pauses.

    Computed from the intervals every time: a pause gives back exactly the counting time it covered, so resuming never
    makes a clock overdue at once, and a pause outside working time gives back nothing.
    """
    cursor, left = start, budget
    for paused_at, resumed_at in sorted(pauses):
        if paused_at >= cursor:
            ran = calendar.counted(cursor, paused_at)
            if left <= ran:
                break
            left -= ran
        cursor = max(cursor, resumed_at)
    return calendar.after(cursor, left)


class Unit(Term):
    """How the length of a clock is given."""

    MINUTES = "minutes", N_("minutes")
    HOURS = "hours", N_("hours")
    DAYS = "days", N_("days")
    WORKING_HOURS = "working_hours", N_("working hours")
    WORKING_DAYS = "working_days", N_("working days")
    NEXT_DAY_AT = "next_day_at", N_("o'clock on the next day")
    PROMISED = "promised", N_("as promised to the customer")


class Tell(Term):
    """Who hears of a warning or a breach."""

    NOBODY = "nobody", N_("nobody, it only shows")
    OWNER = "owner", N_("whoever must act")
    LEADER = "leader", N_("the group leader")
    OWNER_AND_LEADER = "owner_and_leader", N_("whoever must act, and the leader")
    MANAGEMENT = "management", N_("the duty managers")
    CHAIN = "chain", N_("the next step of the escalation chain")


WORKING: Final = frozenset({Unit.WORKING_HOURS, Unit.WORKING_DAYS})
"""Units that count working time only."""

MOST: Mapping[Unit, int] = MappingProxyType(
    {Unit.MINUTES: 10_080, Unit.HOURS: 720, Unit.DAYS: 90, Unit.WORKING_HOURS: 240, Unit.WORKING_DAYS: 60}
)
"""The highest sensible length in each unit."""

CONTACT_MOST = 30
"""Minutes: the plan promises the customer a contact within these (D-02); a policy may only be stricter."""

LENGTHS = (Unit.MINUTES, Unit.HOURS, Unit.DAYS, Unit.WORKING_HOURS, Unit.WORKING_DAYS)
UNITS: Mapping[ClockKind, tuple[Unit, ...]] = MappingProxyType(
    dict.fromkeys(ClockKind, LENGTHS)
    | {
        ClockKind.CONTACT: (Unit.MINUTES,),
        ClockKind.PROGRESS: (Unit.NEXT_DAY_AT,),
        ClockKind.REWORK: (Unit.PROMISED,),
        ClockKind.OUTWARD: (Unit.PROMISED,),
    }
)
"""How the length of each clock may be given: the contact clock runs 24 × 7, a report is due at an hour of the day, a
rework promise when it was promised, an answer to an authority when it set the day."""

NEVER_PAUSED: Final = frozenset({ClockKind.CONTACT, ClockKind.PROGRESS, ClockKind.OUTWARD})
"""The contact clock by decision 6; a daily report is due every day whatever the customer does, and no authority waits
for the customer either."""

FROM_THE_FIRST_WORD: Final = frozenset({ClockKind.CONTACT, ClockKind.GOLDEN, ClockKind.FIRST_ANSWER})
"""Clocks that began when the customer spoke; the others begin when the desk could first act (decision 4)."""

WITH_THE_RECORD: Final = (
    ClockKind.CONTACT,
    ClockKind.TRIAGE,
    ClockKind.FIRST_ANSWER,
    ClockKind.GOLDEN,
    ClockKind.ON_SITE,
    ClockKind.FORMAL_REPLY,
)
"""Clocks that a complaint begins with, where the policy has a row for it."""

SOONER_WHEN_GRAVER: Final = (ClockKind.FIRST_ANSWER, ClockKind.ON_SITE, ClockKind.FORMAL_REPLY)
"""Clocks of which a graver level may want a sooner one: the contact and the golden hours go by the first word, and
triage is what finds the level."""

STOPPED_BY: Mapping[ContactPurpose, tuple[ClockKind, ...]] = MappingProxyType(
    {
        ContactPurpose.TALK: (),
        ContactPurpose.FIRST_ANSWER: (ClockKind.FIRST_ANSWER, ClockKind.GOLDEN),
        ContactPurpose.PROGRESS: (ClockKind.PROGRESS,),
        ContactPurpose.FORMAL_REPLY: (ClockKind.FIRST_ANSWER, ClockKind.GOLDEN, ClockKind.FORMAL_REPLY),
        ContactPurpose.FOLLOW_UP: (ClockKind.FOLLOW_UP,),
    }
)
"""What a conversation stops beside the contact clock: whoever gives the formal reply has answered."""

DONE_BY_CLOSING: Final = (ClockKind.FIRST_ANSWER, ClockKind.GOLDEN, ClockKind.FORMAL_REPLY, ClockKind.FOLLOW_UP)
"""Closing in agreement with the customer is an answer, a reply and the follow-up; whatever else runs is over."""

OVER_WHEN_RESOLVED: Final = (ClockKind.ON_SITE, ClockKind.PROGRESS)
"""Nothing is left to look at or to report on."""

FOR_EVERY_COMPLAINT = (ClockKind.CONTACT, ClockKind.TRIAGE)
"""Clocks that no complaint may be without (D-02, D-10)."""

MOST_TARGETS = 100
MOST_STEPS = 5


@dataclass(frozen=True)
class Step:
    """What the sweep does on the way: at a share of the budget, at the breach, or so long after it."""

    tell: Tell
    percent: int | None = None
    after: timedelta | None = None

    @property
    def is_warning(self) -> bool:
        """Before the due time."""
        return self.percent is not None

    @property
    def is_breach(self) -> bool:
        """The due time itself."""
        return self.percent is None and self.after is None


@dataclass(frozen=True)
class Target:
    """One row of the policy: how long a clock runs for these levels and categories (none named: all of them)."""

    id: str
    clock: ClockKind
    unit: Unit
    amount: int
    levels: tuple[Severity, ...] = ()
    categories: tuple[Category, ...] = ()
    is_pausable: bool = False
    warn_at: tuple[int, ...] = (50, 80)
    warn: Tell = Tell.OWNER
    breach: Tell = Tell.OWNER_AND_LEADER
    remind_after: tuple[int, ...] = ()
    remind: Tell = Tell.NOBODY

    def fits(self, category: Category, severity: Severity) -> bool:
        """Whether the row is meant for such a complaint."""
        return (not self.categories or category in self.categories) and (not self.levels or severity in self.levels)

    def covers(self, other: Target) -> bool:
        """Whether everything that the other row is meant for is meant by this one too."""
        return _within(other.levels, self.levels) and _within(other.categories, self.categories)

    @property
    def is_working_time(self) -> bool:
        """Whether only working time counts."""
        return self.unit in WORKING

    @property
    def steps(self) -> tuple[Step, ...]:
        """The warnings, the breach and what follows, in their order."""
        return (
            *(Step(self.warn, percent=percent) for percent in self.warn_at),
            Step(self.breach),
            *(Step(self.remind, after=timedelta(minutes=minutes)) for minutes in self.remind_after),
        )

    def budget(self, day_length: timedelta) -> timedelta | None:
        """How long it may run; None where the end is a moment and not a length."""
        lengths = {
            Unit.MINUTES: timedelta(minutes=1),
            Unit.HOURS: timedelta(hours=1),
            Unit.DAYS: timedelta(days=1),
            Unit.WORKING_HOURS: timedelta(hours=1),
            Unit.WORKING_DAYS: day_length,
        }
        return self.amount * lengths[self.unit] if self.unit in lengths else None


def _within(some: tuple[Any, ...], all_: tuple[Any, ...]) -> bool:
    return not all_ or (bool(some) and set(some) <= set(all_))


def next_day_at(moment: datetime, hour: int, zone: ZoneInfo) -> datetime:
    """That hour of the day after the moment, in the zone's time (D-17's daily report)."""
    tomorrow = moment.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(hour), zone).astimezone(moment.tzinfo)


def step_moments(
    steps: tuple[Step, ...],
    start: datetime,
    budget: timedelta,
    due: datetime,
    pauses: Iterable[Pause],
    calendar: Calendar,
) -> list[datetime]:
    """When each step is to be taken; a warning is never later than the due moment ``due``, which is stored."""
    pauses = list(pauses)
    return [
        min(due, due_at(start, budget * step.percent / 100, pauses, calendar))
        if step.percent is not None
        else due + (step.after or timedelta(0))
        for step in steps
    ]


@dataclass(frozen=True)
class ClockPolicy:
    """The table of targets. The first row from the top that fits a complaint holds."""

    targets: tuple[Target, ...]

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> ClockPolicy:
        """Read a policy's document.

        Raises:
            Refusal: a row makes no sense or is never reached, or a clock that every complaint needs is missing.
        """
        rows = documents.rows(document, "targets", most=MOST_TARGETS)
        targets = tuple(_target(row, f"targets-{place}") for place, row in enumerate(rows))
        documents.check_ids((target.id for target in targets), "targets")
        for place, target in enumerate(targets):
            _refuse_unreachable(target, targets[:place], f"targets-{place}")
        for kind in FOR_EVERY_COMPLAINT:
            if not any(target.clock is kind and not target.levels and not target.categories for target in targets):
                raise Refusal(
                    N_("“%(clock)s” needs a row for all levels and all categories."), field="targets", clock=kind
                )
        return cls(targets)

    def target(self, kind: ClockKind, category: Category, severity: Severity) -> Target | None:
        """The row that holds for such a complaint; None when it has no such clock."""
        fitting = (target for target in self.targets if target.clock is kind and target.fits(category, severity))
        return next(fitting, None)

    def by_id(self, target_id: str) -> Target | None:
        """The row of this id."""
        return next((target for target in self.targets if target.id == target_id), None)


def _target(row: Mapping[str, Any], at: str) -> Target:
    kind = documents.word(ClockKind, row.get("clock"), field=f"{at}-clock")
    unit = documents.word(Unit, row.get("unit"), field=f"{at}-unit")
    if unit not in UNITS[kind]:
        raise Refusal(N_("The length of this clock cannot be given like that."), field=f"{at}-unit")
    return Target(
        id=documents.own_id(row, at=at),
        clock=kind,
        unit=unit,
        amount=_amount(row.get("amount"), kind, unit, at),
        levels=documents.words(Severity, row.get("levels", []), field=f"{at}-levels"),
        categories=documents.words(Category, row.get("categories", []), field=f"{at}-categories"),
        is_pausable=_is_pausable(row, kind, at),
        warn_at=_numbers(row.get("warn_at", []), f"{at}-warn_at", lowest=1, highest=99),
        warn=_tell(row.get("warn", Tell.NOBODY), f"{at}-warn"),
        breach=_breach(row.get("breach", Tell.NOBODY), kind, f"{at}-breach"),
        remind_after=_numbers(row.get("remind_after", []), f"{at}-remind_after", lowest=1, highest=43_200),
        remind=_tell(row.get("remind", Tell.NOBODY), f"{at}-remind"),
    )


def _amount(value: Any, kind: ClockKind, unit: Unit, at: str) -> int:
    if unit is Unit.PROMISED:
        return 0
    if unit is Unit.NEXT_DAY_AT:
        return documents.whole(value, field=f"{at}-amount", lowest=0, highest=23)
    highest = CONTACT_MOST if kind is ClockKind.CONTACT else MOST[unit]
    return documents.whole(value, field=f"{at}-amount", lowest=1, highest=highest)


def _is_pausable(row: Mapping[str, Any], kind: ClockKind, at: str) -> bool:
    is_pausable = bool(row.get("is_pausable", False))
    if is_pausable and kind in NEVER_PAUSED:
        raise Refusal(N_("This clock is never paused."), field=f"{at}-is_pausable")
    return is_pausable


def _numbers(values: Any, field: str, *, lowest: int, highest: int) -> tuple[int, ...]:
    if not isinstance(values, list | tuple):
        raise Refusal(N_("Whole numbers, please, such as 50, 80."), field=field)
    if len(values) > MOST_STEPS:
        raise Refusal(N_("At most %(most)s steps."), field=field, most=MOST_STEPS)
    numbers = [documents.whole(value, field=field, lowest=lowest, highest=highest) for value in values]
    if numbers != sorted(set(numbers)):
        raise Refusal(N_("Each step comes after the one before."), field=field)
    return tuple(numbers)


def _tell(value: Any, field: str) -> Tell:
    tell = documents.word(Tell, value, field=field)
    if tell is Tell.CHAIN:
        raise Refusal(N_("The chain goes on at the breach only."), field=field)
    return tell


def _breach(value: Any, kind: ClockKind, field: str) -> Tell:
    tell = documents.word(Tell, value, field=field)
    if kind is ClockKind.CONTACT and tell is not Tell.CHAIN:
        raise Refusal(N_("When nobody contacted the customer in time, the chain goes on."), field=field)
    return tell


def _refuse_unreachable(target: Target, above: tuple[Target, ...], at: str) -> None:
    if any(target.clock is other.clock and other.covers(target) for other in above):
        raise Refusal(N_("A row above holds for all of these already."), field=f"{at}-clock")


def _row(clock: ClockKind, unit: Unit, amount: int, *, name: str = "", **rest: Any) -> dict[str, Any]:
    return {
        "id": f"{clock}.{name}" if name else clock.value,
        "clock": clock.value,
        "levels": [],
        "categories": [],
        "amount": amount,
        "unit": unit.value,
        "is_pausable": False,
        "warn_at": [50, 80],
        "warn": Tell.OWNER.value,
        "breach": Tell.OWNER_AND_LEADER.value,
        "remind_after": [],
        "remind": Tell.NOBODY.value,
    } | rest


DEFAULT_DOCUMENT: dict[str, Any] = {
    "targets": [
        _row(ClockKind.CONTACT, Unit.MINUTES, 30, breach="chain"),
        _row(ClockKind.TRIAGE, Unit.MINUTES, 30, breach="leader"),
        _row(ClockKind.FIRST_ANSWER, Unit.MINUTES, 30, name="major", levels=[1]),
        _row(ClockKind.FIRST_ANSWER, Unit.WORKING_DAYS, 1, name="general", levels=[3], is_pausable=True),
        _row(ClockKind.FIRST_ANSWER, Unit.HOURS, 24, is_pausable=True),
        _row(ClockKind.GOLDEN, Unit.HOURS, 2, warn_at=[], warn="nobody", breach="nobody", remind_after=[60]),
        _row(ClockKind.ON_SITE, Unit.HOURS, 24, categories=["quality", "safety"], is_pausable=True),
        _row(
            ClockKind.FORMAL_REPLY,
            Unit.WORKING_DAYS,
            3,
            is_pausable=True,
            remind_after=[24 * 60],
            remind="management",
        ),
        _row(ClockKind.REWORK, Unit.PROMISED, 0, is_pausable=True),
        _row(ClockKind.PROGRESS, Unit.NEXT_DAY_AT, 18, warn_at=[80]),
        _row(ClockKind.COMPENSATION, Unit.WORKING_DAYS, 1, warn_at=[80]),
        _row(ClockKind.FOLLOW_UP, Unit.DAYS, 3, is_pausable=True, warn_at=[80]),
        _row(ClockKind.OUTWARD, Unit.PROMISED, 0, remind_after=[24 * 60], remind="management"),
    ]
}
"""The plan's targets: D-02, D-10, A-05, H-03, G-02, D-16, D-17, A-11, the law; the golden two hours only raise a
flag."""
