"""The search page and what the search box suggests while somebody types."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any

from flask import current_app, jsonify, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext, lazy_gettext

from admin_views.base import actor
from admin_views.pages import Page
from models import Base, Community, Complaint, Customer, Person, Project
from rules.search import MAX_QUERY, Shape, excerpt, marked
from services import search
from services.search import Results

SUGGESTED = 4
"""Rows of a group under the search box."""

KINDS = (
    (lazy_gettext("A complaint's number, its end, or the hotline's number"), ("C-2611-0231", "0231", "HL26100001")),
    (lazy_gettext("A phone number or its last four digits"), ("13800138000", "138****8000", "8000")),
    (lazy_gettext("A contract"), ("ZX2026-0107",)),
    (lazy_gettext("A home"), ("梧桐苑 18栋3单元2003",)),
    (lazy_gettext("A name"), ("王女士", "周强")),
    (lazy_gettext("Words of the call"), ("漏水", "瓷砖 空鼓")),
)
"""What the page says can be looked for, with examples to press."""


class SearchView(Page):
    """One box for everything: numbers, telephone numbers, contracts, homes, names, words."""

    is_in_menu = False

    @expose("/")
    def index(self) -> Any:
        """What was found, in groups; a complaint's own number leads straight to it."""
        query = _query()
        results = search.find(query, actor=actor())
        if results.question.shape is Shape.NUMBER and len(results.complaints.rows) == 1:
            return redirect(_address(results.complaints.rows[0]) or "", code=HTTPStatus.SEE_OTHER)
        return self.render(
            "search.html",
            query=query,
            results=results,
            groups=[group for group in _groups(results) if group.rows],
            kinds=KINDS,
            is_lone=results.question.shape is Shape.LONE,
            marked=partial(marked, query=query),
            excerpt=partial(_telling_excerpt, query=query),
        )

    @expose("/suggest")
    def suggest(self) -> Any:
        """The first rows of each group as JSON, small enough for every keystroke."""
        results = search.find(_query(), actor=actor(), limit=SUGGESTED)
        return jsonify(
            groups=[
                {"name": str(group.name), "rows": list(group.suggestions())} for group in _groups(results) if group.rows
            ]
        )


@dataclass(frozen=True)
class ShownGroup:
    """A group as the page shows it; ``more_url`` is the list with the same search, where there is one."""

    kind: str
    name: str
    rows: Any
    has_more: bool
    more_url: str | None = None

    def addressed(self) -> Iterator[tuple[Any, str | None]]:
        """Each row with the address of its page, None where the person may not open it."""
        return ((row, _address(row)) for row in self.rows)

    def suggestions(self) -> Iterator[dict[str, str]]:
        """The rows that can be opened, in two short texts and an address."""
        for row, address in self.addressed():
            if address:
                title, detail = _TITLES[self.kind](row)
                yield {"title": title, "detail": detail, "url": address}


_TITLES = {
    "complaints": lambda row: (f"{row.number} {row.contact_name}", excerpt(row.problem, "", length=40)),
    "customers": lambda row: (row.name, row.masked_phone),
    "projects": lambda row: (row.contract_no, row.customer.name),
    "communities": lambda row: (row.name, row.city),
    "people": lambda row: (row.name, gettext(row.position.label) if row.position else row.login),
}


def _query() -> str:
    return request.args.get("q", "").strip()[:MAX_QUERY]


def _groups(results: Results) -> list[ShownGroup]:
    named = {
        "complaints": lazy_gettext("Complaints"),
        "customers": lazy_gettext("Customers"),
        "projects": lazy_gettext("Projects"),
        "communities": lazy_gettext("Communities"),
        "people": lazy_gettext("Staff"),
    }
    return [
        ShownGroup(kind, name, group.rows, group.has_more, _list_address(kind) if group.has_more else None)
        for kind, name in named.items()
        for group in [getattr(results, kind)]
    ]


def _telling_excerpt(complaint: Complaint, query: str) -> str:
    """The part of the call that holds the words that were looked for; the problem's beginning otherwise."""
    for text in (complaint.problem, complaint.impact, complaint.demand):
        if any(is_match for _, is_match in marked(text, query)):
            return excerpt(text, query)
    return excerpt(complaint.problem, query)


# --- addresses -------------------------------------------------------------------------------------------------------

_ENDPOINTS: dict[type[Base], str] = {
    Customer: "customers",
    Project: "projects",
    Community: "communities",
    Person: "people",
}


def _address(row: Base) -> str | None:
    """The row's page, if there is one and the person may open it."""
    if isinstance(row, Complaint):
        return url_for("complaint.page", number=row.number)
    endpoint = _ENDPOINTS[type(row)]
    return url_for(f"{endpoint}.details_view", id=row.id) if _may_open(endpoint) else None


def _list_address(endpoint: str) -> str | None:
    return url_for(f"{endpoint}.index_view", search=_query()) if _may_open(endpoint) else None


def _may_open(endpoint: str) -> bool:
    views = current_app.extensions["admin"][0]._views
    return any(view.endpoint == endpoint and view.is_accessible() for view in views)
