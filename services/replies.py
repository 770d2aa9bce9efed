"""Replies: what people write back. A digit acts as its button would, everything else is kept; each once, each answered.

A reply belongs to whoever has the number now. What it means, ``reply_targets`` finds; what it does, ``reply_verbs``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from extensions import db
from gateways import base
from models import Complaint, Customer, InboundMessage, Notification, Person, TimelineEvent
from rules import answers as words
from rules import replies as reading
from rules.answers import Say
from rules.replies import WITHOUT_CODE, ReplyAction, Said
from rules.vocabulary import EventKind, MessageLanguage, ReplyOutcome
from services import answers, complaints, first_writer, opt_outs, reply_targets, reply_verbs, timeline
from services.actors import SYSTEM
from services.reply_targets import NoTarget, Target

LINES_A_DAY = 20
"""Lines that one customer's words may fill of a complaint's timeline within a day; the rest is kept beside it."""

DAY = timedelta(days=1)


def take(channel_name: str, replies: Sequence[base.Reply], *, now: datetime) -> int:
    """Keep what came from phones, act on it and answer it; returns how many are new.

    A provider repeats what it is not sure of: the same reply again is none. The edge hands them over one by one, each
    a transaction of its own, so that one that waits for a complaint keeps no other waiting.
    """
    return sum(_take(channel_name, reply, now=now) for reply in replies)


@dataclass(frozen=True)
class _Writer:
    """Whose number it is: people of the company, a customer, or nobody whom the desk knows."""

    people: Sequence[Person]
    customer: Customer | None

    @property
    def receiver(self) -> Person | Customer | None:
        """Who is answered; several people with one phone read the same answer."""
        return self.people[0] if self.people else self.customer

    @property
    def language(self) -> MessageLanguage:
        """The language of the answer."""
        return self.receiver.message_language if self.receiver is not None else MessageLanguage.CHINESE


def _take(channel_name: str, reply: base.Reply, *, now: datetime) -> bool:
    said = reading.read(reply.text)
    inbound = InboundMessage(
        channel=channel_name,
        provider_id=reply.provider_id[:64],
        phone=reply.phone,
        text=said.words,
        at=reply.at,
        received_at=now,
        outcome=ReplyOutcome.KEPT,
    )
    known = select(InboundMessage.id).where(
        InboundMessage.channel == channel_name, InboundMessage.provider_id == inbound.provider_id
    )
    if db.session.scalar(known) is not None or not first_writer.insert(inbound):
        return False
    writer = _whose(reply.phone)
    inbound.person_id = writer.people[0].id if writer.people else None
    _understand(inbound, said, writer, now=now)
    db.session.flush()
    return True


def _understand(inbound: InboundMessage, said: Said, writer: _Writer, *, now: datetime) -> None:
    if said.action in WITHOUT_CODE:
        _heed(inbound, said.action, writer, now=now)
    elif writer.people:
        _act(inbound, said, writer, now=now)
    elif writer.customer is not None:
        _show(inbound, writer.customer, now=now)
    else:
        inbound.outcome = ReplyOutcome.UNKNOWN_NUMBER
        _answer(inbound, Say.STRANGER, writer, now=now)


# --- the company's people --------------------------------------------------------------------------------------------


def _act(inbound: InboundMessage, said: Said, writer: _Writer, *, now: datetime) -> None:
    """Do what a digit says with the message that is meant, and tell what became of it."""
    if said.action is None:
        inbound.outcome = ReplyOutcome.NOT_UNDERSTOOD
        _answer(inbound, Say.NOT_UNDERSTOOD, writer, now=now)
        return
    target = _meant(inbound, said, writer, now=now)
    if isinstance(target, NoTarget):
        inbound.outcome, inbound.notification = target.outcome, target.message
        _answer(inbound, target.say, writer, now=now, **target.values)
        return
    done = reply_verbs.act(said.action, target, now=now)
    inbound.outcome, inbound.notification, inbound.person_id = done.outcome, target.message, target.person.id
    _answer(inbound, done.say, _Writer([target.person], None), now=now, **done.values)


def _meant(inbound: InboundMessage, said: Said, writer: _Writer, *, now: datetime) -> Target | NoTarget:
    of_call = reply_targets.of_call(inbound.channel, inbound.provider_id, writer.people)
    if of_call is not None:
        return of_call
    if said.code:
        return reply_targets.by_code(said.code, phone=inbound.phone, writers=writer.people, now=now)
    return reply_targets.only_open(said, phone=inbound.phone, writers=writer.people, now=now)


# --- everybody -------------------------------------------------------------------------------------------------------


def _heed(inbound: InboundMessage, action: ReplyAction | None, writer: _Writer, *, now: datetime) -> None:
    """No more messages, or messages again. Whoever is on duty is called all the same, and hears so."""
    if action is ReplyAction.OPT_IN:
        inbound.outcome = ReplyOutcome.OPTED_IN
        opt_outs.opt_in(inbound.phone, now)
        _answer(inbound, Say.OPTED_IN, writer, now=now)
        return
    inbound.outcome = ReplyOutcome.OPTED_OUT
    if writer.people:
        _answer(inbound, Say.DUTY_STILL_CALLS, writer, now=now)
    elif not opt_outs.stands(inbound.phone):
        _answer(inbound, Say.OPTED_OUT, writer, now=now)  # The last one: whoever opted out gets nothing more.
    opt_outs.opt_out(inbound.phone, inbound.text, now)
    if writer.customer is not None:
        _show(inbound, writer.customer, now=now)


def _show(inbound: InboundMessage, customer: Customer, *, now: datetime) -> None:
    """Put a customer's words on the timeline of the complaint they are about; people answer them, the desk does not."""
    last = _last_told(inbound.phone)
    inbound.notification = last
    complaint = _about(customer, last)
    if complaint is not None and _lines_of_today(complaint, now=now) < LINES_A_DAY:
        details = {"is_customer": True}
        timeline.add(complaint, EventKind.REPLIED, actor=SYSTEM, now=now, note=inbound.text, details=details)


