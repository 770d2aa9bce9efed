"""Somebody who uses the desk over real HTTP, with cookies and forms and nothing else."""

from __future__ import annotations

import http.cookiejar
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass

from tests.client import csrf_token


@dataclass(frozen=True)
class Answer:
    """A page that came back, after redirects."""

    status: int
    url: str
    text: str


class Visitor:
    """A browser without a screen."""

    def __init__(self, port: int) -> None:
        self._origin = f"http://127.0.0.1:{port}"
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        )

    def get(self, path: str) -> Answer:
        """Open a page."""
        return self._open(urllib.request.Request(self._origin + path))

    def send(self, path: str, **fields: str) -> Answer:
        """Fill in the form on ``path`` and send it."""
        token = csrf_token(self.get(path).text)
        body = urllib.parse.urlencode({"csrf_token": token, **fields}).encode()
        return self._open(urllib.request.Request(self._origin + path, body))

    def log_in(self, login: str, password: str) -> Answer:
        """Log in through the form."""
        return self.send("/login", login=login, password=password)

    def is_answered(self) -> bool:
        """Whether the desk answers at all, and well."""
        try:
            return self.get("/healthz").status == 200
        except OSError:
            return False

    def _open(self, request: urllib.request.Request) -> Answer:
        try:
            with self._opener.open(request, timeout=30) as response:
                return Answer(response.status, response.url, response.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.url or "", error.read().decode())
