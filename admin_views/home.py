"""The workbench: the first page of the day and of the night. It answers one question: who must act now?"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import Any

from flask import request
from flask_admin import AdminIndexView, expose

from admin_views import channels, desk_counts, message_words
from admin_views.base import actor
from admin_views.pages import Page
from extensions import COMPANY_ZONE, timepiece
from rules.escalation import DutyRoleCode
from rules.permissions import Permission
from rules.roster import Interval
from services import (
    chain_audit,
    coverage,
    delivery_report,
    groups,
    handovers,
    meetings,
    standstill,
    summonses,
    workbench,
)
from services.workbench import Matter

Gaps = dict[DutyRoleCode, list[Interval]]
HOLES_SHOWN = 4
VIEWS = ("urgent", "unacknowledged", "mine")


class HomeView(Page, AdminIndexView):
    """Matters by urgency, who is on duty, where nobody will be, today's promises."""

    @expose("/")
    def index(self) -> Any:
        """The whole page."""
        now = timepiece.now()
        ahead = coverage.ahead(now=now)
        return self.render(
            "home.html",
            view=_view(),
            matters=_matters(),
            counts=desk_counts.once(),
            posts=workbench.posts(now=now),
            ahead=ahead,
            holes=ahead.holes[:HOLES_SHOWN],
            gap_days=_gap_days(ahead.gaps, now),
            late_handovers=handovers.late(),
            meetings=meetings.all_going_on(),
            groups=groups.going_on(),
            waiting=summonses.waiting_for(actor()),
            findings=chain_audit.findings(now=now),
            lost=delivery_report.lost_lately(now=now) if actor().may(Permission.SEND_MESSAGES) else [],
            why_lost=message_words.why,
            promises=workbench.promises_today(now=now),
            troubled_channels=channels.in_trouble() if actor().may(Permission.MANAGE_CHANNELS) else [],
            is_silent=channels.is_silent(now),
            standstill=standstill.since(now=now),
            now=now,
        )

    @expose("/matters")
    def matters(self) -> Any:
        """The list alone, for the page that refreshes itself."""
        return self.render(
            "home_matters.html",
            view=_view(),
            matters=_matters(),
            counts=desk_counts.once(),
            now=timepiece.now(),
        )


def _view() -> str:
    """Which of the lists is asked for."""
    asked = request.args.get("view", "")
    return asked if asked in VIEWS else VIEWS[0]


def _matters() -> list[Matter]:
    return {
        "urgent": workbench.urgent,
        "unacknowledged": workbench.unacknowledged,
        "mine": lambda: workbench.mine(actor()),
    }[_view()]()


def _days(now: datetime) -> list[Interval]:
    """The coming days in company time, the first from now on."""
    today = now.astimezone(COMPANY_ZONE).date()
    midnights = [
        datetime.combine(today + timedelta(days=n), time(), COMPANY_ZONE) for n in range(coverage.AHEAD.days + 1)
    ]
    return [(max(start, now), end) for start, end in pairwise(midnights)]


def _gap_days(gaps: Gaps, now: datetime) -> dict[DutyRoleCode, list[tuple[datetime, datetime | None]]]:
    """For each role and each coming day: the day, and when its first gap begins (None: covered)."""
    return {
        role: [
            (start, next((max(begins, start) for begins, ends in free if begins < end and ends > start), None))
            for start, end in _days(now)
        ]
        for role, free in gaps.items()
    }
