"""Follow-ups: whom to ask today, who was asked too late, who is not satisfied; of complaints and finished projects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from http import HTTPStatus
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext, lazy_gettext
from markupsafe import Markup
from sqlalchemy import ColumnElement
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from admin_views.badges import badge
from admin_views.base import DeskView, actor
from admin_views.complaint_section import SectionForm
from admin_views.filters import DaysFilter, FlagFilter, Tab, WordFilter
from admin_views.follow_up_forms import AnswerForm, TryForm, scores_of
from admin_views.pages import Page
from admin_views.rows import row_or_404
from extensions import COMPANY_ZONE, timepiece
from models import FollowUp
from models.base import spelled_out
from rules.vocabulary import FollowUpState, FollowUpWay
from services import search

FOUND = 200
DAY = timedelta(days=1)

FORMS: Mapping[str, type[SectionForm]] = {"answer": AnswerForm, "unreached": TryForm}
"""What can be done with the visit of a finished project; a complaint's own tab has the same."""


def _planned(*conditions: ColumnElement[bool]) -> Sequence[ColumnElement[bool]]:
    return [spelled_out(FollowUp.state, FollowUpState.PLANNED), *conditions]


def _midnight() -> datetime:
    """When today began, in the company's time."""
    return datetime.combine(timepiece.now().astimezone(COMPANY_ZONE).date(), time(), COMPANY_ZONE)


class FollowUpsView(DeskView):
    """Every question to a customer; the desk plans them by itself."""

    has_new = False
    search_hint = lazy_gettext("Number of the complaint")
    tabs = (
        Tab("today", lazy_gettext("To ask today"), lambda: _planned(FollowUp.due_at < _midnight() + DAY)),
        Tab("overdue", lazy_gettext("Overdue"), lambda: _planned(FollowUp.due_at < _midnight())),
        Tab(
            "dissatisfied",
            lazy_gettext("Not satisfied"),
            lambda: [FollowUp.state == FollowUpState.ANSWERED, FollowUp.is_satisfied.is_(False)],
        ),
        Tab("all", lazy_gettext("All")),
    )
    column_list = ("due_at", "about", "round", "scores", "state")
    column_labels: Mapping[str, Any] = {"about": lazy_gettext("Complaint or project"), "scores": lazy_gettext("Scores")}
    column_export_list = (
        *("due_at", "complaint", "project", "round", "state", "attitude", "quality", "efficiency"),
        *("is_satisfied", "way", "words", "ended_at", "entered_by"),
    )
    column_default_order = ("due_at", False)
    column_sortable_list = ("due_at",)
    column_formatters: Mapping[str, Any] = {
        "about": lambda view, context, follow_up, name: _about(follow_up),
        "round": lambda view, context, follow_up, name: _time(follow_up),
        "scores": lambda view, context, follow_up, name: _scores(follow_up),
        "state": lambda view, context, follow_up, name: state_badge(follow_up),
    }
    desk_filters = (
        WordFilter("state", FollowUp.state, FollowUpState),
        WordFilter("way", FollowUp.way, FollowUpWay, lazy_gettext("How the customer was asked")),
        FlagFilter("is_satisfied", FollowUp.is_satisfied, lazy_gettext("Satisfied")),
        DaysFilter("due_at", FollowUp.due_at),
    )
    create_view = None
    edit_view = None

    def eager(self, names: Iterable[str]) -> list[Any]:
        """Whom it is about comes with the rows."""
        return [*super().eager(names), joinedload(FollowUp.complaint), joinedload(FollowUp.project)]

    def order(self, sort_column: str | None, sort_desc: bool) -> list[Any]:
        """What is to be asked begins with the oldest, history with the last."""
        if sort_column is None and request.args.get("view") in ("dissatisfied", "all"):
            return [FollowUp.due_at.desc(), FollowUp.id.desc()]
        return super().order(sort_column, sort_desc)

    def record_url(self, record: FollowUp) -> str:
        """A question stands on its complaint's tab; the visit of a project has a page of its own."""
        if record.complaint is not None:
            return url_for("complaint_follow_up.page", number=record.complaint.number)
        return url_for("follow_up.page", follow_up_id=record.id)

    @expose("/details/")
    def details_view(self) -> Response:
        """Where it stands knows more."""
        return redirect(self.record_url(self._asked_for()))

    def found(self, text: str) -> ColumnElement[bool] | None:
        """Those of the complaints that the search box would find."""
        return FollowUp.complaint_id.in_(search.complaint_ids(text, FOUND))


