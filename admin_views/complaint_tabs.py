"""The tabs of a complaint's page, which tab leads where, and how the next steps are worded."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Flask, url_for

from admin_views.complaint_disputes import DisputesPage
from admin_views.complaint_follow_up import FollowUpPage
from admin_views.complaint_inspection import InspectionPage
from admin_views.complaint_money import MoneyPage
from admin_views.complaint_outward import OutwardPage
from admin_views.complaint_papers import PapersSection
from admin_views.complaint_review import ReviewPage
from admin_views.complaint_section import SectionPage
from admin_views.complaint_work import WorkPage
from admin_views.fields import in_words
from models import Complaint
from rules.next_steps import NextStep, Tab

SECTIONS: Sequence[type[SectionPage]] = (
    InspectionPage,
    WorkPage,
    DisputesPage,
    MoneyPage,
    OutwardPage,
    FollowUpPage,
    ReviewPage,
    PapersSection,
)
"""The page of every tab but the overview, in the order of the tabs."""


def register(app: Flask) -> None:
    """Hand the tabs to the templates."""
    app.add_template_filter(step_words)
    app.context_processor(lambda: {"complaint_tabs": tabs, "tab_link": tab_link})


def tabs() -> list[Tab]:
    """The tabs, the overview first."""
    return [Tab.OVERVIEW, *(section.tab for section in SECTIONS)]


def tab_link(complaint: Complaint, tab: Tab | str) -> str:
    """Where a tab of this complaint is; a template may say its value."""
    tab = Tab(tab)
    if tab is Tab.OVERVIEW:
        return url_for("complaint.page", number=complaint.number)
    return url_for(f"{endpoint(tab)}.page", number=complaint.number)


def endpoint(tab: Tab) -> str:
    """The endpoint of a tab's page."""
    return f"complaint_{tab.name.lower()}"


def step_words(step: NextStep) -> str:
    """A step as a sentence in the reader's language."""
    return in_words(step.sentence, step.values)
