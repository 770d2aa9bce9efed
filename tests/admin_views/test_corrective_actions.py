"""Corrective actions on a list of their own: whose, late or not, and the way to where they are done (G-07, RV3)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from extensions import COMPANY_ZONE, timepiece
from rules.vocabulary import ActionEffect
from tests.client import soup_of
from tests.factories import ComplaintFactory, CorrectiveActionFactory, ReviewFactory

LIST = "/corrective-actions/"


@pytest.fixture
def actions(cast, session):
    """One of each kind, all of 赵磊 but the one that is open; and one of a drill."""
    now = timepiece.now()
    today = now.astimezone(COMPANY_ZONE).date()
    review = ReviewFactory(complaint=ComplaintFactory(number="C-2611-0007"))
    make = CorrectiveActionFactory
    make(review=review, words="今日到期", owner=cast.zhao, due_on=today)
    make(review=review, words="昨日到期", owner=cast.zhao, due_on=today - timedelta(days=1))
    make(review=review, words="别人的", owner=cast.he)
    make(review=review, words="已做完", owner=cast.zhao, done_at=now, done_words="装好")
    make(
        review=review,
        words="已见效",
        owner=cast.zhao,
        done_at=now,
        done_words="装好",
        effect=ActionEffect.WORKED,
        checked_at=now,
        count_before=4,
        count_after=1,
    )
    make(review=ReviewFactory(complaint=ComplaintFactory(is_drill=True)), words="演练的", owner=cast.zhao)
    session.commit()
    return review


def words_of(page) -> list[str]:
    return [cell.get_text(strip=True) for cell in soup_of(page).select("td.col-words")]


def test_every_tab_holds_its_own(client, cast, actions):
    client.login(cast.zhao)
    tabs = {view: words_of(client.get(f"{LIST}?view={view}")) for view in ("", "open", "overdue", "to_check", "all")}
    assert tabs == {
        "": ["昨日到期", "今日到期"],
        "open": ["昨日到期", "今日到期", "别人的"],
        "overdue": ["昨日到期"],
        "to_check": ["已做完"],
        "all": ["已见效", "已做完", "别人的", "昨日到期", "今日到期"],
    }


def test_a_row_leads_to_where_it_is_done(client, cast, actions):
    client.login(cast.he)
    row = soup_of(client.get(LIST)).select_one("a.row-link")
    assert row["href"] == "/complaints/C-2611-0007/review/#actions"
    assert client.get(f"{LIST}details/?id={actions.actions[0].id}").location == row["href"]
    assert soup_of(client.get(row["href"])).select_one("#actions [data-dialog^=do-done]"), "its owner says it is done"


def test_nothing_is_made_or_changed_here(client, cast, actions):
    client.login(cast.zhao)
    for page in ("new/", "edit/?id=1"):
        assert client.get(LIST + page).status_code == 404
        assert client.send(LIST + page, {"words": "x"}, page=LIST).status_code in (404, 405)


def test_it_is_found_by_its_complaint_and_taken_away_as_a_file(client, cast, actions):
    client.login(cast.analyst)
    assert len(words_of(client.get(f"{LIST}?view=all&search=C-2611-0007"))) == 5
    assert words_of(client.get(f"{LIST}?view=all&search=C-2611-0099")) == []
    assert words_of(client.get(f"{LIST}?view=all&effect=worked")) == ["已见效"]
    file = client.get(f"{LIST}export/csv/?view=all", buffered=True).data.decode("utf-8-sig")
    assert "C-2611-0007" in file and "已见效" in file and "演练的" not in file
