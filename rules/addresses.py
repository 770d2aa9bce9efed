"""Homes as people write them: 18栋3单元2003 is building 18栋, unit 3单元, room 2003."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_HOME = re.compile(
    r"""^(?P<building>(?:[A-Za-z]?\d{1,4}[A-Za-z]?|[A-Za-z])(?:栋|幢|号楼|座|号))?
        (?:(?P<unit>[A-Za-z]?\d{1,3}[A-Za-z]?(?:单元|门))|-)?
        -?(?P<number>[A-Za-z]?\d{2,5}[A-Za-z]?)(?:室|号|房)?$""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Home:
    """A home inside a community; building and unit are '' where the place has none."""

    building: str
    unit: str
    number: str


def fold(text: str) -> str:
    """Full-width characters folded, blanks trimmed: two ways to type the same place become one."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def parse(text: str) -> Home | None:
    """Read a room as it was said; None when it cannot be told apart (the words are kept as they are)."""
    match = _HOME.match(fold(text).replace(" ", ""))
    if match is None or not match["building"]:
        return None
    return Home(match["building"], match["unit"] or "", match["number"])
