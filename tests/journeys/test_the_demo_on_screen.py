"""Somebody looks at the demo for the first time: every login comes in, and every page opens."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

import seed
from models import Complaint
from tests.client import DeskClient, soup_of
from tests.conftest import Hands

Db = scoped_session[Session]
PASSWORD = "a demo for everybody"


@pytest.mark.timeout(300)
def test_everybody_finds_their_way_through_the_demo(
    session: Db, clock: Hands, new_client: Callable[[], DeskClient]
) -> None:
    seed.load_demo(clock.now(), PASSWORD)
    session.commit()
    numbers = session.scalars(select(Complaint.number)).all()

    for login in seed.DEMO_LOGINS:
        visitor = new_client()
        assert visitor.login(login, PASSWORD).status_code == HTTPStatus.FOUND
        for page in _menu(visitor):
            assert visitor.get(page, follow_redirects=True).status_code == HTTPStatus.OK, (login, page)

    leader = new_client()
    leader.login("roster", PASSWORD)
    workbench = soup_of(leader.get("/")).get_text(" ", strip=True)
    for words in ("翠湖花园", "梧桐苑", "金地名郡", "每日进度：发全屋视频"):
        assert words in workbench
    for number in numbers:
        assert leader.get(f"/complaints/{number}").status_code == HTTPStatus.OK, number


def _menu(visitor: DeskClient) -> list[str]:
    """Every page that the navigation offers this visitor."""
    links = {str(link["href"]) for link in soup_of(visitor.get("/")).select("nav a[href^='/']")}
    pages = sorted(link for link in links if "log" not in link and "lang" not in link)
    assert pages
    return pages
