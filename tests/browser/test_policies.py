"""A policy's rows in a real browser: added, moved, removed, and published in the order in which they stand."""

from __future__ import annotations

import pytest

from rules.vocabulary import PolicyKind
from services import policies

pytestmark = [
    pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True, scope="session"),
    pytest.mark.xdist_group("browser"),
]


def test_rows_are_added_moved_and_removed(sit_down, cast, session):
    visitor = sit_down(cast.roster)
    visitor.go("/policies/working_time/edit")
    page = visitor.page
    visitor.assert_fits()
    rows = page.locator("[data-rows=hours] > [data-row]")

    page.click("[data-row-add=hours]")
    assert rows.count() == 3
    page.fill("[name=hours-2-begins]", "9:00")
    page.fill("[name=hours-2-ends]", "11:30")
    page.check("[name=hours-2-days][value=sat]")
    rows.nth(2).locator("[data-row-up]").click()
    assert page.input_value("[name=hours-1-begins]") == "9:00"
    assert page.is_checked("[name=hours-1-days][value=sat]")
    rows.nth(2).locator("[data-row-remove]").click()
    assert rows.count() == 2
    page.click("[data-row-add=hours]")
    page.fill("[name=hours-2-begins]", "14:00")
    page.fill("[name=hours-2-ends]", "13:00")
    page.check("[name=hours-2-days][value=mon]")
    page.fill("[name=remarks]", "周六上午也上班")
    page.click(".policy-publish button")
    assert page.locator(".form-field:has([name=hours-2-ends]) .field-error").count() == 1
    visitor.trouble.clear()  # The console names the answer 422, which is what was asked for.

    page.fill("[name=hours-2-ends]", "18:00")
    page.click(".policy-publish button")
    page.wait_for_url("**/policies/working_time")
    visitor.assert_fits()
    session.expire_all()
    assert [(row["begins"], row["days"][0]) for row in policies.current(PolicyKind.WORKING_TIME).document["hours"]] == [
        ("09:00", "mon"),
        ("9:00", "sat"),
        ("14:00", "mon"),
    ]


@pytest.mark.every_screen
def test_the_table_of_clocks_fits_every_screen_and_a_new_row_is_open(sit_down, cast):
    visitor = sit_down(cast.roster)
    visitor.go("/policies/clocks")
    visitor.assert_fits()
    visitor.go("/policies/clocks/edit")
    visitor.assert_fits()
    page = visitor.page
    assert page.locator(".policy-row details[open]").count() == 0
    page.click("[data-row-add=targets]")
    place = page.locator("[data-rows=targets] > [data-row]").count() - 1
    assert page.locator(f"[name=targets-{place}-amount]").is_visible()


def test_a_clock_is_paused_and_resumed(sit_down, cast, on_duty, session, now):
    from tests.stories import recorded

    complaint = recorded(cast, now=now)
    visitor = sit_down(cast.zhou)
    visitor.go(f"/complaints/{complaint.number}")
    page = visitor.page
    page.click(".more summary")
    page.click("[data-dialog=do-pause]")
    page.locator("#do-pause input[type=checkbox]").nth(1).check()
    page.fill("#do-pause [name=reason]", "客户周日才在家")
    page.click("#do-pause .dialog-buttons button:not([data-close])")
    page.wait_for_selector(".clock.paused")
    visitor.assert_fits()
    page.click(".more summary")
    page.click("[data-dialog=do-resume]")
    page.click("#do-resume .dialog-buttons button:not([data-close])")
    page.wait_for_selector(".clock.paused", state="detached")
