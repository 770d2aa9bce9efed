"""A group complaint in a real browser: its buttons can be pressed, on the desk and on the phone."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models import GroupCase
from tests.stories import recorded

pytestmark = [
    pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True, scope="session"),
    pytest.mark.xdist_group("browser"),
]


def test_the_leader_corrects_a_group_and_writes_to_all(sit_down, cast, on_duty, session, now):
    rooms = ("6栋1单元1803", "6栋1单元1903", "7栋0602")
    numbers = [recorded(cast, now=now, phone=f"1391111000{n}", room=room).number for n, room in enumerate(rooms)]
    group = session.scalars(select(GroupCase.number)).one()
    visitor = sit_down(cast.lin)
    visitor.go("/groups/")
    page = visitor.page
    page.locator(".row-link", has_text=group).click()
    page.locator("h1").wait_for()
    visitor.assert_fits()

    page.locator(".take-out summary").last.click()  # Above the link that covers the row.
    page.locator(".take-out[open] input[name=reason]").fill("是自家装的柜子")
    page.locator(".take-out[open] button").click()
    page.locator("aside", has_text="是自家装的柜子").wait_for()
    assert page.locator(".list-members tbody tr").count() == 2

    page.click("[data-dialog=do-note]")
    page.fill("#do-note textarea", "厂家周一上午逐户闭水试验")
    page.click("#do-note .dialog-buttons .btn-primary")
    page.locator(".flash, .good-news").first.wait_for()

    visitor.go(f"/complaints/{numbers[0]}")
    page.locator("#group", has_text=group).wait_for()
    page.locator("#timeline", has_text="厂家周一上午逐户闭水试验").wait_for()
    visitor.assert_fits()
