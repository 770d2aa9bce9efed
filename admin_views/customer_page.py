"""The customer's page: where their complaint stands, what was promised, and how it was. No login, a secret that dies.

Every link that does not open is answered with one and the same page, so that nobody learns from it whether a case
exists. The page runs no script and stores nothing in the browser (N22).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Flask, Response, make_response, redirect, render_template, request, url_for
from flask_babel import force_locale
from flask_limiter import RateLimitExceeded

from admin_views.fields import sentence
from extensions import LOCALES, csrf, db, expect_to_write, limiter, timepiece
from models import CustomerLink
from rules.follow_ups import BEST, WORST, Scores
from rules.refusals import Refusal
from rules.vocabulary import N_, AppointmentState, MessageLanguage, Status
from services import compensations, complaint_locks, customer_links, customer_repairs, customer_uploads, follow_ups
from services.evidence import Upload
from services.follow_ups import Answer

blueprint = Blueprint("customer", __name__)

MOST_A_MINUTE = "60 per minute"
MOST_WRONG_A_MINUTE = "15 per minute;100 per hour"
"""From one address, of links that do not open: whoever guesses does not go on for long."""

STANDS = {
    Status.NEW: N_("We have taken it down and will call you."),
    Status.CONTACTED: N_("We have talked to you and are looking into it."),
    Status.HANDLING: N_("We are working on it."),
    Status.RESOLVED: N_("We believe it is solved. What do you say?"),
    Status.CLOSED: N_("It is settled, as agreed with you."),
}
"""Where it stands, in the customer's words."""

STEPS = (
    (N_("Taken down"), frozenset(STANDS)),
    (N_("We talked"), frozenset(STANDS) - {Status.NEW}),
    (N_("In hand"), frozenset({Status.HANDLING, Status.RESOLVED, Status.CLOSED})),
    (N_("Solved"), frozenset({Status.RESOLVED, Status.CLOSED})),
    (N_("You agree"), frozenset({Status.CLOSED})),
)
"""The way of a complaint, and in which statuses each step of it lies behind."""

ASKED = (
    ("attitude", N_("How we treated you")),
    ("quality", N_("The quality of the work")),
    ("efficiency", N_("How fast it went")),
)

CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Nothing runs here, and nothing comes from elsewhere."""


def register(app: Flask) -> None:
    """Give the app these addresses. Their forms carry a token of their own, bound to the link, and need no session."""
    csrf.exempt(blueprint)
    app.register_blueprint(blueprint)


def _is_wrong(response: Response) -> bool:
    return response.status_code == HTTPStatus.NOT_FOUND


@blueprint.get("/c/<secret>")
@limiter.limit(MOST_A_MINUTE)
@limiter.limit(MOST_WRONG_A_MINUTE, deduct_when=_is_wrong)
def page(secret: str) -> Response:
    """Where the complaint stands, and the questions."""
    link = customer_links.find(secret, now=timepiece.now())
    if link is None:
        return _nothing_here()
    if link.opened_at is None:
        link = _noted(link, secret)
    return _page(link, secret) if link is not None else _nothing_here()


@blueprint.post("/c/<secret>")
@limiter.limit(MOST_A_MINUTE)
@limiter.limit(MOST_WRONG_A_MINUTE, deduct_when=_is_wrong)
def answer(secret: str) -> Response:
    """The customer's scores and words; afterwards the link opens nothing any more."""
    link = _for_a_change(secret)
    if link is None:
        return _nothing_here()
    now = timepiece.now()
    try:
        customer_uploads.take(link, _uploads(), now=now)
        answered = follow_ups.answer_on_page(link, answer=_answer(), now=now)
    except Refusal as refusal:
        db.session.rollback()
        return _refused(secret, refusal)
    if answered is None:
        db.session.rollback()
        return _nothing_here()
    db.session.commit()
    with _in_their_language(link):
        return _shut(render_template("customer_thanks.html", follow_up=answered, complaint=link.complaint))


@blueprint.post("/c/<secret>/photos")
@limiter.limit(MOST_A_MINUTE)
@limiter.limit(MOST_WRONG_A_MINUTE, deduct_when=_is_wrong)
def photos(secret: str) -> Response:
    """Photos alone; the link goes on."""
    link = _for_a_change(secret)
    if link is None:
        return _nothing_here()
    try:
        customer_uploads.take(link, _uploads(), now=timepiece.now())
    except Refusal as refusal:
        db.session.rollback()
        return _refused(secret, refusal)
    db.session.commit()
    return _shut(redirect(_address("page", secret), code=HTTPStatus.SEE_OTHER))


