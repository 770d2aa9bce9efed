"""The menu: what people do, in groups; what they may not do is not shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, current_app, request, url_for
from flask_admin import Admin, BaseView
from flask_admin.theme import Bootstrap4Theme
from flask_babel import lazy_gettext

from admin_views import complaint_tabs, desk_counts, security
from admin_views.analysis import AnalysisView
from admin_views.appointments import AppointmentPage, AppointmentsView, appointment_link
from admin_views.base import DeskView
from admin_views.channels import ChannelsView
from admin_views.compensations import CompensationPage, CompensationsView, compensation_link
from admin_views.complaint_page import ComplaintPage
from admin_views.complaint_playbook import PlaybookPage
from admin_views.complaints import ComplaintsView
from admin_views.corrective_actions import CorrectiveActionsView
from admin_views.crews import CrewsView
from admin_views.customers import CustomersView, ProjectsView
from admin_views.drills import DrillsView
from admin_views.evidence import EvidenceView, evidence_link
from admin_views.follow_ups import FollowUpPage, FollowUpsView
from admin_views.groups import GroupPage, GroupsView, group_link
from admin_views.handovers import HandoversView
from admin_views.history import ClocksView, ContactsView, EscalationsView, ResponsibilitiesView, TimelineView
from admin_views.home import HomeView
from admin_views.imports import ImportView
from admin_views.inbox import InboxView
from admin_views.intake import IntakeView
from admin_views.leaves import LeavesView
from admin_views.message_templates import MessageTemplatesView
from admin_views.messages import NotificationsView
from admin_views.outward import OutwardView
from admin_views.overrides import OverridesView
from admin_views.papers import PapersView
from admin_views.people import PeopleView
from admin_views.places import BuildingsView, CommunitiesView, RoomsView
from admin_views.playbooks import PlaybooksView
from admin_views.policies import PoliciesView
from admin_views.promises import PromisesView
from admin_views.records import RecordChangesView
from admin_views.replies import RepliesView
from admin_views.root_causes import RootCausesView
from admin_views.roster import RosterView
from admin_views.roster_calendar import week_url
from admin_views.rotations import RotationsView
from admin_views.scripts import ScriptsView
from admin_views.search import SearchView
from admin_views.settings import SettingsView
from admin_views.shifts import DutyRolesView, ShiftsView
from admin_views.special_days import SpecialDaysView
from admin_views.substitutions import SubstitutionsView
from admin_views.swaps import SwapsView
from admin_views.verifications import VerificationsView, card
from admin_views.work_orders import WorkOrderPage, WorkOrdersView
from models import (
    Appointment,
    Base,
    Building,
    Clock,
    Community,
    Compensation,
    Complaint,
    CorrectiveAction,
    Crew,
    Customer,
    CustomerContact,
    DutyRole,
    Escalation,
    Evidence,
    FollowUp,
    GroupCase,
    InboundMessage,
    Notification,
    OutwardCase,
    Person,
    PlaybookStep,
    Project,
    Promise,
    RecordChange,
    Responsibility,
    Room,
    RootCause,
    Script,
    Setting,
    Shift,
    SpecialDay,
    TimelineEvent,
    WorkOrder,
)


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


COUNTERS = {
    "admin": "overdue",
    "complaints": "unacknowledged",
    "compensations": "compensations",
    "handovers": "handovers",
    "swaps": "swaps",
}
"""Which number of the workbench stands behind which line."""

SHOWN_UNDER = {
    "complaint": "complaints",
    "compensation": "compensations",
    "appointment": "appointments",
    "group": "groups",
    "work_order": "work_orders",
    "substitutions": "compensations",
    "follow_up": "follow_ups",
    "shifts": "roster",
    "duty_roles": "roster",
    "rotations": "roster",
    "overrides": "roster",
    "leaves": "roster",
    "buildings": "communities",
    "rooms": "communities",
    "special_days": "policies",
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
    counts = desk_counts.once()
    counter = COUNTERS.get(endpoint)
    group.items_.append(
        Item(
            name=str(entry.name),
            url=entry.get_url(),
            is_active=_shown_under(here) == endpoint,
            count=getattr(counts, counter) if counter and counts else 0,
        )
    )


def _shown_under(endpoint: str) -> str:
    return "complaints" if endpoint.startswith("complaint_") else SHOWN_UNDER.get(endpoint, endpoint)


COMPLAINTS, DUTY, CUSTOMERS, HANDLING, SYSTEM, LEDGERS = (
    lazy_gettext("Complaints"),
    lazy_gettext("Duty"),
    lazy_gettext("Customers"),
    lazy_gettext("Handling"),
    lazy_gettext("System"),
    lazy_gettext("Ledgers"),
)
"""The groups, in the order of the navigation: what people do, not which table it is."""

PAGES: Sequence[tuple[type[BaseView], Any, str, Any]] = (
    (ComplaintPage, None, "complaint", None),
    (CompensationPage, lazy_gettext("Compensation"), "compensation", None),
    (AppointmentPage, lazy_gettext("Appointment"), "appointment", None),
    (FollowUpPage, None, "follow_up", None),
    (GroupPage, None, "group", None),
    (WorkOrderPage, None, "work_order", None),
    (PlaybookPage, None, "complaint_playbook", None),
    (SearchView, lazy_gettext("Search"), "search", None),
    (IntakeView, lazy_gettext("Record a complaint"), "intake", None),
    (AnalysisView, lazy_gettext("Analysis report"), "analysis", COMPLAINTS),
    (ImportView, lazy_gettext("Import"), "imports", COMPLAINTS),
    (RosterView, lazy_gettext("Roster"), "roster", DUTY),
    (HandoversView, lazy_gettext("Handovers"), "handovers", DUTY),
    (SwapsView, lazy_gettext("Swaps"), "swaps", DUTY),
    (RotationsView, lazy_gettext("Rotations"), "rotations", DUTY),
    (OverridesView, lazy_gettext("Overrides"), "overrides", DUTY),
    (LeavesView, lazy_gettext("Leave"), "leaves", DUTY),
    (DrillsView, lazy_gettext("Drills"), "drills", DUTY),
    (PoliciesView, lazy_gettext("Policies"), "policies", SYSTEM),
    (MessageTemplatesView, lazy_gettext("Texts of messages"), "message_templates", SYSTEM),
    (InboxView, lazy_gettext("SMS inbox"), "inbox", SYSTEM),
    (ChannelsView, lazy_gettext("Channels"), "channels", SYSTEM),
    (VerificationsView, None, "verifications", None),
    (SubstitutionsView, lazy_gettext("Substitutes"), "substitutions", None),
    (PapersView, None, "papers", None),
)
"""Pages that are no list of a noun: view, name, endpoint, group."""

NOUNS: Sequence[tuple[type[DeskView], type[Base], Any, str, Any]] = (
    (ComplaintsView, Complaint, lazy_gettext("Complaints"), "complaints", COMPLAINTS),
    (GroupsView, GroupCase, lazy_gettext("Group complaints"), "groups", COMPLAINTS),
    (ShiftsView, Shift, lazy_gettext("Shifts"), "shifts", DUTY),
    (DutyRolesView, DutyRole, lazy_gettext("Duty roles"), "duty_roles", DUTY),
    (CustomersView, Customer, lazy_gettext("Customers"), "customers", CUSTOMERS),
    (ProjectsView, Project, lazy_gettext("Projects"), "projects", CUSTOMERS),
    (CommunitiesView, Community, lazy_gettext("Communities"), "communities", CUSTOMERS),
    (BuildingsView, Building, lazy_gettext("Buildings"), "buildings", CUSTOMERS),
    (RoomsView, Room, lazy_gettext("Rooms"), "rooms", CUSTOMERS),
    (AppointmentsView, Appointment, lazy_gettext("Appointments"), "appointments", HANDLING),
    (WorkOrdersView, WorkOrder, lazy_gettext("Work orders"), "work_orders", HANDLING),
    (PromisesView, Promise, lazy_gettext("Promises"), "promises", HANDLING),
    (FollowUpsView, FollowUp, lazy_gettext("Follow-ups"), "follow_ups", HANDLING),
    (CompensationsView, Compensation, lazy_gettext("Compensations"), "compensations", HANDLING),
    (CorrectiveActionsView, CorrectiveAction, lazy_gettext("Corrective actions"), "corrective_actions", HANDLING),
    (OutwardView, OutwardCase, lazy_gettext("Authorities and media"), "outward", HANDLING),
    (EscalationsView, Escalation, lazy_gettext("Escalations"), "escalations", LEDGERS),
    (ResponsibilitiesView, Responsibility, lazy_gettext("Responsibilities"), "responsibilities", LEDGERS),
    (ContactsView, CustomerContact, lazy_gettext("Contacts with customers"), "contacts", LEDGERS),
    (ClocksView, Clock, lazy_gettext("Clocks"), "clocks", LEDGERS),
    (EvidenceView, Evidence, lazy_gettext("Photos and files"), "evidence", LEDGERS),
    (TimelineView, TimelineEvent, lazy_gettext("All timelines"), "timeline", LEDGERS),
    (NotificationsView, Notification, lazy_gettext("Messages"), "notifications", SYSTEM),
    (RepliesView, InboundMessage, lazy_gettext("Replies"), "replies", SYSTEM),
    (ScriptsView, Script, lazy_gettext("Scripts"), "scripts", SYSTEM),
    (PlaybooksView, PlaybookStep, lazy_gettext("Playbooks"), "playbooks", SYSTEM),
    (RootCausesView, RootCause, lazy_gettext("Causes"), "root_causes", SYSTEM),
    (SpecialDaysView, SpecialDay, lazy_gettext("Special days"), "special_days", SYSTEM),
    (PeopleView, Person, lazy_gettext("People"), "people", SYSTEM),
    (CrewsView, Crew, lazy_gettext("Work crews"), "crews", SYSTEM),
    (SettingsView, Setting, lazy_gettext("Settings"), "settings", SYSTEM),
    (RecordChangesView, RecordChange, lazy_gettext("Record of changes"), "changes", LEDGERS),
)
"""Every noun of the desk: view, model, name, endpoint, group; in the order of the navigation."""

OWN_URLS = {
    "work_orders": "/work-orders",
    "work_order": "/work-order",
    "complaint": "/complaints",
    "group": "/groups",
    "complaint_playbook": "/complaints/<number>/playbook",
    "follow_ups": "/follow-ups",
    "follow_up": "/follow-up",
    "root_causes": "/root-causes",
    "corrective_actions": "/corrective-actions",
    "special_days": "/special-days",
    "duty_roles": "/duty-roles",
    "notifications": "/messages",
    "message_templates": "/message-templates",
}
"""Where an address is not the endpoint's name."""


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
    for group in (COMPLAINTS, DUTY, CUSTOMERS, HANDLING, SYSTEM, LEDGERS):
        admin.add_category(group)
    # The list of complaints comes before their page: both begin at /complaints/, and the list is meant by it.
    for view, model, name, endpoint, category in NOUNS:
        admin.add_view(view(model, name=name, endpoint=endpoint, url=_url(endpoint), category=category))
    for page, name, endpoint, category in PAGES:
        admin.add_view(page(name=name, endpoint=endpoint, url=_url(endpoint), category=category))
    for section in complaint_tabs.SECTIONS:
        where = f"/complaints/<number>/{section.tab}"
        admin.add_view(section(name=None, endpoint=complaint_tabs.endpoint(section.tab), url=where))
    complaint_tabs.register(app)
    app.context_processor(lambda: {"navigation": navigation, "roster_link": week_url, "search_url": search_url})
    app.context_processor(lambda: {"compensation_link": compensation_link, "evidence_link": evidence_link})
    app.context_processor(lambda: {"group_link": group_link, "appointment_link": appointment_link})
    app.context_processor(lambda: {"phone_card": card})


def _url(endpoint: str) -> str:
    return OWN_URLS.get(endpoint, f"/{endpoint}")


def search_url() -> str:
    """Where the search box asks."""
    return url_for("search.index")
