"""The sandbox's phones, each with its conversation: what it got, what was written back, and what came of that."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import contains_eager

from extensions import db
from gateways.base import Reply
from models import Complaint, InboundMessage, Notification, Person, SmsInboxMessage
from rules import phones, texts
from rules.permissions import Permission
from rules.refusals import NotFound, Refusal
from rules.replies import LONGEST
from rules.vocabulary import N_, ReplyOutcome
from services import channels, replies, sandbox
from services.actors import Actor, require

MESSAGES = 200
"""The newest messages of each direction that one page shows."""

NAMES = 50
"""People whose name a search may mean."""


@dataclass(frozen=True)
class Line:
    """One message of a conversation. ``outcome`` is what the desk made of one that was written back; None of its own.

    ``message_id`` is the id of the message that the phone got, '' of one written back.
    """

    at: datetime
    text: str
    place: int
    message_id: str = ""
    outcome: ReplyOutcome | None = None


@dataclass(frozen=True)
class Handset:
    """One phone: its number, whose it is (None when nobody here has it), its conversation, the newest on top.

    ``key`` stands for the number where that must not be read: the id of the last message it got, None without any.
    """

    phone: str
    person: Person | None
    messages: Sequence[Line]
    key: int | None

    @property
    def masked_phone(self) -> str:
        """The number as it may stand on a screen."""
        return phones.mask(self.phone)


def channel_name() -> str | None:
    """The channel whose far end these phones are; None where every channel is a real one."""
    return next((each.name for each in channels.configured() if each.protocol == sandbox.NAME), None)


def handsets(query: str = "", *, limit: int = MESSAGES) -> list[Handset]:
    """The phones with the newest messages, the one that rang or wrote last on top; ``query`` is a number or a name."""
    lines: defaultdict[str, list[Line]] = defaultdict(list)
    keys: dict[str, int] = {}
    for message in _newest(SmsInboxMessage, query, limit):
        lines[message.phone].append(Line(message.received_at, message.text, message.id, message.message_id))
        keys.setdefault(message.phone, message.id)
    for reply in _newest(InboundMessage, query, limit, InboundMessage.channel == channel_name()):
        lines[reply.phone].append(Line(reply.received_at, reply.text, reply.id, outcome=reply.outcome))
    owners = _owners(set(lines))
    found = [
        Handset(phone, owners.get(phone), sorted(said, key=_order, reverse=True), keys.get(phone))
        for phone, said in lines.items()
    ]
    return sorted(found, key=lambda handset: handset.messages[0].at, reverse=True)


def complaints_of(handsets: Iterable[Handset]) -> dict[str, Complaint]:
    """The complaint behind each message, by the message's id, as far as it is about one."""
    ids = [line.message_id for handset in handsets for line in handset.messages if line.message_id]
    statement = (
        select(Notification)
        .join(Notification.complaint)
        .where(Notification.public_id.in_(ids))
        .options(contains_eager(Notification.complaint))
    )
    return {
        notification.public_id: notification.complaint
        for notification in db.session.scalars(statement)
        if notification.complaint is not None
    }


def write_back(key: int, *, text: str, actor: Actor, now: datetime) -> None:
    """Write to the desk from the phone of a handset (its ``key``), on the very way that a real reply takes.

    Raises:
        NotAllowed: the role does not allow it. NotFound: there is no such phone, or no sandbox.
        Refusal: nothing is said, or no SMS is that long.
    """
    require(actor, Permission.SEND_MESSAGES)
    channel = channel_name()
    phone = db.session.scalar(select(SmsInboxMessage.phone).where(SmsInboxMessage.id == key))
    if channel is None or phone is None:
        raise NotFound(N_("There is no such phone."))
    texts.check_given(text, N_("Please write the message."), field="text", longest=LONGEST)
    replies.take(channel, [Reply(uuid.uuid4().hex, phone, text, now)], now=now)


def _newest(kind: type[Any], query: str, limit: int, *which: ColumnElement[bool]) -> Sequence[Any]:
    statement = select(kind).where(*which).order_by(kind.received_at.desc(), kind.id.desc()).limit(limit)
    if query.strip():
        statement = statement.where(_meant_by(query.strip(), kind.phone))
    return db.session.scalars(statement).all()


def _order(line: Line) -> tuple[datetime, bool, int]:
    """Of the same moment, the reply came before its answer."""
    return line.at, line.outcome is None, line.place


def _meant_by(query: str, phone: Any) -> ColumnElement[bool]:
    """A whole number is looked up, a few digits are the number's end, anything else is somebody's name."""
    meant: ColumnElement[bool]
    try:
        meant = phone == phones.parse(query).number
        return meant
    except Refusal:
        pass
    if query.isascii() and query.isdigit():
        meant = phone.like(f"%{query}")
        return meant
    named = select(Person.phone).where(Person.name.icontains(query, autoescape=True), Person.phone.is_not(None))
    meant = phone.in_(list(db.session.scalars(named.limit(NAMES))))
    return meant


def _owners(numbers: set[str]) -> dict[str, Person]:
    """Whose number is whose; two people with one phone are shown as the first of them."""
    statement = select(Person).where(Person.phone.in_(numbers)).order_by(Person.id.desc())
    return {str(person.phone): person for person in db.session.scalars(statement)}
