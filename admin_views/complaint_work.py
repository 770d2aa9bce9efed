"""The tab of work orders: who does what until when, who pays and why, what it cost, that the customer agreed (A-03)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from flask_babel import lazy_gettext
from flask_wtf.file import MultipleFileField
from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from admin_views.complaint_section import SectionForm, SectionPage
from admin_views.fields import CountField, MeasureField, MomentField, PersonField, WordField, YuanField
from admin_views.signature_field import SignatureField
from models import Base, Complaint, Person, WorkCost, WorkOrder
from rules import work_orders as rule
from rules.lifecycle import SECTION_STATUSES
from rules.next_steps import Tab
from rules.permissions import Permission
from rules.refusals import Conflict
from rules.texts import LONGEST
from rules.vocabulary import (
    N_,
    CostKind,
    DefectCause,
    EvidenceUse,
    Section,
    WorkOrderAction,
    WorkOrderKind,
    WorkOrderState,
    WorkPart,
)
from services import crews, evidence, people, warranties, work_orders
from services.evidence import Upload
from services.work_orders import Plan

A = WorkOrderAction


class WorkForm(SectionForm):
    """A form of this tab, for whoever does the work."""

    @classmethod
    def is_offered(cls, complaint: Complaint, item: Any, actor: Person) -> bool:
        """While work may be done for the complaint; maintenance has none."""
        is_possible = complaint is None or complaint.status in SECTION_STATUSES[Section.WORK]
        return is_possible and actor.may(Permission.WORK)


class PlanForm(WorkForm):
    """A new order: what, who, when; whether it is free, and why (A-04)."""

    word = lazy_gettext("Plan work")
    kind = WordField(lazy_gettext("Kind"), words=WorkOrderKind, default=WorkOrderKind.REWORK)
    part = WordField(lazy_gettext("Part of the work"), words=WorkPart, default=WorkPart.TILING)
    cause = WordField(lazy_gettext("What it comes from"), words=DefectCause, default=DefectCause.WORKMANSHIP)
    words = TextAreaField(lazy_gettext("What is to be done"), [Length(max=LONGEST)])
    technician = PersonField(lazy_gettext("Technician"), people=people.nameable, empty="—")
    crew = SelectField(lazy_gettext("Crew"), coerce=lambda value: int(value) if value else None)
    planned_start_at = MomentField(lazy_gettext("Begins"), [InputRequired(lazy_gettext("From when?"))])
    planned_done_at = MomentField(lazy_gettext("Done by"), [InputRequired(lazy_gettext("Until when?"))])
    is_promised = BooleanField(lazy_gettext("Promise it to the customer: its clock and the daily report run"))
    is_free = BooleanField(
        lazy_gettext("Free all the same, where the warranty does not cover it"),
        description=lazy_gettext("What the warranty covers is free; for the rest the customer accepts a price first."),
    )
    why = StringField(lazy_gettext("Why it is free all the same"), [Length(max=work_orders.MAX_WHY)])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.crew.choices = [("", "—"), *((crew.id, crew.name) for crew in crews.active())]

    def order(self) -> Plan:
        """What was asked for."""
        return Plan(
            kind=self.kind.data,
            part=self.part.data,
            words=self.words.data or "",
            starts_at=self.planned_start_at.data,
            done_at=self.planned_done_at.data,
            technician=people.by_id(self.technician.data, field="technician") if self.technician.data else None,
            crew=crews.by_id(self.crew.data) if self.crew.data else None,
        )

    def do(self, *, actor: Person, now: datetime) -> None:
        """Plan it."""
        work_orders.plan(
            order=self.order(),
            cause=self.cause.data,
            is_free=self.is_free.data or None,
            why=self.why.data or "",
            complaint=self.complaint,
            is_promised=bool(self.is_promised.data),
            actor=actor,
            now=now,
        )


class OfOrderForm(WorkForm):
    """A step of one order, where its state allows it."""

    model = WorkOrder
    step: ClassVar[WorkOrderAction]

    @classmethod
    def is_offered(cls, complaint: Complaint, item: Any, actor: Person) -> bool:
        """Where the table has the step."""
        return (item.state, cls.step) in rule.TRANSITIONS and super().is_offered(complaint, item, actor)


class AnewForm(OfOrderForm):
    """Another time."""

    word, step = lazy_gettext("Another time"), A.PLAN
    planned_start_at = MomentField(lazy_gettext("Begins"), [InputRequired(lazy_gettext("From when?"))])
    planned_done_at = MomentField(lazy_gettext("Done by"), [InputRequired(lazy_gettext("Until when?"))])

    def propose(self) -> None:
        """As it is now."""
        self.planned_start_at.process_data(self.item.planned_start_at)
        self.planned_done_at.process_data(self.item.planned_done_at)

    def do(self, *, actor: Person, now: datetime) -> None:
        """Plan it anew."""
        times = {"starts_at": self.planned_start_at.data, "done_at": self.planned_done_at.data}
        work_orders.plan_anew(self.item, **times, actor=actor, now=now)


class QuoteForm(OfOrderForm):
    """The price, before anybody begins (A-10)."""

    word, step = lazy_gettext("Name the price"), A.QUOTE
    amount = YuanField(lazy_gettext("Price (yuan)"), [InputRequired(lazy_gettext("Please give the amount."))])
    words = TextAreaField(lazy_gettext("What it is for"), [Length(max=LONGEST)])

    @classmethod
    def is_offered(cls, complaint: Complaint, item: Any, actor: Person) -> bool:
        """Where the customer pays."""
        return not item.is_free and super().is_offered(complaint, item, actor)

    def do(self, *, actor: Person, now: datetime) -> None:
        """Name it."""
        work_orders.quote(self.item, amount=self.amount.data, words=self.words.data or "", actor=actor, now=now)


class AcceptQuoteForm(OfOrderForm):
    """The customer's yes to the price."""

    word, step = lazy_gettext("The customer accepts the price"), A.ACCEPT_QUOTE
    answer = StringField(lazy_gettext("What the customer said, and how"), [Length(max=work_orders.MAX_WHY)])

    def do(self, *, actor: Person, now: datetime) -> None:
        """Write it down."""
        is_accepted = self.step is A.ACCEPT_QUOTE
        work_orders.answer_quote(
            self.item, is_accepted=is_accepted, answer=self.answer.data or "", actor=actor, now=now
        )


