"""The outbox: every message the desk owes somebody, written together with its cause."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, SeverityLevel, term
from models.duty import Shift
from models.person import Person
from rules import phones
from rules.vocabulary import NotificationKind, NotificationState, Severity

if TYPE_CHECKING:
    from models.complaint import Complaint
    from models.escalation import Escalation

_PENDING = text("state IN ('queued', 'claimed', 'unknown')")


class Notification(Base):
    """One message to one person. ``public_id`` is the id the provider knows it by; ``dedup_key`` says it once.

    A worker claims a row with ``claim_token`` until ``claimed_until``; ``attempt_started_at`` is committed before
    the provider is called, so a row without it was certainly never sent. ``severity`` is set on a message that only a
    complaint of that level deserves: after a downgrade it is not sent.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        CheckConstraint("attempts >= 0", name="attempts_not_negative"),
        CheckConstraint("(state = 'claimed') = (claim_token IS NOT NULL)", name="claimed_by_somebody"),
        # The dispatcher: what is due, gravest first. Sent history never enters this index.
        Index(
            "ix_notifications_pending",
            "next_attempt_at",
            "priority",
            sqlite_where=_PENDING,
            postgresql_where=_PENDING,
        ),
        Index("ix_notifications_created_at_id", "created_at", "id"),
        Index("ix_notifications_state_created_at_id", "state", "created_at", "id"),
        Index("ix_notifications_kind_created_at_id", "kind", "created_at", "id"),
        Index("ix_notifications_person_id_created_at", "person_id", "created_at"),
    )

    public_id: Mapped[str] = mapped_column(String(32), unique=True, default=lambda: uuid.uuid4().hex)
    dedup_key: Mapped[str] = mapped_column(String(120), unique=True)
    kind: Mapped[NotificationKind] = mapped_column(term(NotificationKind, "kind"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    phone: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    complaint_id: Mapped[int | None] = mapped_column(ForeignKey("complaints.id"), index=True)
    escalation_id: Mapped[int | None] = mapped_column(ForeignKey("escalations.id"), index=True)
    shift_id: Mapped[int | None] = mapped_column(ForeignKey("shifts.id"), index=True)
    severity: Mapped[Severity | None] = mapped_column(SeverityLevel)
    priority: Mapped[int] = mapped_column(SmallInteger, default=5)
    state: Mapped[NotificationState] = mapped_column(term(NotificationState, "state"), default=NotificationState.QUEUED)
    created_at: Mapped[datetime]
    next_attempt_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    claim_token: Mapped[str | None] = mapped_column(String(32))
    claimed_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    attempt_started_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    provider: Mapped[str] = mapped_column(String(32), default="")
    provider_id: Mapped[str] = mapped_column(String(64), default="")
    provider_code: Mapped[str] = mapped_column(String(64), default="")
    outcome: Mapped[str] = mapped_column(String(300), default="")

    person: Mapped[Person] = relationship()
    complaint: Mapped[Complaint | None] = relationship(back_populates="notifications")
    escalation: Mapped[Escalation | None] = relationship(back_populates="notifications")
    shift: Mapped[Shift | None] = relationship()

    @property
    def masked_phone(self) -> str:
        """The number as it may stand on a screen."""
        return phones.mask(self.phone)

    def __str__(self) -> str:
        return f"→ {self.person}"
