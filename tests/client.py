"""A visitor of the desk: a test client that behaves like a browser where the difference matters."""

from __future__ import annotations

import contextvars
import re
from typing import Any

from bs4 import BeautifulSoup
from flask import has_app_context
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from extensions import db, login_manager
from models import Person

PASSWORD = "Rain-on-warm-stone-7"
"""Everybody's password in the tests."""


class DeskClient(FlaskClient):
    """Asks like a browser: from outside the test's own app context and database transaction."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send a request.

        What the test has written is committed first: the page must see it, and SQLite has one writer. The request
        runs in an empty context, because Flask would otherwise share the test's ``g`` (and so the logged-in person)
        and its session between requests.
        """
        if has_app_context():
            db.session.commit()
        send = super().open
        return contextvars.Context().run(lambda: send(*args, **kwargs))

    def token(self, page: str) -> str:
        """The CSRF token that ``page`` carries."""
        return csrf_token(self.get(page, follow_redirects=True))

    def send(
        self, url: str, data: dict[str, Any] | None = None, *, page: str | None = None, **more: Any
    ) -> TestResponse:
        """POST ``data`` with the CSRF token found on ``page`` (default: the page that is posted to)."""
        return self.post(url, data={"csrf_token": self.token(page or url), **(data or {})}, **more)

    def login(self, who: Person | str, password: str = PASSWORD) -> TestResponse:
        """Log in through the form as somebody who has just opened the browser; returns the answer to the POST."""
        self.delete_cookie(self.application.config["SESSION_COOKIE_NAME"])
        name = who if isinstance(who, str) else who.login
        url = self.login_url
        return self.send(url, {"login": name, "password": password})

    @property
    def login_url(self) -> str:
        """Where the login form is."""
        with self.application.test_request_context():
            return self.application.url_for(login_manager.login_view or "")


def csrf_token(page: TestResponse | str) -> str:
    """The CSRF token of a page, from a form's hidden field or the ``<meta>`` of scripts."""
    text = page if isinstance(page, str) else page.get_data(as_text=True)
    found = _TOKEN.search(text)
    assert found is not None, f"no CSRF token on this page: {soup_of(text).get_text(' ', strip=True)[:300]}"
    return found[1] or found[2]


_TOKEN = re.compile(r'<input[^>]*name="csrf_token"[^>]*value="([^"]+)"|<meta name="csrf-token" content="([^"]+)"')


def soup_of(page: TestResponse | str) -> BeautifulSoup:
    """The page, parsed."""
    return BeautifulSoup(page if isinstance(page, str) else page.get_data(as_text=True), "html.parser")