def _about(customer: Customer, last: Notification | None) -> Complaint | None:
    """The complaint that the last message to them was about, if it is not over; else their newest that is not."""
    going_on = complaints.open_of(customer)
    told = next((each for each in going_on if last is not None and each.id == last.complaint_id), None)
    return told or next(iter(going_on), None)


def _last_told(phone: str) -> Notification | None:
    """The last message that a customer's phone got."""
    statement = select(Notification).where(
        Notification.phone == phone, Notification.attempted_at.is_not(None), Notification.customer_id.is_not(None)
    )
    return db.session.scalars(statement.order_by(Notification.attempted_at.desc()).limit(1)).first()


def _lines_of_today(complaint: Complaint, *, now: datetime) -> int:
    lines = select(func.count(TimelineEvent.id)).where(
        TimelineEvent.complaint_id == complaint.id,
        TimelineEvent.at > now - DAY,
        TimelineEvent.kind == EventKind.REPLIED,
        TimelineEvent.actor_id.is_(None),
    )
    return db.session.scalar(lines) or 0


def _whose(phone: str) -> _Writer:
    people = select(Person).where(Person.phone == phone, Person.is_active).order_by(Person.id)
    # A file without an extension is the phone itself; with one it is somebody behind a switchboard.
    files = select(Customer).where(Customer.phone == phone).order_by(Customer.phone_extension, Customer.id).limit(1)
    return _Writer(list(db.session.scalars(people)), db.session.scalars(files).first())


def _answer(inbound: InboundMessage, say: Say, writer: _Writer, *, now: datetime, **values: object) -> None:
    sentence = words.sentence(say, writer.language, **values)
    inbound.words = sentence
    answers.send(inbound, sentence, to=writer.receiver, about=inbound.notification, now=now)
