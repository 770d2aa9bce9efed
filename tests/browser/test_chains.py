"""Chains as people use them: steps added and moved in the editor, a call to a chosen person, a night stood down."""

from __future__ import annotations

import pytest

from rules.vocabulary import PolicyKind
from services import policies
from tests.stories import recorded

pytestmark = [
    pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True, scope="session"),
    pytest.mark.xdist_group("browser"),
]


def test_a_step_is_added_moved_and_published(sit_down, cast, session):
    visitor = sit_down(cast.roster)
    visitor.go("/policies/escalation/edit")
    page = visitor.page
    rest = page.locator(".chain-row").nth(1)
    steps = rest.locator(".chain-step-row")
    assert steps.count() == 4
    assert steps.nth(3).locator("[name$='-wait']").is_hidden(), "the last step does not wait, it repeats"
    rest.locator("[data-row-add=steps]").click()
    assert steps.count() == 5
    added = steps.nth(4)
    assert steps.nth(3).locator("[name$='-wait']").is_visible()
    added.locator("[name$='-whom-0']").select_option("duty_role:legal")
    added.locator("[data-row-up]").click()  # Before the management, which calls for ever.
    moved = steps.nth(3)
    assert moved.locator("[name$='-whom-0']").get_attribute("name") == "chains-1-steps-3-whom-0"
    moved.locator("[name$='-wait']").fill("12")
    visitor.assert_fits()
    page.fill("[name=remarks]", "法务先于管理层")
    page.click(".policy-publish .btn-primary")
    page.wait_for_url("**/policies/escalation")
    session.expire_all()
    steps_now = policies.current(PolicyKind.ESCALATION).document["chains"][1]["steps"]
    assert [step["whom"][0] for step in steps_now] == [
        "required_role",
        "leader",
        "duty_group",
        "duty_role:legal",
        "management",
    ]
    assert (steps_now[3]["wait"], steps_now[4]["every"]) == (12, 30)


def test_a_chain_of_its_own_is_made_from_nothing(sit_down, cast, session):
    visitor = sit_down(cast.roster)
    visitor.go("/policies/escalation/edit")
    page = visitor.page
    page.click("[data-row-add=chains]")
    made = page.locator(".chain-row").nth(2)
    made.locator("[name='chains-2-categories'][value=safety]").check()
    made.locator("[name='chains-2-levels'][value='2']").check()
    made.locator("[data-row-add=steps]").click()
    made.locator("[name='chains-2-steps-0-whom-0']").select_option("leader")
    made.locator("[name='chains-2-steps-0-every']").fill("15")
    page.fill("[name=remarks]", "二级安全隐患直呼组长")
    page.click(".policy-publish .btn-primary")
    page.wait_for_url("**/policies/escalation")
    session.expire_all()
    assert policies.current(PolicyKind.ESCALATION).document["chains"][2] == {
        "id": "chain.2",
        "levels": [2],
        "categories": ["safety"],
        "steps": [{"whom": ["leader"], "each": False, "repeats": None, "every": 15}],
    }
    page.select_option("[name=level]", "2")
    page.select_option("[name=category]", "safety")
    page.click(".chain-preview-form .btn")
    page.locator(".chain-plan li").first.wait_for()
    visitor.assert_fits()


def test_to_a_chosen_person_then_stood_down_then_previewed(sit_down, cast, on_duty, session, now):
    number, gao_id = recorded(cast, now=now).number, cast.gao.id
    visitor = sit_down(cast.lin)
    visitor.go(f"/complaints/{number}")
    page = visitor.page
    page.click("[data-dialog=do-escalate]")
    page.select_option("#do-escalate [name=to]", f"person:{gao_id}")
    page.fill("#do-escalate [name=reason]", "对方律师来电")
    page.click("#do-escalate .dialog-buttons .btn-danger")
    page.locator("#chain", has_text="高岩").wait_for()
    page.click("details.more summary")
    page.click("[data-dialog=do-stand_down]")
    page.fill("#do-stand_down [name=until]", "2026-11-22T08:00")
    page.fill("#do-stand_down [name=reason]", "客户要求明早再谈")
    page.click("#do-stand_down .dialog-buttons .btn-primary")
    page.locator(".alarm", has_text="08:00").wait_for()
    page.click("#chain .card-head .btn")
    page.locator("#chain .chain-plan li", has_text="11-22 08:00").first.wait_for()
    visitor.assert_fits()
