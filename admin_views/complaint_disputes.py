"""The tab of delays and extra items: the ledger of days as the customer reads it, disputed charges, the short forms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from flask_babel import gettext, lazy_gettext
from flask_wtf.file import MultipleFileField
from wtforms import Field, HiddenField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from admin_views.complaint_section import SectionForm, SectionPage
from admin_views.fields import CountField, MomentField, WordField, YuanField
from admin_views.model_forms import DayField
from extensions import COMPANY_ZONE, timepiece
from models import CaseForm, Complaint, DelayEntry, ExtraItem, Person
from rules import case_forms as questions
from rules.case_forms import QUESTIONS, AnswerKind, Question
from rules.lifecycle import SECTION_STATUSES
from rules.next_steps import Tab
from rules.permissions import Permission
from rules.texts import LONGEST
from rules.vocabulary import CaseFormKind, DelayCause, DelayEntryKind, ExtraItemOutcome, Section, SignatureState
from services import case_forms, catch_up_plans, delay_ledger, evidence, extra_items
from services.evidence import Upload
from services.extra_items import Finding


class DisputeForm(SectionForm):
    """A form of this tab; shown to whoever does the work while there is something to dispute about."""

    permission: ClassVar[Permission] = Permission.WORK

    @classmethod
    def is_offered(cls, complaint: Complaint, item: Any, actor: Person) -> bool:
        """In these statuses, to these people."""
        return complaint.status in SECTION_STATUSES[Section.DISPUTE] and actor.may(cls.permission)


class DaysForm(DisputeForm):
    """From which day to which, how many of them, and what shows it."""

    kind: ClassVar[DelayEntryKind]
    first_on = DayField(lazy_gettext("First day"), [InputRequired(lazy_gettext("Which day was the first?"))])
    last_on = DayField(lazy_gettext("Last day"), [InputRequired(lazy_gettext("Which day was the last?"))])
    days = CountField(
        lazy_gettext("Days"), [Optional()], description=lazy_gettext("Empty: every day from the first to the last.")
    )
    words = StringField(
        lazy_gettext("What happened, as the customer will read it"),
        [
            InputRequired(lazy_gettext("Please say what happened, as the customer will read it.")),
            Length(max=delay_ledger.MAX_WORDS),
        ],
    )
    evidence = MultipleFileField(lazy_gettext("What shows it"))

    @classmethod
    def is_offered(cls, complaint: Complaint, item: Any, actor: Person) -> bool:
        """The ledger is the project's."""
        return complaint.project_id is not None and super().is_offered(complaint, item, actor)

    def do(self, *, actor: Person, now: datetime) -> None:
        """Enter them."""
        first_on, last_on = self.first_on.data, self.last_on.data
        every_day = (last_on - first_on).days + 1
        delay_ledger.enter(
            self.complaint,
            kind=self.kind,
            cause=self.cause.data if "cause" in self else None,
            first_on=first_on,
            last_on=last_on,
            days=every_day if self.days.data is None else self.days.data,
            words=self.words.data or "",
            uploads=_uploads(self.evidence),
            actor=actor,
            now=now,
        )


class LostForm(DaysForm):
    """Days lost, and why."""

    kind = DelayEntryKind.LOST
    word = lazy_gettext("Enter days lost")
    cause = WordField(lazy_gettext("Cause"), words=DelayCause, default=DelayCause.MATERIAL)


class WonBackForm(DaysForm):
    """Days won back by the catch-up plan."""

    kind = DelayEntryKind.WON_BACK
    word = lazy_gettext("Enter days won back")


class StrikeForm(DisputeForm):
    """Why a line is wrong."""

    model = DelayEntry
    word = lazy_gettext("Strike out")
    hint = lazy_gettext("The line stays to be read and counts no more; enter the right one beside it.")
    why = StringField(
        lazy_gettext("Reason"),
        [InputRequired(lazy_gettext("Please give a reason.")), Length(max=delay_ledger.MAX_WORDS)],
    )

    def do(self, *, actor: Person, now: datetime) -> None:
        """Strike it out."""
        delay_ledger.strike(self.item, complaint=self.complaint, why=self.why.data or "", actor=actor, now=now)


