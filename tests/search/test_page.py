"""The search page and the suggestions, as a person at the screen sees them."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus

import pytest
from sqlalchemy.orm import Session, scoped_session

from models import Complaint
from services import calls
from tests.cast import Cast
from tests.client import DeskClient, soup_of
from tests.factories import IntakeFactory, PersonFactory


@pytest.fixture
def complaint(cast: Cast, session: scoped_session[Session], now: datetime) -> Complaint:
    """王女士's hollow tiles."""
    recorded = calls.record(IntakeFactory(), actor=cast.xiaozhou, now=now)
    session.commit()
    return recorded


@pytest.fixture
def auditor(client: DeskClient, cast: Cast) -> DeskClient:
    """Somebody who may see everything and change nothing."""
    client.login(cast.auditor)
    return client


def test_the_page_shows_groups_with_the_words_marked(auditor: DeskClient, complaint: Complaint) -> None:
    page = soup_of(auditor.get("/search/?q=空鼓"))
    hit = page.select_one("#hits-complaints ~ ul a.hit")
    assert hit is not None and complaint.number in hit.text
    assert [mark.text for mark in hit.select("mark")] == ["空鼓"]
    assert hit["href"].endswith(f"/{complaint.number}")


def test_phone_numbers_are_masked(auditor: DeskClient, complaint: Complaint) -> None:
    for answer in (auditor.get("/search/?q=13800138100"), auditor.get("/search/suggest?q=13800138100")):
        text = answer.get_data(as_text=True)
        assert "+8613800138100" not in text and "138****8100" in text


def test_a_complaints_own_number_leads_straight_to_it(auditor: DeskClient, complaint: Complaint) -> None:
    answer = auditor.get(f"/search/?q={complaint.number.lower()}")
    assert answer.status_code == HTTPStatus.SEE_OTHER and answer.location.endswith(f"/{complaint.number}")


@pytest.mark.parametrize("query", ["", "查无此词", "%", "_", "😀", '"', "<script>alert(1)</script>", "a" * 5000, "%00"])
def test_nothing_found_says_what_can_be_looked_for(auditor: DeskClient, complaint: Complaint, query: str) -> None:
    answer = auditor.get("/search/", query_string={"q": query})
    page = soup_of(answer)
    assert answer.status_code == HTTPStatus.OK
    assert page.select(".search-kinds a") and not page.select(".hit")
    assert not [script for script in page.select("script") if "alert(1)" in script.text]


def test_suggestions_are_short(auditor: DeskClient, complaint: Complaint) -> None:
    groups = auditor.get("/search/suggest?q=王女士").get_json()["groups"]
    rows = [row for group in groups for row in group["rows"]]
    assert rows[0]["title"].startswith(complaint.number) and rows[0]["url"].endswith(complaint.number)
    assert auditor.get("/search/suggest?q=").get_json() == {"groups": []}


@pytest.mark.parametrize("address", ["/search/?q=空鼓", "/search/suggest?q=空鼓"])
def test_who_may_not_see_complaints_may_not_search(
    client: DeskClient, session: scoped_session[Session], address: str
) -> None:
    client.login(PersonFactory(login="nobody", roles=[]))
    assert client.get(address).status_code == HTTPStatus.FORBIDDEN


def test_strangers_are_asked_to_log_in(client: DeskClient) -> None:
    answer = client.get("/search/?q=空鼓")
    assert answer.status_code == HTTPStatus.FOUND and "/login" in answer.location
