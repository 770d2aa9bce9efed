"""The ladder: who is called next while nobody takes a complaint (D-03, G-03)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rules.escalation import LADDER, REQUIRED_DUTY_ROLE, TOP, DutyRoleCode, Target, next_level
from rules.vocabulary import Category


def test_the_ladder_climbs_from_the_role_in_charge_to_the_management() -> None:
    assert LADDER == (Target.REQUIRED_ROLE, Target.LEADER, Target.DUTY_GROUP, Target.MANAGEMENT)
    assert set(LADDER) == set(Target)
    assert LADDER[TOP] is Target.MANAGEMENT


def test_each_step_leads_to_the_next_and_the_top_repeats() -> None:
    assert [next_level(level) for level in range(TOP + 1)] == [1, 2, 3, 3]


@given(st.integers(0, TOP))
def test_the_ladder_never_ends_and_never_climbs_down(level: int) -> None:
    assert level <= next_level(level) <= TOP


def test_every_kind_of_complaint_has_a_duty_role() -> None:
    assert REQUIRED_DUTY_ROLE.keys() == set(Category)


def test_construction_calls_engineering_and_design_calls_design() -> None:
    """D-03, D-04."""
    engineering = {category for category, role in REQUIRED_DUTY_ROLE.items() if role is DutyRoleCode.ENGINEERING}
    assert engineering == {Category.QUALITY, Category.DELAY, Category.SAFETY}
    assert REQUIRED_DUTY_ROLE[Category.DESIGN] is DutyRoleCode.DESIGN
