"""The pages: declared, permission-checked, in two languages. ``register`` puts them all on the app."""

from __future__ import annotations

from flask import Flask

from admin_views import customer_page, errors, formatters, language, login, menu, security, words


def register(app: Flask) -> None:
    """Add the guards first, then every page of the menu."""
    security.register(app)
    words.register(app)
    formatters.register(app)
    language.register(app)
    login.register(app)
    customer_page.register(app)
    errors.register(app)
    menu.register(app)
