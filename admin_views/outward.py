"""Authorities and media: who waits for an answer, and by when (N16)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import request, url_for
from flask_babel import gettext, lazy_gettext
from markupsafe import Markup
from sqlalchemy import ColumnElement

from admin_views.badges import badge
from admin_views.base import DeskView
from admin_views.filters import DaysFilter, Tab, WordFilter
from extensions import timepiece
from models import OutwardCase
from rules.vocabulary import OutwardBody
from services import search

FOUND = 200
SOON = timedelta(days=3)


def _open(*conditions: ColumnElement[bool]) -> Sequence[ColumnElement[bool]]:
    return [OutwardCase.ended_at.is_(None), *conditions]


class OutwardView(DeskView):
    """Every matter with an authority or the media; they are written down on their complaint's page."""

    has_new = False
    search_hint = lazy_gettext("Number of the complaint")
    tabs = (
        Tab("open", lazy_gettext("Open"), _open),
        Tab("soon", lazy_gettext("Due within 3 days"), lambda: _open(OutwardCase.due_at < timepiece.now() + SOON)),
        Tab("overdue", lazy_gettext("Overdue"), lambda: _open(OutwardCase.due_at < timepiece.now())),
        Tab("over", lazy_gettext("Answered and ended"), lambda: [OutwardCase.ended_at.is_not(None)]),
        Tab("all", lazy_gettext("All")),
    )
    column_list = ("due_at", "complaint", "body", "reference", "came_at", "state")
    column_labels: Mapping[str, Any] = {"state": lazy_gettext("State")}
    column_export_list = (
        *("came_at", "due_at", "complaint", "body", "reference", "course", "way", "result"),
        *("entered_by", "ended_at", "ended_by"),
    )
    column_default_order = ("due_at", False)
    column_sortable_list = ("due_at", "came_at")
    column_formatters: Mapping[str, Any] = {"state": lambda view, context, case, name: state_badge(case)}
    desk_filters = (
        WordFilter("body", OutwardCase.body, OutwardBody, label=lazy_gettext("Who asks")),
        DaysFilter("came_at", OutwardCase.came_at, label=lazy_gettext("It came")),
    )
    create_view = None
    edit_view = None

    def order(self, sort_column: str | None, sort_desc: bool) -> list[Any]:
        """What is open begins with the next due, history with the last that came."""
        if sort_column is None and request.args.get("view") in ("over", "all"):
            return [OutwardCase.came_at.desc(), OutwardCase.id.desc()]
        return super().order(sort_column, sort_desc)

    def record_url(self, record: OutwardCase) -> str:
        """The tab of its complaint."""
        return url_for("complaint_outward.page", number=record.complaint.number)

    def found(self, text: str) -> ColumnElement[bool] | None:
        """Those of the complaints that the search box would find."""
        return OutwardCase.complaint_id.in_(search.complaint_ids(text, FOUND))


def state_badge(case: OutwardCase) -> Markup:
    """Where it stands."""
    if case.ended_at is not None:
        return badge(gettext("over"), "done")
    return (
        badge(gettext("overdue"), "level-1")
        if case.due_at < timepiece.now()
        else badge(gettext("waits for our answer"), "level-2")
    )
