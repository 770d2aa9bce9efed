"""Leave: who is away when, and which hours on duty that leaves open, said at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext, lazy_gettext, ngettext
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from admin_views.base import actor
from admin_views.fields import MomentField, person_label
from admin_views.pages import Page
from admin_views.rows import row_or_404
from admin_views.verb_form import VerbForm, press
from extensions import db, timepiece
from models import Leave, Person
from rules.permissions import Permission
from rules.refusals import NotAllowed
from rules.vocabulary import N_
from services import duty, leaves, people
from services.duty import Duty

BACK = timedelta(days=28)
AHEAD = timedelta(days=366)


class LeaveForm(VerbForm):
    """From when to when somebody is away; members say it for themselves, who plans the shifts for everybody."""

    person = SelectField(lazy_gettext("Person"), coerce=int)
    starts_at = MomentField(lazy_gettext("Begins"), [InputRequired(lazy_gettext("When does it begin?"))])
    ends_at = MomentField(lazy_gettext("Ends"), [InputRequired(lazy_gettext("When does it end?"))])
    reason = StringField(lazy_gettext("Reason"), [Length(max=leaves.MAX_REASON)])

    def __init__(self, me: Person, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, data={"person": me.id}, **kwargs)
        plans = me.may(Permission.SCHEDULE)
        offered = list(dict.fromkeys([me, *duty.candidates()])) if plans else [me]
        self.person.choices = [(person.id, person_label(person)) for person in offered]

    def record(self, *, actor: Person, now: datetime) -> tuple[Leave, list[Duty]]:
        """Write it down; returns the hours on duty that it leaves open, too."""
        return leaves.record(
            people.by_id(self.person.data),
            starts_at=self.starts_at.data,
            ends_at=self.ends_at.data,
            reason=self.reason.data or "",
            actor=actor,
            now=now,
        )

    def conflicts(self) -> list[Duty]:
        """The hours on duty that fall into it, as far as the fields say so already."""
        start, end, person_id = self.starts_at.data, self.ends_at.data, self.person.data
        person = db.session.get(Person, person_id) if person_id else None
        if not (start and end and person) or end - start > leaves.LONGEST_LEAVE:
            return []
        return leaves.conflicts_of(person, start=start, end=end) if start < end else []


class LeavesView(Page):
    """Who is away, and the form that says so."""

    is_in_menu = False

    @expose("/")
    def index(self) -> Any:
        """Leave now and ahead, and that of the last weeks."""
        now = timepiece.now()
        coming = leaves.between(start=now, end=now + AHEAD)
        past = leaves.between(start=now - BACK, end=now)
        return self.render(
            "leaves.html",
            coming=[each for each in coming if not each.is_over(now)],
            past=[each for each in reversed(past) if each.is_over(now)],
            now=now,
        )

    @expose("/new", methods=("GET", "POST"))
    def new(self) -> Any:
        """Write down that somebody will be away; duties that fall into it are shown first, and saved only then."""
        me = actor()
        if not (me.may(Permission.ACKNOWLEDGE) or me.may(Permission.SCHEDULE)):
            raise NotAllowed(N_("Your role does not allow this: %(permission)s."), permission=Permission.ACKNOWLEDGE)
        if request.method == "GET":
            return self.render("leave_new.html", form=LeaveForm(me), conflicts=[])
        form = LeaveForm(me)
        open_hours = form.conflicts() if form.validate() else []
        if open_hours and "anyway" not in request.form:
            return self.render("leave_new.html", form=form, conflicts=open_hours), HTTPStatus.CONFLICT
        if form.carries_out(lambda now: form.record(actor=me, now=now)):
            flash(gettext("The leave is written down."), "success")
            if open_hours:
                flash(_count_words(len(open_hours)), "warning")
            return redirect(url_for(".index"), code=HTTPStatus.SEE_OTHER)
        return self.render("leave_new.html", form=form, conflicts=open_hours), form.status

    @expose("/<int:leave_id>/cancel", methods=("POST",))
    def cancel(self, leave_id: int) -> Any:
        """Take leave back."""
        leave = row_or_404(Leave, leave_id)
        press(lambda now: leaves.cancel(leave, actor=actor(), now=now), done=gettext("The leave was taken back."))
        return redirect(url_for(".index"), code=HTTPStatus.SEE_OTHER)


def _count_words(count: int) -> str:
    return str(
        ngettext(
            "%(num)s duty has nobody now; the roster shows it as a gap.",
            "%(num)s duties have nobody now; the roster shows them as gaps.",
            count,
        )
    )
