"""Requests that no page of ours sends: each gets a clear answer and none an error of ours."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

from rules.vocabulary import Role
from tests.cast import Cast
from tests.client import PASSWORD, DeskClient
from tests.factories import PersonFactory

NOT_OURS = ("//[", "http://[::1", "//evil.example", "/\\evil.example", "/\t/evil.example", "https:evil.example", "")


@pytest.mark.parametrize("target", NOT_OURS)
def test_a_way_back_that_is_no_path_of_ours_leads_home(client: DeskClient, target: str) -> None:
    answer = client.send("/language", {"lang": "en", "next": target}, page="/login")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")


@pytest.mark.parametrize("target", NOT_OURS)
def test_logging_in_leads_home_when_the_way_on_is_no_path_of_ours(client: DeskClient, cast: Cast, target: str) -> None:
    answer = client.send("/login", {"login": cast.lin.login, "password": PASSWORD, "next": target})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")


@pytest.mark.parametrize(
    "draft",
    [
        "[",
        '"text"',
        '{"path": "/", "fields": 5}',
        '{"path": "//[", "fields": []}',
        '{"path": "/", "fields": [["name", "\\ud800"]]}',
        "[" * 100_000,
    ],
)
def test_a_draft_that_no_page_of_ours_wrote_is_no_error(client: DeskClient, cast: Cast, draft: str) -> None:
    answer = client.send("/login", {"login": cast.lin.login, "password": PASSWORD, "draft": draft})
    assert answer.status_code in (200, 302)
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept-Language": "\xff,;q=z"},
        {"Cookie": "lang=\x7f; session=...."},
        {"Cookie": "session=" + "A" * 5000},
        {"Host": "evil[.example"},
        {"Host": "a b"},
        {"Range": "bytes=99999999999999999999-"},
        {"Content-Type": "multipart/form-data"},
        {"Content-Type": "application/json"},
        {"If-None-Match": '"\xff'},
        {"Referer": "//["},
        {"Origin": "null"},
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_odd_headers_are_no_error(client: DeskClient, headers: dict[str, str]) -> None:
    for url in ("/login", "/", "/static/desk.css", "/complaints/"):
        for answer in (client.get(url, headers=headers), client.post(url, headers=headers, data=b"--x\r\nbad")):
            assert answer.status_code < 500, url
            answer.close()


def test_a_forged_address_of_the_sender_does_not_open_another_door(client: DeskClient, cast: Cast) -> None:
    """Without a trusted proxy nobody believes X-Forwarded-For; capitals and blanks are the same login."""
    answers = [
        client.send(
            "/login",
            {"login": login, "password": "wrong wrong"},
            headers={"X-Forwarded-For": f"10.0.0.{place}"},
        ).status_code
        for place, login in enumerate(["lin", "LIN", " lin", "Lin ", "lin", "lIn", "lin", "\tlin"])
    ]
    assert answers[:6] == [401] * 6
    assert set(answers[6:]) == {429}


def test_a_refused_statement_is_logged_without_its_values(app: Flask, cast: Cast, session: Any) -> None:
    twin = PersonFactory.build(login=cast.lin.login, name="王秘密", roles=[Role.DUTY], phone="+8613911112222")
    session.add(twin)
    with pytest.raises(IntegrityError) as caught:
        session.flush()
    session.rollback()
    assert "13911112222" not in str(caught.value)
    assert "王秘密" not in str(caught.value)
