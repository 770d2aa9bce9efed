from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from redis import Redis

from processes import preflight, redis_server
from processes.child import Child
from processes.preflight import CannotStart
from tests.desk_process import eventually


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "redis with a space"


@pytest.fixture
def server(home: Path, tmp_path: Path) -> Iterator[Child]:
    lock = preflight.lock_data_dir(tmp_path)
    server = redis_server.embedded(home / "redis.sock", home, lock=lock)
    server.start()
    redis_server.wait_until_ready(server, home / "redis.sock", home)
    yield server
    server.stop()
    server.wait()
    os.close(lock)


def connect(home: Path) -> Redis:
    return Redis(unix_socket_path=str(home / "redis.sock"))


def test_it_keeps_what_it_is_told_even_when_it_is_killed(server: Child, home: Path) -> None:
    with connect(home) as redis:
        redis.set("waiting", "job")
        redis.execute_command("WAITAOF", 1, 0, 2000)
        assert server._process is not None
        psutil.Process(server._process.pid).kill()
    eventually(lambda: server.watch() or redis_server.answers(f"unix://{home / 'redis.sock'}"))
    with connect(home) as redis:
        assert redis.get("waiting") == b"job"


def test_it_throws_nothing_away_and_is_nobody_elses(server: Child, home: Path) -> None:
    with connect(home) as redis:
        info = redis.info()
    assert (info["aof_enabled"], info["maxmemory_policy"], info["tcp_port"]) == (1, "noeviction", 0)
    assert home.stat().st_mode & 0o777 == 0o700


def test_a_server_that_cannot_read_its_files_says_so(home: Path, tmp_path: Path) -> None:
    broken = home / "appendonlydir"
    broken.mkdir(parents=True)
    (broken / "appendonly.aof.manifest").write_text("nonsense")
    lock = preflight.lock_data_dir(tmp_path)
    server = redis_server.embedded(home / "redis.sock", home, lock=lock)
    server.start()
    with pytest.raises(CannotStart, match="did not start"):
        redis_server.wait_until_ready(server, home / "redis.sock", home)
    os.close(lock)


def test_the_data_directory_stays_locked_while_the_server_writes(
    server: Child, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preflight, "LOCK_WITHIN", 0.0)
    assert server.is_running
    with pytest.raises(CannotStart, match="already runs"):
        preflight.lock_data_dir(tmp_path)
