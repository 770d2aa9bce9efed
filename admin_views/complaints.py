"""The list of complaints: which there are, where each stands, who has it, what runs out next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from flask import redirect, url_for
from flask_admin import expose
from flask_babel import lazy_gettext
from flask_login import current_user
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import defer

from admin_views.base import DeskView, actor
from admin_views.filters import BeginFilter, DaysFilter, FlagFilter, PersonFilter, Tab, WordFilter
from admin_views.pickers import SearchLoader
from extensions import timepiece
from models import Clock, Complaint, Project
from rules.permissions import Permission
from rules.vocabulary import Category, Channel, ClockState, Severity, Stage, Status
from services import complaint_edits, complaint_locks, people, search, workbench

FOUND = 1000
"""How many complaints a search hands to the list; the newest of them."""


class CommunityFilter(BeginFilter):
    """The beginning of the community as it was said; the full-text index finds the candidates."""

    def condition(self, value: str) -> list[ColumnElement[bool]]:
        """Among the complaints that mention it."""
        return [Complaint.id.in_(search.complaint_ids(value, FOUND)), search.begins(Complaint.community_stated, value)]


def _overdue() -> list[ColumnElement[bool]]:
    return [
        Complaint.is_counted,
        Complaint.id.in_(select(Clock.complaint_id).where(Clock.is_unstopped, Clock.state == ClockState.BREACHED)),
    ]


def _open() -> list[ColumnElement[bool]]:
    return [Complaint.is_open, Complaint.is_counted]


class ComplaintsView(DeskView):
    """All complaints. A row opens the complaint's own page, which has the verbs; the form corrects what was said."""

    edit_permission = Permission.RECORD
    has_new = False
    list_template = "complaint_list.html"
    search_hint = lazy_gettext("Number, phone, contract, home, name, words")
    tabs = (
        Tab("", lazy_gettext("All"), lambda: [Complaint.is_counted]),
        Tab("unacknowledged", lazy_gettext("Nobody has it"), lambda: workbench.NOBODY_HAS_IT),
        Tab("overdue", lazy_gettext("Overdue"), _overdue),
        Tab("ungraded", lazy_gettext("Not graded"), lambda: [Complaint.severity.is_(None), *_open()]),
        Tab("mine", lazy_gettext("Mine"), lambda: [Complaint.handler_id == current_user.id, *_open()]),
        Tab("open", lazy_gettext("Open"), _open),
        Tab("drills", lazy_gettext("Drills"), lambda: [Complaint.is_drill.is_(True)]),
    )
    desk_filters = (
        WordFilter("status", Complaint.status, Status),
        WordFilter("severity", Complaint.severity, Severity),
        WordFilter("category", Complaint.category, Category),
        WordFilter("channel", Complaint.channel, Channel),
        PersonFilter("handler", Complaint.handler_id, lambda: people.who_may(Permission.ACKNOWLEDGE)),
        CommunityFilter("community", Complaint.community_stated),
        DaysFilter("first_word_at", Complaint.first_word_at),
        DaysFilter("recorded_at", Complaint.recorded_at),
        FlagFilter("is_history", Complaint.is_history),
    )
    column_list = ("number", "severity", "status", "problem", "handler", "clock", "first_word_at")
    column_labels: ClassVar[Mapping[str, Any]] = {"clock": lazy_gettext("Runs out")}
    column_sortable_list = ("first_word_at",)
    column_default_order = ("recorded_at", True)
    column_formatters: ClassVar[Mapping[str, Any]] = {"clock": lambda view, context, complaint, name: None}
    column_export_list = (
        "number",
        "external_ref",
        "channel",
        "first_word_at",
        "recorded_at",
        "contact_name",
        "masked_phone",
        "community_stated",
        "room_stated",
        "project",
        "category",
        "stage",
        "problem",
        "impact",
        "demand",
        "status",
        "severity",
        "handler",
        "first_responder",
        "household_count",
        "delay_days",
        "acknowledged_at",
        "contacted_at",
        "graded_at",
        "resolved_at",
        "closed_at",
    )
    form_columns = (
        "contact_name",
        "category",
        "stage",
        "community_stated",
        "room_stated",
        "contract_no_stated",
        "project_id",
        "problem",
        "impact",
        "demand",
    )
    form_ajax_refs: ClassVar[Mapping[str, Any]] = {"project_id": SearchLoader("project_id", Project, search.projects)}

    def found(self, text: str) -> ColumnElement[bool] | None:
        """By what the search box of the desk understands."""
        return Complaint.id.in_(search.complaint_ids(text, FOUND))

    def eager(self, names: Any) -> list[Any]:
        """The rows without the text that only the index reads."""
        return [*super().eager(names), defer(Complaint.search_text)]

    def render(self, template: str, **kwargs: Any) -> str:
        """Give the list its clocks: one question for the whole page."""
        if "data" in kwargs:
            kwargs["clocks"] = workbench.first_clocks([complaint.id for complaint in kwargs["data"]])
            kwargs["now"] = timepiece.now()
        return super().render(template, **kwargs)

    def record_url(self, record: Complaint) -> str:
        """The complaint's own page."""
        return url_for("complaint.page", number=record.number)

    @expose("/details/")
    def details_view(self) -> Any:
        """The complaint's own page knows more."""
        return redirect(self.record_url(self._asked_for()))

    def save(self, form: Any, record: Complaint, *, now: datetime) -> None:
        """Correct the description."""
        complaint_edits.edit(
            complaint_locks.by_number(record.number),
            complaint_edits.Description(
                contact_name=form.contact_name.data,
                category=Category(form.category.data),
                stage=Stage(form.stage.data) if form.stage.data else None,
                problem=form.problem.data,
                impact=form.impact.data,
                demand=form.demand.data,
                community=form.community_stated.data,
                room=form.room_stated.data,
                contract_no=form.contract_no_stated.data,
                project_id=form.project_id.data,
            ),
            actor=actor(),
            now=now,
        )
