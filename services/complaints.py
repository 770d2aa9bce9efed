"""Complaints: record, take, contact, grade, hand over, solve. Each verb is one transaction with its history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select

from extensions import db
from models import Clock, Complaint, Customer, CustomerContact, Person, Project
from rules import intake as reading
from rules import search as words
from rules import severity, sla, texts
from rules.addresses import fold
from rules.escalation import REQUIRED_DUTY_ROLE
from rules.lifecycle import OPEN, actions, next_status
from rules.permissions import ACTION_PERMISSION, Permission
from rules.phones import Phone
from rules.refusals import Conflict, Refusal
from rules.settings import SettingKey
from rules.severity import Facts
from rules.vocabulary import (
    N_,
    Action,
    Category,
    Channel,
    ClockKind,
    ContactMethod,
    EventKind,
    FaultSide,
    NotificationKind,
    Severity,
    Stage,
    Status,
)
from services import (
    clocks,
    customers,
    duty,
    escalations,
    notifications,
    numbers,
    places,
    promises,
    records,
    responsibilities,
    settings,
    timeline,
)
from services.actors import Actor, require

MAX_DAYS = 3650
MAX_HOUSEHOLDS = 10_000


@dataclass(frozen=True)
class Intake:
    """Everything that is written down while the customer talks (D-07, D-08, H-05, N2).

    ``first_word_at`` is aware UTC; ``project_id`` wins over ``contract_no``; ``external_ref`` is the number another
    system gave the call.
    """

    channel: Channel
    first_word_at: datetime
    contact_name: str
    phone: Phone
    category: Category
    problem: str
    facts: Facts
    community: str = ""
    room: str = ""
    contract_no: str = ""
    project_id: int | None = None
    stage: Stage | None = None
    impact: str = ""
    demand: str = ""
    is_read_back: bool = False
    promise_text: str = ""
    promise_due_at: datetime | None = None
    repeat_of_id: int | None = None
    external_ref: str | None = None
    first_responder_stated: str = ""
    is_category_guessed: bool = False


@dataclass(frozen=True)
class Found:
    """What the desk found or made for an intake's words: its number, the customer's file, the place, who must come."""

    number: str
    customer_id: int
    project_id: int | None
    community: str
    room_id: int | None
    duty_role_id: int


def check(intake: Intake, *, now: datetime) -> None:
    """Refuse what cannot be a complaint, with the field it belongs to.

    Raises:
        Refusal: a text is missing or endless, or a time makes no sense.
    """
    texts.check_given(intake.contact_name, N_("Please give the customer's name."), field="contact_name", longest=64)
    texts.check_given(intake.problem, N_("Please write down what the problem is."), field="problem")
    for name, longest in _OPTIONAL_TEXTS.items():
        texts.check(getattr(intake, name) or "", field=name, longest=longest)
    if intake.first_word_at > now + sla.CLOCK_SKEW:
        raise Refusal(N_("The first word lies in the future."), field="first_word_at")
    if now - intake.first_word_at > sla.BACKDATE_LIMIT and intake.external_ref is None:
        raise Refusal(
            N_("The first word lies more than 90 days back; import old calls as history."), field="first_word_at"
        )
    if now - intake.first_word_at > sla.HISTORY_LIMIT:
        raise Refusal(N_("The first word lies more than three years back."), field="first_word_at")
    check_facts(intake.facts)
    promises.check(intake.promise_text, intake.promise_due_at, now=now, text_field="promise_text")


def check_facts(facts: Facts) -> None:
    """Refuse risk facts beyond all reason.

    Raises:
        Refusal: a count is out of bounds.
    """
    if not 1 <= facts.household_count <= MAX_HOUSEHOLDS:
        raise Refusal(N_("The number of households must lie between 1 and 10,000."), field="household_count")
    if not 0 <= facts.delay_days <= MAX_DAYS:
        raise Refusal(N_("The days of delay must lie between 0 and 3,650."), field="delay_days")


def probable_repeat(
    *, phone: Phone, problem: str, category: Category, first_word_at: datetime, same_words_only: bool = False
) -> Complaint | None:
    """An earlier complaint of the same customer about the same matter within the hour (the nearest), if any."""
    near = (
        select(Complaint)
        .where(
            Complaint.contact_phone == phone.number,
            Complaint.contact_phone_extension == phone.extension,
            Complaint.first_word_at >= first_word_at - sla.REPEAT_WITHIN,
            Complaint.first_word_at <= first_word_at + sla.REPEAT_WITHIN,
            Complaint.status != Status.VOID,
        )
        .order_by(Complaint.first_word_at.desc(), Complaint.id.desc())
        .limit(20)
    )
    for complaint in db.session.scalars(near):
        if reading.same_words(complaint.problem, problem):
            return complaint
        if not same_words_only and complaint.category is category:
            return complaint
    return None


def record(intake: Intake, *, actor: Actor, now: datetime, is_import: bool = False) -> Complaint:
    """Write the complaint down, start its clocks and call the duty member (D-02, D-03).

    A call older than a day that comes from an import is history: its clocks are computed, nobody's phone rings.

    Raises:
        NotAllowed, Refusal: see ``check``. Conflict: the external number is known already.
    """
    require(actor, Permission.IMPORT if is_import else Permission.RECORD)
    check(intake, now=now)
    if intake.external_ref and find_by_external_ref(intake.external_ref) is not None:
        raise Conflict(N_("This number was recorded before."), field="external_ref")
    earlier = _earlier(intake)
    complaint = _new_complaint(intake, actor=actor, now=now)
    complaint.is_history = is_import and sla.is_history(intake.first_word_at, now)
    db.session.add(complaint)
    db.session.flush()
    _tell_how_it_came(complaint, intake, actor=actor, now=now, is_import=is_import)
    if earlier is not None:
        _link(complaint, earlier, actor=actor, now=now)
    if intake.promise_text and intake.promise_due_at:
        promises.make(complaint, text=intake.promise_text, due_at=intake.promise_due_at, actor=actor, now=now)
    _start_clocks(complaint, now=now)
    if not complaint.is_history:
        escalations.call_first(complaint, now=now)
    db.session.flush()
    return complaint


def find(number: str) -> Complaint | None:
    """The complaint with this number, to look at; whoever changes one takes it through ``complaint_locks``."""
    if not number.isprintable():  # Made up in an address; PostgreSQL would not even look for a NUL.
        return None
    return db.session.scalar(select(Complaint).where(Complaint.number == number))


def find_by_external_ref(ref: str) -> Complaint | None:
    """The complaint that another system's number belongs to."""
    return db.session.scalar(select(Complaint).where(Complaint.external_ref == ref))


