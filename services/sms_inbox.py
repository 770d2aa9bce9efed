"""What arrived on the sandbox's phones, phone by phone: who would have read what, and when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import contains_eager

from extensions import db
from models import Complaint, Notification, Person, SmsInboxMessage
from rules import phones
from rules.refusals import Refusal

MESSAGES = 200
"""The newest messages that one page shows."""

NAMES = 50
"""People whose name a search may mean."""


@dataclass
class Handset:
    """One phone: its number, whose it is (None when nobody here has it), its messages, the newest on top."""

    phone: str
    person: Person | None
    messages: list[SmsInboxMessage] = field(default_factory=list)

    @property
    def masked_phone(self) -> str:
        """The number as it may stand on a screen."""
        return phones.mask(self.phone)


def handsets(query: str = "", *, limit: int = MESSAGES) -> list[Handset]:
    """The phones with the newest messages, the one that rang last on top; ``query`` is a number or a name."""
    statement = select(SmsInboxMessage).order_by(SmsInboxMessage.received_at.desc(), SmsInboxMessage.id.desc())
    if query.strip():
        statement = statement.where(_meant_by(query.strip()))
    messages = list(db.session.scalars(statement.limit(limit)))
    owners = _owners({message.phone for message in messages})
    found: dict[str, Handset] = {}
    for message in messages:
        handset = found.setdefault(message.phone, Handset(message.phone, owners.get(message.phone)))
        handset.messages.append(message)
    return list(found.values())


def complaints_of(handsets: Iterable[Handset]) -> dict[str, Complaint]:
    """The complaint behind each message, by the message's id, as far as it is about one."""
    ids = [message.message_id for handset in handsets for message in handset.messages]
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


def _meant_by(query: str) -> ColumnElement[bool]:
    """A whole number is looked up, a few digits are the number's end, anything else is somebody's name."""
    try:
        return SmsInboxMessage.phone == phones.parse(query).number
    except Refusal:
        pass
    if query.isascii() and query.isdigit():
        return SmsInboxMessage.phone.like(f"%{query}")
    named = select(Person.phone).where(Person.name.icontains(query, autoescape=True), Person.phone.is_not(None))
    return SmsInboxMessage.phone.in_(list(db.session.scalars(named.limit(NAMES))))


def _owners(numbers: set[str]) -> dict[str, Person]:
    """Whose number is whose; two people with one phone are shown as the first of them."""
    statement = select(Person).where(Person.phone.in_(numbers)).order_by(Person.id.desc())
    return {str(person.phone): person for person in db.session.scalars(statement)}