class DeclineQuoteForm(AcceptQuoteForm):
    """The customer's no: the work is called off."""

    word, step, is_grave = lazy_gettext("The customer declines the price"), A.DECLINE_QUOTE, True


class StartForm(OfOrderForm):
    """The work begins now."""

    word, step = lazy_gettext("Begin the work"), A.START

    @classmethod
    def is_offered(cls, complaint: Complaint, item: Any, actor: Person) -> bool:
        """Not before a price is accepted where the customer pays."""
        may_begin = item.is_free or work_orders.is_price_accepted(item)
        return may_begin and super().is_offered(complaint, item, actor)

    def do(self, *, actor: Person, now: datetime) -> None:
        """Begin."""
        work_orders.start(self.item, actor=actor, now=now)


class FinishForm(OfOrderForm):
    """What was done, with photos of it."""

    word, step = lazy_gettext("Work done"), A.FINISH
    words = TextAreaField(lazy_gettext("What was done"), [Length(max=LONGEST)])
    evidence = MultipleFileField(lazy_gettext("Photos of the finished work"))

    def do(self, *, actor: Person, now: datetime) -> None:
        """It is done."""
        work_orders.finish(
            self.item, words=self.words.data or "", uploads=_uploads(self["evidence"]), actor=actor, now=now
        )


class ConfirmForm(OfOrderForm):
    """The customer signs that it is in order, or somebody writes why not."""

    word, step = lazy_gettext("Confirm with the customer"), A.CONFIRM
    signature = SignatureField(lazy_gettext("The customer's signature"))
    exception = StringField(lazy_gettext("or why photo or signature is missing"), [Length(max=work_orders.MAX_WHY)])

    def do(self, *, actor: Person, now: datetime) -> None:
        """It is confirmed."""
        words = {"signature": self.signature.data, "exception": self.exception.data or ""}
        work_orders.confirm(self.item, **words, actor=actor, now=now)


class RedoForm(OfOrderForm):
    """What is not in order yet."""

    word, step = lazy_gettext("Not in order: once more"), A.REDO
    words = TextAreaField(lazy_gettext("What is not in order"), [Length(max=LONGEST)])

    def do(self, *, actor: Person, now: datetime) -> None:
        """Go on."""
        work_orders.redo(self.item, words=self.words.data or "", actor=actor, now=now)


class CancelForm(OfOrderForm):
    """Why it is called off."""

    word, step, is_grave = lazy_gettext("Call the work off"), A.CANCEL, True
    reason = TextAreaField(lazy_gettext("Reason"), [Length(max=LONGEST)])

    def do(self, *, actor: Person, now: datetime) -> None:
        """Call it off."""
        work_orders.cancel(self.item, reason=self.reason.data or "", actor=actor, now=now)


class PhotosForm(WorkForm):
    """Photos of before, during or after."""

    model = WorkOrder
    word = lazy_gettext("Add photos")
    use = WordField(
        lazy_gettext("What they show"),
        words=(EvidenceUse.BEFORE, EvidenceUse.DURING, EvidenceUse.AFTER),
        default=EvidenceUse.DURING,
    )
    evidence = MultipleFileField(lazy_gettext("Photos and files"))

    @classmethod
    def is_offered(cls, complaint: Complaint, item: Any, actor: Person) -> bool:
        """Until it is over."""
        return item.state in rule.OPEN and super().is_offered(complaint, item, actor)

    def do(self, *, actor: Person, now: datetime) -> None:
        """Keep them."""
        uploads = _uploads(self["evidence"])
        evidence.require_some(uploads)
        work_orders.show(self.item, uploads=uploads, use=self.use.data, actor=actor, now=now)


