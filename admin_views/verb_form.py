"""Buttons: one thing is done in one transaction, or refused with a sentence, beside its field where a form asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import flash
from flask_wtf import FlaskForm

from admin_views.fields import put_refusal, sentence
from extensions import db, timepiece
from rules.refusals import NotAllowed, Refusal


def press(verb: Callable[[datetime], object], *, done: str) -> None:
    """Do what a bare button says at this moment, commit, and let the next page say how it went.

    Raises:
        NotAllowed: it is not this person's to do; that is an answer of its own.
    """
    try:
        verb(timepiece.now())
        db.session.commit()
        flash(done, "success")
    except NotAllowed:
        raise
    except Refusal as refusal:
        db.session.rollback()
        flash(sentence(refusal), "error")


class VerbForm(FlaskForm):
    """What a button asks before a service does it; ``status`` is the answer's when it was not done."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def carries_out(self, verb: Callable[[datetime], object]) -> bool:
        """Do it at this moment and commit; False when a field or the service says no, with nothing written."""
        if not self.validate():
            return False
        try:
            verb(timepiece.now())
            db.session.commit()
        except Refusal as refusal:
            db.session.rollback()
            self.status = HTTPStatus(refusal.status)
            if not put_refusal(self, refusal):
                flash(sentence(refusal), "error")
            return False
        return True


class DialogForm(VerbForm):
    """One of several forms on a page; its fields' ids begin with its name, so that every label finds its own field."""

    class Meta:
        """How WTForms makes the fields."""

        def bind_field(self, form: Any, unbound_field: Any, options: dict[str, Any]) -> Any:
            """Make a field with an id that no other form of the page has."""
            own = f"{type(form).__name__}-{options['name']}"
            return unbound_field.bind(form=form, **options, id=own)
