"""SQLite for several processes: one writes at a time, and nobody waits for long or for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError

import extensions


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A database with one table."""
    made = create_engine(f"sqlite:///{tmp_path}/desk.sqlite3", connect_args={"check_same_thread": False})
    extensions.prepare_sqlite(made)
    with made.begin() as connection:
        connection.execute(text("CREATE TABLE words (word TEXT)"))
    yield made
    made.dispose()


def write(engine: Engine, *, takes: float = 0.0) -> None:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO words VALUES ('吊顶')"))
        time.sleep(takes)


def test_whoever_writes_one_thing_after_the_other_keeps_nobody_waiting(engine: Engine) -> None:
    is_over = threading.Event()

    def hog() -> None:
        while not is_over.is_set():
            write(engine, takes=0.03)
            time.sleep(0.005)

    hogs = [threading.Thread(target=hog) for _ in range(2)]
    for thread in hogs:
        thread.start()
    waits = []
    for _ in range(10):
        began = time.monotonic()
        write(engine)
        waits.append(time.monotonic() - began)
    is_over.set()
    for thread in hogs:
        thread.join()
    assert sorted(waits)[5] < 0.5


def test_who_only_looks_waits_for_no_writer(engine: Engine) -> None:
    with engine.begin() as writer:
        writer.execute(text("INSERT INTO words VALUES ('空鼓')"))
        with extensions.just_looking(), engine.begin() as reader:
            assert reader.scalar(text("SELECT count(*) FROM words")) == 0


def test_who_never_gets_a_turn_gives_up_and_can_try_again(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extensions, "LONGEST_WAIT", 0.2)
    with engine.begin(), pytest.raises(OperationalError, match="database is locked"):
        write(engine)
    write(engine)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM words")) == 1
