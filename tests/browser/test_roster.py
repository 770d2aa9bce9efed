"""The roster in a browser: hours chosen by a drag or by keys, a swap from the request to the roster, a preview."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from extensions import COMPANY_ZONE
from models import Override, Rotation, Swap
from rules.escalation import DutyRoleCode
from rules.swaps import SwapState
from services import duty
from tests.factories import DutyRoleFactory, ShiftFactory

pytestmark = [
    pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True, scope="session"),
    pytest.mark.xdist_group("browser"),
]

MONDAY = datetime(2026, 11, 23, tzinfo=COMPANY_ZONE)
"""The test's clock stands at the Saturday before, 22:00."""
WEEK = "/roster/?week=2026-W48"
HOUR = timedelta(hours=1)


@pytest.fixture
def ids(cast, session) -> dict[str, str]:
    """Everybody's id by login: asked now, because SQLite's one writer is the desk while the browser works."""
    found = {login: str(getattr(cast, login).id) for login in ("lin", "zhou", "he", "zhao")}
    session.commit()
    return found


@pytest.fixture
def week(cast, session) -> None:
    """周强 and 赵磊 share engineering on Monday, twelve hours each; nobody stands for the other roles."""
    role = DutyRoleFactory(code=DutyRoleCode.ENGINEERING)
    ShiftFactory(role=role, person=cast.zhou, starts_at=MONDAY, ends_at=MONDAY + 12 * HOUR)
    ShiftFactory(role=role, person=cast.zhao, starts_at=MONDAY + 12 * HOUR, ends_at=MONDAY + 24 * HOUR)
    session.commit()


def strip(page: Any, code: str = "engineering", day: str = "2026-11-23") -> Any:
    return page.locator(f"a.strip[data-role={code}][data-day='{day}T00:00']")


def drag(page: Any, bar: Any, begin: float, end: float) -> None:
    """Drag over a day's strip between two hours."""
    bar.scroll_into_view_if_needed()
    box = bar.bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * (begin + 0.5) / 24, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * (end - 0.5) / 24, middle, steps=5)
    page.mouse.up()


def test_a_drag_over_hours_lets_somebody_stand_in(sit_down, cast, ids, week, session):
    visitor = sit_down(cast.roster)
    visitor.go(WEEK)
    visitor.assert_fits()
    page = visitor.page
    drag(page, strip(page), 4, 10)
    page.locator("dialog#override[open]").wait_for()
    assert page.input_value("#override [name=starts_at]") == "2026-11-23T04:00"
    assert page.input_value("#override [name=ends_at]") == "2026-11-23T10:00"
    assert page.input_value("#override [name=role]") == "engineering"
    assert page.input_value("#override [name=instead_of]") == ids["zhou"], "the only one who is there then"
    page.select_option("#override [name=person]", ids["he"])
    page.fill("#override [name=reason]", "孩子发烧")
    page.click("#override .btn-primary")
    page.locator(".shift.override", has_text="何静").wait_for()
    visitor.assert_fits()
    session.expire_all()
    made = session.scalars(select(Override)).one()
    assert (made.starts_at, made.ends_at) == (MONDAY + 4 * HOUR, MONDAY + 10 * HOUR)
    there = duty.on_duty(at=MONDAY + 5 * HOUR, role=DutyRoleCode.ENGINEERING)
    assert [each.person.login for each in there] == ["he"]


def test_a_press_means_the_whole_stretch_or_the_whole_gap(sit_down, cast, ids, week):
    visitor = sit_down(cast.roster)
    visitor.go(WEEK)
    page = visitor.page
    bar = strip(page)
    bar.scroll_into_view_if_needed()
    size = bar.bounding_box()
    bar.click(position={"x": size["width"] * 0.75, "y": size["height"] / 2})
    page.locator("dialog#override[open]").wait_for()
    assert page.input_value("#override [name=starts_at]") == "2026-11-23T12:00"
    assert page.input_value("#override [name=ends_at]") == "2026-11-24T00:00"
    assert page.input_value("#override [name=instead_of]") == ids["zhao"]
    page.click("#override [data-close]")
    gap = strip(page, "legal")
    gap.scroll_into_view_if_needed()
    gap.click()
    page.locator("dialog#override[open]").wait_for()
    assert page.input_value("#override [name=role]") == "legal"
    assert page.input_value("#override [name=instead_of]") == ""


