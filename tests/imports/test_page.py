"""The page: hand in, look, write, take the refused rows home; with a worker and without one."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from rq import Queue
from sqlalchemy import func, select
from sqlalchemy.orm import Session, scoped_session
from werkzeug.test import TestResponse

from extensions import redis_connection
from jobs import tasks
from models import Complaint, ImportBatch
from services import imports, nudges
from tests.cast import Cast
from tests.client import DeskClient, soup_of
from tests.conftest import Hands
from tests.factories import ImportBatchFactory
from tests.imports.exports import HOTLINE, cells_of, csv_file, row
from tests.query_count import queries

Db = scoped_session[Session]


@pytest.fixture
def has_pages() -> bool:
    """The pages this time."""
    return True


@pytest.fixture
def visitor(client: DeskClient, cast: Cast) -> DeskClient:
    """小周 at the screen."""
    client.login(cast.xiaozhou)
    return client


@pytest.fixture
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis is away."""
    monkeypatch.setattr(nudges, "enqueue", lambda *args, **more: False)


def hand_in(visitor: DeskClient, content: bytes, name: str = "hotline.csv") -> TestResponse:
    token = visitor.token("/imports/")
    file = (io.BytesIO(content), name)
    return visitor.post("/imports/", data={"csrf_token": token, "file": file}, content_type="multipart/form-data")


def words(page: TestResponse) -> str:
    main = soup_of(page).select_one("main")
    assert main is not None
    return main.get_text(" ", strip=True)


def count(session: Db) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(Complaint)) or 0


def test_the_whole_way_with_a_worker(visitor: DeskClient, app: Flask, session: Db) -> None:
    answer = hand_in(visitor, csv_file(cells_of(HOTLINE)))
    assert answer.status_code == 302
    page = visitor.get(answer.location)
    assert soup_of(page).select_one("meta[http-equiv=refresh]") and soup_of(page).select_one("progress")
    assert work(app) == [tasks.check_import]
    page = visitor.get(answer.location)
    assert not soup_of(page).select_one("meta[http-equiv=refresh]")
    assert "联系电话" in words(page) and "HL00000004" in words(page)
    assert count(session) == 0
    assert visitor.send(f"{answer.location}/apply", page=answer.location).status_code == 302
    assert work(app) == [tasks.apply_import]
    page = visitor.get(f"{answer.location}?rows=accepted")
    assert count(session) == sum(case.outcome == "accepted" for case in HOTLINE)
    link = soup_of(page).select_one("a[href^='/complaints/C-']")
    assert link is not None and visitor.get(str(link["href"])).status_code == 200


def work(app: Flask) -> list[Callable[..., Any]]:
    """Do what waits in the files' queue, as its worker would; returns the jobs."""
    done = []
    with redis_connection(app.config["DESK"].effective_redis_url) as connection:
        queue = Queue(imports.FILES_QUEUE, connection=connection)
        for job in queue.jobs:
            with app.app_context():
                job.func(*job.args)
            done.append(job.func)
            job.delete()
    return done


def test_the_whole_way_without_redis(visitor: DeskClient, session: Db, no_worker: None) -> None:
    answer = hand_in(visitor, csv_file(cells_of(HOTLINE)))
    assert not soup_of(visitor.get(answer.location)).select_one("meta[http-equiv=refresh]")
    visitor.send(f"{answer.location}/apply", page=answer.location)
    assert count(session) == sum(case.outcome == "accepted" for case in HOTLINE)


def test_pressing_twice_writes_once_and_says_so(visitor: DeskClient, session: Db, no_worker: None) -> None:
    url = hand_in(visitor, csv_file([row()])).location
    assert [visitor.send(f"{url}/apply", page=url).status_code for _ in range(2)] == [302, 409]
    assert count(session) == 1


def test_refused_rows_can_be_taken_home(visitor: DeskClient, no_worker: None) -> None:
    url = hand_in(visitor, csv_file(cells_of(HOTLINE))).location
    file = visitor.get(f"{url}/refused")
    assert file.headers["Content-Disposition"] == "attachment; filename=hotline.refused.csv"
    assert "没留电话" in file.data.decode("gb18030")


