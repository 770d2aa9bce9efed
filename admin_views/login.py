"""Coming in, going out, choosing a password, and keeping what was typed when the session ended meanwhile."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Flask, flash, g, redirect, render_template, request, session, url_for
from flask_babel import gettext, lazy_gettext
from flask_limiter import RateLimitExceeded
from flask_login import current_user, login_user, logout_user
from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from admin_views.fields import put_refusal, sentence
from admin_views.local_paths import local_path
from extensions import db, limiter, login_manager, timepiece
from models import Person
from rules.refusals import Refusal
from rules.vocabulary import N_
from services import people

blueprint = Blueprint("login", __name__)
DRAFT_LIMIT = 500_000
"""Characters of typed text that survive a login; more than any form takes."""

_NEVER_KEPT = frozenset({"csrf_token", "password", "old", "new", "again"})


class LoginForm(FlaskForm):
    """Login and password; ``draft`` carries what was typed into another form."""

    login = StringField(lazy_gettext("Login"), [InputRequired(lazy_gettext("Please give your login.")), Length(max=64)])
    password = PasswordField(
        lazy_gettext("Password"), [InputRequired(lazy_gettext("Please give your password.")), Length(max=200)]
    )
    next = HiddenField()
    draft = HiddenField()


class PasswordForm(FlaskForm):
    """A new password, twice."""

    old = PasswordField(lazy_gettext("Present password"), [InputRequired(), Length(max=200)])
    new = PasswordField(lazy_gettext("New password"), [InputRequired(), Length(max=200)])
    again = PasswordField(lazy_gettext("New password again"), [InputRequired(), Length(max=200)])


def register(app: Flask) -> None:
    """Add the pages and tell Flask-Login how to find a person."""
    app.register_blueprint(blueprint)
    login_manager.user_loader(load_person)
    login_manager.login_view = "login.index"


def load_person(key: str) -> Person | None:
    """The person of a session, unless they were switched off or chose a new password elsewhere."""
    person_id, _, epoch = key.partition(".")
    person = db.session.get(Person, int(person_id)) if person_id.isdigit() else None
    return person if person is not None and person.is_active and str(person.session_epoch) == epoch else None


def _login_name() -> str:
    return f"login:{request.form.get('login', '').strip().lower()[:64]}"


@blueprint.route("/login", methods=("GET", "POST"), endpoint="index")
@limiter.limit("30 per minute", methods=["POST"])
@limiter.limit("6 per minute", methods=["POST"], key_func=_login_name)
def log_in() -> Any:
    """Show the form; on POST let the person in and on to where they wanted to go."""
    form = LoginForm()
    if request.method == "GET":
        form.next.process_data(request.args.get("next", ""))
        return render_template("login.html", form=form)
    if not form.validate():
        return render_template("login.html", form=form), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        person = people.authenticate(
            login=form.login.data or "", password=form.password.data or "", now=timepiece.now()
        )
    except Refusal as refusal:
        db.session.rollback()
        put_refusal(form, refusal)
        return render_template("login.html", form=form), HTTPStatus.UNAUTHORIZED
    session.clear()
    g.pop("csrf_token", None)  # It belongs to the session that was just thrown away.
    login_user(person)
    session.permanent = True
    db.session.commit()
    if form.draft.data:
        return _resume(form.draft.data)
    return redirect(local_path(form.next.data or ""))


@blueprint.post("/logout")
def logout() -> Any:
    """End the session."""
    logout_user()
    session.clear()
    return redirect(url_for("login.index"))


@blueprint.route("/password", methods=("GET", "POST"))
def password() -> Any:
    """Choose a new password; people whose account was made by somebody else come here first."""
    form = PasswordForm()
    status = HTTPStatus.OK
    if form.is_submitted():
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.validate() and _change_password(form):
            flash(gettext("The new password is in force."), "success")
            return redirect("/")
    return render_template("password.html", form=form), status


def _change_password(form: PasswordForm) -> bool:
    try:
        if form.new.data != form.again.data:
            raise Refusal(N_("The two new passwords differ."), field="again")
        person = db.session.get_one(Person, current_user.id)
        people.change_password(person, old=form.old.data or "", new=form.new.data or "", now=timepiece.now())
        db.session.commit()
    except Refusal as refusal:
        db.session.rollback()
        if not put_refusal(form, refusal):
            flash(sentence(refusal), "error")
        return False
    login_user(person)
    return True


def is_worth_keeping() -> bool:
    """Whether the form that cannot be accepted now may be sent again: one of ours, and not the login's own."""
    return request.blueprint != blueprint.name and _is_own_form()


def _is_own_form() -> bool:
    """Whether a page of this desk sent the form, as far as the browser says.

    What another site sends is never kept: the person would log in and confirm a stranger's words.
    """
    if site := request.headers.get("Sec-Fetch-Site"):
        return site in ("same-origin", "none")
    return request.headers.get("Origin", request.host_url.rstrip("/")) == request.host_url.rstrip("/")


def keep_draft() -> Any:
    """The session ended while somebody typed: ask for the login and carry the text along."""
    if not _is_own_form() or request.endpoint == "login.logout":
        return redirect(url_for("login.index"))
    form = LoginForm(formdata=None)
    text = json.dumps(_draft(), ensure_ascii=False)
    form.draft.process_data(text if len(text) <= DRAFT_LIMIT else "")
    return render_template("login.html", form=form, is_expired=True), HTTPStatus.UNAUTHORIZED


def show_draft() -> Any:
    """The form's token was of an earlier session of the same person: show the text, ready to be sent again."""
    return _resume_page(_draft()), HTTPStatus.BAD_REQUEST


def _draft() -> dict[str, Any]:
    """What was typed and where it was going; no files, no passwords, no token."""
    return {
        "path": local_path(request.full_path.rstrip("?")),
        "fields": [(name, value) for name, value in request.form.items(multi=True) if name not in _NEVER_KEPT],
        "had_files": any(file.filename for file in request.files.values()),
    }


def _resume(text: str) -> Any:
    """Show what was kept, with a button that sends it where it was going; nothing is saved before that."""
    try:
        return _resume_page(json.loads(text[:DRAFT_LIMIT])).encode()
    except (ValueError, KeyError, TypeError, RecursionError):  # Half a character, or JSON without end: not ours.
        return redirect("/")


def _resume_page(draft: dict[str, Any]) -> str:
    fields = [(str(name), str(value)) for name, value in draft["fields"]]
    return render_template(
        "resume.html",
        path=local_path(str(draft["path"])),
        fields=fields,
        shown=[value for _, value in fields if len(value.strip()) > 3],
        had_files=bool(draft.get("had_files")),
    )


@blueprint.app_errorhandler(RateLimitExceeded)
def too_many_tries(error: RateLimitExceeded) -> Any:
    """Somebody guesses, or a finger is stuck."""
    form = LoginForm()
    form.login.errors = [gettext("Too many tries. Please wait a minute.")]
    return render_template("login.html", form=form), HTTPStatus.TOO_MANY_REQUESTS
