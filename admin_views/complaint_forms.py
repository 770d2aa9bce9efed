"""The forms behind the buttons of a complaint: what each action asks before it is done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask_babel import gettext, lazy_gettext
from flask_wtf.file import MultipleFileField
from wtforms import BooleanField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from admin_views.callee_fields import CalleeField
from admin_views.fact_fields import FactFields
from admin_views.fields import CountField, MomentField, PeopleField, PersonField, WordField, YuanField
from admin_views.verb_form import DialogForm
from extensions import timepiece
from models import Clock, Complaint, Person
from rules import households
from rules.permissions import Permission
from rules.texts import LONGEST
from rules.vocabulary import (
    Action,
    AppointmentPurpose,
    CompensationBasis,
    CompensationKind,
    ContactMethod,
    ContactPurpose,
    FaultSide,
    FollowUpWay,
    PromiseKind,
    Severity,
)
from services import (
    appointments,
    closing,
    compensations,
    complaints,
    delay_ledger,
    duplicates,
    escalations,
    evidence,
    group_counting,
    group_members,
    groups,
    meetings,
    milestones,
    pauses,
    people,
    progress_reports,
    promises,
    responsibilities,
)


class ActionForm(DialogForm):
    """One action: its fields, what they propose, and how it is done."""

    def __init__(self, complaint: Complaint, **kwargs: Any) -> None:
        self.complaint = complaint
        super().__init__(**kwargs)

    def do(self, *, actor: Person, now: datetime) -> None:
        """Call the service."""
        raise NotImplementedError


class AcknowledgeForm(ActionForm):
    """Nothing to ask: pressing is enough."""

    def do(self, *, actor: Person, now: datetime) -> None:
        """Take the complaint."""
        complaints.acknowledge(self.complaint, actor=actor, now=now)


class ContactForm(ActionForm):
    """How it went to talk to the customer."""

    method = WordField(lazy_gettext("How"), words=ContactMethod, default=ContactMethod.PHONE)
    purpose = WordField(lazy_gettext("What for"), words=ContactPurpose, default=ContactPurpose.TALK)
    is_reached = BooleanField(lazy_gettext("The customer was reached"), default=True)
    summary = TextAreaField(lazy_gettext("What was said"), [Length(max=LONGEST)])
    is_read_back = BooleanField(lazy_gettext("Read back, the customer confirmed all three"))

    def propose(self) -> None:
        """Start from what the customer waits for."""
        self.purpose.process_data(milestones.awaited(self.complaint, now=timepiece.now()))

    def do(self, *, actor: Person, now: datetime) -> None:
        """Write the contact down."""
        complaints.log_contact(
            self.complaint,
            method=self.method.data,
            is_reached=bool(self.is_reached.data),
            summary=self.summary.data or "",
            is_read_back=bool(self.is_read_back.data),
            purpose=self.purpose.data,
            actor=actor,
            now=now,
        )


class GradeForm(ActionForm):
    """The level with its reason, and who answers for it (D-10 to D-14)."""

    severity = WordField(lazy_gettext("Level"), words=Severity)
    reason = TextAreaField(
        lazy_gettext("Reason"),
        [InputRequired(lazy_gettext("Please give the reason for the level.")), Length(max=LONGEST)],
    )
    side = WordField(lazy_gettext("Fault side"), words=FaultSide)
    lead = PersonField(lazy_gettext("Lead"), people=people.nameable)
    cooperators = PeopleField(lazy_gettext("Cooperators"), people=people.nameable)

    def propose(self) -> None:
        """Start from what the facts and the plan's map suggest."""
        side, lead, cooperators = responsibilities.proposal(self.complaint)
        self.severity.process_data(self.complaint.severity or self.complaint.suggested_severity)
        self.side.process_data(side)
        self.lead.process_data(lead.id if lead else None)
        self.cooperators.process_data([person.id for person in cooperators])

    def do(self, *, actor: Person, now: datetime) -> None:
        """Fix the level."""
        complaints.grade(
            self.complaint,
            severity=self.severity.data,
            reason=self.reason.data or "",
            side=self.side.data,
            lead=people.by_id(self.lead.data),
            cooperators=[people.by_id(person_id) for person_id in self.cooperators.data or []],
            actor=actor,
            now=now,
        )