def test_keys_choose_hours_too(sit_down, cast, week):
    visitor = sit_down(cast.roster)
    visitor.go(WEEK)
    page = visitor.page
    strip(page).focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    for _ in range(2):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Enter")
    page.locator("dialog#override[open]").wait_for()
    assert page.input_value("#override [name=starts_at]") == "2026-11-23T03:00"
    assert page.input_value("#override [name=ends_at]") == "2026-11-23T06:00"
    page.keyboard.press("Escape")
    strip(page).focus()
    page.keyboard.press("Enter")
    page.locator("dialog#override[open]").wait_for()
    assert page.input_value("#override [name=ends_at]") == "2026-11-24T00:00"


def test_a_swap_is_asked_for_accepted_and_approved(sit_down, cast, ids, week, session):
    """A request leads from one's own shift over the other's yes and the manager's approval into the roster."""
    asking = sit_down(cast.zhou)
    asking.go("/roster/mine")
    asking.assert_fits()
    asking.page.click("#my-shifts .btn")
    asking.page.locator("form [name=to]").wait_for()
    asking.assert_fits()
    asking.page.select_option("[name=to]", ids["lin"])
    asking.page.fill("[name=reason]", "参加婚礼")
    asking.page.click(".form-end .btn-primary")
    asking.page.wait_for_url("**/swaps/")

    answering = sit_down(cast.lin)
    answering.go("/swaps/")
    answering.assert_fits()
    answering.page.click("form[action$=accept] button")
    answering.page.locator(".good-news").wait_for()

    deciding = sit_down(cast.roster)
    deciding.go("/swaps/")
    deciding.page.click("form[action$=approve] button")
    deciding.page.locator(".good-news").wait_for()
    deciding.go(WEEK)
    deciding.page.locator(".shift.override", has_text="林晓").wait_for()
    session.expire_all()
    assert session.scalars(select(Swap)).one().state is SwapState.DONE
    there = duty.on_duty(at=MONDAY + HOUR, role=DutyRoleCode.ENGINEERING)
    assert [each.person.login for each in there] == ["lin"]


def test_a_rotation_shows_what_it_would_make_while_it_is_filled_in(sit_down, cast, ids, session):
    visitor = sit_down(cast.roster)
    visitor.go("/rotations/new")
    visitor.assert_fits()
    page = visitor.page
    page.select_option("#role", "design")
    page.fill("#name", "设计轮值")
    page.select_option("#kind", "daily")
    assert page.locator("fieldset[data-kinds=shift]").is_hidden()
    page.fill("#handover_at", "09:00")
    page.select_option("#members-0", ids["he"])
    page.select_option("#members-1", ids["lin"])
    page.locator("#preview .share-who", has_text="林晓").wait_for()
    page.locator("#preview .rows li", has_text="何静").first.wait_for()
    assert page.locator("#members-2").count() == 1, "one free place at the end"
    visitor.assert_fits()
    session.expire_all()
    assert session.scalars(select(Rotation)).all() == [], "a preview writes nothing"
    session.commit()
    page.click(".form-end .btn-primary")
    page.wait_for_url("**/rotations/")
    visitor.assert_fits()
    assert "设计轮值" in page.inner_text("main")
    visitor.trouble[:] = [line for line in visitor.trouble if "422" not in line]  # A preview of half a form.


def test_a_month_is_one_page_of_paper_with_nothing_on_it_but_the_roster(sit_down, cast, week):
    visitor = sit_down(cast.roster)
    visitor.page.emulate_media(media="print")
    for way in ("", "&by=person"):
        visitor.go(f"/roster/?month=2026-11{way}")
        visitor.page.wait_for_load_state()
        paper = visitor.page.pdf(prefer_css_page_size=True)
        assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
        assert visitor.page.is_visible("h2.print-only") and "周强" in visitor.page.inner_text(".wall-card")
        assert not any(visitor.page.is_visible(part) for part in (".side", ".top", ".page-head", ".roster-below"))


def test_the_month_on_paper_says_when_each_name_stands_there(sit_down, cast, week):
    visitor = sit_down(cast.roster)
    visitor.go("/roster/?month=2026-11")
    words = "name => getComputedStyle(name, '::after').content"
    name = visitor.page.locator(".wall .name").first
    assert name.evaluate(words) == "none"
    visitor.page.emulate_media(media="print")
    assert name.get_attribute("data-hours") in name.evaluate(words)


@pytest.mark.every_screen
def test_the_pages_fit_on_every_screen(sit_down, cast, week):
    visitor = sit_down(cast.roster)
    month = "/roster/?month=2026-11"
    for path in (
        "/roster/",
        WEEK + "&by=person",
        month,
        month + "&by=person",
        "/roster/fairness",
        "/handovers/",
        "/overrides/",
        "/overrides/new?role=legal",
        "/leaves/",
        "/leaves/new",
    ):
        visitor.go(path)
        visitor.assert_fits()
