"""Complaints that seem to be made in bad faith: said by somebody, decided by legal counsel, never deleted (A-10)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, term
from models.person import Person
from rules.vocabulary import MaliceVerdict

if TYPE_CHECKING:
    from models.complaint import Complaint

_OPEN = text("verdict IS NULL")


class MaliceReview(Base):
    """One suspicion and what legal counsel made of it; one at a time for a complaint."""

    __tablename__ = "malice_reviews"
    __table_args__ = (
        CheckConstraint("suspicion <> ''", name="suspicion_given"),
        CheckConstraint("(verdict IS NULL) = (decided_at IS NULL)", name="decided_with_verdict"),
        CheckConstraint("verdict IS NULL OR grounds <> ''", name="decided_with_grounds"),
        CheckConstraint("decided_by_id IS NULL OR decided_by_id <> said_by_id", name="decided_by_another"),
        Index("uq_malice_reviews_one_open", "complaint_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaints.id"), index=True)
    suspicion: Mapped[str] = mapped_column(Text)
    said_at: Mapped[datetime]
    said_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    verdict: Mapped[MaliceVerdict | None] = mapped_column(term(MaliceVerdict, "verdict"))
    grounds: Mapped[str] = mapped_column(Text, default="")
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))

    complaint: Mapped[Complaint] = relationship()
    said_by: Mapped[Person] = relationship(foreign_keys=[said_by_id])
    decided_by: Mapped[Person | None] = relationship(foreign_keys=[decided_by_id])