class MeetForm(ActionForm):
    """Whom to call to a triage meeting of ten minutes, and where (D-10)."""

    attendees = PeopleField(lazy_gettext("Who is called"), people=people.nameable)
    place = StringField(lazy_gettext("Link or room"), [Length(max=meetings.MAX_PLACE)])

    def propose(self) -> None:
        """Start from the leader on duty and the plan's map."""
        proposed = meetings.proposed_attendees(self.complaint, at=timepiece.now())
        self.attendees.process_data([person.id for person in proposed])

    def do(self, *, actor: Person, now: datetime) -> None:
        """Begin it."""
        called = [people.by_id(person_id) for person_id in self.attendees.data or []]
        meetings.start(self.complaint, attendees=called, place=self.place.data or "", actor=actor, now=now)


class HandOverForm(ActionForm):
    """To whom, and why."""

    to = PersonField(lazy_gettext("Hand over to"), people=lambda: people.who_may(Permission.ACKNOWLEDGE))
    reason = TextAreaField(
        lazy_gettext("Reason"), [InputRequired(lazy_gettext("Please give a reason.")), Length(max=LONGEST)]
    )

    def do(self, *, actor: Person, now: datetime) -> None:
        """Hand it over."""
        complaints.hand_over(
            self.complaint, to=people.by_id(self.to.data), reason=self.reason.data or "", actor=actor, now=now
        )


class EscalateForm(ActionForm):
    """To whom it goes, and why."""

    to = CalleeField(lazy_gettext("Escalate to"), first=lazy_gettext("One step up the chain"))
    reason = TextAreaField(
        lazy_gettext("Reason"), [InputRequired(lazy_gettext("Please say why you escalate.")), Length(max=LONGEST)]
    )

    def do(self, *, actor: Person, now: datetime) -> None:
        """One step up, or to whom was chosen."""
        escalations.escalate(self.complaint, reason=self.reason.data or "", to=self.to.whom, actor=actor, now=now)


class StandDownForm(ActionForm):
    """Until when nobody is called, and why."""

    until = MomentField(
        lazy_gettext("Call nobody until"),
        [InputRequired(lazy_gettext("Please choose a moment within the next 24 hours."))],
    )
    reason = TextAreaField(
        lazy_gettext("Reason"), [InputRequired(lazy_gettext("Please give a reason.")), Length(max=LONGEST)]
    )

    def do(self, *, actor: Person, now: datetime) -> None:
        """Let it rest."""
        complaints.stand_down(
            self.complaint, until=self.until.data, reason=self.reason.data or "", actor=actor, now=now
        )


class NoteForm(ActionForm):
    """A note."""

    text = TextAreaField(lazy_gettext("Note"), [InputRequired(lazy_gettext("The note is empty.")), Length(max=LONGEST)])

    def do(self, *, actor: Person, now: datetime) -> None:
        """Write it down."""
        complaints.add_note(self.complaint, text=self.text.data or "", actor=actor, now=now)


class PromiseForm(ActionForm):
    """What, and by when."""

    text = StringField(
        lazy_gettext("What is promised"),
        [InputRequired(lazy_gettext("A promise needs both: what, and by when.")), Length(max=promises.MAX_PROMISE)],
    )
    promise_due_at = MomentField(
        lazy_gettext("By when"), [InputRequired(lazy_gettext("A promise needs both: what, and by when."))]
    )
    kind = WordField(lazy_gettext("Kind of promise"), words=PromiseKind, default=PromiseKind.GENERAL)

    def do(self, *, actor: Person, now: datetime) -> None:
        """Write the promise down."""
        promises.make(
            self.complaint,
            text=self.text.data or "",
            due_at=self.promise_due_at.data,
            kind=self.kind.data,
            actor=actor,
            now=now,
        )


