"""How long each part of the work is under warranty, and who pays for its repair (A-02, A-04, N10).

The legal floors are data, and a contract may only be longer. A period counts as the civil code counts it: the day of
the passed acceptance is not counted, and the same day of the last month still belongs to it; where that month has no
such day, its last one does.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from rules import documents
from rules.refusals import Refusal
from rules.vocabulary import N_, Coverage, DefectCause, WorkPart

BURDEN_OF_PROOF_MONTHS = 6
"""A defect found within these is the business's to disprove (consumer law, article 23)."""

MOST_MONTHS = 600
MOST_SEASONS = 20

SEASONS = (((6, 1), (9, 30)), ((11, 15), (3, 15)))
"""When it is cooled and when it is heated: first and last day as month and day."""

OURS = frozenset({DefectCause.WORKMANSHIP, DefectCause.OUR_MATERIAL})
"""Causes that the company pays for in warranty (A-04)."""

_SEASON_MONTHS = 4
_BY_SEASONS = frozenset({WorkPart.HEATING_COOLING})


@dataclass(frozen=True, order=True)
class Length:
    """How long a warranty lasts: so many months, or so many whole heating and cooling seasons."""

    months: int = 0
    seasons: int = 0

    def last_day(self, accepted_on: date) -> date:
        """The last day on which it still covers what was accepted on that day."""
        if self.seasons:
            return max(_end_of_season(accepted_on, season, self.seasons) for season in SEASONS)
        return months_after(accepted_on, self.months)


DEFAULT_DOCUMENT: dict[str, Any] = {
    "floors": [
        {"part": part.value, "seasons": 2}
        if part in _BY_SEASONS
        else {"part": part.value, "months": 60 if part is WorkPart.WATERPROOFING else 24}
        for part in WorkPart
    ]
}
"""The floors of the national rules: two years for decoration, five for waterproofing, two seasons for heating."""


@dataclass(frozen=True)
class WarrantyPolicy:
    """The floor of every part of the work."""

    floors: Mapping[WorkPart, Length]

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> WarrantyPolicy:
        """Read what a manager edited.

        Raises:
            Refusal: a part is missing or stands twice, a length makes no sense, or is shorter than the law's.
        """
        floors: dict[WorkPart, Length] = {}
        for place, row in enumerate(documents.rows(document, "floors", most=2 * len(WorkPart))):
            part = documents.word(WorkPart, row.get("part"), field=f"floors-{place}-part")
            if part in floors:
                raise Refusal(N_("This part of the work stands here twice."), field=f"floors-{place}-part")
            floors[part] = _length(row, part, place)
        missing = [part for part in WorkPart if part not in floors]
        if missing:
            raise Refusal(N_("“%(part)s” has no length."), field="floors", part=missing[0])
        return cls(MappingProxyType(floors))

    def refuse_shorter(self, legal: WarrantyPolicy) -> None:
        """Let no floor be under the law's.

        Raises:
            Refusal: one is.
        """
        for place, (part, length) in enumerate(self.floors.items()):
            if is_shorter(length, legal.floors[part]):
                raise Refusal(N_("The law wants more for “%(part)s”."), field=f"floors-{place}-months", part=part)


@dataclass(frozen=True)
class Judgement:
    """Where a part stands on a day, and what that rests on. ``until`` is the last day of the warranty."""

    coverage: Coverage
    until: date | None = None
    is_by_contract: bool = False
    has_burden_of_proof: bool = False

    def is_free(self, cause: DefectCause) -> bool:
        """Whether the company repairs at its own cost (A-04).

        While the burden of proof is the company's, a cause that nobody knows is its own.
        """
        if self.coverage is Coverage.OUT_OF_WARRANTY:
            return False
        return cause in OURS or (cause is DefectCause.UNKNOWN and (self.has_burden_of_proof or self.until is None))


def judge(
    part: WorkPart,
    *,
    accepted_on: date | None,
    found_on: date,
    policy: WarrantyPolicy,
    contract_months: int | None = None,
) -> Judgement:
    """Where a part of the work stands on the day a defect was found; the longer of floor and contract counts.

    Work that passed no acceptance yet, or only later, is still the company's to finish.
    """
    if accepted_on is None or found_on < accepted_on:
        return Judgement(Coverage.NOT_ACCEPTED, has_burden_of_proof=True)
    by_law = policy.floors[part].last_day(accepted_on)
    by_contract = months_after(accepted_on, contract_months) if contract_months else by_law
    until = max(by_law, by_contract)
    return Judgement(
        Coverage.IN_WARRANTY if found_on <= until else Coverage.OUT_OF_WARRANTY,
        until=until,
        is_by_contract=by_contract > by_law,
        has_burden_of_proof=found_on <= burden_of_proof_until(accepted_on),
    )


def burden_of_proof_until(accepted_on: date) -> date:
    """The last day on which a defect that is found is the company's to disprove."""
    return months_after(accepted_on, BURDEN_OF_PROOF_MONTHS)


def check_contract(part: WorkPart, months: int, policy: WarrantyPolicy) -> None:
    """Let a contract promise more than the law, never less.

    Raises:
        Refusal: it promises less, or an endless time.
    """
    if not 1 <= months <= MOST_MONTHS:
        raise Refusal(N_("A warranty lasts between 1 and %(most)s months."), field="months", most=MOST_MONTHS)
    if is_shorter(Length(months=months), policy.floors[part]):
        raise Refusal(N_("A contract cannot promise less than the law."), field="months")


def is_shorter(length: Length, floor: Length) -> bool:
    """Whether a length may end before the floor does; seasons and months are compared at the seasons' longest."""
    if length.seasons and floor.seasons:
        return length.seasons < floor.seasons
    return _months_at_most(length) < _months_at_most(floor)


def _months_at_most(length: Length) -> int:
    """Who accepts just after a season began waits for a whole year for the first one that counts."""
    return length.seasons * 12 + _SEASON_MONTHS if length.seasons else length.months


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _end_of_season(accepted_on: date, season: tuple[tuple[int, int], tuple[int, int]], count: int) -> date:
    """The last day of the ``count``-th season that begins on the day or later; one under way does not count."""
    begins, ends = season
    first = accepted_on.year + (date(accepted_on.year, *begins) < accepted_on)
    return date(first + count - 1 + (ends < begins), *ends)


def _length(row: Mapping[str, Any], part: WorkPart, place: int) -> Length:
    unit, most = ("seasons", MOST_SEASONS) if part in _BY_SEASONS else ("months", MOST_MONTHS)
    count = documents.whole(row.get(unit), field=f"floors-{place}-{unit}", lowest=1, highest=most)
    return Length(**{unit: count})


SHIPPED = WarrantyPolicy.from_document(DEFAULT_DOCUMENT)
"""The legal floors: no policy and no contract promises less."""
