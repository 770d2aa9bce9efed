"""Appointments with customers: who goes where today, tomorrow and this week, and what becomes of each (D-16)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from http import HTTPStatus
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext, lazy_gettext
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy import ColumnElement
from werkzeug.wrappers import Response

from admin_views import appointment_forms
from admin_views.appointment_forms import StepForm
from admin_views.badges import badge
from admin_views.base import DeskView, actor
from admin_views.filters import DaysFilter, PersonFilter, Tab, WordFilter
from admin_views.pages import Page
from admin_views.rows import LARGEST_ID, row_or_404
from extensions import COMPANY_ZONE, timepiece
from models import Appointment
from models.base import spelled_out
from rules.vocabulary import AppointmentPurpose, AppointmentState
from services import appointment_notices, appointments, people, search

FOUND = 200
DAY = timedelta(days=1)

LOOKS: Mapping[AppointmentState, str] = {
    AppointmentState.PLANNED: "level-3",
    AppointmentState.KEPT: "done",
    AppointmentState.MISSED: "level-1",
}
"""How a state's badge looks; what was moved or called off stands back."""


def _planned(*conditions: ColumnElement[bool]) -> Sequence[ColumnElement[bool]]:
    return [spelled_out(Appointment.state, AppointmentState.PLANNED), *conditions]


def _days(first: int, last: int) -> Sequence[ColumnElement[bool]]:
    """From one day on, counted from today, up to and without another; in the company's time."""
    today = datetime.combine(timepiece.now().astimezone(COMPANY_ZONE).date(), time(), COMPANY_ZONE)
    return [Appointment.starts_at >= today + first * DAY, Appointment.starts_at < today + last * DAY]


class AppointmentsView(DeskView):
    """Every appointment; they are made on their complaint's page."""

    has_new = False
    search_hint = lazy_gettext("Number of the complaint")
    tabs = (
        Tab("today", lazy_gettext("Today"), lambda: _days(0, 1)),
        Tab("tomorrow", lazy_gettext("Tomorrow"), lambda: _days(1, 2)),
        Tab("week", lazy_gettext("Seven days"), lambda: _planned(*_days(0, 7))),
        Tab("mine", lazy_gettext("Mine"), lambda: _planned(Appointment.person_id == current_user.id)),
        Tab("past", lazy_gettext("Without an outcome"), lambda: _planned(Appointment.ends_at < timepiece.now())),
        Tab("all", lazy_gettext("All")),
    )
    column_list = ("starts_at", "complaint", "place", "purpose", "person", "state")
    column_labels: Mapping[str, Any] = {"place": lazy_gettext("Place")}
    column_export_list = (
        *("starts_at", "ends_at", "complaint", "purpose", "person", "remarks", "state", "reason"),
        *("made_at", "made_by", "ended_at", "ended_by"),
    )
    column_default_order = ("starts_at", False)
    column_sortable_list = ("starts_at",)
    column_formatters: Mapping[str, Any] = {
        "place": lambda view, context, appointment, name: appointment.complaint.place or "—",
        "state": lambda view, context, appointment, name: state_badge(appointment),
    }
    desk_filters = (
        PersonFilter("person", Appointment.person_id, people.everybody),
        WordFilter("purpose", Appointment.purpose, AppointmentPurpose),
        WordFilter("state", Appointment.state, AppointmentState),
        DaysFilter("starts_at", Appointment.starts_at),
    )
    create_view = None
    edit_view = None

    def order(self, sort_column: str | None, sort_desc: bool) -> list[Any]:
        """What comes begins with the next, history with the last."""
        if sort_column is None and request.args.get("view") in ("past", "all"):
            return [Appointment.starts_at.desc(), Appointment.id.desc()]
        return super().order(sort_column, sort_desc)

    def record_url(self, record: Appointment) -> str:
        """Its own page."""
        return appointment_link(record)

    @expose("/details/")
    def details_view(self) -> Response:
        """Its own page knows more."""
        return redirect(appointment_link(self._asked_for()))

    def found(self, text: str) -> ColumnElement[bool] | None:
        """Those of the complaints that the search box would find."""
        return Appointment.complaint_id.in_(search.complaint_ids(text, FOUND))


class AppointmentPage(Page):
    """One appointment: who comes when and what for, and the steps that are possible now."""

    is_in_menu = False

    @expose("/")
    def index(self) -> Response:
        """An appointment needs a number; without one the list is meant."""
        return redirect(url_for("appointments.index_view"))

    @expose("/<int:appointment_id>")
    def page(self, appointment_id: int) -> Any:
        """Show it."""
        return self._page(row_or_404(Appointment, appointment_id))

    @expose("/<int:appointment_id>/<step>", methods=("POST",))
    def take(self, appointment_id: int, step: str) -> Any:
        """Take one step, with the complaint locked; what is refused stands beside its field."""
        if step not in appointment_forms.STEPS:
            abort(HTTPStatus.NOT_FOUND)
        form = appointment_forms.STEPS[step]()
        appointment = row_or_404(Appointment, appointment_id)
        if form.carries_out(lambda now: form.do(_locked(appointment_id), actor=actor(), now=now)):
            flash(str(form.done), "success")
            return redirect(url_for("complaint.page", number=appointment.complaint.number))
        return self._page(row_or_404(Appointment, appointment_id), opened=step, form=form), form.status

    def _page(self, appointment: Appointment, *, opened: str | None = None, form: StepForm | None = None) -> str:
        now = timepiece.now()
        return self.render(
            "appointment.html",
            appointment=appointment,
            told=appointment_notices.told(appointment),
            forms=appointment_forms.of(appointment, actor(), now=now, opened=opened, form=form),
            opened=opened,
            state_badge=state_badge,
        )


def appointment_link(appointment: Appointment) -> str:
    """The page of an appointment."""
    return url_for("appointment.page", appointment_id=appointment.id)


def state_badge(appointment: Appointment) -> Markup:
    """Where it stands; one that is past and has no outcome is somebody's to see to."""
    if appointment.state is AppointmentState.PLANNED and appointment.ends_at < timepiece.now():
        return badge(gettext("no outcome yet"), "level-2")
    return badge(gettext(appointment.state.label), LOOKS.get(appointment.state, "neutral"))


def _locked(appointment_id: int) -> Appointment:
    """The appointment behind an id in an address; one that was made up is not found."""
    return appointments.by_id(min(appointment_id, LARGEST_ID))