class WithdrawPromiseForm(ActionForm):
    """Which promise no longer holds, why, and what was agreed with the customer."""

    promise = SelectField(lazy_gettext("Promise"), coerce=int)
    why = TextAreaField(
        lazy_gettext("Why, and what was agreed with the customer"),
        [
            InputRequired(lazy_gettext("Please write down why, and what was agreed with the customer.")),
            Length(max=promises.MAX_PROMISE),
        ],
        description=lazy_gettext("The customer reads this on their page."),
    )

    def __init__(self, complaint: Complaint, **kwargs: Any) -> None:
        super().__init__(complaint, **kwargs)
        self.promise.choices = [(each.id, each.text) for each in complaint.promises if each.is_open]

    def do(self, *, actor: Person, now: datetime) -> None:
        """Take it back."""
        promise = promises.of(self.complaint, self.promise.data)
        promises.withdraw(promise, why=self.why.data or "", actor=actor, now=now)


class AppointForm(ActionForm):
    """Who comes to the customer, when and what for."""

    person = PersonField(lazy_gettext("Who comes"), people=people.nameable)
    purpose = WordField(
        lazy_gettext("Purpose of the visit"), words=AppointmentPurpose, default=AppointmentPurpose.INSPECTION
    )
    starts_at = MomentField(lazy_gettext("Begins"), [InputRequired(lazy_gettext("When does it begin?"))])
    ends_at = MomentField(lazy_gettext("Ends"), [InputRequired(lazy_gettext("When does it end?"))])
    remarks = StringField(lazy_gettext("Remarks"), [Length(max=appointments.MAX_TEXT)])
    is_double = BooleanField(lazy_gettext("Even if this person is due elsewhere at that time"))

    def do(self, *, actor: Person, now: datetime) -> None:
        """Agree on it."""
        appointments.make(
            self.complaint,
            person=people.by_id(self.person.data),
            purpose=self.purpose.data,
            starts_at=self.starts_at.data,
            ends_at=self.ends_at.data,
            remarks=self.remarks.data or "",
            is_double=bool(self.is_double.data),
            actor=actor,
            now=now,
        )


class ReportForm(ActionForm):
    """How far the work is, as the customer will read it."""

    words = StringField(lazy_gettext("In a few words"), [Length(max=LONGEST)])
    percent = CountField(lazy_gettext("Percent done"))
    evidence = MultipleFileField(
        lazy_gettext("Photos of the day"), description=lazy_gettext("Kept with the complaint; the SMS has words only.")
    )

    def do(self, *, actor: Person, now: datetime) -> None:
        """Send it."""
        progress_reports.send(
            self.complaint,
            words=self.words.data or "",
            percent=self.percent.data,
            photos=[evidence.Upload(file.filename, file.stream) for file in self.evidence.data or [] if file.filename],
            actor=actor,
            now=now,
        )


class ClocksForm(ActionForm):
    """Some of the complaint's clocks, by their ids."""

    clocks = SelectMultipleField(
        lazy_gettext("Clocks"), coerce=int, widget=ListWidget(prefix_label=False), option_widget=CheckboxInput()
    )

    def __init__(self, complaint: Complaint, **kwargs: Any) -> None:
        super().__init__(complaint, **kwargs)
        self.clocks.choices = [(clock.id, gettext(clock.kind.label)) for clock in self.offered()]

    def offered(self) -> list[Clock]:
        """The clocks to choose from."""
        raise NotImplementedError


class PauseForm(ClocksForm):
    """Which clocks wait for the customer, and why."""

    reason = StringField(
        lazy_gettext("What you wait for"),
        [InputRequired(lazy_gettext("Please say what you wait for.")), Length(max=pauses.MAX_REASON)],
    )

    def offered(self) -> list[Clock]:
        """Those that run and may wait."""
        return pauses.pausable(self.complaint)

    def do(self, *, actor: Person, now: datetime) -> None:
        """Let them wait."""
        pauses.pause(
            self.complaint, clock_ids=self.clocks.data or [], reason=self.reason.data or "", actor=actor, now=now
        )


class ResumeForm(ClocksForm):
    """Which clocks go on."""

    def propose(self) -> None:
        """All of them."""
        self.clocks.process_data([clock.id for clock in self.offered()])

    def offered(self) -> list[Clock]:
        """Those that wait."""
        return pauses.paused(self.complaint)

    def do(self, *, actor: Person, now: datetime) -> None:
        """Let them go on."""
        pauses.resume(self.complaint, clock_ids=self.clocks.data or [], actor=actor, now=now)


