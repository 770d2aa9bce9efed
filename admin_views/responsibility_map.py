"""The responsibility map as a drawing: the lead on top, the cooperators below, lines between them (D-10, D-14)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from models import Complaint, Person
from rules.vocabulary import FaultSide, ResponsibilityKind
from services import responsibilities

WIDTH = 360
_LEAD_WIDTH, _WIDTH, _HEIGHT = 220, 166, 66
_BESIDE, _BELOW, _MARGIN = 16, 30, 6
_PER_ROW = 2
_LETTERS = 22
"""What fits into a box, measured in Latin letters; a Chinese character takes two."""


@dataclass(frozen=True)
class Box:
    """One person: where the box stands and what it says. ``middle`` is where its texts are centred."""

    x: int
    y: int
    width: int
    height: int
    kind: ResponsibilityKind
    name: str
    post: str
    part: str

    @property
    def middle(self) -> int:
        """The middle from left to right."""
        return self.x + self.width // 2


@dataclass(frozen=True)
class Drawing:
    """Everything the template draws, in units of the viewBox. ``is_proposal``: nobody has named these people yet."""

    height: int
    boxes: Sequence[Box]
    lines: Sequence[str]
    side: FaultSide
    is_proposal: bool

    @property
    def width(self) -> int:
        """The same for all, so that letters have the same size on every map."""
        return WIDTH

    @property
    def words(self) -> str:
        """The drawing for whoever cannot see it."""
        return _("; ").join(_("%(name)s: %(part)s", name=box.name, part=box.part) for box in self.boxes)


def of(complaint: Complaint) -> Drawing | None:
    """The map as it stands; before anybody is named, what the plan proposes; None when it knows nobody."""
    standing = responsibilities.current(complaint)
    if standing:
        return draw([part.person for part in standing], side=standing[0].side)
    if complaint.is_finished:
        return None
    side, lead, cooperators = responsibilities.proposal(complaint)
    return draw([lead, *cooperators], side=side, is_proposal=True) if lead else None


def draw(people: Sequence[Person], *, side: FaultSide, is_proposal: bool = False) -> Drawing:
    """Place the people, the lead first."""
    lead, *cooperators = people
    top = _box(lead, ResponsibilityKind.LEAD, side, x=(WIDTH - _LEAD_WIDTH) // 2, y=_MARGIN, width=_LEAD_WIDTH)
    below = [
        _box(person, ResponsibilityKind.COOPERATOR, side, x=x, y=y, width=_WIDTH)
        for person, (x, y) in zip(cooperators, _places(len(cooperators)), strict=True)
    ]
    height = max(box.y + box.height for box in (top, *below)) + _MARGIN
    return Drawing(height, (top, *below), [_line(top, box) for box in below], side, is_proposal)


def _places(count: int) -> Iterable[tuple[int, int]]:
    """Two in a row; one that is left over stands in the middle of the last row only when it is alone on the map."""
    for place in range(count):
        row, column = divmod(place, _PER_ROW)
        x = (WIDTH - _PER_ROW * _WIDTH - _BESIDE) // 2 + column * (_WIDTH + _BESIDE)
        yield (WIDTH - _WIDTH) // 2 if count == 1 else x, _MARGIN + (row + 1) * (_HEIGHT + _BELOW)


def _line(top: Box, box: Box) -> str:
    """Down from the lead between the boxes, then over to the middle of this one."""
    return f"M{top.middle} {top.y + top.height}V{box.y - _BELOW // 2}H{box.middle}V{box.y}"


def _box(person: Person, kind: ResponsibilityKind, side: FaultSide, *, x: int, y: int, width: int) -> Box:
    part = _(kind.label)
    return Box(
        x=x,
        y=y,
        width=width,
        height=_HEIGHT,
        kind=kind,
        name=fitting(person.name),
        post=fitting(_(person.position.label)) if person.position else "",
        part=f"{part} · {_(side.label)}" if kind is ResponsibilityKind.LEAD else part,
    )


def fitting(text: str, letters: int = _LETTERS) -> str:
    """The text as far as it fits into a box, with … where it was cut."""
    kept = ""
    for sign in text:
        if _letters(kept + sign) > letters:
            return f"{kept.rstrip()}…"
        kept += sign
    return text


def _letters(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