class PlanForm(DisputeForm):
    """How the days are won back."""

    word = lazy_gettext("Make a catch-up plan")
    words = TextAreaField(
        lazy_gettext("How the days are won back"),
        [InputRequired(lazy_gettext("Please say how the days are won back.")), Length(max=LONGEST)],
    )
    crews = CountField(lazy_gettext("Crews"), empty=1, default=1)
    more_hours = CountField(lazy_gettext("Hours more a day"), empty=0, default=0)
    days = CountField(lazy_gettext("Days won back"), [InputRequired(lazy_gettext("Please give a number."))])
    done_on = DayField(lazy_gettext("Done on"), [InputRequired(lazy_gettext("By which day?"))])

    def do(self, *, actor: Person, now: datetime) -> None:
        """Write it down."""
        catch_up_plans.make(
            self.complaint,
            words=self.words.data or "",
            crews=self.crews.data,
            more_hours=self.more_hours.data,
            days=self.days.data,
            done_on=self.done_on.data,
            actor=actor,
            now=now,
        )


class Charge:
    """What is charged; its fields stand before what was found about it."""

    what = StringField(
        lazy_gettext("What the charge is for"),
        [InputRequired(lazy_gettext("Please say what the charge is for.")), Length(max=extra_items.MAX_WHAT)],
    )
    amount = YuanField(lazy_gettext("Amount (yuan)"), [InputRequired(lazy_gettext("Please give the amount."))])


class FindingForm(DisputeForm):
    """What the contract says about a charge."""

    clause = StringField(lazy_gettext("Contract clause"), [Length(max=extra_items.MAX_WHAT)])
    page = StringField(lazy_gettext("Page"), [Length(max=extra_items.MAX_PAGE)])
    signature = WordField(lazy_gettext("Customer's signature"), words=SignatureState, default=SignatureState.UNCLEAR)
    necessity = TextAreaField(lazy_gettext("Why the work was needed"), [Length(max=LONGEST)])

    def finding(self) -> Finding:
        """What was found."""
        return Finding(
            clause=(self.clause.data or "").strip(),
            page=(self.page.data or "").strip(),
            signature=self.signature.data,
            necessity=(self.necessity.data or "").strip(),
        )


class ExtraItemForm(Charge, FindingForm):
    """A charge that the customer disputes."""

    word = lazy_gettext("Enter an extra item")

    def do(self, *, actor: Person, now: datetime) -> None:
        """Write it down."""
        extra_items.enter(
            self.complaint,
            what=self.what.data or "",
            amount=self.amount.data,
            finding=self.finding(),
            actor=actor,
            now=now,
        )


class OfItem(DisputeForm):
    """A form about a charge that is not decided."""

    model = ExtraItem

    @classmethod
    def is_offered(cls, complaint: Complaint, item: Any, actor: Person) -> bool:
        """As long as nothing is decided."""
        return item.outcome is None and super().is_offered(complaint, item, actor)


class LookUpForm(OfItem, FindingForm):
    """What was found in the contract."""

    word = lazy_gettext("Write down what the contract says")
    version = HiddenField()

    def propose(self) -> None:
        """Start from what is known."""
        for name in ("clause", "page", "signature", "necessity", "version"):
            self._fields[name].process_data(getattr(self.item, name))

    def do(self, *, actor: Person, now: datetime) -> None:
        """Write it down."""
        version = seen_version(self.version)
        extra_items.look_up(self.item, finding=self.finding(), version=version or 0, actor=actor, now=now)


class DecideForm(OfItem):
    """What becomes of the charge."""

    word = lazy_gettext("Decide on the charge")
    permission = Permission.OFFER
    outcome = WordField(lazy_gettext("Outcome"), words=ExtraItemOutcome, default=ExtraItemOutcome.WITHDRAWN)
    reduced_to = YuanField(lazy_gettext("What is left of it (yuan), if reduced"), [Optional()])
    necessity = TextAreaField(
        lazy_gettext("Why the work was needed, or why it was not"),
        [
            InputRequired(lazy_gettext("Please explain why the work was needed, or why it was not.")),
            Length(max=LONGEST),
        ],
    )

    def propose(self) -> None:
        """Start from what was found."""
        self.necessity.process_data(self.item.necessity)

    def do(self, *, actor: Person, now: datetime) -> None:
        """Decide."""
        extra_items.decide(
            self.item,
            outcome=self.outcome.data,
            reduced_to=self.reduced_to.data,
            necessity=self.necessity.data or "",
            actor=actor,
            now=now,
        )


class QuestionForm(DisputeForm):
    """A short form: one field for each of its questions."""

    kind: ClassVar[CaseFormKind]

    def propose(self) -> None:
        """Start from the answers that are there."""
        filled = case_forms.of(self.complaint).get(self.kind)
        if filled is None:
            return
        self._fields["version"].process_data(filled.version)
        for question in QUESTIONS[self.kind]:
            self._fields[question.key].process_data(questions.typed(question, filled.answers.get(question.key)))

    def do(self, *, actor: Person, now: datetime) -> None:
        """Fill it in."""
        case_forms.fill_in(
            self.complaint,
            kind=self.kind,
            answers={question.key: self._fields[question.key].data for question in QUESTIONS[self.kind]},
            version=seen_version(self._fields["version"]),
            actor=actor,
            now=now,
        )


