"""The policies of the second half: warranty never under the law, and a ladder of authority that makes sense."""

from __future__ import annotations

import pytest

from rules.vocabulary import PolicyKind
from services import policies
from tests.admin_views.test_clock_policies import filled
from tests.client import soup_of


@pytest.mark.parametrize("kind", ["warranty", "authority", "follow_up"])
def test_a_page_says_what_holds_and_its_form_says_the_same_again(manager, kind):
    shown = manager.get(f"/policies/{kind}")
    assert shown.status_code == 200
    answer = manager.post(
        f"/policies/{kind}/edit", data={**filled(manager, f"/policies/{kind}"), "remarks": "没有变化"}
    )
    assert answer.status_code == 409, "what the form sends unchanged is the present version"


def test_a_longer_warranty_is_published_and_a_shorter_one_than_the_law_s_refused(manager, session):
    said = {**filled(manager, "/policies/warranty"), "remarks": "地砖延长到三年"}
    answer = manager.post("/policies/warranty/edit", data={**said, "floors-0-months": "12"})
    assert answer.status_code == 422 and soup_of(answer).select_one(".field-error")
    assert policies.current(PolicyKind.WARRANTY).number == 1
    answer = manager.post("/policies/warranty/edit", data={**said, "floors-0-months": "36"})
    assert answer.status_code == 303
    session.expire_all()
    assert policies.current(PolicyKind.WARRANTY).document["floors"][0] == {"part": "tiling", "months": 36}


def test_a_ladder_that_goes_down_is_refused_beside_its_rung(manager):
    said = {**filled(manager, "/policies/authority"), "remarks": "x", "rungs-2-up_to": "100"}
    answer = manager.post("/policies/authority/edit", data=said)
    assert answer.status_code == 422
    assert soup_of(answer).select_one(".has-error [name='rungs-2-up_to']")
