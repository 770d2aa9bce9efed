"""Promises to customers: which are open, which are late, which were kept or taken back (H-06)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext, lazy_gettext
from sqlalchemy import ColumnElement
from werkzeug.wrappers import Response

from admin_views.badges import badge
from admin_views.base import DeskView, actor
from admin_views.filters import DaysFilter, PersonFilter, Tab
from admin_views.formatters import url_of
from admin_views.local_paths import local_path
from admin_views.rows import row_or_404
from extensions import db, timepiece
from models import Promise
from rules.permissions import Permission
from services import complaint_locks, people, promises, search

FOUND = 200


def _overdue() -> Sequence[ColumnElement[bool]]:
    return [Promise.is_open, Promise.due_at < timepiece.now()]


class PromisesView(DeskView):
    """Every promise; they are made on their complaint's page and kept there or here."""

    edit_permission = Permission.NOTE
    has_new = False
    list_template = "promises.html"
    search_hint = lazy_gettext("Number of the complaint")
    tabs = (
        Tab("open", lazy_gettext("Open"), lambda: [Promise.is_open]),
        Tab("overdue", lazy_gettext("Overdue"), _overdue),
        Tab("kept", lazy_gettext("Kept"), lambda: [Promise.kept_at.is_not(None)]),
        Tab("withdrawn", lazy_gettext("Taken back"), lambda: [Promise.withdrawn_at.is_not(None)]),
        Tab("all", lazy_gettext("All")),
    )
    column_list = ("due_at", "complaint", "kind", "text", "made_by", "state")
    column_export_list = (
        "due_at",
        "complaint",
        "kind",
        "text",
        "made_at",
        "made_by",
        "kept_at",
        "kept_by",
        "withdrawn_at",
        "withdrawn_why",
    )
    column_default_order = ("due_at", False)
    column_sortable_list = ("due_at",)
    column_formatters: Mapping[str, Any] = {"state": lambda view, context, promise, name: _state(promise)}
    desk_filters = (
        PersonFilter("made_by", Promise.made_by_id, people.everybody),
        DaysFilter("due_at", Promise.due_at),
    )
    create_view = None
    edit_view = None

    def order(self, sort_column: str | None, sort_desc: bool) -> list[Any]:
        """Open ones begin with the most urgent, history with the last."""
        if sort_column is None and request.args.get("view") in ("kept", "withdrawn", "all"):
            return [Promise.due_at.desc(), Promise.id.desc()]
        return super().order(sort_column, sort_desc)

    def record_url(self, record: Promise) -> str:
        """A promise stands on its complaint's page."""
        return url_of(record.complaint) or url_for("complaint.page", number=record.complaint.number)

    def found(self, text: str) -> ColumnElement[bool] | None:
        """Those of the complaints that the search box would find."""
        return Promise.complaint_id.in_(search.complaint_ids(text, FOUND))

    @expose("/<int:promise_id>/keep", methods=("POST",))
    def keep(self, promise_id: int) -> Response:
        """Say that it was kept."""
        promise = row_or_404(Promise, promise_id)
        complaint_locks.by_number(promise.complaint.number)
        promises.keep(promise, actor=actor(), now=timepiece.now())
        db.session.commit()
        flash(gettext("The promise was kept."), "success")
        back = local_path(request.form.get("back", ""), default=url_for(".index_view"))
        return redirect(back, code=HTTPStatus.SEE_OTHER)


def _state(promise: Promise) -> str:
    if promise.kept_at is not None:
        is_late = promise.kept_at > promise.due_at
        return badge(gettext("kept late"), "level-2") if is_late else badge(gettext("kept"), "done")
    if promise.withdrawn_at is not None:
        return badge(gettext("taken back"))
    return badge(gettext("overdue"), "level-1") if promise.due_at < timepiece.now() else badge(gettext("open"))
