"""One HTTP request to a provider: made once, never repeated, and honest about what may have arrived.

Every request has a connection of its own. A kept one that the other side closed in the meantime would fail after the
request was written, and nobody could say whether it arrived.
"""

from __future__ import annotations

import json
import logging
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import certifi
import urllib3
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationValueError,
    NameResolutionError,
    NewConnectionError,
    SSLError,
)

logging.getLogger("urllib3").setLevel(logging.CRITICAL)  # It writes whole addresses, and with them numbers and keys.

LARGEST_ANSWER: Final = 1024 * 1024
"""Bytes; no provider says more, and a stranger's endless answer fills no memory."""


class NotSent(Exception):
    """The provider was never reached: it certainly has nothing."""


class AnswerLost(Exception):
    """The request left and no whole answer came back: the provider may have it."""


@dataclass(frozen=True)
class Page:
    """What came back."""

    status: int
    body: bytes

    def json(self) -> Any:
        """The body as JSON; None where it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    @property
    def text(self) -> str:
        """The body as text, whatever it is."""
        return self.body.decode("utf-8", errors="replace")


def request(
    method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b"", timeout: float
) -> Page:
    """Ask once; ``timeout`` is seconds to connect, to begin the answer, and to end it. Redirects are not followed.

    Raises:
        NotSent: nobody could be reached. AnswerLost: no whole answer came back.
    """
    trust = believed(certifi.where()) if url.startswith("https:") else None
    with urllib3.PoolManager(retries=False, timeout=timeout, ssl_context=trust, maxsize=1) as pool:
        try:
            answer = pool.request(
                method, url, headers={**(headers or {}), "Connection": "close"}, body=body, preload_content=False
            )
            with answer:
                return Page(answer.status, _whole(answer, timeout))
        except (NewConnectionError, ConnectTimeoutError, NameResolutionError, LocationValueError) as error:
            raise NotSent(type(error).__name__) from None
        except SSLError as error:
            # A certificate that is not believed ends the greeting: nothing was said yet.
            is_stranger = isinstance(error.args[0], ssl.SSLCertVerificationError)
            raise (NotSent if is_stranger else AnswerLost)(type(error).__name__) from None
        except (HTTPError, OSError) as error:
            raise AnswerLost(type(error).__name__) from None


@cache
def believed(bundle: str) -> ssl.SSLContext:
    """Whose certificates are believed. Reading the bundle takes twenty times as long as a call: once per process.

    A worker reads it before it forks, so that its forks have it.
    """
    return ssl.create_default_context(cafile=bundle)


def _whole(answer: BaseHTTPResponse, timeout: float) -> bytes:
    """The body up to the largest size; one that only trickles in is lost, or it would hold the worker for hours."""
    body, until = bytearray(), time.monotonic() + timeout
    while len(body) < LARGEST_ANSWER and (part := answer.read1(LARGEST_ANSWER - len(body))):
        body += part
        if time.monotonic() > until:
            raise AnswerLost("Trickle")
    return bytes(body)
