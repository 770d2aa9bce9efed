"""The roster: who is on duty in a week, where nobody is, and the form that fills a gap (D-03)."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext
from flask_login import current_user

from admin_views.pages import Page
from admin_views.roster_forms import CallOffForm, NewShiftForm, ShiftForm
from admin_views.roster_week import Week, grid
from admin_views.rows import row_or_404
from extensions import timepiece
from models import Shift
from rules.permissions import Permission
from rules.roster import coverage
from services import duty, workbench
from services.actors import require

OWN_SHIFTS = 60


class RosterView(Page):
    """The week, one's own shifts, and the verbs around a shift."""

    def is_accessible(self) -> bool:
        """Whoever may see complaints may see who is there for them."""
        return bool(current_user.is_authenticated and current_user.may(Permission.VIEW))

    @expose("/")
    def index(self) -> Any:
        """The grid of a week; ``?week=2026-W48``, the present one by default."""
        now = timepiece.now()
        week = _week(now)
        gaps = duty.gaps(start=week.start, end=week.end)
        shares = [coverage(free, start=week.start, end=week.end) for free in gaps.values()]
        return self.render(
            "roster.html",
            week=week,
            rows=grid(week, shifts=duty.between(start=week.start, end=week.end), gaps=gaps),
            covered=100 * sum(shares) / len(shares) if shares else 0.0,
            gap_count=sum(len(free) for free in gaps.values()),
            posts=workbench.posts(now=now),
            own=duty.of_person(current_user, after=now, limit=1),
            now=now,
        )

    @expose("/now")
    def present(self) -> Any:
        """Who is on duty now and next, as a piece of the page that refreshes itself."""
        now = timepiece.now()
        return self.render("roster_now.html", posts=workbench.posts(now=now), now=now)

    @expose("/mine")
    def mine(self) -> Any:
        """The shifts of the person at the screen."""
        now = timepiece.now()
        return self.render(
            "roster_mine.html", shifts=duty.of_person(current_user, after=now, limit=OWN_SHIFTS), now=now
        )

    @expose("/new", methods=("GET", "POST"))
    def new(self) -> Any:
        """Put somebody on duty; a gap of the grid comes with its role and hours."""
        require(current_user, Permission.SCHEDULE)
        if request.method == "GET":
            return self.render("roster_shift.html", form=NewShiftForm(formdata=request.args), shift=None)
        form = NewShiftForm()
        if form.carries_out(lambda now: form.schedule(actor=current_user, now=now)):
            flash(gettext("The shift stands in the roster."), "success")
            return redirect(_week_url(form.starts_at.data))
        return self.render("roster_shift.html", form=form, shift=None), form.status

    @expose("/shifts/<int:shift_id>", methods=("GET", "POST"))
    def shift(self, shift_id: int) -> Any:
        """One shift: its facts for everybody, its form for those who plan."""
        shift = row_or_404(Shift, shift_id)
        if request.method == "GET":
            return self._shift_page(shift, ShiftForm(shift))
        require(current_user, Permission.SCHEDULE)
        form = ShiftForm(shift)
        if form.carries_out(lambda now: form.change(actor=current_user, now=now)):
            flash(gettext("The shift was changed; whoever it concerns gets an SMS."), "success")
            return redirect(_week_url(shift.starts_at))
        return self._shift_page(row_or_404(Shift, shift_id), form), form.status

    @expose("/shifts/<int:shift_id>/call-off", methods=("POST",))
    def call_off(self, shift_id: int) -> Any:
        """Take a shift out of the roster, with a reason."""
        require(current_user, Permission.SCHEDULE)
        shift = row_or_404(Shift, shift_id)
        form = CallOffForm()
        if form.carries_out(lambda now: form.call_off(shift, actor=current_user, now=now)):
            flash(gettext("The shift was called off; the row stays with the reason."), "success")
            return redirect(_week_url(shift.starts_at))
        shift = row_or_404(Shift, shift_id)
        return self._shift_page(shift, ShiftForm(shift, formdata=None), call_off=form), form.status

    def _shift_page(self, shift: Shift, form: ShiftForm, *, call_off: CallOffForm | None = None) -> str:
        now = timepiece.now()
        is_open = shift.cancelled_at is None and shift.ends_at > now
        return self.render(
            "roster_shift.html",
            form=form,
            shift=shift,
            may_change=is_open and current_user.may(Permission.SCHEDULE),
            call_off=call_off or CallOffForm(formdata=None),
            is_calling_off=call_off is not None,
            now=now,
        )


def _week(now: datetime) -> Week:
    """The week that is asked for."""
    name = request.args.get("week", "")
    if not name:
        return Week.of(now)
    return Week.read(name) or abort(HTTPStatus.NOT_FOUND)


def _week_url(moment: datetime) -> str:
    return url_for("roster.index", week=str(Week.of(moment)))
