from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from tests.desk_process import DeskProcess, eventually

STORY = """
import os, signal, sys, time
import click
from processes.fork import Fork

def work():
    {work}

fork = Fork("short-name", work)
while fork.poll() is None:
    time.sleep(0.01)
print("ended with", fork.returncode, flush=True)
time.sleep(60)
"""


@pytest.fixture
def tell(tmp_path: Path):
    """Run a fork's life in a parent of its own (this process has threads, and must not fork)."""
    parents: list[DeskProcess] = []

    def run(work: str) -> DeskProcess:
        parents.append(DeskProcess("-c", STORY.format(work=work), output=tmp_path / "out"))
        return parents[-1]

    yield run
    for parent in parents:
        parent.clean_up()


@pytest.mark.parametrize(
    ("work", "code"),
    [
        ("pass", 0),
        ("sys.exit(7)", 7),
        ("sys.exit()", 0),
        ("raise ValueError('oh')", 1),
        ("raise click.ClickException('no Redis')", 1),
        ("os.kill(os.getpid(), signal.SIGKILL)", -9),
    ],
)
def test_its_end_is_its_parents_to_read(tell, work: str, code: int) -> None:
    parent = tell(work)
    parent.until(lambda: f"ended with {code}" in parent.words)


def test_a_refusal_is_said_without_a_traceback(tell) -> None:
    parent = tell("raise click.ClickException('no Redis')")
    eventually(lambda: "ended with" in parent.words)
    assert "short-name: no Redis" in parent.words
    assert "Traceback" not in parent.words


def test_it_has_a_session_of_its_own_and_reads_nothing(tell) -> None:
    parent = tell("print(os.getsid(0) == os.getpid(), sys.stdin.read() == '', flush=True)")
    parent.until(lambda: "True True" in parent.words)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
def test_it_has_a_name_and_ends_when_its_parent_is_killed(tell) -> None:
    parent = tell("time.sleep(60)")
    eventually(lambda: any(member.name() == "short-name" for member in parent.family()))
    parent.stop(signal.SIGKILL)
    eventually(lambda: not parent.family())
