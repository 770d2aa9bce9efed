"""Replies: what people wrote back, what the desk made of it, and what it answered."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, term
from models.notification import Notification
from models.person import Person
from rules import phones
from rules.vocabulary import ReplyOutcome


class InboundMessage(Base):
    """One message from a phone, kept once by the provider's id. ``text`` is at most 500 characters of it.

    ``person`` is whose number it is, ``notification`` the message that was answered, ``answer`` what the desk wrote.
    """

    __tablename__ = "inbound_messages"
    __table_args__ = (
        Index("uq_inbound_messages_channel_provider_id", "channel", "provider_id", unique=True),
        Index("ix_inbound_messages_received_at_id", "received_at", "id"),
        Index("ix_inbound_messages_phone_received_at", "phone", "received_at"),
    )

    channel: Mapped[str] = mapped_column(String(32))
    provider_id: Mapped[str] = mapped_column(String(64))
    phone: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(String(500))
    at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    outcome: Mapped[ReplyOutcome] = mapped_column(term(ReplyOutcome, "outcome"))
    words: Mapped[str] = mapped_column(String(300), default="")
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    notification_id: Mapped[int | None] = mapped_column(ForeignKey("notifications.id"), index=True)
    answer_id: Mapped[int | None] = mapped_column(ForeignKey("notifications.id"))

    person: Mapped[Person | None] = relationship()
    notification: Mapped[Notification | None] = relationship(foreign_keys=[notification_id])
    answer: Mapped[Notification | None] = relationship(foreign_keys=[answer_id])

    @property
    def masked_phone(self) -> str:
        """The number as it may stand on a screen."""
        return phones.mask(self.phone)
