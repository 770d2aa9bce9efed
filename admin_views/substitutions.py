"""Substitutes: who decides on compensation for whom, on which days (CA3)."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import flash, redirect, url_for
from flask_admin import expose
from flask_babel import gettext, lazy_gettext
from wtforms import DateField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from admin_views.base import actor
from admin_views.fields import person_label
from admin_views.pages import Page
from admin_views.rows import row_or_404
from admin_views.verb_form import VerbForm, press
from extensions import COMPANY_ZONE, timepiece
from models import Person, Substitution
from rules.permissions import Permission
from services import people, substitutions


class SubstitutionForm(VerbForm):
    """Who stands in for whom; everybody names their own, who looks after people anybody's."""

    person = SelectField(lazy_gettext("For"), coerce=int)
    substitute = SelectField(lazy_gettext("Substitute"), coerce=int)
    first_on = DateField(lazy_gettext("First day"), [InputRequired(lazy_gettext("When does it begin?"))])
    last_on = DateField(lazy_gettext("Last day"), [InputRequired(lazy_gettext("When does it end?"))])
    remarks = StringField(lazy_gettext("Remarks"), [Length(max=substitutions.MAX_REMARKS)])

    def __init__(self, me: Person, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, data={"person": me.id}, **kwargs)
        deciders = people.who_may(Permission.APPROVE)
        offered = people.distinct([me, *deciders]) if me.may(Permission.EDIT_PEOPLE) else [me]
        self.person.choices = [(person.id, person_label(person)) for person in offered]
        self.substitute.choices = [(person.id, person_label(person)) for person in deciders]

    def name(self, *, actor: Person, now: datetime) -> Substitution:
        """Write it down."""
        return substitutions.name(
            people.by_id(self.person.data),
            substitute=people.by_id(self.substitute.data),
            first_on=self.first_on.data,
            last_on=self.last_on.data,
            remarks=self.remarks.data or "",
            actor=actor,
            now=now,
        )


class SubstitutionsView(Page):
    """Who stands in for whom now and ahead, and the form that says so."""

    view_permission = Permission.APPROVE
    is_in_menu = False

    @expose("/")
    def index(self) -> Any:
        """Those that are not over."""
        now = timepiece.now()
        return self.render(
            "substitutions.html",
            coming=substitutions.not_over(now=now),
            today=now.astimezone(COMPANY_ZONE).date(),
        )

    @expose("/new", methods=("GET", "POST"))
    def new(self) -> Any:
        """Name a substitute."""
        me = actor()
        form = SubstitutionForm(me)
        if form.is_submitted():
            if form.carries_out(lambda now: form.name(actor=me, now=now)):
                flash(gettext("The substitute is named."), "success")
                return redirect(url_for(".index"), code=HTTPStatus.SEE_OTHER)
            return self.render("substitution_new.html", form=form), form.status
        return self.render("substitution_new.html", form=form)

    @expose("/<int:substitution_id>/end", methods=("POST",))
    def end(self, substitution_id: int) -> Any:
        """Let it end: from today on nobody stands in."""
        found = row_or_404(Substitution, substitution_id)
        press(lambda now: substitutions.end(found, actor=actor(), now=now), done=gettext("The substitution is over."))
        return redirect(url_for(".index"), code=HTTPStatus.SEE_OTHER)
