"""A group of tests stays in one worker, and the largest group is handed out first."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import config

CONFTEST = """
import os
from pathlib import Path
import pytest
from tests import sharing

HERE = Path(__file__).parent

def pytest_xdist_make_scheduler(config, log):
    return sharing.SharedByGroup(config, log, HERE)

@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session):
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        sharing.note_groups(session.items, worker, HERE)

def pytest_runtest_setup(item):
    with (HERE / "order").open("a") as order:
        order.write(f"{os.environ['PYTEST_XDIST_WORKER']} {item.name}\\n")
"""
TESTS = """
import pytest

def test_alone(): pass
def test_alone_too(): pass

@pytest.mark.xdist_group("small")
@pytest.mark.parametrize("place", range(3))
def test_small(place): pass

@pytest.mark.xdist_group("large")
@pytest.mark.parametrize("place", range(6))
def test_large(place): pass
"""


def test_groups_stay_together_and_begin_before_the_rest(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_some.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadgroup", "-c", os.devnull, str(tmp_path)]
    outer = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "DESK"))}
    ran = subprocess.run(
        [*command, "--rootdir", str(tmp_path)],
        env={**outer, "PYTHONPATH": str(config.PROJECT_DIR)},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout
    order = [line.split(" ") for line in (tmp_path / "order").read_text().splitlines()]
    assert len(order) == 11
    workers_of = lambda kind: {worker for worker, name in order if name.startswith(kind)}  # noqa: E731
    assert len(workers_of("test_large")) == len(workers_of("test_small")) == 1
    assert {next(name for worker, name in order if worker == each) for each in workers_of("test_")} <= {
        "test_large[0]",
        "test_small[0]",
    }
    assert len(json.loads((tmp_path / "groups.json").read_text())) == 9
