"""The front door: builds the Flask app and registers everything; ``python app.py`` runs the whole desk."""

from __future__ import annotations

import logging

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

import admin_views
import api
import cli
import config
import extensions
from services import channel_setup, nudges

POSTGRES_ENGINE = {"pool_pre_ping": True, "connect_args": {"connect_timeout": 5}}
"""A connection that died meanwhile is replaced, and a database that does not answer is given up after 5 seconds."""


def create_app(settings: config.Config | None = None) -> Flask:
    """Build the app from ``settings`` (default: the environment).

    Raises:
        config.BadSetting: a setting cannot be used.
    """
    settings = settings or config.read()
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    app = Flask(__name__)
    app.config.from_mapping(_flask_config(settings))
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    extensions.init_app(app, settings)
    nudges.init_app(app)
    channel_setup.init_app(app)
    api.register(app)
    admin_views.register(app)
    cli.register(app)
    return app


def _flask_config(settings: config.Config) -> dict[str, object]:
    return {
        "DESK": settings,
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        # A failed statement is logged without its values: they are names, numbers and what customers said.
        "SQLALCHEMY_ENGINE_OPTIONS": {"hide_parameters": True, **({} if settings.is_sqlite else POSTGRES_ENGINE)},
        "MAX_CONTENT_LENGTH": settings.request_limit,
        "MAX_FORM_MEMORY_SIZE": 4 * 1024 * 1024,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.cookie_secure == "always",
        "PERMANENT_SESSION_LIFETIME": 12 * 60 * 60,
        # A form may stay open for hours while the customer talks; the token lives as long as the session.
        "WTF_CSRF_TIME_LIMIT": None,
        "BABEL_DEFAULT_LOCALE": "zh_Hans_CN",
        "BABEL_DEFAULT_TIMEZONE": "Asia/Shanghai",
        "BABEL_TRANSLATION_DIRECTORIES": str(settings.data_dir / "translations"),
        "RATELIMIT_STORAGE_URI": _limiter_storage(settings.effective_redis_url),
        "RATELIMIT_STORAGE_OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
        "RATELIMIT_HEADERS_ENABLED": False,
    }


def _limiter_storage(redis_url: str) -> str:
    return redis_url.replace("unix://", "redis+unix://", 1)


if __name__ == "__main__":
    from processes import supervisor

    raise SystemExit(supervisor.main(create_app))
