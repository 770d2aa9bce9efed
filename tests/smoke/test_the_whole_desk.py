"""``make run`` for real: every process, both kinds of stop, and what happens when something in between dies."""

from __future__ import annotations

import itertools
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

import seed
from jobs.schedule import QUEUES
from tests import servers
from tests.conftest import missing
from tests.desk_process import DeskProcess, eventually, free_port
from tests.visitor import Visitor

PASSWORD = "smoke-test-2026"
PROCESSES = {"valkey-server", "web", "clock", *(f"worker-{queue}"[:15] for queue in QUEUES)}

pytestmark = [pytest.mark.xdist_group("processes"), pytest.mark.timeout(300)]


class Desk(DeskProcess):
    """A whole desk with a data directory of its own."""

    def __init__(self, data_dir: Path, **settings: object) -> None:
        self.port = int(str(settings.setdefault("PORT", free_port())))
        data_dir.mkdir(exist_ok=True)
        output = data_dir / f"said-{time.monotonic_ns()}.log"
        super().__init__("app.py", output=output, DATA_DIR=data_dir, **settings)

    @property
    def visitor(self) -> Visitor:
        """Somebody new at the door."""
        return Visitor(self.port)

    def opened(self, *, within: float = 120) -> Desk:
        """Wait until it answers and has said so."""
        self.until(lambda: "Ctrl-C stops it" in self.words, within=within)
        assert self.visitor.is_answered()
        return self


