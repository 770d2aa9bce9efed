"""The desk on a database that is there only to be measured."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from flask_migrate import upgrade

import app as front_door
import config
import extensions


@contextmanager
def opened(url: str, **settings: str) -> Iterator[Flask]:
    """The whole desk on the database at ``url``, inside an app context; its other files are temporary.

    ``settings`` are more of its environment, or other values than these.
    """
    with tempfile.TemporaryDirectory(prefix="desk-bench-") as home:
        environment = {
            "DATA_DIR": home,
            "DATABASE_URL": url,
            "REDIS_URL": f"unix://{home}/nobody-listens.sock",
            "SECRET_KEY": "known to every measurement",
            "DEMO": "0",
            "LOG_LEVEL": "error",
            **settings,
        }
        app = front_door.create_app(config.read(environment))
        with app.app_context():
            yield app
            extensions.db.session.remove()
            extensions.db.engine.dispose()


def migrate(app: Flask) -> None:
    """Bring the tables up to date."""
    with app.app_context():
        upgrade()
