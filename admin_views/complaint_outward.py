"""The tab of whoever asks from outside: authorities and media, the one statement, and the suspicion of bad faith."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from flask_babel import lazy_gettext
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from admin_views.complaint_disputes import seen_version
from admin_views.complaint_section import SectionForm, SectionPage
from admin_views.fields import MomentField, WordField
from extensions import timepiece
from models import Complaint, MaliceReview, OutwardCase, OutwardStatement, Person
from rules.lifecycle import SECTION_STATUSES
from rules.next_steps import Tab
from rules.outward import ANSWER_TIMES
from rules.permissions import Permission
from rules.texts import LONGEST
from rules.vocabulary import MaliceVerdict, OutwardBody, Section
from services import malice, outward, statements


class OutwardForm(SectionForm):
    """A form of this tab, for whoever may write here."""

    permission: ClassVar[Permission] = Permission.NOTE

    @classmethod
    def is_offered(cls, complaint: Complaint, item: Any, actor: Person) -> bool:
        """In these statuses, to these people."""
        return complaint.status in SECTION_STATUSES[Section.OUTWARD] and actor.may(cls.permission)


class EnterForm(OutwardForm):
    """Who asks, since when, and by when they want their answer."""

    word = lazy_gettext("Enter who asks")
    body = WordField(lazy_gettext("Who asks"), words=OutwardBody, default=OutwardBody.CONSUMER_HOTLINE)
    reference = StringField(lazy_gettext("Their number"), [Length(max=outward.MAX_REFERENCE)])
    came_at = MomentField(lazy_gettext("It came"), [InputRequired(lazy_gettext("When did it come?"))])
    due_at = MomentField(
        lazy_gettext("Answer due"),
        [Optional()],
        description=lazy_gettext("Empty: the usual working days of whoever asks."),
    )
    course = TextAreaField(lazy_gettext("What they want, and the course so far"), [Length(max=LONGEST)])

    @classmethod
    def is_offered(cls, complaint: Complaint, item: Any, actor: Person) -> bool:
        """A closed complaint is reopened first."""
        return not complaint.is_finished and super().is_offered(complaint, item, actor)

    def propose(self) -> None:
        """It came just now."""
        self.came_at.process_data(timepiece.now())

    def do(self, *, actor: Person, now: datetime) -> None:
        """Write it down."""
        outward.enter(
            self.complaint,
            body=self.body.data,
            reference=self.reference.data or "",
            came_at=self.came_at.data,
            due_at=self.due_at.data,
            course=self.course.data or "",
            actor=actor,
            now=now,
        )


class OfCase(OutwardForm):
    """A form about a matter that is open."""

    model = OutwardCase

    @classmethod
    def is_offered(cls, complaint: Complaint, item: Any, actor: Person) -> bool:
        """As long as it is not over."""
        return item.ended_at is None and super().is_offered(complaint, item, actor)


class GoOnForm(OfCase):
    """How it goes on."""

    word = lazy_gettext("How it goes on")
    course = TextAreaField(lazy_gettext("Course"), [Length(max=LONGEST)])
    way = StringField(lazy_gettext("Way"), [Length(max=outward.MAX_WAY)])
    due_at = MomentField(lazy_gettext("Answer due"), [InputRequired(lazy_gettext("By when do they want it?"))])
    version = HiddenField()

    def propose(self) -> None:
        """Start from what is known."""
        for name in ("course", "way", "due_at", "version"):
            self._fields[name].process_data(getattr(self.item, name))

    def do(self, *, actor: Person, now: datetime) -> None:
        """Write it down."""
        outward.go_on(
            self.item,
            course=self.course.data or "",
            way=self.way.data or "",
            due_at=self.due_at.data,
            version=seen_version(self.version) or 0,
            actor=actor,
            now=now,
        )


class EndForm(OfCase):
    """How it ended."""

    word = lazy_gettext("Write down the result")
    permission = Permission.SPEAK
    way = StringField(
        lazy_gettext("Way: settled, by ruling, withdrawn …"),
        [InputRequired(lazy_gettext("Please say by which way it was settled.")), Length(max=outward.MAX_WAY)],
    )
    result = TextAreaField(
        lazy_gettext("Result"), [InputRequired(lazy_gettext("Please write down the result.")), Length(max=LONGEST)]
    )

    def propose(self) -> None:
        """Start from the way it went."""
        self.way.process_data(self.item.way)

    def do(self, *, actor: Person, now: datetime) -> None:
        """End it."""
        outward.end(self.item, way=self.way.data or "", result=self.result.data or "", actor=actor, now=now)


class StatementForm(OutwardForm):
    """What everybody says who is asked."""

    word = lazy_gettext("Write a statement")
    hint = lazy_gettext("Somebody else approves it; then everybody says this and nothing else.")
    words = TextAreaField(
        lazy_gettext("What is said outward"),
        [InputRequired(lazy_gettext("Please write down what is said.")), Length(max=statements.MAX_WORDS)],
    )

    def propose(self) -> None:
        """Start from the draft, or from what is said now."""
        known = statements.waiting(self.complaint) or statements.in_force(self.complaint)
        if known is not None:
            self.words.process_data(known.words)

    def do(self, *, actor: Person, now: datetime) -> None:
        """Draft it."""
        statements.write(self.complaint, words=self.words.data or "", actor=actor, now=now)


class ApproveForm(OutwardForm):
    """Nothing to ask: whoever approves has read it."""

    model = OutwardStatement
    word = lazy_gettext("Approve")
    hint = lazy_gettext("From now on everybody says this; what was said until now is said no more.")
    permission = Permission.SPEAK

    @classmethod
    def is_offered(cls, complaint: Complaint, item: Any, actor: Person) -> bool:
        """A draft, to whoever did not write it."""
        is_draft = item.approved_at is None and item.replaced_at is None
        return is_draft and item.written_by_id != actor.id and super().is_offered(complaint, item, actor)

    def do(self, *, actor: Person, now: datetime) -> None:
        """Let it be said."""
        statements.approve(self.item, actor=actor, now=now)


class SuspicionForm(SectionForm):
    """What makes somebody think that the complaint is made in bad faith."""

    word = lazy_gettext("Say that it seems to be in bad faith")
    hint = lazy_gettext("Legal counsel decides. Until then the customer is served like any other.")
    is_grave = True
    suspicion = TextAreaField(
        lazy_gettext("What makes you think so"),
        [InputRequired(lazy_gettext("Please say what makes you think so.")), Length(max=LONGEST)],
    )

    @classmethod
    def is_offered(cls, complaint: Complaint, item: Any, actor: Person) -> bool:
        """To whoever talks to customers, unless counsel was asked already."""
        return malice.may_say(complaint, actor)

    def do(self, *, actor: Person, now: datetime) -> None:
        """Ask legal counsel."""
        malice.say(self.complaint, suspicion=self.suspicion.data or "", actor=actor, now=now)


class VerdictForm(SectionForm):
    """What legal counsel finds."""

    model = MaliceReview
    word = lazy_gettext("Give the verdict")
    hint = lazy_gettext("A confirmed complaint stays, marked; its clocks end, and a person says when it is closed.")
    verdict = WordField(lazy_gettext("Verdict"), words=MaliceVerdict, default=MaliceVerdict.REJECTED)
    grounds = TextAreaField(
        lazy_gettext("Grounds"), [InputRequired(lazy_gettext("Please give your grounds.")), Length(max=LONGEST)]
    )

    @classmethod
    def is_offered(cls, complaint: Complaint, item: Any, actor: Person) -> bool:
        """To counsel only, and not to whoever said it."""
        return malice.may_decide(item, actor)

    def do(self, *, actor: Person, now: datetime) -> None:
        """Decide."""
        malice.decide(self.item, verdict=self.verdict.data, grounds=self.grounds.data or "", actor=actor, now=now)


class OutwardPage(SectionPage):
    """Who asks from outside, what is said to them, and whether the complaint itself is honest."""

    tab = Tab.OUTWARD
    template = "complaint_outward.html"
    forms: ClassVar[Mapping[str, type[SectionForm]]] = {
        "enter": EnterForm,
        "go-on": GoOnForm,
        "end": EndForm,
        "statement": StatementForm,
        "approve": ApproveForm,
        "suspicion": SuspicionForm,
        "verdict": VerdictForm,
    }

    def context(self, complaint: Complaint) -> Mapping[str, Any]:
        """The matters, the statements and the suspicions."""
        written = statements.of(complaint)
        return {
            "cases": outward.of(complaint),
            "said": next((each for each in written if each.approved_at and not each.replaced_at), None),
            "draft": next((each for each in written if not each.approved_at and not each.replaced_at), None),
            "earlier": [each for each in written if each.replaced_at],
            "suspicions": malice.of(complaint),
            "answer_times": ANSWER_TIMES,
        }

    def items(self, complaint: Complaint) -> Iterable[OutwardCase | OutwardStatement | MaliceReview]:
        """Everything that a button may be about."""
        return [*outward.of(complaint), *statements.of(complaint), *malice.of(complaint)]