def _field_of(question: Question) -> Field:
    """The field that asks a question."""
    label, length = lazy_gettext(question.label), Length(max=question.longest)
    need = InputRequired(lazy_gettext("This answer is needed.")) if question.is_required else Optional()
    match question.kind:
        case AnswerKind.LINE:
            return StringField(label, [need, length])
        case AnswerKind.TEXT:
            return TextAreaField(label, [need, length])
        case AnswerKind.MILLIMETRES:
            return CountField(label, [need])
        case AnswerKind.DAY:
            return DayField(label, [need])
        case AnswerKind.MOMENT:
            return MomentField(label, [need])
        case _:
            return WordField(label, words=question.words, empty="—")


def _form_of(kind: CaseFormKind) -> type[QuestionForm]:
    """The form of this kind, made of its questions."""
    fields = {question.key: _field_of(question) for question in QUESTIONS[kind]}
    own = {"kind": kind, "word": lazy_gettext(kind.label), "version": HiddenField()}
    return type(f"{kind.name.title().replace('_', '')}Form", (QuestionForm,), {**fields, **own})


class DisputesPage(SectionPage):
    """What the customer and the company see differently: days, charges, the drawing, the words."""

    tab = Tab.DISPUTES
    template = "complaint_disputes.html"
    forms: ClassVar[Mapping[str, type[SectionForm]]] = {
        "lost": LostForm,
        "won-back": WonBackForm,
        "plan": PlanForm,
        "strike": StrikeForm,
        "extra-item": ExtraItemForm,
        "look-up": LookUpForm,
        "decide": DecideForm,
        "design-fault": _form_of(CaseFormKind.DESIGN_FAULT),
        "service": _form_of(CaseFormKind.SERVICE),
    }

    def context(self, complaint: Complaint) -> Mapping[str, Any]:
        """The ledger, the plans, the charges and the forms."""
        project = complaint.project
        return {
            "ledger": delay_ledger.statement(project) if project else None,
            "counts": delay_ledger.counts,
            "plans": catch_up_plans.of(complaint),
            "may_win_back": catch_up_plans.is_running(complaint, now=timepiece.now()),
            "extra_items": extra_items.of(complaint),
            "case_forms": [(kind, filled, answers_of(filled)) for kind, filled in _forms(complaint)],
            "difference_mm": questions.difference_mm,
        }

    def items(self, complaint: Complaint) -> Iterable[DelayEntry | ExtraItem]:
        """The lines that stand, and the charges."""
        lines = delay_ledger.entries(complaint.project) if complaint.project else []
        return [*(line for line in lines if line.struck_at is None), *extra_items.of(complaint)]

    def belongs(self, item: Any, complaint: Complaint) -> bool:
        """The ledger is the project's: a line may come from another complaint about the same home."""
        if isinstance(item, DelayEntry):
            return item.project_id == complaint.project_id
        return super().belongs(item, complaint)


def answers_of(filled: CaseForm | None) -> list[tuple[str, Any]]:
    """The answers of a form as its page shows them, each with its question."""
    if filled is None:
        return []
    rows = (
        (question, questions.typed(question, filled.answers.get(question.key))) for question in QUESTIONS[filled.kind]
    )
    return [(gettext(question.label), _worded(value)) for question, value in rows if value is not None]


def seen_version(field: Field) -> int | None:
    """The version that whoever sent the form had seen."""
    text = str(field.data or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _worded(value: Any) -> Any:
    label = getattr(value, "label", None)
    if label is not None:
        return gettext(label)
    return value.astimezone(COMPANY_ZONE).strftime("%Y-%m-%d %H:%M") if isinstance(value, datetime) else value


def _forms(complaint: Complaint) -> list[tuple[CaseFormKind, CaseForm | None]]:
    """Every form that is filled in, and the one that belongs to this kind of complaint."""
    filled = case_forms.of(complaint)
    own = case_forms.FORM_OF.get(complaint.category)
    return [(kind, filled.get(kind)) for kind in CaseFormKind if kind in filled or kind is own]


def _uploads(field: Field) -> list[Upload]:
    return [evidence.Upload(file.filename, file.stream) for file in field.data or [] if file.filename]