def open_of(customer: Customer) -> list[Complaint]:
    """The customer's complaints that are not over, newest first; a handful at most."""
    statement = (
        select(Complaint)
        .where(Complaint.customer_id == customer.id, Complaint.status.in_((*OPEN, Status.RESOLVED)))
        .order_by(Complaint.first_word_at.desc())
        .limit(5)
    )
    return list(db.session.scalars(statement))


def acknowledge(complaint: Complaint, *, actor: Person, now: datetime) -> None:
    """Take the complaint: the chain stops, its unsent calls are withdrawn, the actor becomes the handler.

    Raises:
        Conflict: somebody else was first, or the complaint is over.
    """
    _begin(complaint, Action.ACKNOWLEDGE, actor)
    if complaint.acknowledged_by is not None:
        raise Conflict(N_("%(name)s has acknowledged this complaint already."), name=complaint.acknowledged_by.name)
    _take(complaint, actor, now=now)


def log_contact(
    complaint: Complaint,
    *,
    method: ContactMethod,
    is_reached: bool,
    summary: str,
    is_read_back: bool = False,
    actor: Person,
    now: datetime,
) -> CustomerContact:
    """Write down an attempt to talk to the customer; reaching them stops the contact clock (D-02).

    Whoever reaches the customer of a complaint that nobody has takes it by doing so. ``is_read_back`` says that the
    three dimensions were read back and confirmed in this conversation (D-09).

    Raises:
        Refusal: no summary of what was said.
    """
    status = _begin(complaint, Action.CONTACT, actor)
    if is_reached:
        texts.check_given(summary, N_("Please write down what was said."), field="summary")
    contact = CustomerContact(
        complaint=complaint, at=now, by=actor, method=method, is_reached=is_reached, summary=summary.strip()
    )
    db.session.add(contact)
    timeline.add(
        complaint,
        EventKind.CONTACT_LOGGED,
        actor=actor,
        now=now,
        note=summary.strip(),
        details={"method": method, "is_reached": is_reached, "is_read_back": is_read_back},
    )
    if is_reached:
        if is_read_back and complaint.read_back_at is None:
            complaint.read_back_at = now
        _customer_reached(complaint, status, actor=actor, now=now)
    db.session.flush()
    return contact


