"""Reading a complaint's words: a proposal, never a decision."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.intake import same_words, suggest_category, suggest_facts
from rules.severity import SHIPPED, Facts, assess
from rules.vocabulary import Category, Severity


@pytest.mark.parametrize(
    ("problem", "category"),
    [
        ("客厅新铺的瓷砖空鼓", Category.QUALITY),
        ("卫生间渗水到楼下", Category.QUALITY),
        ("工期拖了十二天还没人施工", Category.DELAY),
        ("结算时多出两千元增项", Category.EXTRA_ITEMS),
        ("项目经理态度差，约好不来", Category.SERVICE),
        ("橱柜尺寸与图纸差5厘米", Category.DESIGN),
        ("开关冒火花", Category.SAFETY),
        ("想问一下保修期", Category.OTHER),
        ("", Category.OTHER),
        ("插座漏电，而且漏水", Category.SAFETY),
    ],
)
def test_the_words_propose_a_category_gravest_first(problem: str, category: Category) -> None:
    assert suggest_category(problem) is category


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("墙面色差", Facts(Category.QUALITY)),
        ("已经拖了12天", Facts(Category.QUALITY, delay_days=12)),
        ("延期 30 天", Facts(Category.QUALITY, delay_days=30)),
        ("再不解决就找消协", Facts(Category.QUALITY, mentions_consumer_association=True)),
        ("我要打12315", Facts(Category.QUALITY, mentions_consumer_association=True)),
        ("已经联系了电视台记者", Facts(Category.QUALITY, is_media_involved=True)),
        ("我们好几家都这样", Facts(Category.QUALITY, household_count=3)),
        ("阳台漏水", Facts(Category.QUALITY, is_leak=True)),
        ("插座短路", Facts(Category.QUALITY, is_safety_hazard=True)),
    ],
)
def test_the_words_propose_the_risk_facts(text: str, facts: Facts) -> None:
    assert suggest_facts(Category.QUALITY, text) == facts


@given(st.text(max_size=500))
def test_any_text_gets_a_proposal(text: str) -> None:
    facts = suggest_facts(suggest_category(text), text)
    assert assess(facts, SHIPPED).severity in Severity
    assert facts.household_count >= 1 and 0 <= facts.delay_days <= 999


def test_blanks_and_letter_case_make_no_difference() -> None:
    assert same_words("客厅 瓷砖 Hollow\n空鼓", "客厅瓷砖hollow空鼓")
    assert not same_words("客厅瓷砖空鼓", "客厅瓷砖开裂")
