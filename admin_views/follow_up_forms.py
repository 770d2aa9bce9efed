"""The forms of asking a customer: what they said, that nobody was reached, and a link to their page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import gettext, lazy_gettext
from wtforms import BooleanField, SelectField, TextAreaField
from wtforms.validators import Length

from admin_views.complaint_section import SectionForm
from admin_views.fields import WordField
from models import Complaint, FollowUp, Person
from rules.follow_ups import BEST, WORST, Scores
from rules.permissions import Permission
from rules.vocabulary import ContactMethod, FollowUpWay
from services import customer_links, follow_ups
from services.follow_ups import MAX_WORDS, Answer

BY_STAFF = tuple(way for way in FollowUpWay if way is not FollowUpWay.LINK)
"""On the page only the customer answers."""


class ScoreField(SelectField):
    """A score from 1 to 5; whatever else is sent becomes 0 or itself, and the rule refuses it."""

    def __init__(self, label: Any = None, **kwargs: Any) -> None:
        choices = [(0, "—"), *((score, str(score)) for score in range(WORST, BEST + 1))]
        super().__init__(label, coerce=_score, choices=choices, validate_choice=False, **kwargs)


class AnswerForm(SectionForm):
    """What the customer said: three scores, whether it is solved, and words."""

    model = FollowUp
    word = lazy_gettext("Enter the answer")
    hint = lazy_gettext("Ask for all three. A score of 1 or 2, or a no, opens the complaint again, or a new one.")

    way = WordField(lazy_gettext("How the customer was asked"), words=BY_STAFF, default=FollowUpWay.PHONE)
    attitude = ScoreField(lazy_gettext("Attitude"))
    quality = ScoreField(lazy_gettext("Quality"))
    efficiency = ScoreField(lazy_gettext("Efficiency"))
    is_solved = BooleanField(lazy_gettext("The customer says it is solved"))
    words = TextAreaField(lazy_gettext("In the customer's words"), [Length(max=MAX_WORDS)])

    @classmethod
    def is_offered(cls, complaint: Complaint | None, item: Any, actor: Person) -> bool:
        """For everybody who asks customers and did not handle it."""
        return follow_ups.may_ask(item, actor)

    def do(self, *, actor: Person, now: datetime) -> None:
        """Write it down."""
        scores = Scores(self.attitude.data, self.quality.data, self.efficiency.data)
        answer = Answer(scores, is_solved=bool(self.is_solved.data), words=self.words.data or "")
        follow_ups.write_down(self.item, answer=answer, way=self.way.data, actor=actor, now=now)


class TryForm(SectionForm):
    """Nobody was reached."""

    model = FollowUp
    word = lazy_gettext("Nobody reached")
    hint = lazy_gettext(
        "Each try counts; after enough of them the complaint may be closed without the customer's word."
    )

    method = WordField(lazy_gettext("How"), words=ContactMethod, default=ContactMethod.PHONE)

    @classmethod
    def is_offered(cls, complaint: Complaint | None, item: Any, actor: Person) -> bool:
        """For whoever asks."""
        return follow_ups.may_ask(item, actor)

    def do(self, *, actor: Person, now: datetime) -> None:
        """Write the try down."""
        follow_ups.try_in_vain(self.item, method=self.method.data, actor=actor, now=now)


class LinkForm(SectionForm):
    """A new link for the customer."""

    word = lazy_gettext("Send a link")
    hint = lazy_gettext("The customer gets an SMS with a link to their page. It lasts seven days; links before it end.")

    @classmethod
    def is_offered(cls, complaint: Complaint, item: Any, actor: Person) -> bool:
        """Where something is to be asked and the desk has an address."""
        is_possible = customer_links.are_possible() and actor.may(Permission.SEND_MESSAGES)
        return is_possible and bool(follow_ups.todo(complaint, now=complaint.recorded_at))

    def do(self, *, actor: Person, now: datetime) -> None:
        """Send it."""
        follow_ups.send_link(self.complaint, actor=actor, now=now)


def _score(value: Any) -> int:
    text = str(value or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 3 else 0


def scores_of(follow_up: FollowUp) -> list[tuple[str, int | None]]:
    """Each score with its name, as the tab and the list show them."""
    return [
        (gettext("Attitude"), follow_up.attitude),
        (gettext("Quality"), follow_up.quality),
        (gettext("Efficiency"), follow_up.efficiency),
    ]
