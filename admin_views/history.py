"""What happened, read only: clocks, escalations, contacts, responsibilities, the timeline of all complaints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from flask import url_for
from flask_babel import gettext, lazy_gettext
from markupsafe import Markup
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import defer, joinedload

from admin_views import timeline_words
from admin_views.base import DeskView, Related
from admin_views.filters import PersonFilter, Tab
from admin_views.formatters import NOTHING
from models import Clock, Complaint, Responsibility
from rules.vocabulary import ClockState
from services import people, search

FOUND = 200
"""How many complaints a search may be about."""


class HistoryView(DeskView):
    """Rows that belong to a complaint and are never written by hand; the search is for their complaint."""

    has_new = False
    search_hint = lazy_gettext("Number, phone, contract, home, name, words")

    def found(self, text: str) -> ColumnElement[bool] | None:
        """What happened to the complaints that the words find."""
        return self.model.complaint_id.in_(search.complaint_ids(text, FOUND))

    def eager(self, names: Any) -> list[Any]:
        """The complaint comes without its long texts."""
        return [*super().eager(names), joinedload(self.model.complaint).options(defer(Complaint.search_text))]

    def record_url(self, record: Any) -> str:
        """The complaint's page tells the whole story."""
        return url_for("complaint.page", number=record.complaint.number)

    def title(self, record: Any) -> str:
        """The complaint's number tells one row from another."""
        return f"{record.complaint.number} · {self.name}"


# A query of its own: newest first, the list would else walk back through every clock that ever stopped.
_PAUSED = select(Clock.id).where(Clock.is_unstopped, Clock.state == ClockState.PAUSED)
_OVERDUE = select(Clock.id).where(Clock.is_unstopped, Clock.state == ClockState.BREACHED)


class ClocksView(HistoryView):
    """Every clock that ever ran, with who had the complaint when it ran out."""

    column_list = ("complaint", "kind", "state", "started_at", "due_at", "stopped_at", "owner", "breach_owner")
    tabs = (
        Tab("", lazy_gettext("All")),
        Tab("unstopped", lazy_gettext("Running"), lambda: [Clock.is_unstopped]),
        Tab("overdue", lazy_gettext("Overdue"), lambda: [Clock.id.in_(_OVERDUE)]),
        Tab("paused", lazy_gettext("Paused"), lambda: [Clock.id.in_(_PAUSED)]),
    )
    column_export_list = (*column_list, "breached_at", "target_id")
    details_groups = (
        (lazy_gettext("The clock"), ("complaint", "kind", "state", "policy", "is_pausable")),
        (lazy_gettext("Times"), ("started_at", "due_at", "breached_at", "stopped_at")),
        (lazy_gettext("Who had it"), ("owner", "breach_owner")),
    )
    column_formatters_detail: ClassVar[Mapping[str, Any]] = {
        "policy": lambda view, context, clock, name: _version(clock),
    }

    def related(self, record: Clock) -> list[Related]:
        """When it waited for the customer, and why."""
        columns = ("started_at", "ended_at", "reason", "paused_by", "resumed_by")
        return [Related(gettext("Pauses"), columns, record.pauses)] if record.pauses else []


def _version(clock: Clock) -> str | Markup:
    """The version of the policy it goes by, as a link to it."""
    if clock.policy is None:
        return NOTHING
    url = url_for("policies.show", kind=clock.policy.kind, number=clock.policy.number)
    text = gettext("Version %(number)s", number=clock.policy.number)
    return Markup('<a href="{}">{}</a>').format(url, text)


class EscalationsView(HistoryView):
    """Every step up the ladder: who pressed, or that the clock did."""

    column_list = ("complaint", "raised_at", "from_level", "to_level", "target", "cause", "raised_by", "reason")


class ContactsView(HistoryView):
    """Every attempt to talk to a customer."""

    column_list = ("complaint", "at", "by", "method", "purpose", "is_reached", "summary")


class ResponsibilitiesView(HistoryView):
    """Who was named for what, and until when."""

    column_list = ("complaint", "person", "kind", "side", "named_at", "named_by", "ended_at")
    desk_filters = (PersonFilter("person", Responsibility.person_id, people.everybody),)


class TimelineView(HistoryView):
    """Every line of every complaint's history."""

    column_list = ("complaint", "at", "actor", "kind", "what", "note")
    column_labels: ClassVar[Mapping[str, Any]] = {"what": lazy_gettext("What happened")}
    column_formatters: ClassVar[Mapping[str, Any]] = {
        "actor": lambda view, context, event, name: event.actor or gettext("The desk"),
        "what": lambda view, context, event, name: timeline_words.sentence(event),
    }
    column_formatters_detail = column_formatters
    column_formatters_export: ClassVar[Mapping[str, Any]] = {
        "what": timeline_words.sentence,
        "actor": lambda event: event.actor.name if event.actor else gettext("The desk"),
    }
    details_groups = (
        (lazy_gettext("Line"), ("complaint", "at", "actor", "kind")),
        (lazy_gettext("What happened"), ("what", "note")),
    )
