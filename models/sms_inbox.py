"""The sandbox provider's far end: every SMS as the phone would have received it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class SmsInboxMessage(Base):
    """One SMS that arrived on a sandbox phone. ``message_id`` is our own id, repeated if it was sent twice."""

    __tablename__ = "sms_inbox"
    __table_args__ = (
        Index("ix_sms_inbox_received_at_id", "received_at", "id"),
        Index("ix_sms_inbox_phone_received_at", "phone", "received_at"),
        Index("ix_sms_inbox_message_id", "message_id"),
    )

    phone: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    message_id: Mapped[str] = mapped_column(String(32))
    received_at: Mapped[datetime]
