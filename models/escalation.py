"""Escalations: each time a complaint climbed the ladder, why, and by whose hand."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, SmallInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, term
from models.person import Person
from rules.escalation import Target
from rules.vocabulary import EscalationCause

if TYPE_CHECKING:
    from models.complaint import Complaint
    from models.notification import Notification
    from models.summons import Summons


class Escalation(Base):
    """One call of a chain's step, or one by hand. ``raised_by`` is None when the clock did it.

    ``target_name`` says which person or role is meant where ``target`` alone does not.
    """

    __tablename__ = "escalations"
    __table_args__ = (
        CheckConstraint("to_level >= 0 AND from_level >= 0", name="levels_not_negative"),
        CheckConstraint("cause <> 'manual' OR (reason <> '' AND raised_by_id IS NOT NULL)", name="manual_has_reason"),
    )

    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaints.id"), index=True)
    from_level: Mapped[int] = mapped_column(SmallInteger)
    to_level: Mapped[int] = mapped_column(SmallInteger)
    target: Mapped[Target] = mapped_column(term(Target, "target"))
    target_name: Mapped[str] = mapped_column(String(64), default="", server_default="")
    policy_id: Mapped[int | None] = mapped_column(ForeignKey("policies.id"))
    cause: Mapped[EscalationCause] = mapped_column(term(EscalationCause, "cause"))
    reason: Mapped[str] = mapped_column(Text, default="")
    raised_at: Mapped[datetime]
    raised_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))

    complaint: Mapped[Complaint] = relationship(back_populates="escalations")
    raised_by: Mapped[Person | None] = relationship()
    notifications: Mapped[list[Notification]] = relationship(back_populates="escalation")
    summonses: Mapped[list[Summons]] = relationship(back_populates="escalation", order_by="Summons.id")
