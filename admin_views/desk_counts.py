"""How much waits for the person at the screen: the numbers in the navigation and on the workbench."""

from __future__ import annotations

from typing import cast

from flask import g
from flask_login import current_user

from admin_views.base import actor
from services import workbench
from services.workbench import Counts


def once() -> Counts | None:
    """The numbers, asked for once a page; None for a visitor."""
    if not current_user.is_authenticated:
        return None
    if "desk_counts" not in g:
        g.desk_counts = workbench.counts(actor())
    return cast("Counts", g.desk_counts)
