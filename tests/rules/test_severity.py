"""The level of a complaint from its facts (D-11, D-12, D-13)."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.refusals import Refusal
from rules.severity import (
    FAULT_SIDE,
    LEAD_POSITIONS,
    SHIPPED,
    Fact,
    Facts,
    SeverityPolicy,
    assess,
    operators,
)
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


# --- The table as a policy -----------------------------------------------------------------------------------------


def document(**changed: Any) -> dict[str, Any]:
    """A policy of one rule with one condition, but for what is named."""
    condition = {"fact": "delay_days", "operator": "more_than", "value": 20, **changed.pop("condition", {})}
    rule = {"id": "x", "level": 2, "sentence": "拖得太久", "match": "any", "conditions": [condition], **changed}
    return {"rules": [rule]}


def read(**changed: Any) -> SeverityPolicy:
    return SeverityPolicy.from_document(document(**changed))


def test_a_company_s_own_rule_decides_instead_of_the_plan_s() -> None:
    assert assess(facts(delay_days=20, is_leak=True), read()).severity is Severity.GENERAL
    assert assess(facts(delay_days=21), read()).severity is Severity.URGENT


def test_all_conditions_or_any_of_them() -> None:
    conditions = [
        {"fact": "is_leak", "operator": "is", "value": True},
        {"fact": "category", "operator": "is_not", "value": "delay"},
    ]
    dry, late_and_wet = facts(), facts(is_leak=True, category=Category.DELAY)
    any_of, all_of = read(conditions=conditions), read(conditions=conditions, match="all")
    assert [len(assess(known, any_of).reasons) for known in (dry, late_and_wet)] == [1, 1]
    assert [len(assess(known, all_of).reasons) for known in (dry, late_and_wet)] == [0, 0]
    assert assess(facts(is_leak=True), all_of).severity is Severity.URGENT


def test_a_match_shows_the_facts_behind_it_and_only_those() -> None:
    (reason,) = assess(facts(category=Category.SAFETY), SHIPPED).reasons
    assert [condition.fact for condition in reason.conditions] == [Fact.CATEGORY]


AT_LEAST_FIVE = {"fact": "household_count", "operator": "at_least", "value": 5}
MORE_THAN_SEVEN = {"fact": "household_count", "operator": "more_than", "value": 7}
LEAK = {"fact": "is_leak", "operator": "is", "value": True}


@pytest.mark.parametrize(
    ("changed", "enough"),
    [
        pytest.param({"level": 1, "conditions": [AT_LEAST_FIVE]}, 5, id="at least"),
        pytest.param({"level": 1, "conditions": [MORE_THAN_SEVEN]}, 8, id="more than"),
        pytest.param({"level": 1, "conditions": [MORE_THAN_SEVEN, AT_LEAST_FIVE]}, 5, id="the smaller of any"),
        pytest.param({"level": 1, "match": "all", "conditions": [MORE_THAN_SEVEN, AT_LEAST_FIVE]}, 8, id="both"),
        pytest.param({"level": 1, "conditions": [LEAK, AT_LEAST_FIVE]}, 5, id="on its own among any"),
        pytest.param({"level": 1, "match": "all", "conditions": [LEAK, AT_LEAST_FIVE]}, None, id="not on its own"),
        pytest.param({"level": 1, "conditions": [LEAK]}, None, id="no word of households"),
        pytest.param({"level": 2, "conditions": [AT_LEAST_FIVE]}, None, id="not of level 1"),
        pytest.param({"level": 1, "conditions": [AT_LEAST_FIVE | {"value": 1}]}, 2, id="one home is no group"),
    ],
)
def test_how_many_households_are_a_group(changed: dict[str, Any], enough: int | None) -> None:
    assert read(**changed).households_of_a_group == enough


def test_the_plan_s_groups_are_of_three() -> None:
    assert SHIPPED.households_of_a_group == 3


def test_denying_the_absence_is_asking_for_the_fact() -> None:
    twice_denied = read(condition={"fact": "is_leak", "operator": "is_not", "value": False}).rules[0]
    assert twice_denied.matches(facts(is_leak=True))
    assert twice_denied.conditions[0].is_affirmative
    assert (
        not read(condition={"fact": "is_leak", "operator": "is", "value": False}).rules[0].conditions[0].is_affirmative
    )


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        pytest.param({"id": " "}, "rules-0-id", id="no id"),
        pytest.param({"id": "x" * 41}, "rules-0-id", id="an endless id"),
        pytest.param({"level": 4}, "rules-0-level", id="a level that is none"),
        pytest.param({"level": True}, "rules-0-level", id="yes is no level"),
        pytest.param({"sentence": " "}, "rules-0-sentence", id="no sentence"),
        pytest.param({"sentence": "长" * 201}, "rules-0-sentence", id="an endless sentence"),
        pytest.param({"match": "some"}, "rules-0-match", id="neither any nor all"),
        pytest.param({"conditions": []}, "rules-0-conditions", id="no condition"),
        pytest.param({"conditions": "none"}, "rules-0-conditions", id="no list of conditions"),
        pytest.param(
            {"conditions": [{"fact": "is_leak", "operator": "is", "value": True}] * 11},
            "rules-0-conditions",
            id="too many conditions",
        ),
        pytest.param({"condition": {"fact": "weather"}}, "rules-0-conditions-0-fact", id="an unknown fact"),
        pytest.param({"condition": {"operator": "like"}}, "rules-0-conditions-0-operator", id="an unknown comparison"),
        pytest.param({"condition": {"operator": "is"}}, "rules-0-conditions-0-operator", id="a number is no tick"),
        pytest.param(
            {"condition": {"fact": "is_leak"}}, "rules-0-conditions-0-operator", id="a tick is never more than 20"
        ),
        pytest.param({"condition": {"value": -1}}, "rules-0-conditions-0-value", id="days below none"),
        pytest.param({"condition": {"value": 3651}}, "rules-0-conditions-0-value", id="more than ten years"),
        pytest.param({"condition": {"value": "20"}}, "rules-0-conditions-0-value", id="a number in quotes"),
        pytest.param({"condition": {"value": True}}, "rules-0-conditions-0-value", id="yes is no number"),
        pytest.param(
            {"condition": {"fact": "household_count", "value": 0}}, "rules-0-conditions-0-value", id="no household"
        ),
        pytest.param(
            {"condition": {"fact": "is_leak", "operator": "is", "value": 1}},
            "rules-0-conditions-0-value",
            id="one is no yes",
        ),
        pytest.param(
            {"condition": {"fact": "category", "operator": "is", "value": "weather"}},
            "rules-0-conditions-0-value",
            id="an unknown category",
        ),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_where_it_stands(changed: dict[str, Any], field: str) -> None:
    with pytest.raises(Refusal) as refusal:
        read(**changed)
    assert refusal.value.field == field


@pytest.mark.parametrize("rules", [None, [], "rules", [1], document()["rules"] * 51])
def test_a_policy_without_rules_or_with_too_many_is_refused(rules: Any) -> None:
    with pytest.raises(Refusal) as refusal:
        SeverityPolicy.from_document({"rules": rules})
    assert refusal.value.field == "rules"


def test_two_rules_of_one_id_are_refused() -> None:
    with pytest.raises(Refusal) as refusal:
        SeverityPolicy.from_document({"rules": document()["rules"] * 2})
    assert refusal.value.field == "rules-1-id"


def test_every_fact_is_a_field_of_the_facts_and_can_be_asked_for() -> None:
    assert {fact.value for fact in Fact} == {field.name for field in dataclasses.fields(Facts)}
    assert all(operators(fact) for fact in Fact)
