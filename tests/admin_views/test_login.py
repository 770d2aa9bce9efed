"""Coming in, going out, and what an ended session does not cost."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from models import Person
from services import departures, people
from tests.cast import Cast
from tests.client import PASSWORD, DeskClient, csrf_token, soup_of


def test_the_right_password_opens_the_workbench(client: DeskClient, cast: Cast) -> None:
    answer = client.login(cast.lin)
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/"
    assert "林晓" in client.get("/").get_data(as_text=True)


@pytest.mark.parametrize(
    ("login", "password"), [("lin", "wrong-password"), ("nobody", PASSWORD), ("", ""), ("lin", "")]
)
def test_anything_else_is_refused_with_one_sentence(client: DeskClient, cast: Cast, login: str, password: str) -> None:
    answer = client.login(login, password)
    assert answer.status_code in (401, 422)
    assert soup_of(answer).select(".field-error")
    assert client.get("/").status_code == 302


def test_a_wrong_login_and_a_wrong_password_look_the_same(client: DeskClient, cast: Cast) -> None:
    errors = [
        [error.text for error in soup_of(client.login(login, "wrong-password")).select(".field-error")]
        for login in ("lin", "nobody")
    ]
    assert errors[0] == errors[1]


def test_a_switched_off_account_cannot_come_in_and_is_thrown_out(client: DeskClient, cast: Cast, session, now) -> None:
    client.login(cast.zhao)
    assert client.get("/").status_code == 200
    departures.set_active(cast.zhao, is_active=False, actor=cast.admin, now=now)
    session.commit()
    assert client.get("/").status_code == 302
    assert client.login(cast.zhao).status_code == 401


def test_guessing_is_throttled_by_login_name(client: DeskClient, cast: Cast) -> None:
    statuses = [client.login("lin", "wrong-password").status_code for _ in range(8)]
    assert statuses[0] == 401
    assert statuses[-1] == 429
    assert client.login("lin").status_code == 429
    assert client.login("zhou").status_code == 302, "one person's trouble is not another's"


def test_login_leads_on_to_the_page_that_was_asked_for_but_never_off_the_desk(client: DeskClient, cast: Cast) -> None:
    asked = client.get("/intake/?phone=13800138000")
    assert asked.status_code == 302
    page = client.get(asked.headers["Location"])
    kept = soup_of(page).select_one("#next")
    assert kept is not None
    assert kept["value"] == "/intake/?phone=13800138000"
    for evil in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        data = {"login": "zhou", "password": PASSWORD, "next": evil}
        assert client.send("/login", data).headers["Location"] == "/"


def test_logging_out_ends_the_session(client: DeskClient, cast: Cast) -> None:
    client.login(cast.lin)
    client.send("/logout", page="/password")
    assert client.get("/").status_code == 302


def test_an_account_made_by_somebody_else_asks_for_a_new_password_first(
    client: DeskClient, cast: Cast, session, now
) -> None:
    people.set_password(cast.zhao, password="first-day-only", actor=cast.admin, now=now)
    session.commit()
    client.login("zhao", "first-day-only")
    assert client.get("/").headers["Location"] == "/password"
    assert client.get("/complaints/").headers["Location"] == "/password"
    short = client.send("/password", {"old": "first-day-only", "new": "short", "again": "short"})
    assert short.status_code == 422
    differs = client.send("/password", {"old": "first-day-only", "new": "river-stone-9", "again": "river-stone-8"})
    assert differs.status_code == 422
    new = client.send("/password", {"old": "first-day-only", "new": "river-stone-9", "again": "river-stone-9"})
    assert new.status_code == 302
    assert client.get("/").status_code == 200


def test_a_new_password_ends_the_other_sessions(
    client: DeskClient, new_client: Callable[[], DeskClient], cast: Cast
) -> None:
    elsewhere = new_client()
    elsewhere.login(cast.lin)
    client.login(cast.lin)
    client.send("/password", {"old": PASSWORD, "new": "river-stone-9", "again": "river-stone-9"})
    assert client.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302


def test_what_was_typed_survives_an_ended_session(client: DeskClient, cast: Cast) -> None:
    client.login(cast.xiaozhou)
    token = client.token("/intake/")
    client.delete_cookie("session")
    typed = {"csrf_token": token, "problem": "客厅顶上裂了三道缝", "contact_name": "王女士", "phone": "13800138000"}
    page = client.post("/intake/", data=typed)
    assert page.status_code == 401
    draft = soup_of(page).select_one("input[name=draft]")
    assert draft is not None
    data = {"login": "xiaozhou", "password": PASSWORD, "draft": draft["value"], "csrf_token": csrf_token(page)}
    resumed = client.post("/login", data=data)
    form = soup_of(resumed).select_one("form[action='/intake/']")
    assert form is not None
    kept = {field["name"]: field.get("value", "") for field in form.select("input[name]")}
    assert kept["problem"] == typed["problem"]
    assert kept["csrf_token"] not in ("", token)
    again = client.post("/intake/", data=kept)
    assert typed["problem"] in again.get_data(as_text=True), "sent again, it stands in the form with what is missing"


def test_a_kept_form_goes_back_to_the_very_record_it_was_for(client: DeskClient, cast: Cast) -> None:
    page = client.post("/customers/edit/?id=7&x=%26", data={"name": "王女士的新名字"})
    draft = soup_of(page).select_one("input[name=draft]")
    assert draft is not None
    resumed = client.post(
        "/login",
        data={"login": "xiaozhou", "password": PASSWORD, "draft": draft["value"], "csrf_token": csrf_token(page)},
    )
    assert soup_of(resumed).select_one("form[action='/customers/edit/?id=7&x=%26']")


def test_a_login_in_another_tab_does_not_cost_what_was_typed_in_this_one(client: DeskClient, cast: Cast) -> None:
    client.login(cast.xiaozhou)
    old = client.token("/intake/")
    client.login(cast.xiaozhou)
    page = client.post("/intake/", data={"csrf_token": old, "problem": "客厅顶上裂了三道缝"})
    assert page.status_code == 400
    form = soup_of(page).select_one("form[action='/intake/']")
    assert form is not None
    kept = {field["name"]: field["value"] for field in form.select("input[name]")}
    assert kept["problem"] == "客厅顶上裂了三道缝"
    assert client.post("/intake/", data=kept).status_code == 422, "sent again, it is read and what is missing is named"


def test_too_many_tries_do_not_cost_what_was_typed(client: DeskClient, cast: Cast) -> None:
    page = client.post("/intake/", data={"problem": "客厅顶上裂了三道缝"})
    draft = soup_of(page).select_one("input[name=draft]")
    assert draft is not None
    data = {"login": "xiaozhou", "password": "wrong-password", "draft": draft["value"], "csrf_token": csrf_token(page)}
    answers = [client.post("/login", data=data) for _ in range(8)]
    assert answers[-1].status_code == 429
    kept = soup_of(answers[-1]).select_one("input[name=draft]")
    assert kept is not None
    assert kept["value"] == draft["value"]


@pytest.mark.parametrize("sender", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
@pytest.mark.parametrize("is_logged_in", [False, True])
def test_what_another_site_sends_is_not_kept_to_be_confirmed(
    client: DeskClient, cast: Cast, sender: dict[str, str], is_logged_in: bool
) -> None:
    if is_logged_in:
        client.login(cast.xiaozhou)
    answer = client.post("/intake/", data={"problem": "a stranger's words"}, headers=sender)
    assert answer.status_code == (400 if is_logged_in else 302)
    assert "stranger" not in answer.get_data(as_text=True)


def test_a_draft_cannot_send_anybody_elsewhere(client: DeskClient, cast: Cast) -> None:
    for draft in ('{"path": "https://evil.example/", "fields": []}', "no json", '{"path": 1}', "[]", '{"fields": 3}'):
        answer = client.send("/login", {"login": "lin", "password": PASSWORD, "draft": draft})
        assert answer.status_code in (200, 302)
        assert "evil.example" not in answer.get_data(as_text=True)
        client.delete_cookie("session")


def test_no_password_is_ever_kept_in_a_draft(client: DeskClient, cast: Cast) -> None:
    page = client.post("/password", data={"old": "secret-old", "new": "secret-new", "again": "secret-new"})
    assert page.status_code == 401
    assert "secret" not in page.get_data(as_text=True)


def test_the_session_cookie_is_for_the_server_only(client: DeskClient, cast: Cast, app: Flask) -> None:
    plain = client.login(cast.lin).headers.getlist("Set-Cookie")
    assert any("HttpOnly" in cookie and "SameSite=Lax" in cookie for cookie in plain)
    client.delete_cookie("session")
    token = csrf_token(client.get("/login", base_url="https://desk.example"))
    data = {"login": "zhou", "password": PASSWORD, "csrf_token": token}
    headers = {"Referer": "https://desk.example/login"}
    secure = client.post("/login", data=data, base_url="https://desk.example", headers=headers)
    assert any("Secure" in cookie for cookie in secure.headers.getlist("Set-Cookie"))


def test_a_login_is_remembered_with_its_time(client: DeskClient, cast: Cast, session, now) -> None:
    client.login(cast.lin)
    session.expire_all()
    assert session.scalar(select(Person.last_login_at).where(Person.login == "lin")) == now
