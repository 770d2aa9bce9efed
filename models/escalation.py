"""Escalations: each time a complaint climbed the ladder, why, and by whose hand."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, term
from models.person import Person
from rules.escalation import Target
from rules.vocabulary import EscalationCause

if TYPE_CHECKING:
    from models.complaint import Complaint
    from models.notification import Notification


class Escalation(Base):
    """One step up (or, at the top, one more call). ``raised_by`` is None when the clock did it."""

    __tablename__ = "escalations"
    __table_args__ = (
        CheckConstraint("to_level >= from_level", name="climbs"),
        CheckConstraint("cause <> 'manual' OR (reason <> '' AND raised_by_id IS NOT NULL)", name="manual_has_reason"),
    )

    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaints.id"), index=True)
    from_level: Mapped[int] = mapped_column(SmallInteger)
    to_level: Mapped[int] = mapped_column(SmallInteger)
    target: Mapped[Target] = mapped_column(term(Target, "target"))
    cause: Mapped[EscalationCause] = mapped_column(term(EscalationCause, "cause"))
    reason: Mapped[str] = mapped_column(Text, default="")
    raised_at: Mapped[datetime]
    raised_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))

    complaint: Mapped[Complaint] = relationship(back_populates="escalations")
    raised_by: Mapped[Person | None] = relationship()
    notifications: Mapped[list[Notification]] = relationship(back_populates="escalation")
