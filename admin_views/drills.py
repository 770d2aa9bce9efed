"""Drills: who of the duty group answers a call for practice, and after how long (G-02, N15)."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from flask import abort, flash, redirect, url_for
from flask_admin import expose
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import Length

from admin_views.base import actor
from admin_views.fields import WordField
from admin_views.pages import Page
from admin_views.rows import row_or_404
from admin_views.verb_form import VerbForm, press
from extensions import timepiece
from models import Complaint, Drill, DrillCall
from rules.drills import Script
from services import complaint_drills, complaint_locks, complaints, drills, duty

RECENT = 20


class StartForm(VerbForm):
    """What is practised."""

    remarks = StringField(lazy_gettext("What is practised"), [Length(max=drills.MAX_REMARKS)])


class PlayForm(VerbForm):
    """Which complaint is played."""

    script = WordField(lazy_gettext("What is played"), words=Script, default=Script.LEAK)


class DrillsView(Page):
    """The drill that goes on, the button that starts one, and the last ones."""

    @expose("/")
    def index(self) -> Any:
        """Who answered when."""
        return self._page(StartForm(formdata=None))

    @expose("/now")
    def present(self) -> Any:
        """The drill that goes on, as a piece of the page that refreshes itself."""
        now = timepiece.now()
        return self.render(
            "drill_now.html", drill=drills.running(now=now), answered_after=answered_after, person=actor(), now=now
        )

    @expose("/start", methods=("POST",))
    def start(self) -> Any:
        """Call everybody who is on duty."""
        form = StartForm()
        if form.carries_out(lambda now: drills.start(remarks=form.remarks.data or "", actor=actor(), now=now)):
            flash(gettext("Everybody on duty is being called."), "success")
            return redirect(url_for(".index"), code=HTTPStatus.SEE_OTHER)
        return self._page(form), form.status

    @expose("/play", methods=("POST",))
    def play(self) -> Any:
        """Make up a complaint and call whoever is on duty, in the sandbox."""
        form = PlayForm()
        if form.carries_out(lambda now: complaint_drills.start(form.script.data, actor=actor(), now=now)):
            flash(gettext("A complaint is being played; it is told of in the sandbox only."), "success")
            return redirect(url_for(".index"), code=HTTPStatus.SEE_OTHER)
        return self._page(StartForm(formdata=None), play=form), form.status

    @expose("/complaints/<number>")
    def played(self, number: str) -> Any:
        """Who answered when, and which clocks were kept."""
        return self.render(
            "drill_report.html",
            report=complaint_drills.report(_played(number)),
            call_time=call_time,
            now=timepiece.now(),
        )

    @expose("/complaints/<number>/end", methods=("POST",))
    def end_played(self, number: str) -> Response:
        """End it before its time."""
        complaint = complaint_locks.by_number(_played(number).number)
        press(lambda now: complaint_drills.end(complaint, actor=actor(), now=now), done=gettext("The drill is over."))
        return redirect(url_for(".played", number=number), code=HTTPStatus.SEE_OTHER)

    @expose("/<int:drill_id>/answer", methods=("POST",))
    def answer(self, drill_id: int) -> Response:
        """Answer on the screen."""
        drill = row_or_404(Drill, drill_id)
        press(lambda now: drills.answer_here(drill, actor=actor(), now=now), done=gettext("You have answered."))
        return redirect(url_for(".index"), code=HTTPStatus.SEE_OTHER)

    @expose("/<int:drill_id>/end", methods=("POST",))
    def end(self, drill_id: int) -> Response:
        """End it before its time."""
        drill = row_or_404(Drill, drill_id)
        press(lambda now: drills.end(drill, actor=actor(), now=now), done=gettext("The drill is over."))
        return redirect(url_for(".index"), code=HTTPStatus.SEE_OTHER)

    def _page(self, form: StartForm, *, play: PlayForm | None = None) -> str:
        now = timepiece.now()
        running = drills.running(now=now)
        return self.render(
            "drills.html",
            drill=running,
            answered_after=answered_after,
            recent=[drill for drill in drills.recent(limit=RECENT) if running is None or drill.id != running.id],
            on_duty=duty.group(at=now),
            form=form,
            play=play or PlayForm(formdata=None),
            played_now=complaint_drills.running(),
            played=complaint_drills.recent(limit=RECENT),
            person=actor(),
            now=now,
        )


def answered_after(call: DrillCall) -> str:
    """How long somebody took to answer, to the second; '' for no answer."""
    return call_time(None if call.answered_at is None else call.answered_at - call.called_at)


def call_time(length: timedelta | None) -> str:
    """A short time to the second: 42 s, 3 min 05 s; '' for none."""
    if length is None:
        return ""
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    if not minutes:
        return str(gettext("%(seconds)s s", seconds=seconds))
    return str(gettext("%(minutes)s min %(seconds)s s", minutes=minutes, seconds=f"{seconds:02d}"))


def _played(number: str) -> Complaint:
    """The complaint that is played under this number; one in earnest is not found."""
    complaint = complaints.find(number)
    if complaint is None or not complaint.is_drill:
        abort(HTTPStatus.NOT_FOUND)
    return complaint
