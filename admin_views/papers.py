"""Papers as files: drawn when they are asked for, except a case file's copies, which are kept as they were printed."""

from __future__ import annotations

import io
from http import HTTPStatus
from typing import Any

from flask import abort
from flask_admin import expose

from admin_views import paper_delay, paper_work_orders
from admin_views.pages import Page
from admin_views.paper_words import sent
from admin_views.words import may
from extensions import db, timepiece
from models import Complaint, WorkOrder
from rules.permissions import Permission
from services import case_files, complaints, papers
from services.papers import Paper


class PapersView(Page):
    """The address of every paper."""

    is_in_menu = False

    @expose("/")
    def index(self) -> Any:
        """Each complaint has its own papers; there is no list of all."""
        abort(HTTPStatus.NOT_FOUND)

    @expose("/work-orders/<number>/card.pdf")
    def card(self, number: str) -> Any:
        """The service card of a work order."""
        return _drawn(paper_work_orders.card(_order(number)), f"{number}-card.pdf")

    @expose("/work-orders/<number>/report.pdf")
    def report(self, number: str) -> Any:
        """The service report of a work order that is done."""
        order = _order(number)
        if not paper_work_orders.is_done(order):
            abort(HTTPStatus.NOT_FOUND)
        return _drawn(paper_work_orders.report(order), f"{number}-report.pdf")

    @expose("/complaints/<number>/delay.pdf")
    def delay(self, number: str) -> Any:
        """The account of the delay of a complaint's project."""
        complaint = _complaint(number)
        if complaint.project is None:
            abort(HTTPStatus.NOT_FOUND)
        return _drawn(paper_delay.paper(complaint, complaint.project), f"{number}-delay.pdf")

    @expose("/complaints/<number>/case-file-<int:copy>.pdf")
    def case_file(self, number: str, copy: int) -> Any:
        """A copy of the case file as it was printed; the customer's whole number stands in it."""
        if not may(Permission.REVEAL):
            abort(HTTPStatus.FORBIDDEN)
        kept = case_files.find(_complaint(number), min(copy, 2**31 - 1))
        if kept is None or not case_files.path(kept).is_file():
            abort(HTTPStatus.NOT_FOUND)
        return sent(io.BytesIO(case_files.path(kept).read_bytes()), f"{number}-{copy}.pdf")


def _drawn(paper: Paper, file_name: str) -> Any:
    return sent(io.BytesIO(papers.render(paper, now=timepiece.now()).content), file_name)


def _order(number: str) -> WorkOrder:
    order = db.session.query(WorkOrder).filter_by(number=number).one_or_none() if number.isprintable() else None
    if order is None:
        abort(HTTPStatus.NOT_FOUND)
    return order


def _complaint(number: str) -> Complaint:
    complaint = complaints.find(number)
    if complaint is None:
        abort(HTTPStatus.NOT_FOUND)
    return complaint
