"""What the instruments say on site: hollow tiles, water that holds, cracks (D-16, N11).

The limits are the company's, at their strictest where trade standards differ; whoever inspects sees verdict and number,
and may write why they see it otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from rules.refusals import Refusal
from rules.vocabulary import N_, FindingVerdict

MOST_TILES: Final = 100_000
MOST_MILLIMETRES: Final = Decimal(100_000)

HOLLOW_SHARE: Final = Decimal("0.05")
"""Up to this share of tapped tiles may sound hollow."""

HOLDING_TIME: Final = timedelta(hours=24)
"""How long water has to stand at least."""

LEAST_DEPTH: Final = Decimal(20)
"""Millimetres of water at its shallowest; less proves nothing."""

CRACK_WIDTH: Final = Decimal("0.2")
"""Millimetres; a wider crack is repaired, a hairline is for a person to judge."""


@dataclass(frozen=True)
class HollowTiles:
    """So many tiles were tapped with the hammer, so many sounded hollow."""

    tapped: int
    hollow: int

    def check(self) -> None:
        """Refuse what cannot be.

        Raises:
            Refusal: none was tapped, or more are hollow than were tapped.
        """
        if not 1 <= self.tapped <= MOST_TILES:
            raise Refusal(N_("Between 1 and %(most)s tiles."), field="tapped", most=MOST_TILES)
        if not 0 <= self.hollow <= self.tapped:
            raise Refusal(N_("No more tiles can be hollow than were tapped."), field="hollow")

    @property
    def share(self) -> Decimal:
        """Which part of the tapped tiles is hollow, from 0 to 1."""
        return Decimal(self.hollow) / Decimal(self.tapped)

    @property
    def verdict(self) -> FindingVerdict:
        """Whether that many may be."""
        return FindingVerdict.DEFECTIVE if self.share > HOLLOW_SHARE else FindingVerdict.SOUND


@dataclass(frozen=True)
class WaterHolding:
    """Water was filled in and stands; lengths are millimetres. ``read_at`` and ``drop`` come at the end."""

    filled_at: datetime
    depth: Decimal
    read_at: datetime | None = None
    drop: Decimal | None = None

    @property
    def over_at(self) -> datetime:
        """From when on it may be read."""
        return self.filled_at + HOLDING_TIME

    def check(self, *, now: datetime) -> None:
        """Refuse what cannot be.

        Raises:
            Refusal: the water is too shallow, was filled in ahead of now, is read too early or in part, or more of it
                is gone than there was.
        """
        if not LEAST_DEPTH <= self.depth <= MOST_MILLIMETRES:
            raise Refusal(N_("The water stands at least %(least)s mm deep."), field="depth", least=LEAST_DEPTH)
        if self.filled_at > now:
            raise Refusal(N_("This lies ahead."), field="filled_at")
        if (self.read_at is None) is not (self.drop is None):
            raise Refusal(N_("A reading needs both: when, and by how much the water fell."), field="drop")
        if self.read_at is None or self.drop is None:
            return
        if self.read_at > now:
            raise Refusal(N_("This lies ahead."), field="read_at")
        if self.read_at < self.over_at:
            raise Refusal(N_("The water has to stand for 24 hours first."), field="read_at")
        if not 0 <= self.drop <= self.depth:
            raise Refusal(N_("No more water can be gone than there was."), field="drop")

    @property
    def verdict(self) -> FindingVerdict:
        """Whether it held; the rest of a drop without a leak (splashes, sunshine) is for a person to judge."""
        if self.drop is None:
            return FindingVerdict.RUNNING
        return FindingVerdict.DEFECTIVE if self.drop > 0 else FindingVerdict.SOUND


@dataclass(frozen=True)
class Crack:
    """How long and how wide it is, in millimetres."""

    length: Decimal
    width: Decimal

    def check(self) -> None:
        """Refuse what cannot be.

        Raises:
            Refusal: it has no length or width, or is wider than long.
        """
        if not 0 < self.length <= MOST_MILLIMETRES:
            raise Refusal(N_("A length in millimetres, please."), field="length")
        if not 0 < self.width <= self.length:
            raise Refusal(N_("A crack is not wider than it is long."), field="width")

    @property
    def verdict(self) -> FindingVerdict:
        """Whether it has to be repaired."""
        return FindingVerdict.DEFECTIVE if self.width > CRACK_WIDTH else FindingVerdict.OPEN
