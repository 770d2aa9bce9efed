"""Triage as people do it: a level that follows the ticks, a meeting of ten minutes, a policy that is edited."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from models import Complaint, TriageMeeting
from rules.vocabulary import PolicyKind, Severity
from services import policies
from tests.stories import recorded

pytestmark = [
    pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True, scope="session"),
    pytest.mark.xdist_group("browser"),
]


def test_the_level_follows_what_is_ticked(sit_down, cast):
    visitor = sit_down(cast.xiaozhou)
    visitor.go("/intake/")
    page = visitor.page
    page.locator("#level .badge.level-3").first.wait_for()
    page.check("#is_leak")
    page.locator("#level .badge.level-2").first.wait_for()
    page.fill("#household_count", "3")
    page.locator("#level .badge.level-1").first.wait_for()
    assert page.locator("#level .reasons li").count() == 2
    visitor.go("/intake/")
    page.locator("#level .badge.level-1").first.wait_for()  # The draft came back, and with it its level.
    visitor.assert_fits()


def test_ten_minutes_from_the_call_to_the_decisions(sit_down, cast, on_duty, session, now):
    number, zhou_id = recorded(cast, now=now).number, cast.zhou.id
    leader, called = sit_down(cast.lin), sit_down(cast.zhou)
    for visitor in (leader, called):
        visitor.go(f"/complaints/{number}")
    page = leader.page
    page.locator("svg.map-proposal").wait_for()
    page.click("details.more summary")
    page.click("[data-dialog=do-meet]")
    page.check(f"#do-meet input[name=attendees][value='{zhou_id}']")
    page.fill("#do-meet [name=place]", "https://meet.example/1")
    page.click("#do-meet .dialog-buttons .btn-primary")
    page.locator(".meeting time[data-countdown]").wait_for()
    leader.assert_fits()
    called.page.reload()
    called.page.click(".meeting form[action$='/join'] .btn-primary")
    page.locator(".attendees .is-there", has_text="周强").wait_for()  # Without a reload.
    page.click("[data-dialog=meeting-end]")
    page.select_option("#meeting-end [name=severity]", "2")
    page.fill("#meeting-end [name=reason]", "整面返工，三天完成")
    page.select_option("#meeting-end [name=lead]", str(zhou_id))
    page.fill("#meeting-end [name=promise_text]", "明早九点带空鼓锤复查")
    page.fill("#meeting-end [name=promise_due_at]", "2026-11-22T09:00")
    page.click("#meeting-end .dialog-buttons .btn-primary")
    page.locator("#meetings").wait_for()
    assert page.locator(".meeting").count() == 0
    assert "周强" in (page.text_content("svg.map .lead") or "")
    assert "明早九点带空鼓锤复查" in page.inner_text("main")
    leader.assert_fits()
    session.expire_all()
    assert session.scalars(select(Complaint)).one().severity is Severity.URGENT
    assert session.scalars(select(TriageMeeting)).one().ended_at is not None


def test_what_is_missing_is_told_in_the_dialog_and_nothing_is_lost(sit_down, cast, on_duty, session, now):
    number = recorded(cast, now=now).number
    visitor = sit_down(cast.lin)
    visitor.go(f"/complaints/{number}")
    page = visitor.page
    page.click("details.more summary")
    page.click("[data-dialog=do-meet]")
    ticked = page.locator("#do-meet input[name=attendees]:checked")
    while ticked.count():
        ticked.first.uncheck()
    page.fill("#do-meet [name=place]", "三楼会议室")
    page.click("#do-meet .dialog-buttons .btn-primary")
    page.locator("#do-meet[open] .field-error").wait_for()
    assert page.input_value("#do-meet [name=place]") == "三楼会议室"
    visitor.trouble[:] = [line for line in visitor.trouble if "422" not in line]  # The browser reports our own refusal.


def test_a_rule_of_the_company_s_own_is_added_and_published(sit_down, cast, session):
    visitor = sit_down(cast.roster)
    visitor.go("/policies/severity/edit")
    page = visitor.page
    visitor.assert_fits()
    page.locator("[data-row-add=rules]").click()
    row = page.locator("[data-rows=rules] > [data-row]").last
    row.locator("[name$='-sentence']").fill("老人小孩独自在家")
    row.locator("[data-row-add=conditions]").click()
    row.locator("[name$='-fact']").select_option("household_count")
    number = row.locator("[name$='-value']")
    number.fill("2")
    assert row.locator("[name$='-operator']").input_value() == "at_least"
    assert not row.locator("[name$='conditions-0-category']").is_visible()
    page.locator("[data-rows=rules] > [data-row]").nth(2).locator("[data-row-remove]").first.click()
    page.fill("[name=remarks]", "试行一个月")
    page.click(".policy-publish .btn-primary")
    page.wait_for_url(re.compile("/policies/severity$"))
    visitor.assert_fits()
    session.expire_all()
    document = policies.current(PolicyKind.SEVERITY).document
    assert [rule["id"] for rule in document["rules"]] == [
        "D-11.safety",
        "D-11.group",
        "D-12.delay",
        "D-12.leak",
        "D-12.association",
        "rule.2",
    ]
    assert document["rules"][5]["conditions"] == [{"fact": "household_count", "operator": "at_least", "value": 2}]
