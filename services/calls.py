"""Calls: what a customer says becomes a complaint, with its clocks running and the duty member called (D-02, D-03)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select

from extensions import db
from models import Complaint, Customer, Project
from rules import follow_ups, sla, texts
from rules import intake as reading
from rules import search as words
from rules.addresses import fold
from rules.escalation import REQUIRED_DUTY_ROLE
from rules.permissions import Permission
from rules.phones import Phone
from rules.refusals import Conflict, Refusal
from rules.severity import Facts
from rules.vocabulary import (
    N_,
    Category,
    Channel,
    EventKind,
    Stage,
    Status,
)
from services import (
    complaints,
    customers,
    duty,
    escalations,
    group_counting,
    milestones,
    numbers,
    places,
    promises,
    regrading,
    timeline,
)
from services.actors import Actor, require
from services.regrading import Yardstick


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
    is_drill: bool = False


@dataclass(frozen=True)
class Found:
    """What the desk found or made for an intake's words: its number, the customer's file, the place, who must come."""

    number: str
    customer_id: int
    project_id: int | None
    community: str
    community_id: int | None
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
    complaints.check_facts(intake.facts)
    promises.check(intake.promise_text, intake.promise_due_at, now=now, text_field="promise_text")


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
            Complaint.is_counted,
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
    if intake.external_ref and complaints.find_by_external_ref(intake.external_ref) is not None:
        raise Conflict(N_("This number was recorded before."), field="external_ref")
    earlier = _earlier(intake)
    measure = regrading.yardstick()
    complaint = _new_complaint(intake, measure, actor=actor, now=now)
    complaint.is_history = is_import and sla.is_history(intake.first_word_at, now)
    db.session.add(complaint)
    db.session.flush()
    if earlier is None:
        earlier = _come_back(complaint)
        complaint.repeat_of_id = earlier.id if earlier else None
    kind = EventKind.IMPORTED if is_import else EventKind.RECORDED
    timeline.add(complaint, kind, actor=actor, now=now, details=how_it_came(complaint, intake, measure))
    if earlier is not None:
        _link(complaint, earlier, actor=actor, now=now)
    if intake.promise_text and intake.promise_due_at:
        promises.make(complaint, text=intake.promise_text, due_at=intake.promise_due_at, actor=actor, now=now)
    group_counting.count_in([complaint], now=now, are_new=True)
    milestones.recorded(complaint, now=now)
    if not complaint.is_history:
        escalations.call_first(complaint, now=now)
    db.session.flush()
    return complaint


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


def _new_complaint(intake: Intake, measure: Yardstick, *, actor: Actor, now: datetime) -> Complaint:
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
        community_id=community.id if community else None,
        room_id=room.id if room else None,
        duty_role_id=duty.role(REQUIRED_DUTY_ROLE[intake.category]).id,
    )
    return draft(intake, found, measure, actor=actor, now=now)


def draft(intake: Intake, found: Found, measure: Yardstick, *, actor: Actor, now: datetime) -> Complaint:
    """The complaint's row, not written yet; its level is proposed by the severity policy in force."""
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
        community_id=found.community_id,
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
        suggested_severity=measure.assess(facts).severity,
        severity_policy_id=measure.policy_id,
        duty_role_id=found.duty_role_id,
        escalation_level=0,
        repeat_of_id=intake.repeat_of_id,
        is_drill=intake.is_drill,
    )
    complaints.put_facts(complaint, facts)
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


def how_it_came(complaint: Complaint, intake: Intake, measure: Yardstick) -> dict[str, object]:
    """What the first line of the timeline tells: how late it was written down, and what the facts call for."""
    return {
        "channel": complaint.channel,
        "first_word_at": complaint.first_word_at,
        "entered_late_seconds": int((complaint.recorded_at - complaint.first_word_at).total_seconds()),
        "is_read_back": intake.is_read_back,
        "suggested_severity": int(complaint.suggested_severity),
        "rules": measure.assess(complaint.facts).rule_ids,
    }


def _earlier(intake: Intake) -> Complaint | None:
    """The complaint that this one repeats, as somebody said."""
    if intake.repeat_of_id is None:
        return None
    earlier = db.session.get(Complaint, intake.repeat_of_id)
    if earlier is None:
        raise Refusal(N_("There is no complaint with this number."), field="repeat_of_id")
    return earlier


def _come_back(complaint: Complaint) -> Complaint | None:
    """The customer's complaint that was settled within the thirty days before: this is the old one come back (N13)."""
    settled = (
        select(Complaint)
        .where(
            Complaint.customer_id == complaint.customer_id,
            Complaint.id != complaint.id,
            Complaint.status.in_((Status.RESOLVED, Status.CLOSED)),
            Complaint.is_drill.is_(complaint.is_drill),
        )
        .order_by(Complaint.first_word_at.desc(), Complaint.id.desc())
        .limit(20)
    )
    for earlier in db.session.scalars(settled):
        if follow_ups.is_repeat(complaint.first_word_at, earlier.resolved_at or earlier.first_word_at):
            return earlier
    return None


def _link(complaint: Complaint, earlier: Complaint, *, actor: Actor, now: datetime) -> None:
    """Name each of the two on the other's timeline."""
    for one, other, is_later in ((complaint, earlier, True), (earlier, complaint, False)):
        details = {"number": other.number, "is_later": is_later}
        timeline.add(one, EventKind.REPEAT_LINKED, actor=actor, now=now, details=details)
