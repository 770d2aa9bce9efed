"""One request, and what is known of it when it fails before anything was said."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import certifi
import pytest
import trustme

from gateways import web


@pytest.fixture
def strangers_port() -> Iterator[int]:
    """A server that speaks TLS under a certificate nobody here believes."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_greet, args=(listener, context), daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(10)


def _greet(listener: socket.socket, context: ssl.SSLContext) -> None:
    connection, _ = listener.accept()
    with connection, pytest.raises(ssl.SSLError):
        context.wrap_socket(connection, server_side=True)


def test_nothing_is_said_to_a_stranger(strangers_port: int) -> None:
    with pytest.raises(web.NotSent):
        web.request("POST", f"https://127.0.0.1:{strangers_port}/", body=b"secret", timeout=5)


@pytest.fixture
def acquaintance(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """A server that speaks TLS under a certificate whose authority is in the bundle."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    bundle = tmp_path / "bundle.pem"
    authority.cert_pem.write_to_path(str(bundle))
    monkeypatch.setattr(certifi, "where", lambda: str(bundle))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_thank, args=(listener, context), daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}/"
        thread.join(10)


def _thank(listener: socket.socket, context: ssl.SSLContext) -> None:
    for _ in range(2):
        connection, _ = listener.accept()
        with context.wrap_socket(connection, server_side=True) as greeted:
            greeted.recv(4096)
            greeted.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


def test_whoever_is_vouched_for_is_believed_and_the_bundle_is_read_once(acquaintance: str) -> None:
    before = web.believed.cache_info().misses
    for _ in range(2):
        assert web.request("GET", acquaintance, timeout=5).text == "ok"
    assert web.believed.cache_info().misses == before + 1


@pytest.fixture
def trickling() -> Iterator[str]:
    """A server whose answer never ends: one byte now and then, each in time."""
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_trickle, args=(listener, done), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        done.set()
        thread.join(10)


def _trickle(listener: socket.socket, done: threading.Event) -> None:
    connection, _ = listener.accept()
    with connection, contextlib.suppress(OSError):
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while not done.wait(0.03):
            connection.sendall(b"x")


def test_an_answer_that_trickles_in_for_ever_is_lost(trickling: str) -> None:
    with pytest.raises(web.AnswerLost, match="Trickle"):
        web.request("POST", trickling, timeout=0.2)
