"""Crews: who works together on site; one that works no more stays, for what it did (A-03)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from flask_babel import lazy_gettext
from sqlalchemy import ColumnElement

from admin_views.base import DeskView, Related
from admin_views.filters import Tab
from admin_views.labels import LABELS
from admin_views.people import SuperiorField, state
from models import Crew
from rules.permissions import Permission
from services import related, search

ORDER_COLUMNS = ("number", "kind", "part", "planned_start_at", "planned_done_at", "state")


class CrewsView(DeskView):
    """Every crew; those that are switched off are offered for no new work order."""

    edit_permission = Permission.EDIT_PEOPLE
    search_hint = lazy_gettext("Beginning of the name")
    tabs = (
        Tab("active", lazy_gettext("Active"), lambda: [Crew.is_active]),
        Tab("inactive", lazy_gettext("Switched off"), lambda: [~Crew.is_active]),
        Tab("all", lazy_gettext("All")),
    )
    column_list = ("name", "trade", "foreman", "is_active")
    column_sortable_list = ("name",)
    column_default_order = ("name", False)
    column_formatters: ClassVar[Mapping[str, Any]] = {"is_active": lambda view, context, crew, name: state(crew)}
    column_formatters_detail = column_formatters
    form_columns = ("name", "trade", "foreman_id", "is_active")
    form_overrides: ClassVar[Mapping[str, Any]] = {"foreman_id": SuperiorField(LABELS["foreman_id"])}

    def prepare(self, form: Any, record: Crew | None) -> None:
        """A new crew is active."""
        if record is None:
            del form.is_active

    def found(self, text: str) -> ColumnElement[bool] | None:
        """By the beginning of the name."""
        return search.begins(Crew.name, text)

    def related(self, record: Crew) -> list[Related]:
        """What it is to do, and what it did last."""
        return [Related(lazy_gettext("Work orders"), ORDER_COLUMNS, related.orders_of(record))]
