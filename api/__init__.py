"""What machines ask the desk."""

from __future__ import annotations

from flask import Flask

from api import feeds, health, pushes


def register(app: Flask) -> None:
    """Give the app its addresses for machines."""
    app.register_blueprint(health.blueprint)
    app.register_blueprint(feeds.blueprint)
    pushes.register(app)
