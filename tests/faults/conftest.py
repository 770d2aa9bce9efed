"""The stage of the faults. One process of the test run has all of one database: programs are started once for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session, scoped_session

import extensions
from tests.conftest import SATURDAY_NIGHT, Databases, wipe
from tests.faults.hands import SharedHands
from tests.faults.stage import Crew, Stage


@pytest.fixture
def has_pages() -> bool:
    """The test only looks; those who act have the whole desk."""
    return False


@pytest.fixture(scope="session")
def crew(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crew]:
    """The programs beside the tests."""
    made = Crew(tmp_path_factory.mktemp("faults"))
    yield made
    made.close()


@pytest.fixture
def clock(crew: Crew, monkeypatch: pytest.MonkeyPatch) -> SharedHands:
    """One time for all processes, which stands still until the test moves it."""
    hands = SharedHands(crew.hands_file)
    hands.set(SATURDAY_NIGHT)
    monkeypatch.setattr(extensions.timepiece, "read", hands.now)
    return hands


@pytest.fixture
def stage(
    app: Flask,
    session: scoped_session[Session],
    databases: Databases,
    engine_name: str,
    crew: Crew,
    clock: SharedHands,
    provider: str,
    tmp_path: Path,
) -> Iterator[Stage]:
    """The stage, empty."""
    made = Stage(app, crew, clock, provider, tmp_path)
    if made.warm_up():
        wipe(databases.get(engine_name).reference)
        clock.set(SATURDAY_NIGHT)
    yield made
    made.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What shares a desk stays in one process of the run: a nursery makes a desk for each database and provider."""
    for item in items:
        if "tests/faults/" in item.nodeid and isinstance(item, pytest.Function) and hasattr(item, "callspec"):
            desk = [str(item.callspec.params.get(name, "")) for name in ("engine_name", "provider")]
            item.add_marker(pytest.mark.xdist_group(f"faults-{'-'.join(desk)}"))
