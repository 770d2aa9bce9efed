"""When something cannot be done: a page in the reader's language that says what and what now. Never a stack trace."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from flask import Flask, jsonify, render_template, request
from flask_babel import gettext
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from admin_views import security
from admin_views.fields import sentence
from admin_views.login import is_worth_keeping, keep_draft, show_draft
from extensions import db
from rules.refusals import Refusal
from rules.vocabulary import N_

SENTENCES = {
    HTTPStatus.BAD_REQUEST: N_("The desk did not understand this request."),
    HTTPStatus.UNAUTHORIZED: N_("Please log in."),
    HTTPStatus.FORBIDDEN: N_("Your role does not allow this."),
    HTTPStatus.NOT_FOUND: N_("There is no such page or record."),
    HTTPStatus.METHOD_NOT_ALLOWED: N_("This address cannot be used that way."),
    HTTPStatus.CONFLICT: N_("Somebody else changed this at the same moment. Please look again and repeat."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: N_("This is too large for the desk. Please send smaller or fewer files."),
    HTTPStatus.INTERNAL_SERVER_ERROR: N_("Something went wrong on our side. Nothing was saved; please try again."),
}
_log = logging.getLogger(__name__)


def register(app: Flask) -> None:
    """Catch everything that leaves a page."""
    app.register_error_handler(CSRFError, bad_token)
    app.register_error_handler(Refusal, refused)
    app.register_error_handler(StaleDataError, changed_meanwhile)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(Exception, unexpected)


def bad_token(error: CSRFError) -> Any:
    """A form without its token: an ended session keeps the text, and so does one that was begun anew meanwhile."""
    if request.method == "POST" and request.endpoint not in security.PUBLIC_ENDPOINTS and not _asks_for_json():
        if not current_user.is_authenticated:
            return keep_draft()
        if is_worth_keeping():
            return show_draft()
    return _answer(HTTPStatus.BAD_REQUEST, gettext("The page was open too long. Please load it again and repeat."))


def refused(refusal: Refusal) -> Any:
    """A service said no and no form was there to show it."""
    db.session.rollback()
    return _answer(HTTPStatus(refusal.status), sentence(refusal))


def changed_meanwhile(error: StaleDataError) -> Any:
    """Two people changed the same record; the second is told, nothing is overwritten."""
    db.session.rollback()
    return _answer(HTTPStatus.CONFLICT)


def http_error(error: HTTPException) -> Any:
    """Flask's own refusals, in our words; redirects pass."""
    if error.code is None or error.code < HTTPStatus.BAD_REQUEST:
        return error
    return _answer(HTTPStatus(error.code))


def unexpected(error: Exception) -> Any:
    """A bug: logged with its trace, told without it."""
    db.session.rollback()
    _log.exception("%s %r failed", request.method, request.path)
    return _answer(HTTPStatus.INTERNAL_SERVER_ERROR)


def _answer(status: HTTPStatus, words: str | None = None) -> Any:
    text = words or gettext(SENTENCES.get(status, SENTENCES[HTTPStatus.BAD_REQUEST]))
    if _asks_for_json():
        return jsonify(error=text), status
    return render_template("error.html", status=int(status), text=text), status


def _asks_for_json() -> bool:
    """Whether a script asked, and no person will read a page."""
    return bool(request.headers.get("X-Requested-With")) or request.accept_mimetypes.best == "application/json"
