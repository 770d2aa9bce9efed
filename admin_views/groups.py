"""Group complaints: which there are, who is in each, and one word to all of them (D-11, N1)."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

from flask import abort, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext, lazy_gettext
from sqlalchemy import ColumnElement, or_, select
from werkzeug.wrappers import Response

from admin_views import group_forms
from admin_views.badges import badge
from admin_views.base import DeskView, actor
from admin_views.filters import DaysFilter, Tab, WordFilter
from admin_views.group_forms import GroupForm
from admin_views.pages import Page
from models import Community, GroupCase
from rules.vocabulary import Category
from services import group_members, groups, search
from services.group_members import Tally
from services.groups import MEMBERS_A_PAGE

DEEPEST_PAGE = 200


class GroupsView(DeskView):
    """Every group; they are opened by what happens, or on a complaint's page."""

    has_new = False
    list_template = "group_list.html"
    search_hint = lazy_gettext("Number, or beginning of the community's name")
    tabs = (
        Tab("open", lazy_gettext("Open"), lambda: [GroupCase.closed_at.is_(None)]),
        Tab("closed", lazy_gettext("Closed"), lambda: [GroupCase.closed_at.is_not(None)]),
        Tab("all", lazy_gettext("All")),
    )
    column_list = ("number", "community", "matter", "households", "opened_at", "state")
    column_export_list = (
        *("number", "community", "category", "cause_tag", "opened_at"),
        *("closed_at", "closed_by", "close_reason"),
    )
    column_default_order = ("opened_at", True)
    column_sortable_list = ("opened_at",)
    column_formatters: ClassVar[Mapping[str, Any]] = {
        "matter": lambda view, context, group, name: matter(group),
        "households": lambda view, context, group, name: None,
        "state": lambda view, context, group, name: _state(group),
    }
    desk_filters = (
        WordFilter("category", GroupCase.category, Category),
        DaysFilter("opened_at", GroupCase.opened_at),
    )

    def eager(self, names: Any) -> list[Any]:
        """With the community, which every row names."""
        return super().eager({*names, "community"})

    def found(self, text: str) -> ColumnElement[bool] | None:
        """By the beginning of the number or of the community's name."""
        there = select(Community.id).where(search.begins(Community.name, text))
        return or_(search.begins(GroupCase.number, text.upper()), GroupCase.community_id.in_(there))

    def render(self, template: str, **kwargs: Any) -> str:
        """Give the list its numbers: one question for the whole page."""
        if "data" in kwargs:
            kwargs["tallies"] = group_members.tallies([group.id for group in kwargs["data"]])
            kwargs["no_tally"] = Tally()
        return super().render(template, **kwargs)

    def record_url(self, record: GroupCase) -> str:
        """The group's own page."""
        return group_link(record)

    @expose("/details/")
    def details_view(self) -> Response:
        """The group's own page knows more."""
        return redirect(group_link(self._asked_for()))


class GroupPage(Page):
    """One group: its homes, its members, and what can be done to one of them or to all."""

    is_in_menu = False

    @expose("/<number>")
    def page(self, number: str) -> Any:
        """Show the group."""
        return self._page(number)

    @expose("/<number>/<step>", methods=("POST",))
    def take(self, number: str, step: str) -> Any:
        """Do one thing, with the group's community locked; what is refused stands beside its field."""
        if step not in group_forms.STEPS:
            abort(HTTPStatus.NOT_FOUND)
        form = group_forms.STEPS[step]()
        if form.carries_out(lambda now: form.do(groups.to_change(number), actor=actor(), now=now)):
            return redirect(url_for(".page", number=number))
        return self._page(number, opened=step, form=form), form.status

    def _page(self, number: str, *, opened: str | None = None, form: GroupForm | None = None) -> str:
        group = groups.find(number)
        if group is None:
            abort(HTTPStatus.NOT_FOUND)
        page = max(0, min(request.args.get("page", 0, type=int), DEEPEST_PAGE))
        forms = group_forms.of(group, actor(), opened=opened, form=form)
        return self.render(
            "group.html",
            group=group,
            matter=matter(group),
            tally=group_members.tallies([group.id]).get(group.id, Tally()),
            members=groups.members(group, page=page),
            homes=group_members.homes(group) if "take-out" in forms else {},
            left=groups.left(group),
            near=groups.near(group) if "add" in forms else (),
            page_number=page,
            page_size=MEMBERS_A_PAGE,
            forms=forms,
            opened=opened,
        )


GroupPage._default_view = "page"  # The list stands at the address itself; a page needs a number.


def group_link(group: GroupCase) -> str:
    """The page of a group."""
    return url_for("group.page", number=group.number)


def matter(group: GroupCase) -> str:
    """What its complaints have in common, in the reader's language."""
    return group.cause_tag or (gettext(group.category.label) if group.category else "")


def _state(group: GroupCase) -> str:
    is_open = group.closed_at is None
    return badge(gettext("Group open"), "level-1") if is_open else badge(gettext("Group closed"), "done")
