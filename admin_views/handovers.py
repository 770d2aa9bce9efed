"""Handovers at a change of shift: what waits, what one writes for the next, what was handed over before."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import flash, redirect, url_for
from flask_admin import expose
from flask_babel import gettext, lazy_gettext
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from admin_views.base import actor
from admin_views.pages import Page
from admin_views.rows import LARGEST_ID, row_or_404
from admin_views.verb_form import VerbForm, press
from extensions import timepiece
from models import DutyRole, Handover
from rules.handovers import LONGEST_NOTE
from services import duty, handovers

RECENT = 30


class NoteForm(VerbForm):
    """What the next one must know."""

    note = TextAreaField(
        lazy_gettext("What the next one must know"),
        [InputRequired(lazy_gettext("Please write what the next one must know.")), Length(max=LONGEST_NOTE)],
    )


class HandoversView(Page):
    """The page of handovers and the two verbs on it: write the note, accept."""

    @expose("/")
    def index(self) -> Any:
        """What waits on top, one's own first; then the note for the next shift; then the last handovers."""
        return self._page()

    @expose("/<int:handover_id>/accept", methods=("POST",))
    def accept(self, handover_id: int) -> Response:
        """Say that one has read it and takes over."""
        handover = _locked(handover_id)
        press(lambda now: handovers.accept(handover, actor=actor(), now=now), done=gettext("You have taken over."))
        return redirect(url_for(".index"), code=HTTPStatus.SEE_OTHER)

    @expose("/<int:handover_id>/note", methods=("POST",))
    def note(self, handover_id: int) -> Any:
        """Write or correct the note of a handover that was not accepted yet."""
        handover = _locked(handover_id)
        form = NoteForm()
        if form.carries_out(
            lambda now: handovers.write_note(handover, note=form.note.data or "", actor=actor(), now=now)
        ):
            flash(gettext("The note is written."), "success")
            return redirect(url_for(".index"), code=HTTPStatus.SEE_OTHER)
        return self._page(forms={("handover", handover_id): form}), form.status

    @expose("/ahead/<int:role_id>", methods=("POST",))
    def note_ahead(self, role_id: int) -> Any:
        """Write the note for the next one while one's own shift still runs."""
        role = row_or_404(DutyRole, role_id)
        form = NoteForm()
        if form.carries_out(
            lambda now: handovers.write_ahead(role=role, note=form.note.data or "", actor=actor(), now=now)
        ):
            flash(gettext("The note is written; the next one gets it with the handover."), "success")
            return redirect(url_for(".index"), code=HTTPStatus.SEE_OTHER)
        return self._page(forms={("role", role_id): form}), form.status

    def _page(self, *, forms: dict[tuple[str, int], NoteForm] | None = None) -> str:
        now = timepiece.now()
        waiting = sorted(handovers.waiting(), key=lambda each: each.taken_by_id != current_user.id)
        recent = [each for each in handovers.recent(limit=RECENT) if not each.is_waiting]
        own = [each for each in duty.on_duty(at=now) if each.person_id == current_user.id]
        prepared = handovers.prepared(actor())
        forms = forms or {}
        for each in waiting:
            forms.setdefault(("handover", each.id), NoteForm(formdata=None, note=each.note))
        for each in own:
            written = prepared.get(each.role_id)
            forms.setdefault(("role", each.role_id), NoteForm(formdata=None, note=written.note if written else ""))
        for (kind, number), form in forms.items():  # Several stand on the page; every label finds its own field.
            form.note.id = f"note-{kind}-{number}"
        return self.render(
            "handovers.html",
            waiting=waiting,
            recent=recent,
            own=own,
            prepared=prepared,
            open_matters={each.role_id: handovers.open_matters(role=each.role, person=each.person) for each in own},
            matters=handovers.matters([*waiting, *recent]),
            forms=forms,
            now=now,
        )


def _locked(handover_id: int) -> Handover:
    """The handover behind an id in an address; one that was made up is not found."""
    return handovers.by_id(min(handover_id, LARGEST_ID))
