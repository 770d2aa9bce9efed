"""The roster as lists: every shift that ever stood, and the roles that are to be covered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import request, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import ColumnElement, select

from admin_views.badges import badge
from admin_views.base import DeskView
from admin_views.filters import DaysFilter, PersonFilter, Tab, WordFilter
from extensions import timepiece
from models import DutyRole, Person, Shift
from rules.escalation import DutyRoleCode
from services import people, search


def _ahead() -> Sequence[ColumnElement[bool]]:
    return [Shift.ends_at > timepiece.now(), Shift.cancelled_at.is_(None)]


class DutyRoleFilter(WordFilter):
    """Shifts of one role."""

    def condition(self, value: str) -> list[ColumnElement[bool]]:
        """Through the roles, of which there are four."""
        found = super().condition(value)
        return [Shift.role_id.in_(select(DutyRole.id).where(*found))] if found else []


class ShiftsView(DeskView):
    """Every shift, with those that were called off; they are planned on the roster."""

    is_in_menu = False
    has_new = False
    search_hint = lazy_gettext("Name of the person")
    tabs = (
        Tab("ahead", lazy_gettext("Now and ahead"), _ahead),
        Tab("all", lazy_gettext("All")),
        Tab("off", lazy_gettext("Called off"), lambda: [Shift.cancelled_at.is_not(None)]),
    )
    column_list = ("starts_at", "ends_at", "role.code", "person", "remarks", "state")
    column_export_list = ("starts_at", "ends_at", "role.code", "person", "remarks", "cancelled_at", "cancel_reason")
    column_default_order = ("starts_at", True)
    column_sortable_list = ("starts_at",)
    column_formatters: Mapping[str, Any] = {"state": lambda view, context, shift, name: _state(shift)}
    desk_filters = (
        DutyRoleFilter("role", DutyRole.code, DutyRoleCode),
        PersonFilter("person", Shift.person_id, people.everybody),
        DaysFilter("starts_at", Shift.starts_at),
    )

    def order(self, sort_column: str | None, sort_desc: bool) -> list[Any]:
        """What lies ahead begins with the next one, history with the last."""
        if sort_column is None and request.args.get("view") in (None, "", "ahead"):
            return [Shift.starts_at, Shift.id]
        return super().order(sort_column, sort_desc)

    def record_url(self, record: Shift) -> str:
        """A shift's page is the roster's."""
        return url_for("roster.shift", shift_id=record.id)

    def found(self, text: str) -> ColumnElement[bool] | None:
        """Shifts of the people whose name begins so."""
        return Shift.person_id.in_(select(Person.id).where(search.begins(Person.name, text)))


class DutyRolesView(DeskView):
    """The roles of the duty group (D-03): reference data, only read."""

    is_in_menu = False
    has_new = False
    column_list = ("code", "position", "is_leader", "sort_order")
    column_default_order = ("sort_order", False)


def _state(shift: Shift) -> str:
    now = timepiece.now()
    if shift.cancelled_at is not None:
        return badge(gettext("Called off"), "level-1")
    if shift.ends_at <= now:
        return badge(gettext("over"))
    return badge(gettext("now"), "done") if shift.starts_at <= now else badge(gettext("ahead"), "level-3")