@blueprint.post("/c/<secret>/repair")
@limiter.limit(MOST_A_MINUTE)
@limiter.limit(MOST_WRONG_A_MINUTE, deduct_when=_is_wrong)
def repair(secret: str) -> Response:
    """A repair is in order, the customer says; the link goes on."""
    link = _for_a_change(secret)
    if link is None:
        return _nothing_here()
    try:
        customer_repairs.confirm(link, request.form.get("number", ""), now=timepiece.now())
    except Refusal:  # Confirmed a moment ago: the page shows it as it is now.
        db.session.rollback()
    else:
        db.session.commit()
    return _shut(redirect(_address("page", secret), code=HTTPStatus.SEE_OTHER))


@blueprint.errorhandler(RateLimitExceeded)
def too_many_tries(error: RateLimitExceeded) -> Response:
    """Somebody guesses, or a finger is stuck."""
    return _shut(render_template("customer_nothing.html", is_too_often=True), HTTPStatus.TOO_MANY_REQUESTS)


@blueprint.errorhandler(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
def too_large(error: Exception) -> Response:
    """More than the desk takes at once."""
    db.session.rollback()
    return _shut(render_template("customer_nothing.html", is_too_large=True), HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


def _noted(link: CustomerLink, secret: str) -> CustomerLink | None:
    """The link again, after it was noted that somebody looked. Only for a link that opens is anything written."""
    link_id, now = link.id, timepiece.now()
    db.session.rollback()
    expect_to_write()
    customer_links.note_opened(link_id, now=now)
    db.session.commit()
    return customer_links.find(secret, now=now)


def _for_a_change(secret: str) -> CustomerLink | None:
    """The link with its complaint locked, where the form is its own; None for everything else, whatever it is."""
    link = customer_links.find(secret, now=timepiece.now())
    if link is None or not customer_links.is_form_token(link, request.form.get("form_token", "")):
        return None
    complaint_locks.by_number(link.complaint.number)
    return customer_links.find(secret, now=timepiece.now())


def _answer() -> Answer:
    scores = Scores(*(_number(name) for name, _question in ASKED))
    scores.check()
    solved = request.form.get("solved", "")
    if solved not in ("yes", "no"):
        raise Refusal(N_("Please say whether it is solved."), field="solved")
    return Answer(scores, is_solved=solved == "yes", words=request.form.get("words", ""))


def _number(name: str) -> int:
    """What was ticked; 0 for nothing or nonsense, which the rule refuses."""
    text = request.form.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 3 else 0


def _uploads() -> list[Upload]:
    return [Upload(file.filename, file.stream) for file in request.files.getlist("photos") if file.filename]


def _refused(secret: str, refusal: Refusal) -> Response:
    """The page as it is now, with the sentence and what was typed."""
    link = customer_links.find(secret, now=timepiece.now())
    return _page(link, secret, refusal) if link is not None else _nothing_here()


def _page(link: CustomerLink, secret: str, refusal: Refusal | None = None) -> Response:
    complaint, now = link.complaint, timepiece.now()
    with _in_their_language(link):
        body = render_template(
            "customer_page.html",
            link=link,
            complaint=complaint,
            now=now,
            stands=STANDS[complaint.status],
            steps=[(word, complaint.status in behind) for word, behind in STEPS],
            visits=[
                each for each in complaint.appointments if each.state is AppointmentState.PLANNED and each.ends_at > now
            ],
            compensations=compensations.visible_to_customer(complaint),
            repairs=customer_repairs.to_confirm(complaint),
            repair_url=_address("repair", secret),
            question=follow_ups.asked_by(link),
            asked=ASKED,
            scale=range(WORST, BEST + 1),
            sent=customer_uploads.sent(link),
            most_sent=customer_uploads.MOST,
            token=customer_links.form_token(link),
            answer_url=_address("answer", secret),
            photos_url=_address("photos", secret),
            refusal=sentence(refusal) if refusal else "",
            refused_field=refusal.field if refusal else "",
            typed=request.form,
        )
    return _shut(body, HTTPStatus(refusal.status) if refusal else HTTPStatus.OK)


def _nothing_here() -> Response:
    """The one answer to every link that does not open."""
    db.session.rollback()
    return _shut(render_template("customer_nothing.html"), HTTPStatus.NOT_FOUND)


def _address(endpoint: str, secret: str) -> str:
    """Of this page, in the language that its address names."""
    lang = request.args.get("lang", "")
    return url_for(f".{endpoint}", secret=secret, **({"lang": lang} if lang in LOCALES else {}))


@contextmanager
def _in_their_language(link: CustomerLink) -> Iterator[None]:
    """The language that the address names, else the one in which the customer gets messages."""
    if request.args.get("lang", "") in LOCALES:
        yield
        return
    is_english = link.complaint.customer.message_language is MessageLanguage.ENGLISH
    with force_locale("en" if is_english else LOCALES[0]):
        yield


def _shut(body: Any, status: HTTPStatus | None = None) -> Response:
    """Nothing of it travels: no referrer, no index, no store, no script."""
    response = make_response(body, status) if status is not None else make_response(body)
    response.headers["Content-Security-Policy"] = CSP
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response.headers["Cache-Control"] = "no-store"
    return response
