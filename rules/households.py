"""Households: what counts as one home when a community's complaints are counted (D-11, N1).

The same home is said in many ways, and some callers leave a part out. Two complaints are of one household when
nothing that was said tells them apart.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable
from typing import NamedTuple

from rules import addresses
from rules.refusals import Refusal
from rules.vocabulary import N_

LONGEST_KEY = 160
LONGEST_TAG = 40

_UNKNOWN, _IN_WORDS = "?", "~"
_DASHED = re.compile(r"^(?P<building>[A-Z]?\d{1,4}[A-Z]?)-(?:(?P<unit>\d{1,3})-)?(?P<number>[A-Z]?\d{2,5}[A-Z]?)$")
_KIND_OF_PLACE = re.compile("(?:栋|幢|号楼|座|号|单元|门)$")


class Household(NamedTuple):
    """Where a complaint comes from: the home, and whose file it is in; the file speaks only where no home was said.

    A home is ``2/1/905`` with its unit, ``2//905`` when nobody said the unit, ``~东区顶楼`` when the words cannot be
    taken apart, ``?`` when there were none.
    """

    home: str
    customer_id: int

    @property
    def is_unknown(self) -> bool:
        """Whether no home was said."""
        return self.home == _UNKNOWN


def of(room: str, customer_id: int) -> Household:
    """The household of a complaint with these words for its room."""
    words = addresses.fold(room).replace(" ", "").upper()
    parts = _parts(words)
    home = "/".join(parts) if parts else f"{_IN_WORDS}{words}"[:LONGEST_KEY]
    return Household(home if words else _UNKNOWN, customer_id)


def count(households: Iterable[Household]) -> int:
    """How many homes these are.

    A home without its unit is any home of that building with the same number; a caller who named no home is the
    same household as their other complaints.
    """
    said = set(households)
    at_home = {household.customer_id for household in said if not household.is_unknown}
    nowhere = {household.customer_id for household in said if household.is_unknown}
    return _homes({household.home for household in said if not household.is_unknown}) + len(nowhere - at_home)


def homes(households: Iterable[Household]) -> dict[Household, frozenset[Household]]:
    """For each of these households all of them that are the same home, counted as ``count`` does.

    What could be of two homes, such as one without its unit beside two units, goes with neither.
    """
    said = set(households)
    nowhere = {household.customer_id for household in said if household.is_unknown}
    clues = {household: _clues(household, nowhere) for household in said}
    together: dict[Hashable, frozenset[Household]] = {}
    for household in said:
        joined = frozenset({household}).union(*(together.get(clue, ()) for clue in clues[household]))
        together.update((clue, joined) for each in joined for clue in clues[each])
    return {household: _one_home(household, together[clues[household][0]]) for household in said}


def tag(words: str) -> str:
    """A cause tag as it is kept: folded, so that two ways to type it are one.

    Raises:
        Refusal: it is longer than a tag.
    """
    folded = addresses.fold(words).casefold()
    if len(folded) > LONGEST_TAG:
        raise Refusal(
            N_("The text is too long; %(longest)s characters at most."), field="cause_tag", longest=LONGEST_TAG
        )
    return folded


def _homes(homes: Iterable[str]) -> int:
    units = defaultdict[tuple[str, str], set[str]](set)
    in_words = 0
    for home in homes:
        if home.startswith(_IN_WORDS):
            in_words += 1
        else:
            building, unit, number = home.split("/")
            units[building, number].add(unit)
    return in_words + sum(max(1, len(named - {""})) for named in units.values())


def _clues(household: Household, nowhere: Collection[int]) -> list[Hashable]:
    """What two households have in common when they may be one home; ``nowhere`` are the customers who named none."""
    clues: list[Hashable] = [household.customer_id] if household.customer_id in nowhere else []
    if household.home.startswith(_IN_WORDS):
        clues.append(household.home)
    elif not household.is_unknown:
        building, _, number = household.home.split("/")
        clues.append((building, number))
    return clues


def _one_home(household: Household, joined: frozenset[Household]) -> frozenset[Household]:
    if count(joined) == 1:
        return joined
    return frozenset(each for each in joined if each == household or household.home == each.home != _UNKNOWN)


def _parts(words: str) -> tuple[str, str, str] | None:
    """Building, unit and number without the words for them: 02幢 and 2栋 are one building."""
    dashed = _DASHED.match(words)
    if dashed:
        return _bare(dashed["building"]), _bare(dashed["unit"] or ""), _bare(dashed["number"])
    home = addresses.parse(words)
    return (_bare(home.building), _bare(home.unit), _bare(home.number)) if home else None


def _bare(part: str) -> str:
    return _KIND_OF_PLACE.sub("", part).lstrip("0")
