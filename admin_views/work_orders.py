"""Work orders: what is to be done today, what is late, each with its own page; maintenance has no complaint (A-03)."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from http import HTTPStatus
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext, lazy_gettext
from flask_login import current_user
from sqlalchemy import ColumnElement, or_
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from admin_views.base import DeskView, actor
from admin_views.complaint_section import Button, SectionForm
from admin_views.complaint_work import ORDER_FORMS, STATE_COLOURS, PlanForm
from admin_views.filters import DaysFilter, PersonFilter, Tab, WordFilter, unindexed
from admin_views.pages import Page
from admin_views.rows import row_or_404
from extensions import COMPANY_ZONE, db, timepiece
from models import Person, WorkCost, WorkOrder
from models.base import spelled_out
from rules.permissions import Permission
from rules.refusals import Refusal
from rules.vocabulary import N_, WorkOrderKind, WorkOrderState, WorkPart
from services import complaint_locks, crews, customers, people, search, work_orders

FOUND = 200
S = WorkOrderState


def _open() -> ColumnElement[bool]:
    """In the words of the partial index."""
    return spelled_out(WorkOrder.state, S.PLANNED, S.QUOTED, S.RUNNING, S.DONE)


def _mine() -> Sequence[ColumnElement[bool]]:
    """What the person at the screen or a crew of theirs does until tonight, and what is late."""
    today = timepiece.now().astimezone(COMPANY_ZONE).date()
    tonight = datetime.combine(today + timedelta(days=1), time(), COMPANY_ZONE).astimezone(UTC)
    technician_id, crew_id = unindexed(WorkOrder.technician_id), unindexed(WorkOrder.crew_id)  # Few are open.
    is_mine = or_(technician_id == current_user.id, crew_id.in_(crews.led_by(actor())))
    return [_open(), is_mine, WorkOrder.planned_start_at < tonight]


class _MadeFilter(DaysFilter):
    """When it was made; of the few that are open it is read, of all of them it is looked up."""

    def conditions(self, asked: Mapping[str, str]) -> list[ColumnElement[bool]]:
        """Between the days that were given."""
        if asked.get("view") == "all":
            return super().conditions(asked)
        read = copy.copy(self)
        read.column = unindexed(self.column)
        return super(_MadeFilter, read).conditions(asked)


class WorkOrdersView(DeskView):
    """Every work order; those of complaints are planned on their tab."""

    has_new = False
    list_template = "work_order_list.html"
    search_hint = lazy_gettext("Number of the order, or of the complaint")
    tabs = (
        Tab("open", lazy_gettext("Open"), lambda: [_open()]),
        Tab("mine", lazy_gettext("Mine until tonight"), _mine),
        Tab("late", lazy_gettext("Late"), lambda: [_open(), WorkOrder.planned_done_at < timepiece.now()]),
        Tab("all", lazy_gettext("All")),
    )
    column_list = (
        *("number", "customer", "kind", "part", "technician", "crew", "planned_start_at", "planned_done_at"),
        *("is_free", "state"),
    )
    column_default_order = ("planned_done_at", False)
    column_sortable_list = ("planned_done_at",)
    desk_filters = (
        WordFilter("state", WorkOrder.state, WorkOrderState),
        WordFilter("kind", WorkOrder.kind, WorkOrderKind),
        WordFilter("part", WorkOrder.part, WorkPart),
        PersonFilter("technician", WorkOrder.technician_id, people.everybody),
        _MadeFilter("made_at", WorkOrder.made_at),
    )

    def order(self, sort_column: str | None, sort_desc: bool) -> list[Any]:
        """What is open begins with what is to be done first, history with what was made last."""
        if sort_column is None and request.args.get("view") == "all":
            return [WorkOrder.made_at.desc(), WorkOrder.id.desc()]
        return super().order(sort_column, sort_desc)

    def record_url(self, record: WorkOrder) -> str:
        """Its own page."""
        return url_for("work_order.page", number=record.number)

    @expose("/details/")
    def details_view(self) -> Response:
        """Its own page knows more."""
        return redirect(self.record_url(self._asked_for()))

    def found(self, text: str) -> ColumnElement[bool] | None:
        """By its own number, or by its complaint."""
        if text.strip().upper().startswith("W-"):
            return WorkOrder.number == text.strip().upper()
        return WorkOrder.complaint_id.in_(search.complaint_ids(text, FOUND))


class MaintenanceForm(PlanForm):
    """Work without a complaint: for which contract."""

    word = lazy_gettext("Plan maintenance")
    contract_no = StringField(
        lazy_gettext("Contract no."), [InputRequired(lazy_gettext("For which contract?")), Length(max=40)]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.is_promised

    def propose(self) -> None:
        """Maintenance is what comes without a complaint."""
        self.kind.process_data(WorkOrderKind.MAINTENANCE)

    def plan(self, *, actor: Person, now: datetime) -> WorkOrder:
        """Plan it for the contract's customer."""
        project = customers.project_by_contract(self.contract_no.data or "")
        if project is None:
            raise Refusal(N_("There is no contract with this number."), field="contract_no")
        return work_orders.plan(
            order=self.order(),
            cause=self.cause.data,
            is_free=self.is_free.data or None,
            why=self.why.data or "",
            customer=project.customer,
            project=project,
            actor=actor,
            now=now,
        )


