"""Ticking the steps of a complaint's playbook, on its page (N20)."""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext

from admin_views.base import actor
from admin_views.pages import Page
from admin_views.rows import row_or_404
from admin_views.verb_form import press
from models import PlaybookStep
from services import complaint_locks, playbooks


class PlaybookPage(Page):
    """One step is ticked, or is not after all; the playbook itself stands on the complaint's page."""

    is_in_menu = False

    @expose("/<int:step_id>", methods=("POST",))
    def tick(self, number: str, step_id: int) -> Any:
        """Say that a step is done, with remarks if there are any."""
        step = row_or_404(PlaybookStep, step_id)
        press(
            lambda now: playbooks.tick(
                complaint_locks.by_number(number),
                step_id=step.id,
                remarks=request.form.get("remarks", ""),
                actor=actor(),
                now=now,
            ),
            done=gettext("Ticked."),
        )
        return redirect(url_for("complaint.page", number=number, _anchor="playbook"))

    @expose("/<int:step_id>/undo", methods=("POST",))
    def untick(self, number: str, step_id: int) -> Any:
        """Say that it is not done after all."""
        step = row_or_404(PlaybookStep, step_id)
        press(
            lambda now: playbooks.untick(complaint_locks.by_number(number), step_id=step.id, actor=actor(), now=now),
            done=gettext("Taken back."),
        )
        return redirect(url_for("complaint.page", number=number, _anchor="playbook"))


PlaybookPage._default_view = "tick"  # It has no page of its own.