class FollowUpPage(Page):
    """The regular visit of a finished project (A-02): what was asked, and the forms."""

    is_in_menu = False

    @expose("/")
    def index(self) -> Response:
        """One needs a number; without one the list is meant."""
        return redirect(url_for("follow_ups.index_view"))

    @expose("/<int:follow_up_id>")
    def page(self, follow_up_id: int) -> Any:
        """Show it."""
        return self._page(_of_project(follow_up_id))

    @expose("/<int:follow_up_id>/<verb>", methods=("POST",))
    def act(self, follow_up_id: int, verb: str) -> Any:
        """Enter the answer, or that nobody was reached."""
        if verb not in FORMS:
            abort(HTTPStatus.NOT_FOUND)
        form = FORMS[verb](None, _of_project(follow_up_id))  # type: ignore[arg-type]
        if form.carries_out(lambda now: form.do(actor=actor(), now=now)):
            flash(gettext("Done: %(step)s.", step=form.word), "success")
            return redirect(url_for(".page", follow_up_id=follow_up_id))
        return self._page(_of_project(follow_up_id), opened=verb, form=form), form.status

    def _page(self, follow_up: FollowUp, *, opened: str = "", form: SectionForm | None = None) -> str:
        forms: dict[str, SectionForm] = {}
        for verb, kind in FORMS.items():
            if verb == opened and form is not None:
                forms[verb] = form
            elif kind.is_offered(None, follow_up, actor()):  # type: ignore[arg-type]
                forms[verb] = kind(None, follow_up, formdata=None)  # type: ignore[arg-type]
        return self.render(
            "follow_up.html",
            follow_up=follow_up,
            project=follow_up.project,
            forms=forms,
            opened=opened,
            state=state_badge(follow_up),
            scores=scores_of(follow_up),
        )


def state_badge(follow_up: FollowUp) -> Markup:
    """How it went, or that it is late."""
    if follow_up.state is FollowUpState.ANSWERED:
        return (
            badge(gettext("satisfied"), "done")
            if follow_up.is_satisfied
            else badge(gettext("not satisfied"), "level-1")
        )
    if follow_up.state is FollowUpState.PLANNED and follow_up.due_at < timepiece.now():
        return badge(gettext("to ask"), "level-1" if follow_up.due_at < _midnight() else "level-2")
    return badge(gettext(follow_up.state.label))


def _about(follow_up: FollowUp) -> str:
    if follow_up.complaint is not None:
        return f"{follow_up.complaint.number} · {follow_up.complaint.contact_name}"
    return gettext("Visit of %(project)s", project=follow_up.project)


def _time(follow_up: FollowUp) -> str:
    """Which of a complaint's questions it is, or how long after its acceptance a project is visited."""
    if follow_up.complaint is not None:
        return gettext("Question %(round)s", round=follow_up.round)
    return gettext("after %(months)s months", months=follow_up.round)


def _scores(follow_up: FollowUp) -> str:
    if follow_up.attitude is None:
        return "—"
    return " · ".join(f"{name} {score}" for name, score in scores_of(follow_up))


def _of_project(follow_up_id: int) -> FollowUp:
    follow_up = row_or_404(FollowUp, follow_up_id)
    if follow_up.project is None:
        abort(HTTPStatus.NOT_FOUND)
    return follow_up
