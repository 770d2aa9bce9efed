"""The tab of cause and prevention: the whys, the cause, what is done about it, and what comes back (G-06, N14)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, ClassVar

from flask import abort
from flask_admin import expose
from flask_babel import gettext, lazy_gettext
from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from admin_views.complaint_section import SectionForm, SectionPage, _found
from admin_views.fields import PersonField
from admin_views.model_forms import DayField
from admin_views.root_causes import cause_choices
from extensions import COMPANY_ZONE, timepiece
from models import Complaint, CorrectiveAction, Person, Review, Why
from rules import reviews as rule
from rules.lifecycle import SECTION_STATUSES
from rules.next_steps import Tab
from rules.permissions import Permission
from rules.texts import LONGEST
from rules.vocabulary import ReviewState, Section
from services import corrective_actions, people, reviews


class ReviewForm(SectionForm):
    """A form of this tab, for whoever searches for causes."""

    @classmethod
    def is_offered(cls, complaint: Complaint, item: Any, actor: Person) -> bool:
        """In these statuses, to these people."""
        return complaint.status in SECTION_STATUSES[Section.REVIEW] and actor.may(Permission.REVIEW)


class BeginForm(ReviewForm):
    """Nothing to ask."""

    word = lazy_gettext("Begin the review")
    hint = lazy_gettext("Ask “why?” until the answer is something that the company can change.")

    @classmethod
    def is_offered(cls, complaint: Complaint, item: Any, actor: Person) -> bool:
        """Once."""
        return super().is_offered(complaint, item, actor) and reviews.of(complaint) is None

    def do(self, *, actor: Person, now: datetime) -> None:
        """Begin."""
        reviews.begin(self.complaint, actor=actor, now=now)


class OfReview(ReviewForm):
    """A form about a review that is under way."""

    model = Review

    @classmethod
    def is_offered(cls, complaint: Complaint, item: Any, actor: Person) -> bool:
        """Until it is over."""
        return item.state is ReviewState.OPEN and super().is_offered(complaint, item, actor)


class WhyForm(OfReview):
    """The next why."""

    word = lazy_gettext("Answer the next why")
    answer = TextAreaField(
        lazy_gettext("Why?"),
        [InputRequired(lazy_gettext("Please answer the question.")), Length(max=reviews.MAX_WORDS)],
    )
    proof = StringField(lazy_gettext("What proves it"), [Length(max=reviews.MAX_WORDS)])
    evidence_id = SelectField(lazy_gettext("Photo or file"), coerce=int, validate_choice=False, default=0)

    def __init__(self, complaint: Complaint, item: Any = None, **kwargs: Any) -> None:
        super().__init__(complaint, item, **kwargs)
        self.evidence_id.choices = [(0, "—"), *((each.id, each.original_name) for each in complaint.evidence)]

    def do(self, *, actor: Person, now: datetime) -> None:
        """Write it down."""
        reviews.answer_why(
            self.item,
            answer=self.answer.data or "",
            proof=self.proof.data or "",
            evidence_id=self.evidence_id.data,
            actor=actor,
            now=now,
        )


class VerifyForm(ReviewForm):
    """Nothing to ask."""

    model = Why
    word = lazy_gettext("Verify")
    hint = lazy_gettext("You looked at what proves it, and it is so.")

    @classmethod
    def is_offered(cls, complaint: Complaint, item: Any, actor: Person) -> bool:
        """To whoever did not write it."""
        is_waiting = item.verified_at is None and item.review.state is ReviewState.OPEN
        return is_waiting and item.written_by_id != actor.id and super().is_offered(complaint, item, actor)

    def do(self, *, actor: Person, now: datetime) -> None:
        """Say so."""
        reviews.verify(self.item, actor=actor, now=now)


class FinishForm(OfReview):
    """The cause and the lessons."""

    word = lazy_gettext("Finish the review")
    root_cause_id = SelectField(lazy_gettext("Cause"), [Optional()], coerce=int, validate_choice=False)
    lessons = TextAreaField(
        lazy_gettext("What is learned from it"),
        [InputRequired(lazy_gettext("Please write down what is learned from it.")), Length(max=LONGEST)],
    )

    def __init__(self, complaint: Complaint, item: Any = None, **kwargs: Any) -> None:
        super().__init__(complaint, item, **kwargs)
        self.root_cause_id.choices = [(0, gettext("Please choose.")), *cause_choices()]

    @classmethod
    def is_offered(cls, complaint: Complaint, item: Any, actor: Person) -> bool:
        """With something to finish."""
        return bool(item.whys) and super().is_offered(complaint, item, actor)

    def do(self, *, actor: Person, now: datetime) -> None:
        """End it."""
        cause_id = self.root_cause_id.data or None
        reviews.finish(self.item, root_cause_id=cause_id, lessons=self.lessons.data or "", actor=actor, now=now)


class DecideForm(ReviewForm):
    """What is done so that it does not come back."""

    model = Review
    word = lazy_gettext("Decide on an action")
    words = TextAreaField(
        lazy_gettext("What is done"),
        [InputRequired(lazy_gettext("Please say what is done.")), Length(max=corrective_actions.MAX_WORDS)],
    )
    owner = PersonField(lazy_gettext("By whom"), people=people.nameable)
    due_on = DayField(lazy_gettext("By which day"), [InputRequired(lazy_gettext("By which day?"))])
    check_on = DayField(
        lazy_gettext("Effect looked at on"),
        [InputRequired(lazy_gettext("On which day is its effect looked at?"))],
        description=lazy_gettext("Equally long times before and after it was done are compared then."),
    )

    def propose(self) -> None:
        """Two weeks to do it, a month to see whether it helped."""
        today = timepiece.now().astimezone(COMPANY_ZONE).date()
        self.due_on.process_data(today + timedelta(days=14))
        self.check_on.process_data(today + timedelta(days=44))

    def do(self, *, actor: Person, now: datetime) -> None:
        """Decide on it."""
        corrective_actions.make(
            self.item,
            words=self.words.data or "",
            owner_id=self.owner.data,
            due_on=self.due_on.data,
            check_on=self.check_on.data,
            actor=actor,
            now=now,
        )


class DoneForm(SectionForm):
    """How it was done."""

    model = CorrectiveAction
    word = lazy_gettext("It is done")
    done_words = TextAreaField(
        lazy_gettext("What was done"),
        [InputRequired(lazy_gettext("Please say what was done.")), Length(max=corrective_actions.MAX_WORDS)],
    )

    @classmethod
    def is_offered(cls, complaint: Complaint, item: Any, actor: Person) -> bool:
        """To its owner, and to whoever searches for causes."""
        return complaint.status in SECTION_STATUSES[Section.REVIEW] and corrective_actions.may_do(item, actor)

    def do(self, *, actor: Person, now: datetime) -> None:
        """Say so."""
        corrective_actions.do(self.item, words=self.done_words.data or "", actor=actor, now=now)


class ReviewPage(SectionPage):
    """Why it happened, and what is done about it."""

    tab = Tab.REVIEW
    template = "complaint_review.html"
    forms: ClassVar[Mapping[str, type[SectionForm]]] = {
        "begin": BeginForm,
        "why": WhyForm,
        "verify": VerifyForm,
        "finish": FinishForm,
        "action": DecideForm,
        "done": DoneForm,
    }

    def items(self, complaint: Complaint) -> Iterable[Review | Why | CorrectiveAction]:
        """The review, its whys, its actions."""
        review = reviews.of(complaint)
        return [] if review is None else [review, *review.whys, *review.actions]

    def belongs(self, item: Any, complaint: Complaint) -> bool:
        """Whys and actions belong to the complaint of their review."""
        review = item if isinstance(item, Review) else item.review
        return bool(review.complaint_id == complaint.id)

    def context(self, complaint: Complaint) -> Mapping[str, Any]:
        """The review with what recurs."""
        return {
            "report": reviews.report_of(complaint, now=timepiece.now()),
            "is_needed": rule.is_needed(complaint.level),
        }

    @expose("/report")
    def report(self, number: str) -> Any:
        """The improvement report, to be printed from the browser."""
        complaint = _found(number)
        report = reviews.report_of(complaint, now=timepiece.now())
        if report is None:
            abort(HTTPStatus.NOT_FOUND)
        return self.render("review_report.html", complaint=complaint, report=report, now=timepiece.now())
