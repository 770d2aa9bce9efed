"""Swaps: ask somebody to take over hours on duty, answer, approve."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext, lazy_gettext
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from admin_views.base import actor
from admin_views.fields import MomentField, WordField, person_label
from admin_views.pages import Page
from admin_views.rows import row_or_404
from admin_views.verb_form import VerbForm
from admin_views.words import company_time
from extensions import timepiece
from models import Person, Swap
from rules.escalation import DutyRoleCode
from rules.permissions import Permission
from rules.refusals import Conflict
from rules.swaps import SwapAction
from rules.vocabulary import N_
from services import duty, people, swaps
from services.actors import require
from services.duty import Duty

AHEAD = timedelta(days=35)
"""How far ahead hours are proposed in return."""


class SwapForm(VerbForm):
    """Whose hours, whom to ask, what for, and perhaps which of theirs in return."""

    role = WordField(lazy_gettext("Duty role"), words=DutyRoleCode)
    starts_at = MomentField(lazy_gettext("Begins"), [InputRequired(lazy_gettext("When does it begin?"))])
    ends_at = MomentField(lazy_gettext("Ends"), [InputRequired(lazy_gettext("When does it end?"))])
    to = SelectField(lazy_gettext("Ask"), coerce=int)
    in_return = SelectField(lazy_gettext("In return I take"))
    reason = StringField(
        lazy_gettext("Reason"), [InputRequired(lazy_gettext("Please give a reason.")), Length(max=swaps.MAX_REASON)]
    )

    def __init__(self, me: Person, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._me = me
        role = duty.role(self.role.data) if self.role.data else None
        others = [person for person in duty.candidates(role=role) if person.id != me.id]
        self.to.choices = [(person.id, person_label(person)) for person in others]
        self._returns = {
            _key(each): each
            for each in duty.between(start=now, end=now + AHEAD)
            if each.starts_at > now and each.person_id != me.id
        }
        self.in_return.choices = [
            ("", lazy_gettext("nothing")),
            *((key, _said(each)) for key, each in self._returns.items()),
        ]

    def ask(self, *, actor: Person, now: datetime) -> Swap:
        """Ask them.

        Raises:
            Conflict: these are not one's own hours any more, or what the service says.
        """
        in_return = self._returns.get(self.in_return.data or "")
        return swaps.request(
            self.asked(),
            to=people.by_id(self.to.data),
            reason=self.reason.data or "",
            in_return=in_return,
            actor=actor,
            now=now,
        )

    def asked(self) -> Duty:
        """The hours that are asked for, as they stand in the roster.

        Raises:
            Conflict: they do not stand there like this.
        """
        start, end = self.starts_at.data, self.ends_at.data
        present = duty.between(start=start, end=end, role=self.role.data) if start < end else []
        for each in present:
            if each.person_id == self._me.id and each.hours == (start, end):
                return each
        raise Conflict(N_("These hours are not in the roster like this any more."), field="starts_at")


class AnswerForm(VerbForm):
    """An answer with a few words."""

    answer = StringField(lazy_gettext("A few words"), [Length(max=swaps.MAX_REASON)])


VERBS: dict[SwapAction, Callable[..., None]] = {
    SwapAction.ACCEPT: lambda swap, form, **who: swaps.accept(swap, **who),
    SwapAction.REFUSE: lambda swap, form, **who: swaps.refuse(swap, answer=form.answer.data or "", **who),
    SwapAction.APPROVE: lambda swap, form, **who: swaps.approve(swap, **who),
    SwapAction.REJECT: lambda swap, form, **who: swaps.reject(swap, answer=form.answer.data or "", **who),
    SwapAction.WITHDRAW: lambda swap, form, **who: swaps.withdraw(swap, **who),
}
"""What the buttons do; a swap expires by itself."""


class SwapsView(Page):
    """What waits for one's word, one's own swaps, and for those who plan everybody's."""

    @expose("/")
    def index(self) -> Any:
        """Swaps to answer or to approve on top."""
        return self._page()

    @expose("/new", methods=("GET", "POST"))
    def new(self) -> Any:
        """Ask somebody; the way here leads from one's own shift."""
        me = actor()
        require(me, Permission.ACKNOWLEDGE)
        now = timepiece.now()
        if request.method == "GET":
            return self.render("swap_new.html", form=SwapForm(me, formdata=request.args, now=now))
        form = SwapForm(me, now=now)
        if form.carries_out(lambda now: form.ask(actor=me, now=now)):
            flash(gettext("They get an SMS and can answer."), "success")
            return redirect(url_for(".index"), code=HTTPStatus.SEE_OTHER)
        return self.render("swap_new.html", form=form), form.status

    @expose("/<int:swap_id>/<action>", methods=("POST",))
    def act(self, swap_id: int, action: str) -> Any:
        """Accept, refuse, approve, reject or withdraw."""
        verb = next((verb for verb in VERBS if verb == action), None) or abort(HTTPStatus.NOT_FOUND)
        swap = row_or_404(Swap, swap_id)
        form = AnswerForm()
        if form.carries_out(lambda now: VERBS[verb](swap, form, actor=actor(), now=now)):
            flash(gettext("Done; whoever it concerns gets an SMS."), "success")
            return redirect(url_for(".index"), code=HTTPStatus.SEE_OTHER)
        return self._page(answered=swap_id, answer=form), form.status

    def _page(self, *, answered: int | None = None, answer: AnswerForm | None = None) -> str:
        me = actor()
        waiting = swaps.waiting_for(me)
        return self.render(
            "swaps.html",
            waiting=waiting,
            own=[swap for swap in swaps.of_person(me) if swap not in waiting],
            others=[swap for swap in swaps.latest() if me not in (swap.person, swap.taker) and swap not in waiting]
            if me.may(Permission.SCHEDULE)
            else [],
            may_do=lambda swap: swaps.possible_actions(swap, me),
            answered=answered,
            answer=answer,
            now=timepiece.now(),
        )


def _key(each: Duty) -> str:
    """How a picker calls hours on duty."""
    return f"{each.role.code}.{each.person_id}.{int(each.starts_at.timestamp())}.{int(each.ends_at.timestamp())}"


def _said(each: Duty) -> str:
    hours = f"{company_time(each.starts_at, 'EEE MM-dd HH:mm')} – {company_time(each.ends_at, 'MM-dd HH:mm')}"
    return f"{each.person.name} · {gettext(each.role.code.label)} · {hours}"
