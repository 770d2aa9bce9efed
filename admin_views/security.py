"""The guards of every request: who may come in at all, and what a browser may do with the answer."""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, abort, g, redirect, request, url_for
from flask_login import current_user
from werkzeug.datastructures import MultiDict

PUBLIC_ENDPOINTS = {
    "static": "the stylesheet and the scripts, which say nothing",
    "admin.static": "Flask-Admin's own stylesheet and scripts",
    "health.healthz": "asked by load balancers, says only whether the desk serves",
    "feeds.calendar": "a calendar app has no login; the secret in the address stands for one",
    "pushes.take": "a provider brings receipts and replies; the secret in the address stands for a login",
    "customer.page": "a customer looks at their complaint; the secret in the address stands for a login",
    "customer.answer": "the customer says there how it was",
    "customer.photos": "the customer sends photos from there",
    "customer.repair": "the customer confirms a repair from there",
    "login.index": "the way in",
    "language.choose": "the login page can be read in either language",
}
"""Every route that needs no login, and why; a test holds the list against the routes."""

BEFORE_NEW_PASSWORD = frozenset({"login.logout", "login.password", *PUBLIC_ENDPOINTS})
"""What somebody may do who must choose a new password first."""


def register(app: Flask) -> None:
    """Put the guards on the app."""
    app.before_request(require_login)
    app.after_request(protect)
    app.teardown_request(close_uploads)
    app.context_processor(lambda: {"csp_nonce": nonce})


def require_login() -> Any:
    """Only people who are logged in, on every route that is not named public."""
    endpoint = request.endpoint
    if endpoint is None or endpoint in PUBLIC_ENDPOINTS or endpoint.endswith(".static"):
        return None
    if not current_user.is_authenticated:
        return _ask_to_log_in()
    if current_user.must_change_password and endpoint not in BEFORE_NEW_PASSWORD:
        return redirect(url_for("login.password"))
    return None


def _ask_to_log_in() -> Any:
    """A page leads to the login and back; a form's typed text is kept; a script gets the bare answer."""
    if request.headers.get("X-Requested-With"):
        abort(HTTPStatus.UNAUTHORIZED)
    if request.method == "POST":
        from admin_views.login import keep_draft

        return keep_draft()
    return redirect(url_for("login.index", next=request.full_path.rstrip("?")))


def nonce() -> str:
    """This answer's secret word for our own inline scripts and styles."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def protect(response: Response) -> Response:
    """Tell the browser to run only what we served, to guess no types, and to keep no personal page."""
    response.headers.setdefault(
        "Content-Security-Policy",
        f"default-src 'self'; script-src 'self' 'nonce-{nonce()}'; style-src 'self' 'nonce-{nonce()}'; "
        "img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    )
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("X-Frame-Options", "DENY")
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if not (request.endpoint or "").endswith("static"):
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def close_uploads(error: BaseException | None) -> None:
    """Large uploads lie in temporary files; give them back as soon as the request is over."""
    for file in vars(request).get("files", MultiDict()).values():
        file.close()
