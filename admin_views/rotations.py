"""Rotations: who takes turns for which role, and the form that shows what a new one would make."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext
from sqlalchemy import select

from admin_views.base import actor
from admin_views.pages import Page
from admin_views.rotation_forms import ZONES, RotationForm, StopForm
from admin_views.rows import row_or_404
from extensions import db, timepiece
from models import Rotation
from rules.permissions import Permission
from rules.roster import coverage, gaps
from services import fairness, rotations
from services.actors import require
from services.rotations import Preview

STOPPED_SHOWN = 20
TURNS_SHOWN = 42


class RotationsView(Page):
    """The rotations that run, and the verbs around them."""

    is_in_menu = False

    @expose("/")
    def index(self) -> Any:
        """Who takes turns, in which order; those that were stopped below."""
        ended = select(Rotation).where(Rotation.stopped_at.is_not(None)).order_by(Rotation.stopped_at.desc())
        return self.render(
            "rotations.html",
            rotations=rotations.active(),
            stopped=list(db.session.scalars(ended.limit(STOPPED_SHOWN))),
            now=timepiece.now(),
        )

    @expose("/new", methods=("GET", "POST"))
    def new(self) -> Any:
        """Make a rotation; what it would make is shown while it is filled in."""
        require(actor(), Permission.SCHEDULE)
        form = RotationForm(now=timepiece.now())
        if request.method == "GET":
            return self._form_page(form)
        if "preview" in request.form:
            return self._preview(form)
        if form.carries_out(lambda now: form.create(actor=actor(), now=now)):
            flash(gettext("The rotation runs; its shifts stand in the roster."), "success")
            return redirect(url_for(".index"), code=HTTPStatus.SEE_OTHER)
        return self._form_page(form), form.status

    @expose("/<int:rotation_id>", methods=("GET", "POST"))
    def page(self, rotation_id: int) -> Any:
        """Edit a rotation: shifts that have not begun are made anew."""
        rotation = row_or_404(Rotation, rotation_id)
        require(actor(), Permission.SCHEDULE)
        form = RotationForm(rotation, now=timepiece.now())
        if request.method == "GET":
            return self._form_page(form, rotation)
        if "preview" in request.form:
            return self._preview(form, rotation)
        if form.carries_out(lambda now: form.change(actor=actor(), now=now)):
            flash(gettext("The rotation was changed; whoever it concerns gets an SMS."), "success")
            return redirect(url_for(".index"), code=HTTPStatus.SEE_OTHER)
        return self._form_page(form, row_or_404(Rotation, rotation_id)), form.status

    @expose("/<int:rotation_id>/stop", methods=("POST",))
    def stop(self, rotation_id: int) -> Any:
        """Make no more shifts and call off those that have not begun."""
        require(actor(), Permission.SCHEDULE)
        rotation = row_or_404(Rotation, rotation_id)
        form = StopForm()
        if form.carries_out(lambda now: form.stop(rotation, actor=actor(), now=now)):
            flash(gettext("The rotation was stopped; its coming shifts were called off."), "success")
            return redirect(url_for(".index"), code=HTTPStatus.SEE_OTHER)
        rotation = row_or_404(Rotation, rotation_id)
        return self._form_page(
            RotationForm(rotation, now=timepiece.now(), formdata=None), rotation, stop=form
        ), form.status

    def _form_page(
        self,
        form: RotationForm,
        rotation: Rotation | None = None,
        *,
        stop: StopForm | None = None,
        preview: Preview | None = None,
    ) -> str:
        return self.render(
            "rotation.html",
            form=form,
            rotation=rotation,
            stop=stop or StopForm(formdata=None),
            is_stopping=stop is not None,
            zones=ZONES,
            **_shown(preview),
        )

    def _preview(self, form: RotationForm, rotation: Rotation | None = None) -> Any:
        """What the form would make: alone for the script, else on the form's own page. Nothing is written."""
        preview = form.preview(now=timepiece.now())
        status = HTTPStatus.OK if preview else HTTPStatus.UNPROCESSABLE_ENTITY
        if request.headers.get("X-Requested-With"):
            return self.render("rotation_preview.html", problems=form.problems, **_shown(preview)), status
        return self._form_page(form, rotation, preview=preview), status


def _shown(preview: Preview | None) -> dict[str, Any]:
    """The preview in numbers: the first turns, what each person would carry, what stays uncovered."""
    if preview is None or not preview.turns:
        return {"preview": preview}
    start, end = min(turn.starts_at for turn in preview.turns), max(turn.ends_at for turn in preview.turns)
    there = [hours for turn in preview.turns for hours in gaps(turn.away, start=turn.starts_at, end=turn.ends_at)]
    free = gaps(there, start=start, end=end)
    return {
        "preview": preview,
        "turns": sorted(preview.turns, key=lambda turn: turn.starts_at)[:TURNS_SHOWN],
        "more": max(len(preview.turns) - TURNS_SHOWN, 0),
        "group": fairness.group(preview.turns, start=start, end=end),
        "covered": 100 * coverage(free, start=start, end=end),
        "until": end,
    }
