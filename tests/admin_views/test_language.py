"""Chinese by default, English one click away."""

from __future__ import annotations

from tests.client import DeskClient, soup_of


def test_the_desk_speaks_chinese_until_somebody_chooses_english(client: DeskClient) -> None:
    page = soup_of(client.get("/login"))
    assert page.html is not None
    assert page.html["lang"] == "zh-CN"
    assert "登录" in page.text
    answer = client.send("/language", {"lang": "en", "next": "/login"}, page="/login")
    assert answer.headers["Location"] == "/login"
    english = soup_of(client.get("/login"))
    assert "Log in" in english.text
    assert "登录" not in english.text


def test_a_language_nobody_speaks_here_changes_nothing(client: DeskClient) -> None:
    answer = client.send("/language", {"lang": "xx", "next": "//evil.example"}, page="/login")
    assert answer.headers["Location"] == "/"
    assert "登录" in soup_of(client.get("/login")).text


def test_the_choice_needs_a_token_and_a_post(client: DeskClient) -> None:
    assert client.get("/language").status_code in (404, 405)
    client.post("/language", data={"lang": "en"})
    assert "登录" in soup_of(client.get("/login")).text
