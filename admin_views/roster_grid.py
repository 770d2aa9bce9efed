"""The roster as a grid: which box stands in which row and column. Pure: duties and gaps in, boxes out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from admin_views.roster_span import DAY, Span
from extensions import COMPANY_ZONE
from models import Leave, Person
from rules.escalation import DutyRoleCode
from rules.roster import Interval, merged, overlap
from services.duty import Duty

NIGHT_TAIL = timedelta(hours=12)
"""What runs past midnight, but not past noon, stands on the day it began: a night is one box."""

Intervals = Mapping[DutyRoleCode, Iterable[Interval]]


@dataclass(frozen=True)
class Box:
    """Somebody on duty, or a gap when ``duty`` is None, as far as one day shows it."""

    role: DutyRoleCode
    starts_at: datetime
    ends_at: datetime
    duty: Duty | None = None
    is_double: bool = False

    @property
    def hours(self) -> str:
        """Its hours in company time: 08–16, 16–24, 20–08, 08:30–12."""
        return f"{_hour(self.starts_at)}–{_hour(self.ends_at, midnight='24')}"

    @property
    def is_continued(self) -> bool:
        """Whether it began on an earlier day."""
        return self.duty is not None and self.duty.starts_at < self.starts_at


@dataclass(frozen=True)
class Bit:
    """A part of a day's strip of hours, in minutes after midnight; ``kind`` is its class in the stylesheet."""

    start: int
    length: int
    kind: str


@dataclass
class Cell:
    """One row's part of one day."""

    day: datetime
    boxes: list[Box] = field(default_factory=list)
    strip: list[Bit] = field(default_factory=list)

    @property
    def ends_at(self) -> datetime:
        """The midnight after it."""
        return self.day + DAY

    @property
    def people(self) -> list[Person]:
        """Who is on duty in it, each once, by the clock."""
        found = {box.duty.person_id: box.duty.person for box in self.boxes if box.duty}
        return list(found.values())

    def hours_of(self, person: Person) -> Interval:
        """From when to when it shows this person, whatever lies between."""
        mine = self._boxes_of(person)
        return min(box.starts_at for box in mine), max(box.ends_at for box in mine)

    def hours_in_words(self, person: Person) -> str:
        """All hours in which it shows this person: 08–16, or 00–06 16–24."""
        return " ".join(box.hours for box in self._boxes_of(person))

    def _boxes_of(self, person: Person) -> list[Box]:
        return [box for box in self.boxes if box.duty and box.duty.person_id == person.id]


Row = list[Cell]


def by_role(span: Span, *, duties: Iterable[Duty], gaps: Intervals, doubles: Intervals) -> dict[DutyRoleCode, Row]:
    """The cells of every role, day by day, each day in the order of the clock; rows in the order of ``gaps``."""
    rows: dict[DutyRoleCode, Row] = {code: _empty(span) for code in gaps}
    twice = {code: list(found) for code, found in doubles.items()}
    for each in duties:
        code = each.role.code
        _put(rows[code], span, code, (each.starts_at, each.ends_at), each, twice.get(code, ()))
    for code, free in gaps.items():
        for interval in free:
            _put(rows[code], span, code, interval)
    for code, row in rows.items():
        for cell in row:
            cell.boxes.sort(key=lambda box: (box.starts_at, box.ends_at))
        _draw(row, twice.get(code, ()))
    return rows


def by_person(span: Span, *, duties: Iterable[Duty]) -> dict[Person, Row]:
    """The cells of everybody who is on duty in the span, by name; without gaps, which are nobody's."""
    rows: dict[Person, Row] = {}
    for each in sorted(duties, key=lambda each: (each.person.name, each.starts_at)):
        row = rows.setdefault(each.person, _empty(span))
        _put(row, span, each.role.code, (each.starts_at, each.ends_at), each)
    return rows


def days_away(span: Span, leaves: Iterable[Leave]) -> dict[tuple[int, int], Leave]:
    """Who is on leave on which of the days: by the person's id and the day's place."""
    return {
        (leave.person_id, place): leave
        for leave in leaves
        for place, day in enumerate(span.days)
        if overlap((leave.starts_at, leave.ends_at), (day, day + DAY))
    }


def _empty(span: Span) -> Row:
    return [Cell(day) for day in span.days]


def _put(
    row: Row,
    span: Span,
    code: DutyRoleCode,
    interval: Interval,
    duty: Duty | None = None,
    twice: Iterable[Interval] = (),
) -> None:
    for day, (starts_at, ends_at) in pieces(span, *interval):
        is_double = any(overlap((starts_at, ends_at), double) for double in twice)
        row[day].boxes.append(Box(code, starts_at, ends_at, duty, is_double))


def pieces(span: Span, starts_at: datetime, ends_at: datetime) -> Iterator[tuple[int, Interval]]:
    """A length of time cut at its midnights, each piece with its day, except where that would cut a night in two."""
    at = max(starts_at, span.start)
    while at < min(ends_at, span.end):
        day = (at - span.start) // DAY
        midnight = span.start + (day + 1) * DAY
        is_one_night = ends_at - at <= DAY and ends_at - midnight <= NIGHT_TAIL
        stop = ends_at if is_one_night else midnight
        yield day, (at, stop)
        at = stop


def _draw(row: Row, twice: Iterable[Interval]) -> None:
    """Draw every day's strip of hours: who is there, who stands in, where nobody is, where two are."""
    boxes = [box for cell in row for box in cell.boxes]
    layers = (
        ("on", merged((box.starts_at, box.ends_at) for box in boxes if box.duty)),
        ("override", merged((box.starts_at, box.ends_at) for box in boxes if box.duty and box.duty.override)),
        ("double", twice),
        ("gap", [(box.starts_at, box.ends_at) for box in boxes if box.duty is None]),
    )
    for cell in row:
        for kind, intervals in layers:
            for interval in intervals:
                shown = overlap(interval, (cell.day, cell.ends_at))
                if shown:
                    start, end = ((moment - cell.day) // timedelta(minutes=1) for moment in shown)
                    cell.strip.append(Bit(start, max(end - start, 1), kind))


def _hour(moment: datetime, *, midnight: str = "00") -> str:
    local = moment.astimezone(COMPANY_ZONE)
    if local.hour == local.minute == 0:
        return midnight
    return f"{local:%H:%M}" if local.minute else f"{local:%H}"
