"""The main job as people do it: record, take, escalate; desk and phone, both languages."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models import Complaint, Escalation
from tests.stories import recorded

pytestmark = [
    pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True, scope="session"),
    pytest.mark.xdist_group("browser"),
]


@pytest.mark.every_screen
def test_the_call_is_recorded_while_the_customer_talks(sit_down, cast, on_duty, session):
    visitor = sit_down(cast.xiaozhou)
    visitor.go("/intake/")
    page = visitor.page
    visitor.assert_fits()
    page.fill("#phone", "138 0013 9999")
    page.wait_for_selector("#lookup p")
    page.fill("#contact_name", "郑丽华")
    page.fill("#community", "滨江壹号")
    page.fill("#room", "2栋905")
    page.select_option("#category", "design")
    page.fill("#problem", "橱柜短了五厘米")
    page.check("#is_read_back")
    page.click(".form-end button")
    page.wait_for_url("**/complaints/C-*")
    visitor.assert_fits()
    assert "橱柜短了五厘米" in page.inner_text("main")
    assert page.locator(".clocks time[data-countdown]").count() == 5
    session.expire_all()
    assert session.scalars(select(Complaint)).one().category.value == "design"


def test_what_was_typed_survives_a_reload(sit_down, cast, on_duty):
    visitor = sit_down(cast.xiaozhou)
    visitor.go("/intake/")
    visitor.page.fill("#problem", "客厅顶上裂了三道缝")
    visitor.go("/intake/")
    assert visitor.page.input_value("#problem") == "客厅顶上裂了三道缝"


def test_the_scripts_follow_the_category(sit_down, cast, session):
    visitor = sit_down(cast.xiaozhou)
    visitor.go("/intake/")
    visible = "() => [...document.querySelectorAll('.script')].filter(card => !card.hidden).length"
    counts = set()
    for category in ("safety", "delay", "other"):
        visitor.page.select_option("#category", category)
        counts.add(visitor.page.evaluate(visible))
    assert min(counts) >= 5
    hidden = visitor.page.locator(".script[data-category]:visible").count()
    assert hidden == 0, "a script for another kind of complaint is not in the way"


def test_the_duty_member_takes_it_with_one_press(sit_down, cast, on_duty, session, now):
    complaint = recorded(cast, now=now)
    session.commit()
    visitor = sit_down(cast.zhou)
    visitor.assert_fits()
    visitor.page.click(".matter form[action$=acknowledge] button")
    visitor.page.wait_for_load_state()
    assert "周强" in visitor.page.inner_text(".matter")
    session.expire_all()
    assert complaint.acknowledged_by.login == "zhou"


def test_the_countdown_counts_and_turns_red(sit_down, cast, on_duty, session, clock, now):
    recorded(cast, now=now)
    session.commit()
    clock.forward(minutes=29, seconds=58)
    visitor = sit_down(cast.lin)
    page = visitor.page
    page.locator("time[data-countdown].over", has_text="−").first.wait_for()


def test_escalating_asks_for_the_reason_and_tells_the_story(sit_down, cast, on_duty, session, now):
    complaint = recorded(cast, now=now)
    session.commit()
    visitor = sit_down(cast.zhou)
    visitor.go(f"/complaints/{complaint.number}")
    visitor.assert_fits()
    page = visitor.page
    page.click(".actions [data-dialog=do-escalate]")
    page.click("#do-escalate .btn-danger")
    page.wait_for_selector("#do-escalate .field-error")
    page.fill("#do-escalate textarea", "客户要找媒体")
    page.click("#do-escalate .btn-danger")
    page.locator(".timeline", has_text="客户要找媒体").wait_for()
    visitor.assert_fits()
    session.expire_all()
    assert session.scalars(select(Escalation)).one().reason == "客户要找媒体"
    visitor.trouble[:] = [line for line in visitor.trouble if "422" not in line]  # The browser reports our own refusal.


def test_the_language_is_one_click_away(sit_down, cast, lang):
    visitor = sit_down(cast.lin)
    other = "zh-CN" if lang == "en" else "en"
    visitor.page.click(".top [name=lang]")
    visitor.page.locator(f"html[lang={other}]").wait_for()


@pytest.mark.every_screen
def test_a_page_without_the_navigation_fits_too(sit_down, cast):
    visitor = sit_down(cast.lin)
    visitor.go("/password")
    visitor.assert_fits()


def test_ctrl_k_leads_to_the_search(sit_down, cast):
    visitor = sit_down(cast.lin)
    visitor.page.keyboard.press("Control+k")
    assert visitor.page.evaluate("document.activeElement.name") == "q"


@pytest.mark.every_screen
def test_the_navigation_opens_on_every_screen(sit_down, cast, width):
    visitor = sit_down(cast.admin)
    if width == "phone":
        visitor.page.click(".nav-button")
    visitor.page.click("nav.side a[href='/intake/']")
    visitor.page.wait_for_url("**/intake/")
