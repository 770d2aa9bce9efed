"""The jobs are tested without the pages; their workers and clocks are the real ones, in processes of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy.orm import Session, scoped_session

from extensions import redis_connection
from tests.conftest import Hands
from tests.desk_process import DeskProcess, settings_of


@pytest.fixture
def has_pages() -> bool:
    """No pages here."""
    return False


@pytest.fixture
def present(clock: Hands) -> datetime:
    """The real time of day, which is what other processes go by."""
    return clock.set(datetime.now(UTC))


@pytest.fixture
def redis(app: Flask) -> Iterator[Redis]:
    """The queues."""
    with redis_connection(app.config["DESK"].effective_redis_url) as connection:
        yield connection


@pytest.fixture
def start(app: Flask, session: scoped_session[Session], tmp_path: Path) -> Iterator[Callable[..., DeskProcess]]:
    """Start one of the desk's commands on the test's own database and Redis: ``start("worker", "clocks")``."""
    started: list[DeskProcess] = []

    def run(*arguments: str) -> DeskProcess:
        session.commit()
        command = ("-m", "flask", "--app", "app", *arguments)
        output = tmp_path / f"{'-'.join(arguments)}-{len(started)}.log"
        started.append(DeskProcess(*command, output=output, **settings_of(app.config["DESK"])))
        return started[-1]

    yield run
    for process in started:
        process.clean_up()
