"""A message centre, Kannel bound to it, and the whole desk in front: nothing here is a stand-in but the carrier."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from flask import Flask

from extensions import db
from models import Notification
from rules.vocabulary import NotificationState
from services import push_addresses
from tests import servers
from tests.cast import Cast, call_in, put_on_duty
from tests.client import PASSWORD
from tests.conftest import Databases, missing, wipe
from tests.desk_process import DeskProcess, eventually, free_port, settings_of
from tests.sms_e2e import kannel
from tests.sms_e2e.centre import Centre
from tests.sms_e2e.kannel import Kannel, NoKannel
from tests.visitor import Visitor

T = TypeVar("T")

PUSH_KEY = "0123456789abcdef0123456789abcdef"
_REPLY = f"?key={PUSH_KEY}&id=%I&from=%p&text=%b&charset=%C&ts=%T"


class Desk:
    """The desk with Kannel as its only channel, and what it knows of its messages."""

    def __init__(self, process: DeskProcess, cast: Cast, port: int) -> None:
        self.process, self.cast, self._port = process, cast, port
        self.ids = {part.name: self.look(lambda part=part: getattr(cast, part.name).id) for part in fields(cast)}

    def visitor(self, login: str) -> Visitor:
        """Somebody who has logged in."""
        visitor = Visitor(self._port)
        assert visitor.log_in(login, PASSWORD).status == 200
        return visitor

    def look(self, ask: Callable[[], T]) -> T:
        """What the desk's processes have committed; no transaction stays open, which would hold them up."""
        db.session.rollback()
        try:
            return ask()
        finally:
            db.session.rollback()

    def until(self, ask: Callable[[], object], *, within: float = 30) -> None:
        """Wait until it is so, in what the desk has committed."""
        self.process.until(lambda: bool(self.look(ask)), within=within)

    def until_it_is(self, state: NotificationState, notification_id: int) -> None:
        """Wait for a message to get there."""
        state_of = lambda: db.session.get_one(Notification, notification_id).state  # noqa: E731
        eventually(
            lambda: self.look(state_of) is state, within=30, or_else=lambda: f"it is {self.look(state_of)}: {self.said}"
        )

    @property
    def said(self) -> str:
        """Its log."""
        return self.process.words


@pytest.fixture(scope="module")
def programs() -> kannel.Programs:
    """Kannel, as it is installed."""
    try:
        return kannel.programs()
    except NoKannel as reason:
        missing(str(reason), "REQUIRE_KANNEL")


@pytest.fixture(scope="module")
def foundations(programs: kannel.Programs, databases: Databases) -> Iterator[Flask]:
    """The desk's database with the usual people, the duty group on duty."""
    app = databases.app("sqlite", has_pages=False)
    with app.app_context():
        wipe(databases.get("sqlite").reference)
        yield app
        db.session.remove()


@pytest.fixture(scope="module")
def centre(programs: kannel.Programs) -> Iterator[Centre]:
    """The carrier."""
    with Centre(free_port()) as running:
        yield running


@pytest.fixture(scope="module")
def desk(
    programs: kannel.Programs,
    foundations: Flask,
    centre: Centre,
    redis_server: servers.RedisServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Desk]:
    """Everything runs, until the module is through."""
    redis_server.connection.flushall()
    cast = call_in()
    # In the middle of a long shift nothing is handed over and no gap is near: nobody's phone has rung a minute ago.
    now = datetime.now(UTC)
    put_on_duty(cast, starts_at=now - timedelta(days=3), ends_at=now + timedelta(days=3))
    db.session.commit()
    home, port = tmp_path_factory.mktemp("kannel"), free_port()
    public = {"PORT": port, "PUBLIC_URL": f"http://127.0.0.1:{port}"}
    replies = f"{public['PUBLIC_URL']}{push_addresses.address('kannel', 'replies')}{_REPLY}"
    with Kannel(programs, home, centre_port=centre.port, replies_url=replies) as gateway:
        process = _open(foundations, home, {**public, **_channel(gateway)})
        try:
            process.until(lambda: "Ctrl-C stops it" in process.words, within=60)
            yield Desk(process, cast, port)
        finally:
            db.session.rollback()
            process.stop()
            process.clean_up()


def _open(app: Flask, home: Path, settings: Mapping[str, object]) -> DeskProcess:
    return DeskProcess("app.py", output=home / "desk.log", **{**settings_of(app.config["DESK"]), **settings})


def _channel(gateway: Kannel) -> dict[str, object]:
    return {
        "CHANNELS": "kannel",
        "KANNEL_URL": gateway.url,
        "KANNEL_USERNAME": kannel.USER,
        "KANNEL_PASSWORD": kannel.PASSWORD,
        "KANNEL_PUSH_KEY": PUSH_KEY,
    }


@pytest.fixture
def now() -> datetime:
    """The real time of day, which the desk's processes go by."""
    return datetime.now(UTC)


def code_in(text: str) -> str:
    """The code that a message asks to be answered with."""
    found = re.search(r"[A-Z]\d{4}", text)
    assert found, text
    return found[0]