class WorkOrderPage(Page):
    """One work order, with or without a complaint, and the steps behind its buttons."""

    is_in_menu = False

    @expose("/")
    def index(self) -> Any:
        """A work order needs a number; without one the list is meant."""
        return redirect(url_for("work_orders.index_view"))

    @expose("/new", methods=("GET", "POST"))
    def new(self) -> Any:
        """Plan maintenance."""
        if not current_user.may(Permission.WORK):
            abort(HTTPStatus.FORBIDDEN)
        form = MaintenanceForm(None)
        made: list[WorkOrder] = []
        if form.is_submitted() and form.carries_out(lambda now: made.append(form.plan(actor=actor(), now=now))):
            flash(gettext("Planned: %(number)s.", number=made[0].number), "success")
            return redirect(url_for(".page", number=made[0].number))
        if not form.is_submitted():
            form.propose()
        return self.render("work_order_new.html", form=form), form.status if form.is_submitted() else HTTPStatus.OK

    @expose("/<number>")
    def page(self, number: str) -> Any:
        """Show it."""
        return self._page(_found(number))

    @expose("/<number>/<verb>", methods=("POST",))
    def act(self, number: str, verb: str) -> Any:
        """Take a step."""
        return self._attempt(number, verb, None)

    @expose("/<number>/<verb>/<int:item_id>", methods=("POST",))
    def act_on(self, number: str, verb: str, item_id: int) -> Any:
        """Take a step with one of its costs."""
        return self._attempt(number, verb, item_id)

    def _attempt(self, number: str, verb: str, item_id: int | None) -> Any:
        order, kind = _found(number), ORDER_FORMS.get(verb)
        if kind is None or (kind.model is WorkCost) is not (item_id is not None):
            abort(HTTPStatus.NOT_FOUND)
        if order.complaint is not None:
            complaint_locks.by_number(order.complaint.number)
        db.session.refresh(order, with_for_update={"of": WorkOrder})
        item: Any = order if item_id is None else row_or_404(WorkCost, item_id)
        if item_id is not None and item.work_order_id != order.id:
            abort(HTTPStatus.NOT_FOUND)
        form = kind(order.complaint, item)
        if form.carries_out(lambda now: form.do(actor=actor(), now=now)):
            flash(gettext("Done: %(step)s.", step=kind.word), "success")
            return redirect(url_for(".page", number=number))
        return self._page(_found(number), refused=(verb, item, form)), form.status

    def _page(self, order: WorkOrder, *, refused: tuple[str, Any, SectionForm] | None = None) -> str:
        buttons = [button for item in (order, *order.costs) for button in _buttons(order, item, refused)]
        return self.render(
            "work_order.html",
            order=order,
            buttons=buttons,
            buttons_of=lambda item=None: [button for button in buttons if button.item is item],
            total=work_orders.total(order),
            state_colour=STATE_COLOURS,
            now=timepiece.now(),
        )


def _buttons(order: WorkOrder, item: Any, refused: tuple[str, Any, SectionForm] | None) -> list[Button]:
    found = []
    for verb, kind in ORDER_FORMS.items():
        if kind.model is not type(item):
            continue
        url = (
            url_for("work_order.act", number=order.number, verb=verb)
            if item is order
            else url_for("work_order.act_on", number=order.number, verb=verb, item_id=item.id)
        )
        if refused is not None and refused[:2] == (verb, item):
            found.append(Button(verb, refused[2], item, url, is_open=True))
        elif kind.is_offered(order.complaint, item, actor()):  # type: ignore[arg-type]  # Maintenance has no complaint.
            form = kind(order.complaint, item, formdata=None)  # type: ignore[arg-type]
            form.propose()
            found.append(Button(verb, form, item, url))
    return found


def _found(number: str) -> WorkOrder:
    order = work_orders.find(number)
    if order is None:
        abort(HTTPStatus.NOT_FOUND)
    return order
