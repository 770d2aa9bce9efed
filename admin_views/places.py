"""Places: communities with their buildings, buildings with their rooms, and what is going on in each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from flask import url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import ColumnElement, select

from admin_views.base import DeskView, Related
from admin_views.filters import BeginFilter
from admin_views.pickers import PrefixLoader, SearchLoader
from models import Building, Community, Room
from rules.permissions import Permission
from services import groups, related, search

FOUND = 1000
COMPLAINT_COLUMNS = ("number", "status", "severity", "room_stated", "problem", "first_word_at", "handler")


class PlaceView(DeskView):
    """What all places have in common."""

    edit_permission = Permission.EDIT_FILES

    def complaints_in(self, record: Any, more_url: str | None = None) -> Related:
        """The open complaints from this place."""
        return Related(gettext("Open complaints"), COMPLAINT_COLUMNS, related.open_complaints_in(record), more_url)

    def new_url(self, endpoint: str, **chosen: Any) -> str | None:
        """Where a part of this place is added, for whoever may."""
        return url_for(f"{endpoint}.create_view", **chosen) if self.can_edit else None


class CommunitiesView(PlaceView):
    """Residential communities (小区)."""

    column_list = ("name", "city", "district")
    column_sortable_list = ("name",)
    column_default_order = ("name", False)
    search_hint = lazy_gettext("Beginning of the name")
    desk_filters = (BeginFilter("city", Community.city),)
    form_columns = ("name", "city", "district")

    def found(self, text: str) -> ColumnElement[bool] | None:
        """By the beginning of the name."""
        return search.begins(Community.name, text)

    def related(self, record: Community) -> list[Related]:
        """Its open complaints and its buildings."""
        return [
            self.complaints_in(record, url_for("complaints.index_view", view="open", community=record.name)),
            Related(
                gettext("Group complaints"),
                ("number", "category", "cause_tag", "opened_at"),
                groups.open_in(record.id),
                url_for("groups.index_view", view="all", search=record.name),
            ),
            Related(
                gettext("Buildings"),
                ("name",),
                related.buildings_of(record),
                new_url=self.new_url("buildings", community_id=record.id),
            ),
        ]


class BuildingsView(PlaceView):
    """Buildings; reached from their community."""

    is_in_menu = False
    column_list = ("name", "community")
    search_hint = lazy_gettext("Beginning of the community's name")
    form_columns = ("community_id", "name")
    form_ajax_refs: ClassVar[Mapping[str, Any]] = {
        "community_id": PrefixLoader("community_id", Community, Community.name)
    }

    def found(self, text: str) -> ColumnElement[bool] | None:
        """Those of the communities whose name begins so."""
        return Building.community_id.in_(select(Community.id).where(search.begins(Community.name, text)))

    def related(self, record: Building) -> list[Related]:
        """Its open complaints and its rooms."""
        return [
            self.complaints_in(record),
            Related(
                gettext("Rooms"),
                ("number", "unit"),
                related.rooms_of(record),
                new_url=self.new_url("rooms", building_id=record.id),
            ),
        ]


class RoomsView(PlaceView):
    """Homes; reached from their building."""

    is_in_menu = False
    column_list = ("number", "unit", "building")
    search_hint = lazy_gettext("A home, or the beginning of the community's name")
    form_columns = ("building_id", "unit", "number")
    form_ajax_refs: ClassVar[Mapping[str, Any]] = {
        "building_id": SearchLoader("building_id", Building, search.buildings)
    }

    def found(self, text: str) -> ColumnElement[bool] | None:
        """By the words a home is given in."""
        return Room.id.in_(search.room_ids(text, FOUND))

    def related(self, record: Room) -> list[Related]:
        """Who lives there, what is built there, what is wrong there."""
        return [
            self.complaints_in(record),
            Related(gettext("Customers"), ("name", "masked_phone", "created_at"), related.customers_in(record)),
            Related(gettext("Projects"), ("contract_no", "customer", "planned_finish_on"), related.projects_in(record)),
        ]
