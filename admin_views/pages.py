"""What every page inside the panel shares: who may open it, and whether the menu has a line for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from flask_admin import BaseView

from admin_views.words import may
from rules.permissions import Permission


class Page(BaseView):
    """A page for everybody with its permission."""

    view_permission: ClassVar[Permission] = Permission.VIEW
    is_in_menu: ClassVar[bool] = True
    """False for what is reached from another page."""

    def is_accessible(self) -> bool:
        """Whether the person at the screen has the page's permission."""
        return may(self.view_permission)

    def is_visible(self) -> bool:
        """Whether the menu has a line for it."""
        return self.is_in_menu

    def _run_view(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call the view as it is; Flask-Admin would call it again after a TypeError, which hides every bug of ours."""
        return fn(self, *args, **kwargs)