@pytest.fixture
def open_desk(tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    """Start desks that are gone when the test is over."""
    desks: list[Desk] = []

    def start(**settings: object) -> Desk:
        desks.append(Desk(tmp_path / "var", **settings))
        return desks[-1]

    yield start
    for desk in desks:
        desk.clean_up()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One desk with the demo week, for the tests that leave it standing."""
    desk = Desk(tmp_path_factory.mktemp("demo") / "var", DEMO_PASSWORD=PASSWORD)
    desk.opened()
    yield desk
    desk.clean_up()


SOMEBODY = itertools.cycle(("duty", "handler", "roster", "admin"))
"""Who logs in next where it does not matter who: one name is let in six times a minute."""


def record_complaint(visitor: Visitor, *, phone: str, category: str = "quality", **risk: str) -> str:
    """Record a complaint at the intake page; returns its number."""
    form = visitor.get("/intake/").text
    first_word = re.search(r'name="first_word_at"[^>]*value="([^"]+)"', form)
    assert first_word, form
    answer = visitor.send(
        "/intake/",
        phone=phone,
        contact_name="冒烟测试",
        community="测试小区",
        room="1-101",
        channel="hotline",
        first_word_at=first_word[1],
        category=category,
        problem="客厅顶面三条裂缝，最长约二十厘米。",
        impact="停工五天，下周要搬家。",
        demand="三天内修好。",
        household_count="1",
        delay_days="0",
        is_read_back="y",
        **risk,
    )
    number = re.search(r"/complaints/([A-Z0-9-]+)", answer.url)
    assert answer.status == 200, answer.text
    assert number, answer.url
    return number[1]


class TestTheDemoDesk:
    def test_says_where_it_is_and_how_to_log_in(self, demo: Desk) -> None:
        assert f"http://127.0.0.1:{demo.port}/" in demo.words
        assert ", ".join(seed.DEMO_LOGINS) in demo.words
        assert PASSWORD in demo.words
        assert "Traceback" not in demo.words

    def test_runs_every_process_under_one(self, demo: Desk) -> None:
        demo.until(lambda: set(demo.processes()) == PROCESSES)

    @pytest.mark.parametrize("login", seed.DEMO_LOGINS)
    def test_lets_every_login_in(self, demo: Desk, login: str) -> None:
        visitor = demo.visitor
        assert visitor.log_in(login, PASSWORD).status == 200
        assert "/login" not in visitor.get("/").url

    def test_rings_the_duty_members_phone_when_a_complaint_is_recorded(self, demo: Desk) -> None:
        visitor = demo.visitor
        visitor.log_in("intake", PASSWORD)
        number = record_complaint(visitor, phone="13911112222")
        demo.until(lambda: number in visitor.get("/inbox/").text, within=10)

    def test_is_not_disturbed_by_a_second_start(self, demo: Desk) -> None:
        before = demo.processes()
        second = Desk(demo.output.parent, PORT=demo.port)
        assert second.process.wait(60) == 2
        assert f"Port {demo.port} on 127.0.0.1 is taken" in second.words
        third = Desk(demo.output.parent, PORT=free_port())
        assert third.process.wait(60) == 2
        assert "already runs on the data directory" in third.words
        assert "Traceback" not in third.words
        assert demo.processes() == before
        assert demo.visitor.is_answered()

    @pytest.mark.parametrize(
        ("name", "category"),
        [("valkey-server", "design"), ("worker-messages", "service"), ("clock", "quality"), ("web", "design")],
    )
    def test_goes_on_when_one_of_its_processes_is_killed(self, demo: Desk, name: str, category: str) -> None:
        """A complaint recorded afterwards makes a phone ring; each of another kind, since one gets one SMS a minute."""
        victim = demo.processes()[name]
        os.kill(victim, signal.SIGKILL)
        demo.until(lambda: demo.processes().get(name, victim) != victim)
        visitor = demo.visitor
        demo.until(visitor.is_answered)
        visitor.log_in(next(SOMEBODY), PASSWORD)
        number = record_complaint(visitor, phone=f"1391111{victim % 10000:04}", category=category)
        demo.until(lambda: number in visitor.get("/inbox/").text, within=150)


class TestStopping:
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_leaves_no_process_behind(self, open_desk: Callable[..., Desk], number: signal.Signals) -> None:
        desk = open_desk(DEMO=0).opened()
        desk.until(lambda: set(desk.processes()) == PROCESSES)
        assert desk.stop(number) == 0
        assert not desk.family()

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
    def test_even_a_hard_kill_leaves_no_process_behind(self, open_desk: Callable[..., Desk]) -> None:
        desk = open_desk(DEMO=0).opened()
        assert len(desk.family()) >= len(PROCESSES)
        desk.stop(signal.SIGKILL)
        eventually(lambda: not desk.family(), or_else=lambda: str(desk.family()))
        open_desk(DEMO=0).opened()

    def test_while_it_still_prepares_is_clean_too(self, open_desk: Callable[..., Desk]) -> None:
        desk = open_desk()
        desk.until(lambda: "valkey-server" in desk.processes())
        time.sleep(0.5)
        assert desk.stop() == 0
        assert not desk.family()
        assert "Traceback" not in desk.words


class TestTheNextStart:
    def test_keeps_people_passwords_and_complaints(self, demo: Desk) -> None:
        visitor = demo.visitor
        visitor.log_in("intake", PASSWORD)
        number = record_complaint(visitor, phone="13911113333")
        assert demo.stop() == 0
        again = Desk(demo.output.parent).opened()
        try:
            assert f"Password for all of them: {PASSWORD}" in again.words
            visitor = again.visitor
            visitor.log_in("intake", PASSWORD)
            assert visitor.get(f"/complaints/{number}").status == 200
        finally:
            again.clean_up()


class TestARealDesk:
    def test_starts_empty_and_its_first_administrator_is_made_by_a_command(
        self, open_desk: Callable[..., Desk], tmp_path: Path
    ) -> None:
        desk = open_desk(DEMO=0).opened()
        assert "create-admin" in desk.words
        made = DeskProcess(
            *("-m", "flask", "--app", "app", "create-admin", "boss"),
            output=tmp_path / "made",
            DATA_DIR=tmp_path / "var",
            DEMO=0,
        )
        assert made.process.wait(60) == 0, made.words
        (password,) = re.findall(r"First password.*: (\S+)", made.words)
        answer = desk.visitor.log_in("boss", password)
        assert answer.status == 200
        assert answer.url.endswith("/password")

    def test_runs_on_postgresql_and_a_redis_of_its_own(
        self, open_desk: Callable[..., Desk], run_dir: Path, redis_url: str, tmp_path: Path
    ) -> None:
        try:
            server = servers.postgres_of_run(run_dir)
        except servers.NoServer as error:
            missing(str(error), "REQUIRE_POSTGRES")
        admin = create_engine(server, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text("CREATE DATABASE smoke"))
        url = server.set(database="smoke").render_as_string(hide_password=False)
        try:
            desk = open_desk(DATABASE_URL=url, REDIS_URL=redis_url, DEMO_PASSWORD=PASSWORD).opened()
            assert "valkey-server" not in desk.processes()
            visitor = desk.visitor
            visitor.log_in("intake", PASSWORD)
            number = record_complaint(visitor, phone="13911114444")
            desk.until(lambda: number in visitor.get("/inbox/").text, within=10)
            assert desk.stop() == 0
        finally:
            with admin.connect() as connection:
                connection.execute(text("DROP DATABASE smoke WITH (FORCE)"))
            admin.dispose()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"PORT": "eighty"}, "PORT='eighty' must be a whole number"),
        ({"DEMO": "perhaps"}, "DEMO='perhaps' must be 1 or 0"),
        ({"DATABASE_URL": "mysql://host/desk"}, "DATABASE_URL names mysql"),
        ({"DATABASE_URL": "postgresql+psycopg://desk:s3cret@127.0.0.1:1/desk"}, "desk:***@127.0.0.1:1/desk"),
        ({"REDIS_URL": "redis://127.0.0.1:1/0"}, "redis://127.0.0.1:1/0 (REDIS_URL) cannot be used"),
        ({"HOST": "192.0.2.1"}, "192.0.2.1"),
        ({"DEMO_PASSWORD": "short"}, "DEMO_PASSWORD cannot be used"),
    ],
)
def test_what_cannot_start_says_why_in_one_sentence(tmp_path: Path, settings: dict[str, str], words: str) -> None:
    desk = DeskProcess(
        "app.py", output=tmp_path / "said", **{"PORT": free_port(), "DATA_DIR": tmp_path / "var", **settings}
    )
    assert desk.process.wait(60) == 2
    assert not desk.family()
    assert words in desk.words
    assert "s3cret" not in desk.words
    assert "Traceback" not in desk.words
    assert len(desk.words.splitlines()) == 1
