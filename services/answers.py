"""Answers: what the desk writes back to somebody who has just written, and to how much of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select

from extensions import db
from models import Customer, InboundMessage, Notification, Person
from rules.vocabulary import MessageRelation, NotificationKind
from services import notifications

PER_HOUR, PER_HOUR_TO_STRANGERS = 20, 2
"""Answers to one phone; more would be a talk between two machines, and somebody who writes for fun is not paid for."""

HOUR = timedelta(hours=1)


def send(
    inbound: InboundMessage,
    text: str,
    *,
    to: Person | Customer | None,
    about: Notification | None = None,
    now: datetime,
) -> None:
    """Queue the answer to a message from a phone, unless the phone has had enough of them.

    ``to`` is None for a number that nobody knows; ``about`` is the message that was answered.
    """
    if _lately(inbound.phone, now=now) >= (PER_HOUR if to is not None else PER_HOUR_TO_STRANGERS):
        return
    inbound.answer = notifications.queue(
        kind=NotificationKind.ANSWER,
        dedup_key=f"reply:{inbound.id}",
        person=to if isinstance(to, Person) else None,
        customer=to if isinstance(to, Customer) else None,
        phone=inbound.phone if to is None else "",
        parent=about,
        relation=MessageRelation.ANSWER if about is not None else None,
        now=now,
        sentence=text,
    )


def _lately(phone: str, *, now: datetime) -> int:
    answered = select(func.count(InboundMessage.id)).where(
        InboundMessage.phone == phone,
        InboundMessage.received_at > now - HOUR,
        InboundMessage.answer_id.is_not(None),
    )
    return db.session.scalar(answered) or 0
