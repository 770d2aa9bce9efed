from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from processes import preflight
from processes.preflight import CannotStart
from tests.desk_process import free_port


class TestThePort:
    def test_a_free_port_listens_at_once(self) -> None:
        port = free_port()
        with preflight.listening_socket("127.0.0.1", port), socket.create_connection(("127.0.0.1", port), 1) as caller:
            assert caller.getpeername()[1] == port

    def test_a_taken_port_is_refused_by_its_number(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            with pytest.raises(CannotStart, match=f"Port {port} on 127.0.0.1 is taken"):
                preflight.listening_socket("127.0.0.1", port)

    @pytest.mark.parametrize("host", ["no such host", "192.0.2.1"])
    def test_an_address_of_somebody_else_is_refused(self, host: str) -> None:
        with pytest.raises(CannotStart, match=host):
            preflight.listening_socket(host, free_port())


class TestTheDataDirectory:
    def test_two_desks_never_share_one(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(preflight, "LOCK_WITHIN", 0.0)
        lock = preflight.lock_data_dir(tmp_path)
        with pytest.raises(CannotStart, match="already runs on the data directory"):
            preflight.lock_data_dir(tmp_path)
        os.close(lock)

    def test_the_next_desk_has_it_when_the_first_is_gone(self, tmp_path: Path) -> None:
        os.close(preflight.lock_data_dir(tmp_path))
        os.close(preflight.lock_data_dir(tmp_path))


class TestTheDatabase:
    def test_a_new_file_is_fine(self, tmp_path: Path) -> None:
        preflight.check_database(f"sqlite:///{tmp_path / 'desk.sqlite3'}")

    def test_a_file_that_is_no_database_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "desk.sqlite3").write_text("Dear diary, " * 100)
        with pytest.raises(CannotStart, match="file is not a database"):
            preflight.check_database(f"sqlite:///{tmp_path / 'desk.sqlite3'}")

    def test_a_folder_that_does_not_exist_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(CannotStart, match="unable to open"):
            preflight.check_database(f"sqlite:///{tmp_path / 'nowhere' / 'desk.sqlite3'}")

    def test_a_server_that_is_away_is_named_without_its_password(self) -> None:
        url = f"postgresql+psycopg://desk:s3cret@127.0.0.1:{free_port()}/desk"
        with pytest.raises(CannotStart) as refusal:
            preflight.check_database(url)
        assert "desk:***@127.0.0.1" in refusal.value.message
        assert "s3cret" not in refusal.value.message
        assert "\n" not in refusal.value.message


class TestAnExternalRedis:
    def test_one_that_answers_is_fine(self, redis_url: str) -> None:
        preflight.check_redis(redis_url)

    def test_one_that_is_away_is_named_without_its_password(self) -> None:
        with pytest.raises(CannotStart) as refusal:
            preflight.check_redis(f"redis://:s3cret@127.0.0.1:{free_port()}/0")
        assert "REDIS_URL" in refusal.value.message
        assert "s3cret" not in refusal.value.message
