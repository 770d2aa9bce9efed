"""The intake form: what is asked while the customer talks (D-06 to D-09, H-05, H-06, N2)."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext, lazy_gettext
from flask_wtf.file import MultipleFileField
from wtforms import BooleanField, HiddenField, RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from admin_views.fact_fields import FactFields
from admin_views.fields import MomentField, PhoneField, WordField
from rules.texts import LONGEST
from rules.vocabulary import Category, Channel, Stage
from services.calls import Intake
from services.evidence import Upload

RECORD_AND_LINK = "link"
RECORD_ALONE = "separate"
NOTE_ON_EARLIER = "note"


class IntakeForm(FactFields):
    """One page for the whole call; the order is the order of the conversation."""

    phone = PhoneField(lazy_gettext("Phone"))
    contact_name = StringField(
        lazy_gettext("Name"), [InputRequired(lazy_gettext("Please give the customer's name.")), Length(max=64)]
    )
    community = StringField(lazy_gettext("Community"), [Length(max=100)])
    room = StringField(lazy_gettext("Building and room"), [Length(max=100)])
    project_id = HiddenField()
    contract_no = StringField(lazy_gettext("Contract no."), [Length(max=40)])
    channel = WordField(lazy_gettext("Channel"), words=Channel, default=Channel.HOTLINE)
    first_word_at = MomentField(
        lazy_gettext("Customer's first word"), [InputRequired(lazy_gettext("When did the customer first speak?"))]
    )
    category = WordField(lazy_gettext("Category"), words=Category, default=Category.QUALITY)
    stage = WordField(lazy_gettext("Stage of the job"), words=Stage, empty=lazy_gettext("Not known yet"))
    problem = TextAreaField(
        lazy_gettext("Problem"),
        [InputRequired(lazy_gettext("Please write down what the problem is.")), Length(max=LONGEST)],
    )
    impact = TextAreaField(lazy_gettext("Impact"), [Length(max=LONGEST)])
    demand = TextAreaField(lazy_gettext("Demand"), [Length(max=LONGEST)])
    is_read_back = BooleanField(lazy_gettext("Read back, the customer confirmed all three"))
    promise_text = StringField(lazy_gettext("What was promised"), [Length(max=500)])
    promise_due_at = MomentField(lazy_gettext("By when"), [Optional()])
    evidence = MultipleFileField(lazy_gettext("Photos and files"))
    repeat_of = HiddenField()
    repeat_decision = RadioField(
        lazy_gettext("What shall happen?"),
        choices=[
            (RECORD_AND_LINK, lazy_gettext("Record it and link the two")),
            (NOTE_ON_EARLIER, lazy_gettext("Add these words to the earlier complaint")),
            (RECORD_ALONE, lazy_gettext("Record it on its own")),
        ],
        validate_choice=False,
    )

    def intake(self, *, repeat_of_id: int | None) -> Intake:
        """What the form says, as the service wants it; call only after ``validate``."""
        assert self.phone.phone is not None
        moment = self.first_word_at.data
        assert isinstance(moment, datetime)
        return Intake(
            channel=self.channel.data,
            first_word_at=moment,
            contact_name=self.contact_name.data or "",
            phone=self.phone.phone,
            category=self.category.data,
            problem=self.problem.data or "",
            facts=self.facts_of(self.category.data),
            community=self.community.data or "",
            room=self.room.data or "",
            contract_no=self.contract_no.data or "",
            project_id=self._picked_project(),
            stage=self.stage.data,
            impact=self.impact.data or "",
            demand=self.demand.data or "",
            is_read_back=bool(self.is_read_back.data),
            promise_text=self.promise_text.data or "",
            promise_due_at=self.promise_due_at.data,
            repeat_of_id=repeat_of_id,
        )

    def uploads(self) -> list[Upload]:
        """The files that were handed in."""
        return [Upload(file.filename, file.stream) for file in self.evidence.data or [] if file and file.filename]

    def words_for_note(self) -> str:
        """The three dimensions as one note, for a call that only repeats an earlier one."""
        parts = ((self.problem, gettext("Problem")), (self.impact, gettext("Impact")), (self.demand, gettext("Demand")))
        said = [f"{label}: {field.data.strip()}" for field, label in parts if field.data and field.data.strip()]
        return "\n".join([gettext("The customer called again."), *said])[:LONGEST]

    def _picked_project(self) -> int | None:
        text = self.project_id.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