def grade(
    complaint: Complaint,
    *,
    severity: Severity,
    reason: str,
    side: FaultSide,
    lead: Person,
    cooperators: Sequence[Person],
    actor: Person,
    now: datetime,
) -> None:
    """Fix the level with its reason and name who is responsible; the triage clock stops (D-10 to D-14).

    Raises:
        Refusal: no reason, or the lead also stands among the cooperators.
    """
    status = _begin(complaint, Action.GRADE, actor)
    texts.check_given(reason, N_("Please give the reason for the level."), field="reason")
    responsibilities.name(complaint, side=side, lead=lead, cooperators=cooperators, actor=actor, now=now)
    changes = {"severity": (complaint.severity, severity), "status": (complaint.status, status)}
    complaint.severity = severity
    complaint.severity_reason = reason.strip()
    complaint.graded_at, complaint.graded_by = now, actor
    complaint.status = status
    timeline.add(complaint, EventKind.GRADED, actor=actor, now=now, note=reason.strip(), changes=_real(changes))
    clocks.stop(complaint, ClockKind.TRIAGE, actor=actor, now=now)
    db.session.flush()


def hand_over(complaint: Complaint, *, to: Person, reason: str, actor: Person, now: datetime) -> None:
    """Give the complaint to somebody else, who is told; the first responder stays for life (G-02).

    Raises:
        Refusal: no reason, or the other is not able to take it. Conflict: they have it already.
    """
    _begin(complaint, Action.ASSIGN, actor)
    texts.check_given(reason, N_("Please give a reason."), field="reason")
    if not to.may(Permission.ACKNOWLEDGE):
        raise Refusal(N_("%(name)s cannot take complaints."), field="to", name=to.name)
    if complaint.handler_id == to.id:
        raise Conflict(N_("%(name)s has this complaint already."), field="to", name=to.name)
    changes = {"handler": (complaint.handler and complaint.handler.name, to.name)}
    complaint.handler = to
    if complaint.acknowledged_at is None:
        _stop_chain(complaint, by=actor, now=now)
    event = timeline.add(complaint, EventKind.ASSIGNED, actor=actor, now=now, note=reason.strip(), changes=changes)
    db.session.flush()
    notifications.queue(
        kind=NotificationKind.ASSIGNED,
        person=to,
        dedup_key=f"complaint:{complaint.id}:assigned:{event.id}",
        complaint=complaint,
        now=now,
        number=complaint.number,
    )


def update_facts(complaint: Complaint, *, facts: Facts, note: str, actor: Person, now: datetime) -> None:
    """Write down risk facts that became known later; the proposed level follows them.

    Raises:
        Refusal: a count is out of bounds.
    """
    _begin(complaint, Action.UPDATE_FACTS, actor)
    check_facts(facts)
    _put_facts(complaint, facts)
    complaint.suggested_severity = severity.assess(complaint.facts).severity
    changes = records.changes_of(complaint)
    if not changes:
        return
    timeline.add(complaint, EventKind.EDITED, actor=actor, now=now, note=note.strip(), changes=changes)
    db.session.flush()


