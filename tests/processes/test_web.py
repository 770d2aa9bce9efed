from __future__ import annotations

import http.client
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk_process import DeskProcess, free_port

# The web process with a small app in the desk's place: what is tried here is the server, not the pages.
STORY = """
import time, types
from flask import Flask, request
from processes import web

app = Flask("tried")
app.config["DESK"] = types.SimpleNamespace(host="127.0.0.1", port={port}, web_threads=2, trusted_proxies={proxies},
                                           request_limit=1000)

@app.get("/slow")
def slow():
    time.sleep(1)
    return "x" * 300_000

@app.get("/client")
def client():
    return request.headers.get("X-Forwarded-For", "nobody said")

web.run(app)
"""


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def proxies() -> int:
    return 0


@pytest.fixture
def server(port: int, proxies: int, tmp_path: Path) -> Iterator[DeskProcess]:
    server = DeskProcess("-c", STORY.format(port=port, proxies=proxies), output=tmp_path / "out")
    server.until(lambda: _get(port, "/client") is not None)
    yield server
    server.clean_up()


def _get(port: int, path: str, **headers: str) -> bytes | None:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", path, headers=headers)
        return connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def test_a_request_that_has_begun_is_answered_before_the_end(server: DeskProcess, port: int) -> None:
    answers: list[bytes | None] = []
    caller = threading.Thread(target=lambda: answers.append(_get(port, "/slow")))
    caller.start()
    time.sleep(0.3)
    assert server.stop(signal.SIGTERM) == 0
    caller.join()
    assert answers == [b"x" * 300_000]


def test_what_a_stranger_says_about_the_client_is_dropped(server: DeskProcess, port: int) -> None:
    assert _get(port, "/client", **{"X-Forwarded-For": "10.0.0.1"}) == b"nobody said"


@pytest.mark.parametrize("proxies", [1])
def test_what_a_trusted_proxy_says_about_the_client_arrives(server: DeskProcess, port: int) -> None:
    assert _get(port, "/client", **{"X-Forwarded-For": "10.0.0.1"}) == b"10.0.0.1"
