"""The level of a complaint from its facts (D-11, D-12, D-13)."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.severity import FAULT_SIDE, LEAD_POSITIONS, SHIPPED, Facts, assess
from rules.vocabulary import Category, FaultSide, Position, Severity

CALM = Facts(category=Category.QUALITY)

facts_of_any_kind = st.builds(
    Facts,
    category=st.sampled_from(Category),
    is_safety_hazard=st.booleans(),
    is_media_involved=st.booleans(),
    household_count=st.integers(1, 200),
    delay_days=st.integers(0, 400),
    is_leak=st.booleans(),
    mentions_consumer_association=st.booleans(),
)


def facts(**known: Any) -> Facts:
    """Calm facts but for what is named."""
    return dataclasses.replace(CALM, **known)


@pytest.mark.parametrize(
    ("known", "level", "rules"),
    [
        pytest.param({}, 3, (), id="D-13: a small blemish is general"),
        pytest.param({"is_safety_hazard": True}, 1, ("D-11.safety",), id="D-11: a safety hazard is major"),
        pytest.param({"category": Category.SAFETY}, 1, ("D-11.safety",), id="D-11: the category alone says safety"),
        pytest.param({"household_count": 2}, 3, (), id="D-11: two households are no group"),
        pytest.param({"household_count": 3}, 1, ("D-11.group",), id="D-11: three households are a group"),
        pytest.param({"is_media_involved": True}, 1, ("D-11.media",), id="D-11: the media make it major"),
        pytest.param({"delay_days": 10}, 3, (), id="D-12: ten days late is general"),
        pytest.param({"delay_days": 11}, 2, ("D-12.delay",), id="D-12: eleven days late is urgent"),
        pytest.param({"is_leak": True}, 2, ("D-12.leak",), id="D-12: a leak is urgent"),
        pytest.param(
            {"mentions_consumer_association": True},
            2,
            ("D-12.association",),
            id="D-12: the association makes it urgent",
        ),
        pytest.param(
            {"is_leak": True, "delay_days": 11, "household_count": 3},
            1,
            ("D-11.group", "D-12.delay", "D-12.leak"),
            id="several matches: the gravest decides and all are shown",
        ),
    ],
)
def test_the_named_cases_of_the_plan(known: dict[str, Any], level: int, rules: tuple[str, ...]) -> None:
    assessment = assess(facts(**known), SHIPPED)
    assert assessment.severity == level
    assert tuple(rule.id for rule in assessment.rules) == rules


@given(facts_of_any_kind)
def test_the_level_is_the_gravest_rule_that_matches(any_facts: Facts) -> None:
    assessment = assess(any_facts, SHIPPED)
    assert assessment.severity == min([rule.severity for rule in assessment.rules], default=Severity.GENERAL)
    assert all(rule.matches(any_facts) for rule in assessment.rules)
    assert not any(rule.matches(any_facts) for rule in SHIPPED.rules if rule not in assessment.rules)


@given(facts_of_any_kind, st.integers(0, 50), st.integers(0, 400))
def test_more_households_or_a_longer_delay_never_calm_it(any_facts: Facts, more: int, longer: int) -> None:
    worse = dataclasses.replace(
        any_facts, household_count=any_facts.household_count + more, delay_days=any_facts.delay_days + longer
    )
    assert assess(worse, SHIPPED).severity <= assess(any_facts, SHIPPED).severity


def test_every_rule_names_its_sentence_once() -> None:
    assert len({rule.id for rule in SHIPPED.rules}) == len({rule.sentence for rule in SHIPPED.rules}) == 6
    assert all(rule.id.partition(".")[0] in rule.sentence for rule in SHIPPED.rules)


def test_every_category_proposes_a_side_and_every_side_a_lead() -> None:
    assert FAULT_SIDE.keys() == set(Category)
    assert LEAD_POSITIONS.keys() == set(FaultSide)


def test_construction_design_service_and_mixed_faults_name_the_posts_of_the_plan() -> None:
    """D-14."""
    assert set(LEAD_POSITIONS[FaultSide.CONSTRUCTION]) == {Position.ENGINEERING_MANAGER, Position.PROJECT_MANAGER}
    assert set(LEAD_POSITIONS[FaultSide.DESIGN]) == {Position.LEAD_DESIGNER, Position.DESIGN_DIRECTOR}
    assert set(LEAD_POSITIONS[FaultSide.SERVICE]) == {Position.ADVISER, Position.CS_SUPERVISOR}
    assert LEAD_POSITIONS[FaultSide.MIXED] == (Position.CS_SUPERVISOR,)
