from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

import psutil
import pytest

from processes import child
from processes.child import Child, program
from tests.desk_process import DeskProcess, eventually

SLEEP = "import time; time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"


def python(code: str) -> Child:
    return Child("python", program([sys.executable, "-c", code]))


def pid_of(started: Child) -> int:
    assert started._process is not None
    return started._process.pid


class TestAChild:
    def test_that_dies_is_started_again_after_a_pause(self) -> None:
        one = python(SLEEP)
        one.start()
        first = pid_of(one)
        psutil.Process(first).kill()
        eventually(lambda: not one.is_running)
        one.watch()
        assert not one.is_running
        eventually(lambda: one.watch() or one.is_running)
        assert pid_of(one) != first
        one.stop()
        one.wait()

    def test_that_keeps_dying_waits_longer_each_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(child, "FIRST_PAUSE", 0.01)
        one = python("raise SystemExit(3)")
        one.start()
        pauses = set()
        for _ in range(3):
            eventually(lambda: not one.is_running)
            one.watch()
            pauses.add(one._pause)
            eventually(lambda: one.watch() or one._start_again_at is None)
        one.stop()
        one.wait()
        assert pauses == {0.01, 0.02, 0.04}

    def test_that_is_stopped_ends_in_good_order(self) -> None:
        one = python(SLEEP)
        one.start()
        one.stop()
        one.wait()
        assert not one.is_running

    def test_that_does_not_listen_is_killed_when_patience_is_lost(self) -> None:
        one = python(STUBBORN)
        one.start()
        time.sleep(0.3)
        one.stop()
        started = time.monotonic()
        one.wait(has_patience=lambda: time.monotonic() < started + 0.2)
        assert not one.is_running

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
    def test_ends_when_its_parent_is_killed(self, tmp_path: Path) -> None:
        code = (
            "import sys, time; from processes.child import Child, program;"
            f"Child('x', program([sys.executable, '-c', {SLEEP!r}])).start(); print('up', flush=True); time.sleep(60)"
        )
        parent = DeskProcess("-c", code, output=tmp_path / "out")
        eventually(lambda: "up" in parent.words)
        assert len(parent.family()) == 2
        parent.stop(signal.SIGKILL)
        eventually(lambda: not parent.family())
