"""The menu: what people do, in groups; what they may not do is not shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import Flask, current_app, request, url_for
from flask_admin import Admin
from flask_admin.theme import Bootstrap4Theme
from flask_babel import lazy_gettext

from admin_views import security, words
from admin_views.compensations import CompensationPage, CompensationsView, compensation_link
from admin_views.complaint_page import ComplaintPage
from admin_views.customers import CustomerView, ProjectView
from admin_views.evidence import EvidenceView, evidence_link
from admin_views.home import HomeView
from admin_views.imports import ImportView
from admin_views.intake import IntakeView
from admin_views.messages import InboxView, NotificationsView
from admin_views.people import PeopleView
from admin_views.promises import PromisesView
from admin_views.roster import RosterView
from admin_views.roster_week import Week
from admin_views.search import SearchView
from admin_views.shifts import DutyRolesView, ShiftsView
from models import Compensation, Customer, DutyRole, Evidence, Notification, Person, Project, Promise, Shift


@dataclass(frozen=True)
class Item:
    """A line of the navigation; ``count`` is what waits there."""

    name: str
    url: str
    is_active: bool
    count: int = 0


@dataclass
class Group:
    """Lines that belong together."""

    name: str
    items_: list[Item] = field(default_factory=list)


COUNTERS = {"admin": "overdue", "complaints": "unacknowledged", "compensations": "compensations"}
"""Which number of the workbench stands behind which line."""

SHOWN_UNDER = {
    "complaint": "complaints",
    "compensation": "compensations",
    "shifts": "roster",
    "duty_roles": "roster",
}
"""Pages without a line of their own."""


def navigation() -> list[Group]:
    """The navigation of the person at the screen: the first group has no name and holds the workbench."""
    top = Group("")
    groups = [top]
    for entry in current_app.extensions["admin"][0].menu():
        if not entry.is_category():
            _put(top, entry)
            continue
        group = Group(str(entry.name))
        for child in entry.get_children():
            _put(group, child)
        if group.items_:
            groups.append(group)
    return groups


def _put(group: Group, entry: Any) -> None:
    if not (entry.is_accessible() and entry.is_visible()):
        return
    view = entry.get_view() if hasattr(entry, "get_view") else getattr(entry, "_view", None)
    endpoint = getattr(view, "endpoint", "")
    here = (request.endpoint or "").split(".")[0]
    counts = words.desk_counts_once()
    counter = COUNTERS.get(endpoint)
    group.items_.append(
        Item(
            name=str(entry.name),
            url=entry.get_url(),
            is_active=SHOWN_UNDER.get(here, here) == endpoint,
            count=getattr(counts, counter) if counter and counts else 0,
        )
    )


COMPLAINTS, DUTY, CUSTOMERS, HANDLING, SYSTEM = (
    lazy_gettext("Complaints"),
    lazy_gettext("Duty"),
    lazy_gettext("Customers"),
    lazy_gettext("Handling"),
    lazy_gettext("System"),
)
"""The groups, in the order of the navigation: what people do, not which table it is."""


def register(app: Flask) -> None:
    """Build the panel and put every view into its group."""
    admin = Admin(
        app,
        name="安心桥",
        url="/",
        theme=Bootstrap4Theme(swatch="default", fluid=True, base_template="desk.html"),
        index_view=HomeView(name=lazy_gettext("Workbench"), url="/", endpoint="admin"),
        csp_nonce_generator=security.nonce,
    )
    for group in (COMPLAINTS, DUTY, CUSTOMERS, HANDLING, SYSTEM):
        admin.add_category(group)
    admin.add_view(ComplaintPage(endpoint="complaint", url="/complaints"))
    admin.add_view(
        CustomerView(
            Customer, name=lazy_gettext("Customers"), endpoint="customers", url="/customers", category=CUSTOMERS
        )
    )
    admin.add_view(
        ProjectView(Project, name=lazy_gettext("Projects"), endpoint="projects", url="/projects", category=CUSTOMERS)
    )
    admin.add_view(SearchView(name=lazy_gettext("Search"), endpoint="search", url="/search"))
    app.context_processor(lambda: {"navigation": navigation, "roster_link": roster_link, "search_url": search_url})
    app.context_processor(lambda: {"compensation_link": compensation_link, "evidence_link": evidence_link})
    admin.add_view(IntakeView(name=lazy_gettext("Record a complaint"), endpoint="intake", url="/intake"))
    admin.add_view(ImportView(name=lazy_gettext("Import"), endpoint="imports", url="/imports", category=COMPLAINTS))
    admin.add_view(RosterView(name=lazy_gettext("Roster"), endpoint="roster", url="/roster", category=DUTY))
    admin.add_view(
        ShiftsView(Shift, name=lazy_gettext("Shifts"), endpoint="shifts", url="/shifts", category=DUTY),
    )
    admin.add_view(
        DutyRolesView(
            DutyRole, name=lazy_gettext("Duty roles"), endpoint="duty_roles", url="/duty-roles", category=DUTY
        )
    )
    admin.add_view(
        PromisesView(Promise, name=lazy_gettext("Promises"), endpoint="promises", url="/promises", category=HANDLING)
    )
    admin.add_view(
        CompensationsView(
            Compensation,
            name=lazy_gettext("Compensations"),
            endpoint="compensations",
            url="/compensations",
            category=HANDLING,
        )
    )
    admin.add_view(CompensationPage(name=lazy_gettext("Compensation"), endpoint="compensation", url="/compensation"))
    admin.add_view(
        EvidenceView(
            Evidence, name=lazy_gettext("Photos and files"), endpoint="evidence", url="/evidence", category=HANDLING
        )
    )
    admin.add_view(PeopleView(Person, name=lazy_gettext("People"), endpoint="people", url="/people", category=SYSTEM))
    admin.add_view(
        NotificationsView(
            Notification, name=lazy_gettext("Messages"), endpoint="notifications", url="/messages", category=SYSTEM
        )
    )
    admin.add_view(InboxView(name=lazy_gettext("SMS inbox"), endpoint="inbox", url="/inbox", category=SYSTEM))


def roster_link(day: datetime | None = None) -> str:
    """The roster's week; ``day`` is any moment in it."""
    return url_for("roster.index", week=str(Week.of(day)) if day else None)


def search_url() -> str:
    """Where the search box asks."""
    return url_for("search.index")