class EvidenceForm(ActionForm):
    """Files."""

    evidence = MultipleFileField(lazy_gettext("Photos and files"))

    def do(self, *, actor: Person, now: datetime) -> None:
        """Keep the files."""
        uploads = [evidence.Upload(file.filename, file.stream) for file in self.evidence.data or [] if file.filename]
        evidence.require_some(uploads)
        evidence.attach(self.complaint, uploads=uploads, actor=actor, now=now)


class CompensationForm(ActionForm):
    """What the customer gets; a delay's amount is computed from days × the contract's daily rate (D-17)."""

    kind = WordField(lazy_gettext("Kind"), words=CompensationKind, default=CompensationKind.CLEANING)
    basis = WordField(lazy_gettext("Basis"), words=CompensationBasis, default=CompensationBasis.AGREED)
    amount = YuanField(lazy_gettext("Amount (yuan)"))
    delay_days = CountField(lazy_gettext("Days of delay"))
    reason = TextAreaField(
        lazy_gettext("Reason"), [InputRequired(lazy_gettext("Please give a reason.")), Length(max=LONGEST)]
    )

    def propose(self) -> None:
        """A delay starts from the days that its ledger owes; without one, from those that the customer spoke of."""
        project = self.complaint.project
        owed = delay_ledger.account_of(project).owed if project is not None else 0
        if owed or self.complaint.delay_days:
            self.basis.process_data(CompensationBasis.DELAY)
            self.kind.process_data(CompensationKind.OFF_FINAL_PAYMENT)
            self.delay_days.process_data(owed or self.complaint.delay_days)
        if owed:
            self.reason.process_data(gettext("Days owed by the ledger: %(owed)s.", owed=owed))

    def do(self, *, actor: Person, now: datetime) -> None:
        """Propose it."""
        compensations.offer(
            self.complaint,
            kind=self.kind.data,
            basis=self.basis.data,
            amount=self.amount.data,
            delay_days=self.delay_days.data,
            reason=self.reason.data or "",
            actor=actor,
            now=now,
        )


class FactsForm(ActionForm, FactFields):
    """Risk facts that became known later, and what is behind the complaint in a word."""

    cause_tag = StringField(
        lazy_gettext("Cause tag"),
        [Length(max=households.LONGEST_TAG)],
        render_kw={"list": "cause-tags", "autocomplete": "off"},
    )
    note = StringField(lazy_gettext("How this became known"), [Length(max=500)])

    def propose(self) -> None:
        """Start from what is known."""
        for name, value in vars(self.complaint.facts).items():
            if name in self._fields:
                self._fields[name].process_data(value)
        self.cause_tag.process_data(self.complaint.cause_tag)

    def tags(self) -> list[str]:
        """What to choose from while typing."""
        return group_counting.tags_near(self.complaint)

    def do(self, *, actor: Person, now: datetime) -> None:
        """Write the facts down."""
        facts = self.facts_of(self.complaint.category)
        complaints.update_facts(self.complaint, facts=facts, note=self.note.data or "", actor=actor, now=now)
        if self.cause_tag.raw_data:  # Who sends only the facts says nothing about what is behind them.
            group_counting.set_cause(self.complaint, cause_tag=self.cause_tag.data or "", actor=actor, now=now)


class GroupForm(ActionForm):
    """Into which group, with which complaint; for a member, why it does not belong to its group (N1)."""

    with_number = StringField(lazy_gettext("Number of the group, or of another complaint"), [Length(max=40)])
    reason = TextAreaField(
        lazy_gettext("Reason"), [InputRequired(lazy_gettext("Please give a reason.")), Length(max=groups.MAX_REASON)]
    )

    def __init__(self, complaint: Complaint, **kwargs: Any) -> None:
        super().__init__(complaint, **kwargs)
        self.group = groups.open_of(complaint)
        if self.group is not None:
            del self.with_number

    @property
    def home_count(self) -> int:
        """How many complaints go when its home is taken out."""
        return len(group_members.homes(self.group)[self.complaint.id]) if self.group is not None else 0

    def propose(self) -> None:
        """Start from the open group of the community."""
        if self.group is None and (near := groups.open_in(self.complaint.community_id, limit=1)):
            self.with_number.process_data(near[0].number)

    def do(self, *, actor: Person, now: datetime) -> None:
        """Take its home out of its group, or put it into one."""
        reason = self.reason.data or ""
        if self.group is not None:
            groups.leave(self.complaint, reason=reason, actor=actor, now=now)
        else:
            groups.put_together(
                self.complaint, with_number=self.with_number.data or "", reason=reason, actor=actor, now=now
            )


