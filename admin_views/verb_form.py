"""Buttons: one thing is done in one transaction, or refused with a sentence, beside its field where a form asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

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
