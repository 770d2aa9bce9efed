"""The web process: the desk served by a production WSGI server."""

from __future__ import annotations

import signal
import socket
import time
from types import FrameType
from typing import Final

from flask import Flask
from waitress import create_server, wasyncore
from waitress.server import TcpWSGIServer

import config
from processes.preflight import listening_socket

FLUSH_WITHIN: Final = 5.0
"""Seconds given at the end to answers that are written but not yet sent."""


def run(app: Flask, *, listener: socket.socket | None = None) -> None:
    """Serve until SIGTERM or Ctrl-C; requests that have begun are answered.

    Args:
        app: the desk.
        listener: a socket that listens already; without it one is opened on HOST and PORT.

    Raises:
        CannotStart: the port is taken.
    """
    settings: config.Config = app.config["DESK"]
    server = create_server(
        app,
        sockets=[listener or listening_socket(settings.host, settings.port)],
        threads=settings.web_threads,
        ident=None,
        # Flask refuses a body that is too large with a page in the user's language; this is the net below it.
        max_request_body_size=settings.request_limit * 2,
        # Waitress would drop what a trusted proxy says about the client before ProxyFix can read it.
        clear_untrusted_proxy_headers=not settings.trusted_proxies,
    )
    signal.signal(signal.SIGTERM, _leave)
    server.run()
    _flush(server)


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def _flush(server: TcpWSGIServer) -> None:
    """Send what the workers have written: the server's own loop has ended and takes nobody new."""
    server.accepting = False
    deadline = time.monotonic() + FLUSH_WITHIN
    while time.monotonic() < deadline and any(c.total_outbufs_len for c in server.active_channels.values()):
        wasyncore.loop(timeout=0.1, map=server._map, count=1)
