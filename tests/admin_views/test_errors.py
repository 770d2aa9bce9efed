"""What cannot be done is told in a page of the desk, in the reader's language, and never with a trace."""

from __future__ import annotations

import pytest
from flask import Flask

from admin_views import security
from tests.cast import Cast
from tests.client import DeskClient, soup_of


@pytest.mark.parametrize("url", ["/nowhere", "/complaints/C-0000-0000", "/complaints/%00", "/complaints/C-0/../../etc"])
def test_an_address_that_leads_nowhere_says_so(client: DeskClient, cast: Cast, url: str) -> None:
    client.login(cast.lin)
    answer = client.get(url)
    assert answer.status_code == 404
    assert "没有" in soup_of(answer).text


def test_a_forged_post_is_refused(client: DeskClient, cast: Cast) -> None:
    client.login(cast.lin)
    answer = client.post("/intake/", data={"problem": "x"})
    assert answer.status_code == 400
    assert "Traceback" not in answer.get_data(as_text=True)


def test_a_bug_is_told_without_its_trace(client: DeskClient, cast: Cast, app: Flask, monkeypatch) -> None:
    from services import workbench

    def broken(**_: object) -> None:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr(workbench, "posts", broken)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    app.testing = False
    try:
        client.login(cast.lin)
        answer = client.get("/")
    finally:
        app.testing = True
    assert answer.status_code == 500
    assert "secret of the house" not in answer.get_data(as_text=True)


def test_every_answer_tells_the_browser_what_it_may_do(client: DeskClient, cast: Cast) -> None:
    client.login(cast.lin)
    headers = client.get("/").headers
    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


def test_each_public_route_says_why() -> None:
    assert all(reason for reason in security.PUBLIC_ENDPOINTS.values())


def test_a_script_that_asks_without_a_session_gets_the_bare_answer(client: DeskClient) -> None:
    answer = client.get("/matters", headers={"X-Requested-With": "fetch"})
    assert answer.status_code == 401
    assert answer.get_json()["error"]
