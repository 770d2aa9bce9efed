"""Receipts: what providers say of messages they accepted, each kept once, in whatever order they come."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, term
from models.notification import Notification
from rules.vocabulary import NotificationState

_LOOSE = text("notification_id IS NULL")


class Receipt(Base):
    """One receipt of a channel. ``dedup_key`` is made of what it says, so that the same one twice is one.

    It may come before our own transaction knows the provider's id; then ``notification_id`` is empty until the message
    is found by it.
    """

    __tablename__ = "receipts"
    __table_args__ = (
        Index("uq_receipts_channel_dedup_key", "channel", "dedup_key", unique=True),
        Index("ix_receipts_notification_id", "notification_id"),
        Index("ix_receipts_loose", "channel", "provider_id", sqlite_where=_LOOSE, postgresql_where=_LOOSE),
    )

    channel: Mapped[str] = mapped_column(String(32))
    dedup_key: Mapped[str] = mapped_column(String(64))
    provider_id: Mapped[str] = mapped_column(String(64), default="")
    state: Mapped[NotificationState] = mapped_column(term(NotificationState, "state"))
    code: Mapped[str] = mapped_column(String(64), default="")
    words: Mapped[str] = mapped_column(String(300), default="")
    parts: Mapped[int | None] = mapped_column(SmallInteger)
    at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    notification_id: Mapped[int | None] = mapped_column(ForeignKey("notifications.id"))

    notification: Mapped[Notification | None] = relationship()
