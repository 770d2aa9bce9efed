"""The ladder: who is told next when a complaint is not taken (D-03, G-04), until somebody has it.

Level 0 is the first call when the complaint is recorded; each escalation climbs one step. The last step repeats and
never gives up. Waits come from the settings; their defaults stand in ``rules/settings.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from rules.vocabulary import N_, Category, Term


class Target(Term):
    """Whom a step of the ladder calls."""

    REQUIRED_ROLE = "required_role", N_("Duty member of the role in charge")
    LEADER = "leader", N_("Group leader on duty")
    DUTY_GROUP = "duty_group", N_("Everybody on duty")
    MANAGEMENT = "management", N_("Duty managers")
    HANDLER = "handler", N_("The handler")
    SUPERIOR = "superior", N_("The handler's superior")
    DUTY_ROLE = "duty_role", N_("A duty role")
    ROLE = "role", N_("Everybody of a role")
    PERSON = "person", N_("A named person")


LADDER: tuple[Target, ...] = (Target.REQUIRED_ROLE, Target.LEADER, Target.DUTY_GROUP, Target.MANAGEMENT)
TOP = len(LADDER) - 1


def next_level(level: int) -> int:
    """The level after ``level``; the top one repeats."""
    return min(level + 1, TOP)


class DutyRoleCode(Term):
    """The four roles of the duty group (D-03); the customer-service supervisor leads it."""

    CS_SUPERVISOR = "cs_supervisor", N_("CS supervisor")
    ENGINEERING = "engineering", N_("Engineering")
    DESIGN = "design", N_("Design")
    LEGAL = "legal", N_("Legal")


REQUIRED_DUTY_ROLE: Mapping[Category, DutyRoleCode] = MappingProxyType(
    {
        Category.QUALITY: DutyRoleCode.ENGINEERING,
        Category.DELAY: DutyRoleCode.ENGINEERING,
        Category.SAFETY: DutyRoleCode.ENGINEERING,
        Category.DESIGN: DutyRoleCode.DESIGN,
        Category.EXTRA_ITEMS: DutyRoleCode.CS_SUPERVISOR,
        Category.SERVICE: DutyRoleCode.CS_SUPERVISOR,
        Category.OTHER: DutyRoleCode.CS_SUPERVISOR,
    }
)
"""Whose phone rings first for which kind of complaint (D-03, H-03)."""


@dataclass(frozen=True)
class EscalationPolicy:
    """The chains."""

    document: Mapping[str, Any]

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> EscalationPolicy:
        """Read a policy's document."""
        return cls(document)


DEFAULT_DOCUMENT: dict[str, Any] = {"chains": []}
