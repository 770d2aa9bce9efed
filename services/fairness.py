"""Fairness of the roster as it is and as a plan would make it: what each person carries (N5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from extensions import COMPANY_ZONE
from models import Person
from rules import fairness
from rules.fairness import DayKind, KindOfDay, Load
from services import duty, working_time


class OnDuty(Protocol):
    """Hours of a person, as they stand in the roster or as a plan would make them."""

    @property
    def person(self) -> Person:
        """Whose they are."""

    @property
    def starts_at(self) -> datetime:
        """Their beginning."""

    @property
    def ends_at(self) -> datetime:
        """Their end, not included."""


@dataclass(frozen=True)
class Share:
    """A person and what they carry."""

    person: Person
    load: Load


@dataclass(frozen=True)
class Group:
    """People who share a burden, the one with most hours on top, and how unequal that is (0 is perfectly fair)."""

    shares: list[Share]
    spread: float


def between(*, start: datetime, end: datetime) -> list[Share]:
    """What everybody who is on duty between the two moments carries there, the most hours on top."""
    return of(duty.between(start=start, end=end), start=start, end=end)


def of(duties: Iterable[OnDuty], *, start: datetime, end: datetime) -> list[Share]:
    """What these duties weigh for each person, as far as they lie between the two moments; the most hours on top."""
    known = list(duties)
    people = {each.person.id: each.person for each in known}
    cut = ((each.person.id, max(each.starts_at, start), min(each.ends_at, end)) for each in known)
    carried = fairness.loads((row for row in cut if row[1] < row[2]), zone=COMPANY_ZONE, kind_of_day=kinds_of_days())
    shares = [Share(people[person_id], load) for person_id, load in carried.items()]
    return sorted(shares, key=lambda share: (-share.load.total, share.person.name))


def of_person(person: Person, *, start: datetime, end: datetime) -> Share | None:
    """What one person carries between the two moments; None for nothing."""
    return next((share for share in between(start=start, end=end) if share.person.id == person.id), None)


def group(duties: Iterable[OnDuty], *, start: datetime, end: datetime) -> Group:
    """The people of these duties as a group that shares them."""
    shares = of(duties, start=start, end=end)
    return Group(shares, fairness.spread({share.person.id: share.load for share in shares}))


def kinds_of_days() -> KindOfDay:
    """What any day is: the desk's special days first, then the public calendar; the table is read once."""
    special = working_time.special_days()

    def kind_of_day(day: date) -> DayKind:
        is_working = special.get(day)
        if is_working is None:
            return fairness.public_kind(day)
        return DayKind.WORKDAY if is_working else DayKind.HOLIDAY

    return kind_of_day
