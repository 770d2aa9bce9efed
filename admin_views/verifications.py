"""The card of a person's phone: whether it is theirs, the code that proves it, and what was said about messages."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response

from admin_views.base import actor
from admin_views.fields import sentence
from admin_views.pages import Page
from admin_views.rows import row_or_404
from admin_views.verb_form import press
from extensions import db, timepiece
from models import OptOut, Person, PhoneVerification
from rules.permissions import Permission
from rules.refusals import NotAllowed, Refusal
from services import opt_outs, verifications

LONGEST_CODE = 40
"""Characters of what is typed that are looked at; six digits with spaces between them are fewer."""


@dataclass(frozen=True)
class PhoneCard:
    """What the card shows: the code that waits, the wish for no messages, and whether its reader may act."""

    waiting: PhoneVerification | None
    wish: OptOut | None
    may_prove: bool


def card(person: Person) -> PhoneCard:
    """The card of this person for the reader of the page."""
    is_own = current_user.id == person.id
    return PhoneCard(
        waiting=verifications.waiting(person, now=timepiece.now()),
        wish=opt_outs.standing(person.phone),
        may_prove=bool(person.phone) and (is_own or current_user.may(Permission.EDIT_PEOPLE)),
    )


class VerificationsView(Page):
    """The two verbs of the card."""

    is_in_menu = False

    @expose("/")
    def index(self) -> Response:
        """There is no list: one's own page is meant."""
        return _back(actor())

    @expose("/<int:person_id>/send", methods=("POST",))
    def send(self, person_id: int) -> Response:
        """Send a code to the number."""
        person = row_or_404(Person, person_id)
        press(
            lambda now: verifications.send(person, actor=actor(), now=now),
            done=gettext("A code is on its way to the phone."),
        )
        return _back(person)

    @expose("/<int:person_id>/prove", methods=("POST",))
    def prove(self, person_id: int) -> Response:
        """Compare what was typed; a wrong code is counted, so that is committed as well."""
        person = row_or_404(Person, person_id)
        typed = request.form.get("code", "")[:LONGEST_CODE]
        try:
            is_right = verifications.prove(person, code=typed, actor=actor(), now=timepiece.now())
            db.session.commit()
        except NotAllowed:
            raise
        except Refusal as refusal:
            db.session.rollback()
            flash(sentence(refusal), "error")
        else:
            flash(*_verdict(is_right=is_right))
        return _back(person)


def _verdict(*, is_right: bool) -> tuple[str, str]:
    if is_right:
        return gettext("The number is verified."), "success"
    return gettext("This is not the code that was sent."), "error"


def _back(person: Person) -> Response:
    return redirect(url_for("people.details_view", id=person.id), code=HTTPStatus.SEE_OTHER)