def add_note(complaint: Complaint, *, text: str, actor: Person, now: datetime) -> None:
    """Write a note on the timeline.

    Raises:
        Refusal: it is empty or endless.
    """
    _begin(complaint, Action.NOTE, actor)
    texts.check_given(text, N_("The note is empty."), field="text")
    timeline.add(complaint, EventKind.NOTE, actor=actor, now=now, note=text.strip())
    db.session.flush()


def resolve(complaint: Complaint, *, resolution: str, actor: Person, now: datetime) -> None:
    """Say that it is solved, in our view; the customer has not agreed yet.

    Raises:
        Refusal: no words on what was done. Conflict: it has not been graded.
    """
    status = _begin(complaint, Action.RESOLVE, actor)
    texts.check_given(resolution, N_("Please write down how it was solved."), field="resolution")
    if complaint.severity is None:
        raise Conflict(N_("Grade the complaint first: every case has a level and somebody responsible."))
    complaint.resolution = resolution.strip()
    complaint.resolved_at = now
    complaint.handler = complaint.handler or actor
    _stop_chain(complaint, by=actor, now=now)
    _move(complaint, status, EventKind.RESOLVED, note=resolution, actor=actor, now=now)


def close(complaint: Complaint, *, agreement: str, actor: Person, now: datetime) -> None:
    """Close it with the customer's agreement, in words.

    Raises:
        Refusal: nothing is said about the customer's agreement.
    """
    status = _begin(complaint, Action.CLOSE, actor)
    texts.check_given(agreement, N_("Please write down how the customer agreed."), field="agreement")
    complaint.closed_at = now
    _move(complaint, status, EventKind.CLOSED, note=agreement, actor=actor, now=now)


def reopen(complaint: Complaint, *, reason: str, actor: Person, now: datetime) -> None:
    """Take it up again under the same number.

    Raises:
        Refusal: no reason.
    """
    status = _begin(complaint, Action.REOPEN, actor)
    texts.check_given(reason, N_("Please give a reason."), field="reason")
    complaint.resolved_at = complaint.closed_at = None
    _move(complaint, status, EventKind.REOPENED, note=reason, actor=actor, now=now)


def make_void(complaint: Complaint, *, reason: str, actor: Person, now: datetime) -> None:
    """Mark a mistaken record as void: it stays readable, no clock runs, no phone rings.

    Raises:
        Refusal: no reason.
    """
    status = _begin(complaint, Action.VOID, actor)
    texts.check_given(reason, N_("Please give a reason."), field="reason")
    complaint.escalation_due_at = None
    clocks.cancel_all(complaint)
    notifications.cancel_calls(complaint, now=now)
    _move(complaint, status, EventKind.VOIDED, note=reason, actor=actor, now=now)


def reveal_phone(complaint: Complaint, *, actor: Person, now: datetime) -> str:
    """The full number, with the look written on the timeline (N18)."""
    require(actor, Permission.REVEAL)
    timeline.add(complaint, EventKind.REVEALED, actor=actor, now=now)
    db.session.flush()
    return complaint.contact_phone


def possible_actions(complaint: Complaint, actor: Person) -> tuple[Action, ...]:
    """What this person can do to it now; the page shows exactly these buttons."""
    return tuple(
        action
        for action in actions(complaint.status)
        if actor.may(ACTION_PERMISSION[action])
        and not (action is Action.ACKNOWLEDGE and complaint.acknowledged_at is not None)
    )


_OPTIONAL_TEXTS = {
    "impact": texts.LONGEST,
    "demand": texts.LONGEST,
    "community": 100,
    "room": 100,
    "contract_no": 40,
    "external_ref": 40,
    "first_responder_stated": 64,
    "promise_text": 500,
}


def _begin(complaint: Complaint, action: Action, actor: Person) -> Status:
    require(actor, ACTION_PERMISSION[action])
    return next_status(complaint.status, action)


