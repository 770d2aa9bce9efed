"""One request, and what is known of it when it fails before anything was said."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator

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
