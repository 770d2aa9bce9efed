"""The analysis report 《投诉分析报告》 on the screen, on paper and as a workbook (G-06, N7, N21)."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Any

from flask import Response, request
from flask_admin import expose
from flask_babel import gettext

from admin_views import analysis_workbook, paper_analysis
from admin_views.analysis_sections import sections, shown
from admin_views.charts import bars
from admin_views.fields import sentence
from admin_views.pages import Page
from admin_views.paper_words import sent
from extensions import COMPANY_ZONE, timepiece
from rules.permissions import Permission
from rules.refusals import Refusal
from services import analysis, papers
from services.analysis import Period


@dataclass(frozen=True)
class Asked:
    """The period that the address asks for, and why another one is shown."""

    period: Period
    refusal: str = ""


class AnalysisView(Page):
    """A month unless the address says a quarter or days of its own."""

    view_permission = Permission.REPORT

    @expose("/")
    def index(self) -> Any:
        """The report of a period."""
        asked = _asked()
        found = analysis.report(asked.period, now=timepiece.now())
        page = self.render(
            "analysis.html",
            report=found,
            period=asked.period,
            refusal=asked.refusal,
            sections=sections(found),
            bars=bars,
            shown=shown,
            today=_today(),
        )
        return page, HTTPStatus.UNPROCESSABLE_ENTITY if asked.refusal else HTTPStatus.OK

    @expose("/xlsx")
    def workbook(self) -> Response:
        """The same numbers, a sheet for each section."""
        asked = _asked()
        if asked.refusal:
            return Response(asked.refusal, HTTPStatus.UNPROCESSABLE_ENTITY, mimetype="text/plain")
        found = analysis.report(asked.period, now=timepiece.now())
        return Response(
            analysis_workbook.written(found.period, sections(found)),
            mimetype="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            headers={"Content-Disposition": f"attachment; filename={_file_name(asked.period)}.xlsx"},
        )

    @expose("/pdf")
    def on_paper(self) -> Response:
        """The same numbers to print and to hand round."""
        asked = _asked()
        if asked.refusal:
            return Response(asked.refusal, HTTPStatus.UNPROCESSABLE_ENTITY, mimetype="text/plain")
        now = timepiece.now()
        found = analysis.report(asked.period, now=now)
        printed = papers.render(paper_analysis.paper(found, sections(found)), now=now)
        return sent(io.BytesIO(printed.content), f"{_file_name(asked.period)}.pdf")


def _file_name(period: Period) -> str:
    return f"analysis-{period.first_on:%Y%m%d}-{period.last_on:%Y%m%d}"


def _asked() -> Asked:
    """The period of the address; this month where it says nothing or nonsense."""
    this_month = analysis.month(_today())
    try:
        first, last = (_day(request.args.get(name, "")) for name in ("first_on", "last_on"))
        if first and last:
            return Asked(analysis.days(first, last))
        if first or last:
            return Asked(this_month, gettext("Please give both days."))
        day = _day(request.args.get("day", "")) or _today()
        period = analysis.quarter(day) if request.args.get("by") == "quarter" else analysis.month(day)
        return Asked(analysis.days(period.first_on, period.last_on))
    except Refusal as refusal:
        return Asked(this_month, sentence(refusal))
    except (ValueError, OverflowError):
        return Asked(this_month, gettext("This is no date."))


def _day(text: str) -> date | None:
    return date.fromisoformat(text.strip()) if text.strip() else None


def _today() -> date:
    return timepiece.now().astimezone(COMPANY_ZONE).date()