def _new_complaint(intake: Intake, *, actor: Actor, now: datetime) -> Complaint:
    community, room = places.find_or_create_room(community=intake.community, room=intake.room)
    customer = customers.find_or_create(
        name=intake.contact_name.strip(), phone=intake.phone, room=room, actor=actor, now=now
    )
    project = _project(intake, customer)
    found = Found(
        number=numbers.complaint_number(now),
        customer_id=customer.id,
        project_id=project.id if project else None,
        community=community.name if community else "",
        room_id=room.id if room else None,
        duty_role_id=duty.role(REQUIRED_DUTY_ROLE[intake.category]).id,
    )
    return draft(intake, found, actor=actor, now=now)


def draft(intake: Intake, found: Found, *, actor: Actor, now: datetime) -> Complaint:
    """The complaint's row, not written yet."""
    facts = replace(intake.facts, category=intake.category)
    complaint = Complaint(
        number=found.number,
        external_ref=intake.external_ref,
        channel=intake.channel,
        first_word_at=intake.first_word_at,
        recorded_at=now,
        recorded_by_id=actor.id,
        first_responder_id=actor.id,
        first_responder_stated=intake.first_responder_stated.strip(),
        customer_id=found.customer_id,
        project_id=found.project_id,
        room_id=found.room_id,
        contact_name=intake.contact_name.strip(),
        contact_phone=intake.phone.number,
        contact_phone_extension=intake.phone.extension,
        contact_phone_tail=intake.phone.number[-4:],
        community_stated=found.community or intake.community.strip(),
        room_stated=fold(intake.room)[:100],
        contract_no_stated=intake.contract_no.strip().upper()[:40],
        category=intake.category,
        is_category_guessed=intake.is_category_guessed,
        stage=intake.stage,
        problem=intake.problem,
        impact=intake.impact,
        demand=intake.demand,
        read_back_at=now if intake.is_read_back else None,
        status=Status.NEW,
        suggested_severity=severity.assess(facts).severity,
        duty_role_id=found.duty_role_id,
        escalation_level=0,
        repeat_of_id=intake.repeat_of_id,
    )
    _put_facts(complaint, facts)
    complaint.search_text = words.index_text(searchable(complaint))
    return complaint


def searchable(complaint: Complaint) -> str:
    """What the full-text index holds of it.

    The short texts come first: an endless problem then cannot crowd them out of the index.
    """
    return "\n".join(
        (
            complaint.contact_name,
            complaint.community_stated,
            complaint.room_stated,
            complaint.problem,
            complaint.impact,
            complaint.demand,
        )
    )


def _project(intake: Intake, customer: Customer) -> Project | None:
    """The project that was picked, or the one whose contract number was said; a number nobody knows is kept."""
    if intake.project_id is not None:
        project = db.session.get(Project, intake.project_id)
        if project is None or project.customer_id != customer.id:
            raise Refusal(N_("This project does not belong to this customer."), field="project_id")
        return project
    return customers.project_by_contract(intake.contract_no) if intake.contract_no.strip() else None


def _put_facts(complaint: Complaint, facts: Facts) -> None:
    complaint.is_safety_hazard = facts.is_safety_hazard
    complaint.is_media_involved = facts.is_media_involved
    complaint.household_count = facts.household_count
    complaint.delay_days = facts.delay_days
    complaint.is_leak = facts.is_leak
    complaint.mentions_consumer_association = facts.mentions_consumer_association


def _tell_how_it_came(complaint: Complaint, intake: Intake, *, actor: Actor, now: datetime, is_import: bool) -> None:
    kind = EventKind.IMPORTED if is_import else EventKind.RECORDED
    timeline.add(complaint, kind, actor=actor, now=now, details=how_it_came(complaint, intake))


def how_it_came(complaint: Complaint, intake: Intake) -> dict[str, object]:
    """What the first line of the timeline tells: how late it was written down, and what the facts call for."""
    return {
        "channel": complaint.channel,
        "first_word_at": complaint.first_word_at,
        "entered_late_seconds": int((complaint.recorded_at - complaint.first_word_at).total_seconds()),
        "is_read_back": intake.is_read_back,
        "suggested_severity": int(complaint.suggested_severity),
        "rules": [rule.id for rule in severity.assess(complaint.facts).rules],
    }


