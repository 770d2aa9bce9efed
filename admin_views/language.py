"""The language of the screens: Chinese until somebody chooses English, one click either way."""

from __future__ import annotations

from flask import Blueprint, Flask, redirect, request
from flask_babel import get_locale
from werkzeug.wrappers import Response

from admin_views.local_paths import local_path
from extensions import LOCALES

blueprint = Blueprint("language", __name__)
YEAR = 365 * 24 * 60 * 60


def register(app: Flask) -> None:
    """Add the switch and tell every page which language it is in."""
    app.register_blueprint(blueprint)
    app.context_processor(
        lambda: {"is_chinese": str(get_locale()).startswith("zh"), "html_lang": "zh-CN" if _is_chinese() else "en"}
    )


@blueprint.post("/language")
def choose() -> Response:
    """Remember the language in a cookie and go back to the page."""
    chosen = request.form.get("lang", "")
    answer = redirect(local_path(request.form.get("next", "")))
    if chosen in LOCALES:
        answer.set_cookie("lang", chosen, max_age=YEAR, samesite="Lax", httponly=True, secure=request.is_secure)
    return answer


def _is_chinese() -> bool:
    return str(get_locale()).startswith("zh")
