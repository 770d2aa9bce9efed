"""The analysis report on the screen and as a workbook: who sees it, which period, how much it asks (G-06, N7, N21)."""

from __future__ import annotations

import io

import openpyxl
import pytest

from extensions import timepiece
from rules.vocabulary import ReviewState
from tests import printed
from tests.client import soup_of
from tests.factories import ComplaintFactory, ReviewFactory, RootCauseFactory
from tests.query_count import queries


def test_who_may_sees_the_month(client, cast, session):
    ComplaintFactory()
    ComplaintFactory(is_drill=True)
    session.commit()
    client.login(cast.analyst)
    with queries() as seen:
        page = soup_of(client.get("/analysis/"))
    assert len(seen) <= 40
    assert "1" in page.select_one("p.sum").text and page.select_one("#category td.tabular").text == "1"
    assert page.select("#category svg")
    client.login(cast.xiaozhou)
    assert client.get("/analysis/").status_code == 403


@pytest.mark.parametrize(
    "address",
    [
        "first_on=2026-11-02&last_on=2026-11-01",
        "first_on=2025-01-01&last_on=2026-11-01",
        "first_on=x&last_on=y",
        "first_on=2026-11-01",
        "day=9999-12-31",
        "day=0001-01-01&by=quarter",
    ],
)
def test_an_impossible_period_is_refused_with_a_sentence(client, cast, address):
    client.login(cast.analyst)
    answer = client.get(f"/analysis/?{address}")
    assert answer.status_code == 422 and soup_of(answer).select_one("[role=alert]").text
    assert client.get(f"/analysis/xlsx?{address}").status_code == 422
    assert client.get(f"/analysis/pdf?{address}").status_code == 422


def test_the_workbook_holds_numbers(client, cast, session):
    ComplaintFactory()
    session.commit()
    client.login(cast.roster)
    book = openpyxl.load_workbook(io.BytesIO(client.get("/analysis/xlsx?by=quarter").data))
    assert len(book.worksheets) == 18
    assert book.worksheets[0]["B3"].value == 1


def test_the_paper_says_what_the_page_says(client, cast, session):
    review = ReviewFactory(
        state=ReviewState.DONE,
        root_cause=RootCauseFactory(name_zh="雨季备料不足"),
        lessons="先备料",
        ended_at=timepiece.now(),
        ended_by=cast.lin,
    )
    ComplaintFactory.create_batch(2, category=review.complaint.category)
    session.commit()
    client.login(cast.analyst)
    answer = client.get("/analysis/pdf", buffered=True)
    assert answer.mimetype == "application/pdf" and answer.headers["Cache-Control"] == "no-store"
    words = printed.text(answer.data)
    page = soup_of(client.get("/analysis/"))
    for section in page.select("section.card"):
        assert section.h2.text in words
    assert "雨季备料不足" in words and "3·100.0%" in words
    client.login(cast.xiaozhou)
    assert client.get("/analysis/pdf").status_code == 403
