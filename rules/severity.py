"""The level of a complaint, computed from its facts and explained (D-11, D-12, D-13).

Each rule is a row: the level, the sentence of the plan it stands for, and the question it asks of the facts. The
gravest match wins; all matches are shown, so that a person can see why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from rules.vocabulary import N_, Category, FaultSide, Position, Severity

GROUP_HOUSEHOLDS = 3
"""Households of one community that make a group complaint (D-11, decision 3: three or more)."""

MOVE_IN_DELAY_DAYS = 10
"""A delay of more than so many days affects the move-in (D-12, decision 3: strictly more)."""


@dataclass(frozen=True)
class Facts:
    """What is known about the risk when the complaint is recorded or changes."""

    category: Category
    is_safety_hazard: bool = False
    is_media_involved: bool = False
    household_count: int = 1
    delay_days: int = 0
    is_leak: bool = False
    mentions_consumer_association: bool = False


@dataclass(frozen=True)
class SeverityRule:
    """One sentence of the plan: when it matches, the complaint is at least of this level."""

    id: str
    severity: Severity
    sentence: str
    matches: Callable[[Facts], bool]


@dataclass(frozen=True)
class Assessment:
    """The level that the facts call for and every rule that says so (empty for the general level)."""

    severity: Severity
    rules: tuple[SeverityRule, ...]


SEVERITY_RULES: tuple[SeverityRule, ...] = (
    SeverityRule(
        "D-11.safety",
        Severity.MAJOR,
        N_("Somebody could come to harm (D-11)."),
        lambda facts: facts.is_safety_hazard or facts.category is Category.SAFETY,
    ),
    SeverityRule(
        "D-11.group",
        Severity.MAJOR,
        N_("Three or more households of one community complain (D-11)."),
        lambda facts: facts.household_count >= GROUP_HOUSEHOLDS,
    ),
    SeverityRule(
        "D-11.media",
        Severity.MAJOR,
        N_("The media are involved (D-11)."),
        lambda facts: facts.is_media_involved,
    ),
    SeverityRule(
        "D-12.delay",
        Severity.URGENT,
        N_("The delay is longer than 10 days, the move-in suffers (D-12)."),
        lambda facts: facts.delay_days > MOVE_IN_DELAY_DAYS,
    ),
    SeverityRule(
        "D-12.leak",
        Severity.URGENT,
        N_("A grave quality fault: water comes through (D-12)."),
        lambda facts: facts.is_leak,
    ),
    SeverityRule(
        "D-12.association",
        Severity.URGENT,
        N_("The customer speaks of the consumer association (D-12)."),
        lambda facts: facts.mentions_consumer_association,
    ),
)


def assess(facts: Facts) -> Assessment:
    """Grade the facts: the gravest matching rule gives the level, nothing matching means general (D-13)."""
    matching = tuple(rule for rule in SEVERITY_RULES if rule.matches(facts))
    return Assessment(min((rule.severity for rule in matching), default=Severity.GENERAL), matching)


LEAD_POSITIONS: Mapping[FaultSide, tuple[Position, ...]] = MappingProxyType(
    {
        FaultSide.CONSTRUCTION: (Position.ENGINEERING_MANAGER, Position.PROJECT_MANAGER),
        FaultSide.DESIGN: (Position.LEAD_DESIGNER, Position.DESIGN_DIRECTOR),
        FaultSide.SERVICE: (Position.ADVISER, Position.CS_SUPERVISOR),
        FaultSide.MIXED: (Position.CS_SUPERVISOR,),
    }
)
"""Who answers for which side (D-14): the first is proposed as lead, the others as cooperators."""

FAULT_SIDE: Mapping[Category, FaultSide] = MappingProxyType(
    {
        Category.QUALITY: FaultSide.CONSTRUCTION,
        Category.DELAY: FaultSide.CONSTRUCTION,
        Category.EXTRA_ITEMS: FaultSide.SERVICE,
        Category.SERVICE: FaultSide.SERVICE,
        Category.DESIGN: FaultSide.DESIGN,
        Category.SAFETY: FaultSide.CONSTRUCTION,
        Category.OTHER: FaultSide.MIXED,
    }
)
"""The side that is proposed for a category until a person decides."""


@dataclass(frozen=True)
class SeverityPolicy:
    """The table of severity rules."""

    document: Mapping[str, Any]

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> SeverityPolicy:
        """Read a policy's document."""
        return cls(document)


DEFAULT_DOCUMENT: dict[str, Any] = {"rules": []}
