"""The customer signs on the phone in the hand of whoever did the work, and the case is printed (A-10, N17)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from rules.vocabulary import Category, CostKind, EvidenceUse, Status, WorkOrderState
from services import work_orders
from tests import printed as paper
from tests.factories import WorkOrderFactory
from tests.stories import recorded

pytestmark = [
    pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True, scope="session"),
    pytest.mark.parametrize("width", ["phone"], indirect=True),
    pytest.mark.xdist_group("browser"),
]

TILES = {
    "kind": CostKind.MATERIAL,
    "what": "800×800 玻化砖（与原批次同色号）",
    "quantity": Decimal(10),
    "unit": "片",
    "unit_price": Decimal("45.50"),
    "batch": "B-2209-11",
}
"""As long as a line gets; it may not push the page over the edge."""


def draw(page: Any, canvas: Any) -> None:
    """One long stroke, from corner to corner."""
    canvas.scroll_into_view_if_needed()
    area = canvas.bounding_box()
    page.mouse.move(area["x"] + 20, area["y"] + 20)
    page.mouse.down()
    page.mouse.move(area["x"] + area["width"] - 20, area["y"] + area["height"] - 20, steps=30)
    page.mouse.up()


def test_the_customer_signs_that_the_work_is_done_and_the_case_is_printed(sit_down, cast, on_duty, session, now):
    complaint = recorded(cast, now=now)
    complaint.category, complaint.status = Category.QUALITY, Status.HANDLING
    order = WorkOrderFactory(complaint=complaint, technician=cast.zhao)
    work_orders.start(order, actor=cast.zhao, now=now)
    work_orders.finish(order, words="9 块砖重铺", actor=cast.zhao, now=now)
    work_orders.add_cost(order, **TILES, actor=cast.zhao, now=now)
    number, confirm = complaint.number, f"do-confirm-{order.id}"
    visitor = sit_down(cast.zhao)
    page = visitor.page

    visitor.go(f"/complaints/{number}/work/")
    visitor.assert_fits()
    page.click("main a[href^='/work-order/']")
    page.wait_for_url("**/work-order/*")
    visitor.assert_fits()
    page.click(f"[data-dialog={confirm}]")
    dialog = page.locator(f"#{confirm}")
    sent = dialog.locator("[data-signature] input")
    draw(page, dialog.locator("canvas"))
    assert sent.input_value().startswith("data:image/png;base64,")
    dialog.locator("[data-signature-clear]").click()
    assert sent.input_value() == ""
    draw(page, dialog.locator("canvas"))
    dialog.locator("[name=exception]").fill("客户不同意拍照")
    dialog.locator(".dialog-buttons .btn-primary").click()
    picture = page.locator("main .thumbs img")
    picture.wait_for()
    assert page.locator("dialog[open]").count() == 0
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    visitor.assert_fits()
    session.expire_all()
    assert order.state is WorkOrderState.CLOSED
    assert [item.use for item in order.evidence] == [EvidenceUse.SIGNATURE]

    visitor.go(f"/complaints/{number}/papers/")
    visitor.assert_fits()
    page.click("[data-dialog=do-print]")
    page.click("#do-print .dialog-buttons .btn-primary")
    link = page.locator(".papers a[href*='case-file']").first
    link.wait_for()
    visitor.assert_fits()
    printed = page.request.get(visitor.base + link.get_attribute("href"))
    assert printed.headers["content-type"] == "application/pdf"
    assert number in printed.headers["content-disposition"]
    assert number in paper.text(printed.body())
