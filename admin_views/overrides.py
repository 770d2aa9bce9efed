"""Overrides: who stands in, comes in addition or is taken out for a while; laid over the roster, taken back."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from flask import flash, redirect, request
from flask_admin import expose
from flask_babel import gettext
from flask_login import current_user

from admin_views.base import actor
from admin_views.override_forms import CancelForm, OverrideForm
from admin_views.pages import Page
from admin_views.roster_calendar import week_url
from admin_views.rows import row_or_404
from extensions import timepiece
from models import Override
from rules.permissions import Permission
from services import overrides
from services.actors import require

BACK = timedelta(days=28)
AHEAD = timedelta(days=92)


class OverridesView(Page):
    """The overrides around these weeks, one of them, and the form of a new one."""

    is_in_menu = False

    @expose("/")
    def index(self) -> Any:
        """What lies over the roster now and in the coming months, and what lay over it in the last weeks."""
        now = timepiece.now()
        coming = overrides.between(start=now, end=now + AHEAD)
        past = overrides.between(start=now - BACK, end=now)
        return self.render(
            "overrides.html",
            coming=[each for each in coming if not each.is_over(now)],
            past=[each for each in reversed(past) if each.is_over(now)],
            now=now,
        )

    @expose("/new", methods=("GET", "POST"))
    def new(self) -> Any:
        """Override some hours; a drag over the calendar comes with role and hours."""
        require(actor(), Permission.SCHEDULE)
        if request.method == "GET":
            return self.render("override_new.html", form=OverrideForm(formdata=request.args))
        form = OverrideForm()
        if form.carries_out(lambda now: form.lay(actor=actor(), now=now)):
            flash(gettext("The override stands; whoever it concerns gets an SMS."), "success")
            return redirect(week_url(form.starts_at.data), code=HTTPStatus.SEE_OTHER)
        return self.render("override_new.html", form=form), form.status

    @expose("/<int:override_id>")
    def page(self, override_id: int) -> Any:
        """One override: its facts, and the button that takes it back."""
        return self._page(row_or_404(Override, override_id))

    @expose("/<int:override_id>/cancel", methods=("POST",))
    def cancel(self, override_id: int) -> Any:
        """Take it back, with a reason."""
        require(actor(), Permission.SCHEDULE)
        override = row_or_404(Override, override_id)
        form = CancelForm()
        if form.carries_out(lambda now: form.cancel(override, actor=actor(), now=now)):
            flash(gettext("The override was taken back; whoever it concerns gets an SMS."), "success")
            return redirect(week_url(override.starts_at), code=HTTPStatus.SEE_OTHER)
        return self._page(row_or_404(Override, override_id), cancel=form), form.status

    def _page(self, override: Override, *, cancel: CancelForm | None = None) -> str:
        now = timepiece.now()
        return self.render(
            "override.html",
            override=override,
            may_cancel=not override.is_over(now) and current_user.may(Permission.SCHEDULE),
            cancel=cancel or CancelForm(formdata=None),
            is_cancelling=cancel is not None,
            now=now,
        )
