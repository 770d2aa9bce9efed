"""A page of our own inside the panel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_admin import BaseView


class Page(BaseView):
    """Flask-Admin calls a view again after a TypeError, which would hide every bug of ours behind another."""

    def _run_view(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return fn(self, *args, **kwargs)