def test_a_file_refused_as_a_whole_shows_its_sentence_and_nothing_to_press(
    visitor: DeskClient, no_worker: None
) -> None:
    page = visitor.get(hand_in(visitor, csv_file([])).location)
    assert soup_of(page).select_one(".alarm")
    assert not soup_of(page).select("main form")


@pytest.mark.parametrize("content", [b"", b"x" * 1001], ids=["empty", "too large"])
def test_what_cannot_be_kept_is_said_beside_the_field(
    visitor: DeskClient, content: bytes, session: Db, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "DESK", replace(app.config["DESK"], upload_limit=1000))
    answer = hand_in(visitor, content)
    assert answer.status_code == 422
    assert soup_of(answer).select_one(".field-error")
    assert session.scalar(select(func.count()).select_from(ImportBatch)) == 0


def test_sending_nothing_asks_for_a_file(visitor: DeskClient) -> None:
    assert visitor.send("/imports/").status_code == 422


def test_text_from_a_file_is_text_on_the_page(visitor: DeskClient, no_worker: None) -> None:
    nasty = "<script>alert(1)</script>"
    url = hand_in(visitor, csv_file([row(NAME=nasty, CHANNEL=nasty, REF=nasty)]), f"{nasty}.csv").location
    assert "<script>alert(1)" not in visitor.get(url).get_data(as_text=True)
    assert "<script>alert(1)" not in visitor.get("/imports/").get_data(as_text=True)


def test_many_rows_come_page_by_page(visitor: DeskClient, no_worker: None) -> None:
    url = hand_in(visitor, csv_file(row(REF=f"A{n}", PHONE=f"139{n:08}") for n in range(101))).location
    first, second = visitor.get(url), visitor.get(f"{url}?rows=all&page=1")
    assert len(soup_of(first).select("tbody tr")) == 100
    assert len(soup_of(second).select("tbody tr")) == 1
    assert visitor.get(f"{url}?rows=nonsense&page=-1").status_code == 200


def test_a_file_whose_worker_is_gone_can_be_taken_up(visitor: DeskClient, clock: Hands, app: Flask) -> None:
    url = hand_in(visitor, csv_file([row()])).location
    assert not soup_of(visitor.get(url)).select(f"form[action='{url}/continue']")
    clock.forward(minutes=2)
    assert soup_of(visitor.get(url)).select(f"form[action='{url}/continue']")
    assert visitor.send(f"{url}/continue", page=url).status_code == 302
    assert len(work(app)) == 2
    assert visitor.send(f"{url}/continue", page=url).status_code == 302


@pytest.mark.parametrize("who", ["analyst", "lin", "auditor"])
def test_who_may_not_import_sees_and_does_nothing(client: DeskClient, cast: Cast, session: Db, who: str) -> None:
    batch = ImportBatchFactory()
    client.login(getattr(cast, who))
    assert "/imports/" not in client.get("/").get_data(as_text=True)
    for url in ("/imports/", f"/imports/{batch.id}", f"/imports/{batch.id}/refused"):
        assert client.get(url).status_code == 403
    token = client.token("/password")
    for url in ("/imports/", f"/imports/{batch.id}/apply", f"/imports/{batch.id}/continue"):
        assert client.post(url, data={"csrf_token": token}).status_code == 403


def test_made_up_ids_are_not_found(visitor: DeskClient) -> None:
    for url in ("/imports/404", "/imports/404/refused", f"/imports/{10**30}"):
        assert visitor.get(url).status_code == 404
    token = visitor.token("/password")
    assert visitor.post("/imports/404/apply", data={"csrf_token": token}).status_code == 404


def test_the_list_asks_little_however_many_files_there_are(visitor: DeskClient, session: Db) -> None:
    def asked() -> int:
        with queries() as seen:
            visitor.get("/imports/")
        return len(seen)

    ImportBatchFactory()
    few = asked()
    ImportBatchFactory.create_batch(20)
    assert asked() == few
