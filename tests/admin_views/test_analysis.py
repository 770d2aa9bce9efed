"""The analysis report on the screen and as a workbook: who sees it, which period, how much it asks (G-06, N7, N21)."""

from __future__ import annotations

import io

import openpyxl
import pytest

from tests.client import soup_of
from tests.factories import ComplaintFactory
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


def test_the_workbook_holds_numbers(client, cast, session):
    ComplaintFactory()
    session.commit()
    client.login(cast.roster)
    book = openpyxl.load_workbook(io.BytesIO(client.get("/analysis/xlsx?by=quarter").data))
    assert len(book.worksheets) == 17
    assert book.worksheets[0]["B3"].value == 1
