"""The editor of a message's text in a real browser: what arrives is shown while somebody writes."""

from __future__ import annotations

import pytest

from rules.vocabulary import MessageLanguage, NotificationKind
from services import templates

pytestmark = [
    pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True, scope="session"),
    pytest.mark.xdist_group("browser"),
]


def test_what_arrives_is_shown_while_somebody_writes(sit_down, cast, session):
    visitor = sit_down(cast.roster)
    visitor.go("/message-templates/")
    visitor.assert_fits()
    page = visitor.page
    page.click("#assigned .text-cell a >> nth=0")
    page.wait_for_url("**/assigned/zh")
    visitor.assert_fits()
    page.click(".page-head .btn-primary")
    page.wait_for_url("**/assigned/zh/edit")
    visitor.assert_fits()

    page.fill("[name=text]", "")
    page.click("[data-insert='{number}']")
    page.type("[name=text]", "待接单，限时优惠。回复1 ")
    page.click("[data-insert='{code}']")
    page.type("[name=text]", "接单。")
    page.wait_for_selector("#text-preview .bubble >> text=A0238接单。")
    assert page.locator("#text-preview .field-error").count() == 1
    bubble = page.locator("#text-preview .bubble")
    assert bubble.all_inner_texts() == [
        "【安心桥】C-2611-0231待接单，限时优惠。回复1 A0238接单。",
        "【安心桥】C-2611-0231待接单，限时优惠。",
    ]
    page.fill("[name=text]", page.input_value("[name=text]").replace("限时优惠", "请尽快"))
    page.wait_for_selector("#text-preview .field-error", state="detached")
    page.fill("[name=remarks]", "请尽快")
    page.click(".form-end button")
    page.wait_for_url("**/assigned/zh")
    visitor.assert_fits()
    session.expire_all()
    found = templates.in_force(NotificationKind.ASSIGNED, MessageLanguage.CHINESE)
    assert found.text == "{number}待接单，请尽快。回复1 {code}接单。"
