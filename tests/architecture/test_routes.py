"""Every address: who may come, how it may be asked, and what it must not do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session, scoped_session
from werkzeug.routing import Rule

from models import Base
from tests.cast import Cast
from tests.client import DeskClient

Db = scoped_session[Session]

PUBLIC = {
    "health.healthz": "a supervisor asks whether the desk lives, and learns nothing else",
    "static": "the stylesheet of the login page",
    "admin.static": "the scripts of the login page",
    "feeds.calendar": "a calendar app reads somebody's shifts; the address itself is the secret",
    "pushes.take": "a provider brings receipts and replies; the address itself is the secret",
    "customer.page": "a customer opens the link of an SMS; the address itself is the secret, and it dies",
    "customer.answer": "the customer answers from that page",
    "customer.photos": "the customer sends photos from that page",
    "customer.repair": "the customer confirms a repair on that page",
    "login.index": "whoever wants to log in has not done so yet",
    "language.choose": "the language is chosen before the login",
}
"""Addresses that need no login, and why."""

WITHOUT_TOKEN = {
    "pushes.take": "a provider has no page to take a token from; its address is the secret",
    "customer.answer": "a customer has no session; the form has a token of its own, bound to the link",
    "customer.photos": "the same",
    "customer.repair": "the same",
}
"""Changes that ask for no CSRF token, and why."""


def url_of(rule: Rule, *, number: int = 999_999) -> str:
    """An address of this rule, with made-up parts."""
    parts = {
        name: number if type(converter).__name__ == "IntegerConverter" else "nothing"
        for name, converter in rule._converters.items()
    }
    _host, path = rule.build(parts) or ("", "")
    return path


def rules(app: Flask, method: str) -> Iterator[Rule]:
    """Every rule that answers to this method."""
    return (rule for rule in app.url_map.iter_rules() if method in (rule.methods or set()))


def test_the_public_list_names_nothing_that_is_gone(app: Flask) -> None:
    assert PUBLIC.keys() <= {rule.endpoint for rule in app.url_map.iter_rules()}


def test_every_page_asks_for_a_login_or_says_why_not(app: Flask, client: DeskClient) -> None:
    open_pages = []
    for rule in rules(app, "GET"):
        if rule.endpoint in PUBLIC:
            continue
        answer = client.get(url_of(rule))
        is_sent_to_login = answer.status_code == 302 and client.login_url in answer.headers["Location"]
        if not (is_sent_to_login or answer.status_code in (401, 403)):
            open_pages.append((rule.endpoint, answer.status_code))
    assert open_pages == []


def test_every_change_asks_for_a_login(app: Flask, client: DeskClient, session: Db) -> None:
    token = client.token(client.login_url)
    done = []
    for rule in rules(app, "POST"):
        if rule.endpoint in PUBLIC:
            continue
        answer = client.post(url_of(rule), data={"csrf_token": token})
        is_sent_to_login = answer.status_code == 302 and client.login_url in answer.headers["Location"]
        if not (is_sent_to_login or answer.status_code in (401, 403)):
            done.append((rule.endpoint, answer.status_code))
    assert done == []


def test_every_change_asks_for_a_token(app: Flask, client: DeskClient, cast: Cast) -> None:
    client.login(cast.admin)
    answers = {rule.endpoint: client.post(url_of(rule), data={"text": "x"}).status_code for rule in rules(app, "POST")}
    assert {endpoint for endpoint, status in answers.items() if status != 400} == WITHOUT_TOKEN.keys()


def test_a_token_of_somebody_else_does_not_do(
    app: Flask, client: DeskClient, new_client: Callable[[], DeskClient], cast: Cast
) -> None:
    client.login(cast.admin)
    stolen = new_client().token(client.login_url)
    for rule in rules(app, "POST"):
        status = client.post(url_of(rule), data={"csrf_token": stolen}).status_code
        assert status == 400 or rule.endpoint in WITHOUT_TOKEN, rule.endpoint


def test_an_address_that_only_changes_cannot_be_read(app: Flask, client: DeskClient, cast: Cast) -> None:
    client.login(cast.admin)
    for rule in rules(app, "POST"):
        if "GET" not in (rule.methods or set()):
            assert client.get(url_of(rule)).status_code in (404, 405), rule.endpoint


def test_nothing_is_deleted_by_any_address(app: Flask) -> None:
    """What the desk knew stays known: records are called off, made void or switched off."""
    assert list(rules(app, "DELETE")) == []
    assert [rule.rule for rule in app.url_map.iter_rules() if "delete" in rule.rule] == []


def test_reading_changes_nothing(app: Flask, client: DeskClient, cast: Cast, session: Db) -> None:
    client.login(cast.admin)
    before = everything(session)
    for rule in rules(app, "GET"):
        client.get(url_of(rule))
    assert everything(session) == before


def test_made_up_addresses_are_a_clear_no_and_never_an_error(app: Flask, client: DeskClient, cast: Cast) -> None:
    app.testing = False
    try:
        client.login(cast.admin)
        token = client.token("/password")
        for rule in app.url_map.iter_rules():
            for wild in (
                "?id=999999",
                "?id=abc",
                "?id=%00",
                "?id=99999999999999999999",
                "?page=-1&page_size=x",
                "?q=%F0%9F",
            ):
                assert client.get(url_of(rule) + wild).status_code < 500, (rule.endpoint, wild)
            if "POST" in (rule.methods or set()):
                assert client.post(url_of(rule), data={"csrf_token": token}).status_code < 500, rule.endpoint
    finally:
        app.testing = True


def test_a_number_that_no_database_can_hold_is_not_found(app: Flask, client: DeskClient, cast: Cast) -> None:
    client.login(cast.admin)
    token = client.token("/password")
    numbered = [rule for rule in app.url_map.iter_rules() if "<int:" in rule.rule]
    assert numbered
    for rule in numbered:
        url = url_of(rule, number=10**100).replace("/nothing/", "/escalation/")
        answers = [client.get(url)] if "GET" in (rule.methods or set()) else []
        answers += [client.post(url, data={"csrf_token": token})] if "POST" in (rule.methods or set()) else []
        assert {answer.status_code for answer in answers} <= {404}, rule.rule


def everything(session: Db) -> dict[str, Any]:
    """How many rows every table has, and how often they were saved."""
    session.rollback()
    return {
        table.name: session.execute(
            select(func.count(), func.sum(table.c.version) if "version" in table.c else 0).select_from(table)
        ).one()
        for table in Base.metadata.sorted_tables
    }
