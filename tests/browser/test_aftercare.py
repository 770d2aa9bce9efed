"""The customer signs on the phone in the hand of whoever did the work, the case is printed, and they say how it was
(A-10, N17, N22).
"""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import pytest
from PIL import Image

from rules.vocabulary import Category, CostKind, EvidenceUse, FollowUpState, Side, Status, WorkOrderState
from services import customer_links, work_orders
from services.actors import SYSTEM
from tests import printed as paper
from tests.factories import FollowUpFactory, PromiseFactory, WorkOrderFactory
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


def _picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), (150, 110, 90)).save(out, "PNG")
    return out.getvalue()


PICTURE = _picture()


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


def test_the_customer_answers_on_their_own_phone(sit_down, cast, on_duty, session, now):
    """N22: a link, no login, three taps; a bad score and a photo, and the desk has it back."""
    complaint = recorded(cast, now=now)
    complaint.status, complaint.resolved_at, complaint.resolution = Status.RESOLVED, now, "9 块砖重铺"
    link, address = customer_links.make(complaint, actor=SYSTEM, now=now)
    follow_up = FollowUpFactory(complaint=complaint, round=1, due_at=now, link=link)
    PromiseFactory(complaint=complaint, kept_at=now, text="三天内重铺完")
    path = customer_links.unsealed(address)
    visitor = sit_down(None)
    page = visitor.page

    visitor.go(path)
    visitor.assert_fits()
    for name, score in (("attitude", 5), ("quality", 2), ("efficiency", 4)):
        page.locator(f"[name={name}][value='{score}']").check(force=True)
    page.locator("[name=solved][value=no]").check(force=True)
    page.fill("[name=words]", "砖缝又裂了")
    page.set_input_files("[name=photos]", {"name": "缝.png", "mimeType": "image/png", "buffer": PICTURE})
    page.click("button:not(.quiet)")
    page.wait_for_load_state()
    visitor.assert_fits()
    assert page.locator("form").count() == 0, "an answer is given once"
    session.expire_all()
    assert (follow_up.state, follow_up.is_satisfied, follow_up.words) == (FollowUpState.ANSWERED, False, "砖缝又裂了")
    assert complaint.status is Status.HANDLING
    assert [item.side for item in complaint.evidence] == [Side.CUSTOMERS]