class CostForm(WorkForm):
    """One line of costs: quantity × price."""

    model = WorkOrder
    word = lazy_gettext("Add a cost")
    kind = WordField(lazy_gettext("Kind"), words=CostKind, default=CostKind.MATERIAL)
    what = StringField(lazy_gettext("What"), [Length(max=work_orders.MAX_WHAT)])
    batch = StringField(lazy_gettext("Batch of the material"), [Length(max=40)])
    quantity = MeasureField(lazy_gettext("Quantity"), [InputRequired(lazy_gettext("How much?"))])
    unit = StringField(lazy_gettext("Unit"), [Length(max=20)])
    unit_price = YuanField(lazy_gettext("Price of one (yuan)"), [InputRequired(lazy_gettext("At what price?"))])

    @classmethod
    def is_offered(cls, complaint: Complaint, item: Any, actor: Person) -> bool:
        """Unless it was called off."""
        return item.state is not WorkOrderState.CANCELLED and super().is_offered(complaint, item, actor)

    def do(self, *, actor: Person, now: datetime) -> None:
        """Write it down."""
        words = {name: self[name].data or "" for name in ("what", "batch", "unit")}
        work_orders.add_cost(
            self.item,
            kind=self.kind.data,
            quantity=self.quantity.data,
            unit_price=self.unit_price.data,
            **words,
            actor=actor,
            now=now,
        )


class StrikeForm(WorkForm):
    """A wrong cost is struck out."""

    model = WorkCost
    word = lazy_gettext("Strike out")

    @classmethod
    def is_offered(cls, complaint: Complaint, item: Any, actor: Person) -> bool:
        """Once."""
        return item.struck_at is None and super().is_offered(complaint, item, actor)

    def do(self, *, actor: Person, now: datetime) -> None:
        """Strike it out."""
        work_orders.strike_cost(self.item, actor=actor, now=now)


class ContractForm(WorkForm):
    """What the contract promises beyond the law's warranty (N10)."""

    word = lazy_gettext("Longer warranty by contract")
    part = WordField(lazy_gettext("Part of the work"), words=WorkPart, default=WorkPart.TILING)
    months = CountField(lazy_gettext("Months from acceptance"))

    @classmethod
    def is_offered(cls, complaint: Complaint, item: Any, actor: Person) -> bool:
        """Where there is a contract."""
        return complaint.project is not None and super().is_offered(complaint, item, actor)

    def do(self, *, actor: Person, now: datetime) -> None:
        """Write it down."""
        if self.complaint.project is None:
            raise Conflict(N_("Without a project there is no contract; link the project first."))
        months = self.months.data or 0
        warranties.promise(self.complaint.project, part=self.part.data, months=months, actor=actor, now=now)


ORDER_FORMS: Mapping[str, type[SectionForm]] = {
    "confirm": ConfirmForm,
    "finish": FinishForm,
    "start": StartForm,
    "accept-quote": AcceptQuoteForm,
    "decline-quote": DeclineQuoteForm,
    "quote": QuoteForm,
    "redo": RedoForm,
    "photos": PhotosForm,
    "cost": CostForm,
    "anew": AnewForm,
    "cancel": CancelForm,
    "strike": StrikeForm,
}
"""What can be done to one order, the likeliest first."""


class WorkPage(SectionPage):
    """The complaint's work orders and where its parts stand with their warranty."""

    tab = Tab.WORK
    template = "complaint_work.html"
    forms: Mapping[str, type[SectionForm]] = {"plan": PlanForm, "contract": ContractForm, **ORDER_FORMS}

    def items(self, complaint: Complaint) -> Iterable[Base]:
        """The orders and their costs."""
        for order in work_orders.of(complaint):
            yield order
            yield from order.costs

    def belongs(self, item: Any, complaint: Complaint) -> bool:
        """A cost belongs to its order's complaint."""
        order = item.work_order if isinstance(item, WorkCost) else item
        return bool(order.complaint_id == complaint.id)

    def context(self, complaint: Complaint) -> Mapping[str, Any]:
        """The orders, their sums, and the warranty."""
        return {
            "orders": work_orders.of(complaint),
            "total": work_orders.total,
            "burden_until": warranties.burden_until(complaint.project, at=complaint.first_word_at),
            "warranty": warranties.table(complaint.project, at=complaint.first_word_at) if complaint.project else [],
            "state_colour": STATE_COLOURS,
        }


STATE_COLOURS = {
    WorkOrderState.PLANNED: "level-3",
    WorkOrderState.QUOTED: "level-2",
    WorkOrderState.RUNNING: "level-3",
    WorkOrderState.DONE: "level-2",
    WorkOrderState.CLOSED: "done",
    WorkOrderState.CANCELLED: "neutral",
}


def _uploads(field: Any) -> list[Upload]:
    return [Upload(file.filename, file.stream) for file in field.data or [] if file.filename]
