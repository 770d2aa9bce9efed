"""Promises: what is open, what is late, and one button that says it was kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from models import Promise, TimelineEvent
from rules.vocabulary import EventKind, Status
from tests.client import soup_of
from tests.factories import ComplaintFactory, PromiseFactory
from tests.query_count import queries


@pytest.fixture
def promise(cast, session) -> Promise:
    """To be there tomorrow at ten."""
    made = PromiseFactory(made_by=cast.xiaozhou)
    session.commit()
    return made


def keep(client, promise_id: object, **said: object):
    return client.send(f"/promises/{promise_id}/keep", said, page="/promises/")


def texts(client, view: str) -> list[str]:
    cells = soup_of(client.get(f"/promises/?view={view}")).select("td.col-text")
    return [cell.get_text(strip=True) for cell in cells]


def test_open_overdue_and_kept_are_told_apart(client, cast, clock, now):
    PromiseFactory(text="open", due_at=now + timedelta(days=1))
    PromiseFactory(text="late", made_at=now - timedelta(days=2), due_at=now - timedelta(hours=1))
    PromiseFactory(text="kept", made_at=now - timedelta(days=2), due_at=now, kept_at=now, kept_by=cast.lin)
    client.login(cast.lin)
    assert texts(client, "open") == ["late", "open"], "the most urgent first"
    assert texts(client, "") == ["late", "open"]
    assert texts(client, "overdue") == ["late"]
    assert texts(client, "kept") == ["kept"]
    assert len(texts(client, "all")) == 3


def test_one_press_says_it_was_kept(client, cast, session, promise):
    client.login(cast.xiaozhou)
    page = soup_of(client.get("/promises/"))
    assert page.select_one(f"form[action='/promises/{promise.id}/keep'] button")
    answer = keep(client, promise.id, back="/promises/?view=open")
    assert (answer.status_code, answer.location) == (303, "/promises/?view=open")
    session.expire_all()
    assert promise.kept_by.login == "xiaozhou"
    assert session.scalar(select(func.count()).where(TimelineEvent.kind == EventKind.PROMISE_KEPT)) == 1
    assert keep(client, promise.id).status_code == 409


def test_the_way_back_stays_in_the_house(client, cast, promise):
    client.login(cast.xiaozhou)
    assert keep(client, promise.id, back="https://evil.example/").location == "/promises/"


@pytest.mark.parametrize("login", ["analyst", "auditor"])
def test_who_only_looks_keeps_nothing(client, cast, session, promise, login):
    client.login(login)
    page = soup_of(client.get("/promises/"))
    assert page.select("tbody tr") and not page.select("tbody form")
    assert keep(client, promise.id).status_code == 403
    session.expire_all()
    assert promise.kept_at is None


def test_a_finished_complaint_has_no_button(client, cast, now):
    PromiseFactory(complaint=ComplaintFactory(status=Status.VOID))
    client.login(cast.lin)
    page = soup_of(client.get("/promises/"))
    assert page.select("tbody tr") and not page.select("tbody form")


@pytest.mark.parametrize("made_up", ["0", "77", "9" * 30, "x"])
def test_a_made_up_id_is_not_found(client, cast, made_up):
    client.login(cast.lin)
    assert keep(client, made_up).status_code == 404


def test_without_its_token_nothing_is_kept(client, cast, session, promise):
    client.login(cast.lin)
    assert client.post(f"/promises/{promise.id}/keep").status_code == 400
    assert client.get(f"/promises/{promise.id}/keep").status_code == 405


@pytest.mark.parametrize("url", ["/promises/delete/", "/promises/action/", "/promises/new/", "/promises/edit/?id=1"])
def test_a_list_writes_and_deletes_nothing(client, cast, session, promise, url):
    client.login(cast.admin)
    assert client.send(url, {"id": str(promise.id)}, page="/promises/").status_code in (403, 404, 405)
    assert session.scalar(select(func.count(Promise.id))) == 1


def test_the_number_of_queries_does_not_grow(client, cast, promise):
    client.login(cast.lin)
    with queries() as few:
        client.get("/promises/")
    for _ in range(12):
        PromiseFactory()
    with queries() as many:
        client.get("/promises/")
    assert len(many) == len(few)
