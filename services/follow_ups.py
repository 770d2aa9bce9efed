"""Follow-ups: the customer is asked, by link or by staff, until they are satisfied (A-05, A-08, A-10, N13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select

from extensions import db
from models import Complaint, CustomerLink, FollowUp, FollowUpTry, Person
from models.base import spelled_out
from rules import follow_ups, phones, texts
from rules.follow_ups import Scores
from rules.lifecycle import check_section
from rules.next_steps import NextStep, Tab
from rules.permissions import Permission
from rules.refusals import Conflict, Refusal
from rules.severity import Facts
from rules.vocabulary import (
    N_,
    Category,
    Channel,
    ContactMethod,
    EventKind,
    FollowUpState,
    FollowUpWay,
    NotificationKind,
    Section,
    Stage,
    Status,
)
from services import (
    calls,
    complaint_locks,
    complaints,
    customer_links,
    duty,
    follow_up_plans,
    milestones,
    notifications,
    people,
    timeline,
)
from services.actors import SYSTEM, Actor, require

UNANSWERED_AFTER = timedelta(days=3)
"""A link that nobody answered for so long: somebody calls instead."""

TRY_APART = timedelta(minutes=10)
"""Two tries are two: a button that is pressed twice is one."""

MOST_TOLD = 2
"""How many people are told that a customer is to be asked, where nobody leads."""

BATCH = 100
MAX_WORDS = 2000

_ASKED_IN = (Status.RESOLVED, Status.CLOSED)


@dataclass(frozen=True)
class Answer:
    """What the customer said: three scores, whether it is solved, and words."""

    scores: Scores
    is_solved: bool
    words: str = ""

    @property
    def is_satisfied(self) -> bool:
        """Solved, they say, and no score says otherwise."""
        return self.scores.are_satisfied(says_so=self.is_solved)

    def check(self) -> None:
        """Refuse what is no answer.

        Raises:
            Refusal: a score outside 1 to 5, or endless words.
        """
        self.scores.check()
        texts.check(self.words, field="words", longest=MAX_WORDS)


def of(complaint: Complaint) -> list[FollowUp]:
    """Everything that was asked and is to be asked, the earliest first."""
    statement = select(FollowUp).where(FollowUp.complaint_id == complaint.id).order_by(FollowUp.due_at, FollowUp.id)
    return list(db.session.scalars(statement))


def to_ask(complaint: Complaint) -> FollowUp | None:
    """The question that comes next."""
    return next((each for each in of(complaint) if each.state is FollowUpState.PLANNED), None)


def is_asked_in(complaint: Complaint) -> bool:
    """Whether customers of such a complaint are asked: it is resolved, or closed."""
    return complaint.status in _ASKED_IN


def may_ask(follow_up: FollowUp, person: Person) -> bool:
    """Whether this person may write the answer down: the work is not their own."""
    complaint = follow_up.complaint
    is_theirs = complaint is not None and complaint.handler_id == person.id
    return person.may(Permission.ASK) and not is_theirs and follow_up.state is FollowUpState.PLANNED


def write_down(follow_up: FollowUp, *, answer: Answer, way: FollowUpWay, actor: Person, now: datetime) -> None:
    """Enter what the customer said; it stays marked as entered by staff.

    Raises:
        NotAllowed, Refusal: a score of 9, or the owner of a finished project is not satisfied and nobody says why.
        Conflict: it was answered before, or the actor handled the complaint.
    """
    _check_asker(follow_up, way, actor)
    answer.check()
    if follow_up.project is not None and not answer.is_satisfied and not answer.words.strip():
        raise Refusal(N_("Please write down what is wrong: it becomes a complaint."), field="words")
    _settle(follow_up, answer, way=way, actor=actor, now=now)


def answer_on_page(link: CustomerLink, *, answer: Answer, now: datetime) -> FollowUp | None:
    """The customer's own answer; the complaint is locked by the caller.

    None when somebody was first: the link is used up, or the question was answered another way meanwhile.

    Raises:
        Refusal: a score outside 1 to 5, or endless words; then the link still opens.
    """
    answer.check()
    follow_up = asked_by(link)
    if follow_up is None or not customer_links.use(link, now=now):
        return None
    _settle(follow_up, answer, way=FollowUpWay.LINK, actor=SYSTEM, now=now)
    return follow_up


def asked_by(link: CustomerLink) -> FollowUp | None:
    """The question that this link puts, as long as nobody answered it."""
    if link.complaint.status not in _ASKED_IN:
        return None
    statement = select(FollowUp).where(FollowUp.link_id == link.id, FollowUp.state == FollowUpState.PLANNED)
    return db.session.scalar(statement.order_by(FollowUp.round).limit(1).execution_options(populate_existing=True))


def try_in_vain(follow_up: FollowUp, *, method: ContactMethod, actor: Person, now: datetime) -> None:
    """Nobody was reached. After as many tries as the policy names nobody is asked any more for this time.

    Raises:
        Conflict: it was answered before, the actor handled the complaint, or a try was written down a moment ago.
    """
    _check_asker(follow_up, FollowUpWay.PHONE, actor)
    if any(now - before.at < TRY_APART for before in follow_up.tries):
        raise Conflict(N_("A try was written down a moment ago; please wait before the next one."))
    follow_up.tries.append(FollowUpTry(at=now, by=actor, method=method))
    count, most = len(follow_up.tries), follow_up_plans.policy().tries
    if count >= most:
        follow_up.state, follow_up.ended_at = FollowUpState.UNREACHED, now
    if follow_up.complaint is not None:
        details = {"round": follow_up.round, "tries": count, "method": method, "is_over": count >= most}
        timeline.add(follow_up.complaint, EventKind.FOLLOWED_UP, actor=actor, now=now, details=details)
    db.session.flush()


def tries_since_resolved(complaint: Complaint) -> int:
    """How often nobody was reached since it was resolved."""
    if complaint.resolved_at is None:
        return 0
    tries = (
        select(func.count())
        .select_from(FollowUpTry)
        .join(FollowUpTry.follow_up)
        .where(FollowUp.complaint_id == complaint.id, FollowUpTry.at >= complaint.resolved_at)
    )
    return db.session.scalar(tries) or 0


def send_link(complaint: Complaint, *, actor: Person, now: datetime) -> None:
    """Send the customer a new link for the question that comes next; the links before it end.

    Raises:
        NotAllowed: the role does not allow it. Refusal: there is no address to send, or no phone to send it to.
        Conflict: nothing is to be asked.
    """
    require(actor, Permission.SEND_MESSAGES)
    check_section(Section.FOLLOW_UP, complaint.status)
    follow_up = to_ask(complaint)
    if follow_up is None:
        raise Conflict(N_("The customer is not to be asked any more."))
    if not customer_links.are_possible():
        raise Refusal(N_("The desk has no public address (PUBLIC_URL), so that no link can be sent; please call."))
    if not _is_link_sent(follow_up, complaint, actor=actor, now=now):
        raise Refusal(N_("The customer has no mobile number or wants no messages; please call."))


def todo(complaint: Complaint, *, now: datetime) -> list[NextStep]:
    """The question that comes next."""
    if complaint.status not in _ASKED_IN:
        return []
    follow_up = to_ask(complaint)
    if follow_up is None:
        return []
    sentence = N_("Ask the customer how it was (question %(round)s).")
    return [NextStep(Tab.FOLLOW_UP, sentence, {"round": follow_up.round}, follow_up.due_at)]


# --- when it is due -------------------------------------------------------------------------------------------------


def sweep(*, now: datetime, limit: int = BATCH) -> int:
    """Ask every customer whose time has come, by link where there is an address, else by somebody of the desk who is
    told; who does not answer a link is called as well. Returns how many.
    """
    found = db.session.execute(
        select(FollowUp.id, FollowUp.complaint_id).where(*_due(now)).order_by(FollowUp.due_at, FollowUp.id).limit(limit)
    ).all()
    locked = {each.id for each in complaint_locks.take({row.complaint_id for row in found if row.complaint_id})}
    ids = [row.id for row in found if row.complaint_id is None or row.complaint_id in locked]
    asked = _afresh(ids, now)
    for follow_up in reversed(asked):  # Of one complaint the newest asks, and calls off those before it.
        _ask(follow_up, now=now)
    db.session.flush()
    return len(asked)


def _due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        spelled_out(FollowUp.state, FollowUpState.PLANNED),
        FollowUp.told_at.is_(None),
        FollowUp.due_at <= now,
        or_(FollowUp.link_id.is_(None), FollowUp.due_at <= now - UNANSWERED_AFTER),
    )


def _afresh(ids: Sequence[int], now: datetime) -> Sequence[FollowUp]:
    """Those of them that are still due now that their complaints are locked."""
    still = select(FollowUp).where(FollowUp.id.in_(ids), *_due(now)).order_by(FollowUp.due_at, FollowUp.id)
    locked = still.with_for_update(of=FollowUp, skip_locked=True)
    return db.session.scalars(locked.execution_options(populate_existing=True)).all()


def _ask(follow_up: FollowUp, *, now: datetime) -> None:
    complaint = follow_up.complaint
    if follow_up.state is not FollowUpState.PLANNED:
        return
    if complaint is not None:
        follow_up_plans.cancel_before(follow_up, now=now)
        is_first_time = follow_up.link_id is None and customer_links.are_possible() and not complaint.is_drill
        if is_first_time and _is_link_sent(follow_up, complaint, actor=SYSTEM, now=now):
            return
    follow_up.told_at = now
    if complaint is not None and complaint.is_drill:
        return  # Nobody is there to be asked.
    for person in who_asks(follow_up, now=now):
        notifications.queue(
            kind=NotificationKind.FOLLOW_UP_DUE,
            person=person,
            dedup_key=f"follow_up:{follow_up.id}:due:{person.id}",
            complaint=complaint,
            now=now,
            number=complaint.number if complaint is not None else _contract(follow_up),
        )


def who_asks(follow_up: FollowUp, *, now: datetime) -> list[Person]:
    """Who is told to ask: the leader, whoever was asked first, or anybody who may, and never who handled it."""
    complaint = follow_up.complaint
    handler_id = complaint.handler_id if complaint is not None else None
    first = [complaint.first_responder] if complaint is not None and complaint.first_responder else []
    for group in (duty.leaders(at=now), first, people.who_may(Permission.ASK)):
        able = [each for each in people.those_who_may(group, Permission.ASK) if each.id != handler_id]
        if able:
            return able[:MOST_TOLD]
    return []


def _contract(follow_up: FollowUp) -> str:
    return follow_up.project.contract_no if follow_up.project is not None else ""


def _is_link_sent(follow_up: FollowUp, complaint: Complaint, *, actor: Actor, now: datetime) -> bool:
    """Send it to the customer; False where nothing reaches them."""
    if notifications.Receiver.of(complaint.customer).hindrance:
        return False
    link, address = customer_links.make(complaint, actor=actor, now=now)
    notifications.withdraw(complaint, {NotificationKind.FOLLOW_UP_LINK}, now=now)
    notifications.queue(
        kind=NotificationKind.FOLLOW_UP_LINK,
        customer=complaint.customer,
        dedup_key=f"link:{link.id}",
        complaint=complaint,
        expires_at=link.expires_at,
        now=now,
        number=complaint.number,
        link=address,
    )
    follow_up.link = link
    details = {"round": follow_up.round, "expires_at": link.expires_at}
    timeline.add(complaint, EventKind.LINK_SENT, actor=actor, now=now, details=details)
    db.session.flush()
    return True


# --- what follows from an answer -------------------------------------------------------------------------------------


def _check_asker(follow_up: FollowUp, way: FollowUpWay, actor: Person) -> None:
    require(actor, Permission.ASK)
    complaint = follow_up.complaint
    if complaint is not None:
        check_section(Section.FOLLOW_UP, complaint.status)
    is_handler = complaint is not None and complaint.handler_id == actor.id
    follow_ups.check_writer(way, is_staff=True, is_handler=is_handler)
    if follow_up.state is not FollowUpState.PLANNED:
        raise Conflict(N_("The customer was asked already, or is not to be asked any more."))


def _settle(follow_up: FollowUp, answer: Answer, *, way: FollowUpWay, actor: Actor, now: datetime) -> None:
    scores = answer.scores
    follow_up.attitude, follow_up.quality, follow_up.efficiency = scores.attitude, scores.quality, scores.efficiency
    follow_up.is_satisfied, follow_up.words = answer.is_satisfied, answer.words.strip()
    follow_up.state, follow_up.ended_at, follow_up.way = FollowUpState.ANSWERED, now, way
    follow_up.entered_by_id = actor.id
    if follow_up.complaint is not None:
        _tell_complaint(follow_up.complaint, follow_up, actor=actor, now=now)
    elif not follow_up.is_satisfied:
        _open(follow_up, actor=actor, now=now)
    db.session.flush()


def _tell_complaint(complaint: Complaint, follow_up: FollowUp, *, actor: Actor, now: datetime) -> None:
    timeline.add(
        complaint,
        EventKind.CUSTOMER_WROTE if follow_up.way is FollowUpWay.LINK else EventKind.FOLLOWED_UP,
        actor=actor,
        now=now,
        note=follow_up.words,
        details={
            "round": follow_up.round,
            "way": follow_up.way,
            "scores": [follow_up.attitude, follow_up.quality, follow_up.efficiency],
            "is_satisfied": follow_up.is_satisfied,
        },
    )
    db.session.flush()
    notifications.withdraw(complaint, follow_up_plans.MESSAGES, now=now)
    milestones.followed_up(complaint, actor=actor, now=now)
    if follow_up.is_satisfied and follow_up.way is not None:
        complaints.confirm(complaint, way=follow_up.way, now=now)
    else:
        _take_up_again(complaint, follow_up, now=now)


def _take_up_again(complaint: Complaint, follow_up: FollowUp, *, now: datetime) -> None:
    """The same number, fresh clocks, and whoever leads and whoever had it know (A-05, N13)."""
    scores = f"{follow_up.attitude}/{follow_up.quality}/{follow_up.efficiency}"
    complaints.reopen(complaint, reason=f"{scores} {follow_up.words}".strip(), actor=SYSTEM, now=now)
    _tell_leaders(follow_up, complaint, now=now)


def _open(follow_up: FollowUp, *, actor: Actor, now: datetime) -> None:
    """What the owner of a finished project finds wrong is a complaint like any other, with all its clocks (A-02)."""
    project = follow_up.project
    assert project is not None
    customer = project.customer
    intake = calls.Intake(
        channel=Channel.ADVISER,
        first_word_at=now,
        contact_name=customer.name,
        phone=phones.kept(customer.phone, customer.phone_extension),
        category=Category.OTHER,
        is_category_guessed=True,
        problem=follow_up.words,
        facts=Facts(Category.OTHER),
        project_id=project.id,
        stage=Stage.AFTER_SALES,
    )
    may_record = isinstance(actor, Person) and actor.may(Permission.RECORD)
    follow_up.opened = calls.record(intake, actor=actor if may_record else SYSTEM, now=now)
    _tell_leaders(follow_up, follow_up.opened, now=now)


def _tell_leaders(follow_up: FollowUp, complaint: Complaint, *, now: datetime) -> None:
    told = [*duty.leaders(at=now)[:MOST_TOLD], *([complaint.handler] if complaint.handler is not None else [])]
    for person in people.distinct(told):
        notifications.queue(
            kind=NotificationKind.CUSTOMER_DISSATISFIED,
            person=person,
            dedup_key=f"dissatisfied:{follow_up.id}:{person.id}",
            complaint=complaint,
            now=now,
            number=complaint.number,
        )
