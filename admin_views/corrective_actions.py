"""Corrective actions: what is mine to do, what is late, whose effect is still to be looked at (G-07, RV3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from flask import redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext, lazy_gettext
from markupsafe import Markup
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from admin_views.badges import badge
from admin_views.base import DeskView, actor
from admin_views.filters import DaysFilter, PersonFilter, Tab, WordFilter
from admin_views.formatters import link
from extensions import COMPANY_ZONE, timepiece
from models import Complaint, CorrectiveAction, Review
from rules.vocabulary import ActionEffect
from services import people, search, workbench

FOUND = 200
BADGES = {ActionEffect.WORKED: "done", ActionEffect.FAILED: "level-1", ActionEffect.UNCLEAR: "neutral"}


def _today() -> date:
    return timepiece.now().astimezone(COMPANY_ZONE).date()


def _open(*conditions: ColumnElement[bool]) -> Sequence[ColumnElement[bool]]:
    return [CorrectiveAction.done_at.is_(None), *conditions]


def _to_check() -> Sequence[ColumnElement[bool]]:
    return [CorrectiveAction.done_at.is_not(None), CorrectiveAction.effect.is_(None)]


class CorrectiveActionsView(DeskView):
    """Every action; they are decided, done and looked at on their complaint's tab of causes."""

    has_new = False
    search_hint = lazy_gettext("Number of the complaint")
    tabs = (
        Tab("mine", lazy_gettext("Mine"), lambda: _open(CorrectiveAction.owner_id == actor().id)),
        Tab("open", lazy_gettext("Open"), _open),
        Tab("overdue", lazy_gettext("Overdue"), lambda: _open(CorrectiveAction.due_on < _today())),
        Tab("to_check", lazy_gettext("Effect to be looked at"), _to_check),
        Tab("all", lazy_gettext("All")),
    )
    column_list = ("due_on", "words", "complaint", "owner", "check_on", "state")
    column_export_list = (
        *("complaint", "words", "owner", "due_on", "done_at", "done_words"),
        *("check_on", "count_before", "count_after", "effect"),
    )
    column_default_order = ("due_on", False)
    column_sortable_list = ("due_on",)
    column_formatters: Mapping[str, Any] = {
        "complaint": lambda view, context, action, name: link(action.review.complaint),
        "state": lambda view, context, action, name: state_badge(action),
    }
    column_formatters_export: Mapping[str, Any] = {"complaint": lambda action: action.review.complaint.number}
    desk_filters = (
        PersonFilter("owner", CorrectiveAction.owner_id, people.everybody, lazy_gettext("By whom")),
        WordFilter("effect", CorrectiveAction.effect, ActionEffect, lazy_gettext("Effect")),
        DaysFilter("due_on", CorrectiveAction.due_on, lazy_gettext("Due"), is_moment=False),
    )
    create_view = None
    edit_view = None

    def scope(self) -> list[ColumnElement[bool]]:
        """What was decided for practice is nobody's to do."""
        drilled = select(Review.id).where(Review.complaint_id.in_(workbench.DRILLS))
        return [CorrectiveAction.review_id.not_in(drilled)]

    def eager(self, names: Iterable[str]) -> list[Any]:
        """Whose review it came out of comes with the rows."""
        of_review = joinedload(CorrectiveAction.review).joinedload(Review.complaint)
        return [*super().eager(names), of_review.defer(Complaint.search_text)]

    def order(self, sort_column: str | None, sort_desc: bool) -> list[Any]:
        """What is to be done begins with the next due, history with what was decided last."""
        if sort_column is None and request.args.get("view") == "all":
            return [CorrectiveAction.id.desc()]
        return super().order(sort_column, sort_desc)

    def record_url(self, record: CorrectiveAction) -> str:
        """The tab of causes of its complaint."""
        return url_for("complaint_review.page", number=record.review.complaint.number, _anchor="actions")

    @expose("/details/")
    def details_view(self) -> Response:
        """The tab knows more."""
        return redirect(self.record_url(self._asked_for()))

    def found(self, text: str) -> ColumnElement[bool] | None:
        """Those of the complaints that the search box would find."""
        of_these = select(Review.id).where(Review.complaint_id.in_(search.complaint_ids(text, FOUND)))
        return CorrectiveAction.review_id.in_(of_these)


def state_badge(action: CorrectiveAction) -> Markup:
    """Whether it helped, else whether it is done, else whether it is late."""
    if action.effect is not None:
        return badge(gettext(action.effect.label), BADGES[action.effect])
    if action.done_at is not None:
        return badge(gettext("Done"), "done")
    return badge(gettext("overdue"), "level-1") if action.due_on < _today() else badge(gettext("to do"), "level-2")