class ResolveForm(ActionForm):
    """How it was solved."""

    resolution = TextAreaField(
        lazy_gettext("How it was solved"),
        [InputRequired(lazy_gettext("Please write down how it was solved.")), Length(max=LONGEST)],
    )

    def do(self, *, actor: Person, now: datetime) -> None:
        """Resolved, in our view."""
        complaints.resolve(self.complaint, resolution=self.resolution.data or "", actor=actor, now=now)


class CloseForm(ActionForm):
    """How the customer agreed, or that nobody reached them."""

    way = WordField(
        lazy_gettext("Where the agreement is from"),
        words=FollowUpWay,
        empty=lazy_gettext("Nobody reached the customer, after enough tries"),
        default=FollowUpWay.PHONE,
    )
    agreement = TextAreaField(
        lazy_gettext("How the customer agreed"),
        [InputRequired(lazy_gettext("Please write down how the customer agreed.")), Length(max=LONGEST)],
    )

    def propose(self) -> None:
        """Start from how the customer agreed already."""
        if self.complaint.confirmed_way is not None:
            self.way.process_data(self.complaint.confirmed_way)

    def do(self, *, actor: Person, now: datetime) -> None:
        """Closed, with the customer's agreement."""
        closing.close(self.complaint, agreement=self.agreement.data or "", way=self.way.data, actor=actor, now=now)


class ReopenForm(ActionForm):
    """Why it is taken up again."""

    reason = TextAreaField(
        lazy_gettext("Reason"), [InputRequired(lazy_gettext("Please give a reason.")), Length(max=LONGEST)]
    )

    def do(self, *, actor: Person, now: datetime) -> None:
        """Take it up again."""
        complaints.reopen(self.complaint, reason=self.reason.data or "", actor=actor, now=now)


class VoidForm(ReopenForm):
    """Why the record is a mistake, and of which complaint it is a duplicate, if of one."""

    duplicate_of = StringField(
        lazy_gettext("Number of the complaint it duplicates"),
        [Length(max=20)],
        description=lazy_gettext("Leave empty where it is a mistake of another kind."),
    )

    def do(self, *, actor: Person, now: datetime) -> None:
        """Make it void."""
        if into := (self.duplicate_of.data or "").strip():
            duplicates.merge(self.complaint, into=into, reason=self.reason.data or "", actor=actor, now=now)
            return
        complaints.make_void(self.complaint, reason=self.reason.data or "", actor=actor, now=now)


FORMS: Mapping[Action, type[ActionForm]] = {
    Action.ACKNOWLEDGE: AcknowledgeForm,
    Action.CONTACT: ContactForm,
    Action.GRADE: GradeForm,
    Action.MEET: MeetForm,
    Action.GROUP: GroupForm,
    Action.ASSIGN: HandOverForm,
    Action.STAND_DOWN: StandDownForm,
    Action.ESCALATE: EscalateForm,
    Action.NOTE: NoteForm,
    Action.PROMISE: PromiseForm,
    Action.WITHDRAW_PROMISE: WithdrawPromiseForm,
    Action.APPOINT: AppointForm,
    Action.REPORT: ReportForm,
    Action.PAUSE: PauseForm,
    Action.RESUME: ResumeForm,
    Action.ATTACH: EvidenceForm,
    Action.COMPENSATE: CompensationForm,
    Action.UPDATE_FACTS: FactsForm,
    Action.RESOLVE: ResolveForm,
    Action.CLOSE: CloseForm,
    Action.REOPEN: ReopenForm,
    Action.VOID: VoidForm,
}
"""Every action of the vocabulary has its form; a test holds the two against each other."""
