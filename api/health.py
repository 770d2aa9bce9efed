"""Whether the desk answers: asked by supervisors and load balancers, open to everybody."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from extensions import db

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    """200 when the database answers, 503 otherwise. Redis is not asked: pages work without it."""
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        db.session.rollback()
        return _uncached({"status": "database unreachable"}, HTTPStatus.SERVICE_UNAVAILABLE)
    return _uncached({"status": "ok"}, HTTPStatus.OK)


def _uncached(body: dict[str, str], status: HTTPStatus) -> ResponseReturnValue:
    return jsonify(body), status, {"Cache-Control": "no-store"}