def _earlier(intake: Intake) -> Complaint | None:
    """The complaint that this one repeats, as somebody said."""
    if intake.repeat_of_id is None:
        return None
    earlier = db.session.get(Complaint, intake.repeat_of_id)
    if earlier is None:
        raise Refusal(N_("There is no complaint with this number."), field="repeat_of_id")
    return earlier


def _link(complaint: Complaint, earlier: Complaint, *, actor: Actor, now: datetime) -> None:
    """Name each of the two on the other's timeline."""
    for one, other, is_later in ((complaint, earlier, True), (earlier, complaint, False)):
        details = {"number": other.number, "is_later": is_later}
        timeline.add(one, EventKind.REPEAT_LINKED, actor=actor, now=now, details=details)


def _start_clocks(complaint: Complaint, *, now: datetime) -> None:
    for clock in first_clocks(complaint, lengths=clock_lengths(), now=now):
        clock.complaint = complaint
        db.session.add(clock)


def clock_lengths() -> dict[ClockKind, timedelta]:
    """How long each clock of a new complaint runs."""
    return {
        ClockKind.CONTACT: settings.minutes(SettingKey.CONTACT_MINUTES),
        ClockKind.TRIAGE: settings.minutes(SettingKey.TRIAGE_MINUTES),
    }


def first_clocks(complaint: Complaint, *, lengths: Mapping[ClockKind, timedelta], now: datetime) -> list[Clock]:
    """The clocks a complaint begins with, not written yet: contact from the first word, triage from the record
    (decision 4); a call from the past has both behind it.
    """
    if complaint.is_history:
        return [
            clocks.of_history(kind, started_at=complaint.first_word_at, within=within)
            for kind, within in lengths.items()
        ]
    begins = {ClockKind.CONTACT: min(complaint.first_word_at, now), ClockKind.TRIAGE: now}
    return [
        clocks.running(kind, started_at=begins[kind], within=within, owner_id=complaint.first_responder_id)
        for kind, within in lengths.items()
    ]


def _take(complaint: Complaint, actor: Person, *, now: datetime) -> None:
    changes = {"handler": (complaint.handler and complaint.handler.name, actor.name)}
    complaint.handler = actor
    _stop_chain(complaint, by=actor, now=now)
    timeline.add(complaint, EventKind.ACKNOWLEDGED, actor=actor, now=now, changes=_real(changes))
    db.session.flush()


def _stop_chain(complaint: Complaint, *, by: Person, now: datetime) -> None:
    """Nobody else is called: the chain's due time goes, and so do its unsent calls."""
    if complaint.acknowledged_at is None:
        complaint.acknowledged_at, complaint.acknowledged_by = now, by
    complaint.escalation_due_at = None
    notifications.cancel_calls(complaint, now=now)


def _customer_reached(complaint: Complaint, status: Status, *, actor: Person, now: datetime) -> None:
    if complaint.acknowledged_at is None and complaint.is_open and actor.may(Permission.ACKNOWLEDGE):
        _take(complaint, actor, now=now)
    if complaint.contacted_at is None:
        complaint.contacted_at = now
    complaint.status = Status.HANDLING if status is Status.CONTACTED and complaint.severity else status
    clocks.stop(complaint, ClockKind.CONTACT, actor=actor, now=now)


def _move(complaint: Complaint, status: Status, kind: EventKind, *, note: str, actor: Actor, now: datetime) -> None:
    changes = {"status": (complaint.status, status)}
    complaint.status = status
    timeline.add(complaint, kind, actor=actor, now=now, note=note.strip(), changes=changes)
    db.session.flush()


def _real(changes: Mapping[str, tuple[object, object]]) -> dict[str, tuple[object, object]]:
    return {name: (old, new) for name, (old, new) in changes.items() if old != new}
