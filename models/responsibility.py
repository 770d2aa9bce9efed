"""The responsibility map: one lead and any number of cooperators (D-10, D-14)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, term
from models.person import Person
from rules.vocabulary import FaultSide, ResponsibilityKind

if TYPE_CHECKING:
    from models.complaint import Complaint

_ONE_LEAD = text("kind = 'lead' AND ended_at IS NULL")
_ONCE_EACH = text("ended_at IS NULL")


class Responsibility(Base):
    """One person's part in one complaint; replaced parts keep their row with ``ended_at``."""

    __tablename__ = "responsibilities"
    __table_args__ = (
        Index(
            "uq_responsibilities_one_lead",
            "complaint_id",
            unique=True,
            sqlite_where=_ONE_LEAD,
            postgresql_where=_ONE_LEAD,
        ),
        Index(
            "uq_responsibilities_complaint_id_person_id",
            "complaint_id",
            "person_id",
            unique=True,
            sqlite_where=_ONCE_EACH,
            postgresql_where=_ONCE_EACH,
        ),
        Index("ix_responsibilities_complaint_id", "complaint_id"),
        Index("ix_responsibilities_person_id", "person_id"),
    )

    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaints.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[ResponsibilityKind] = mapped_column(term(ResponsibilityKind, "kind"))
    side: Mapped[FaultSide] = mapped_column(term(FaultSide, "side"))
    named_at: Mapped[datetime]
    named_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    ended_at: Mapped[datetime | None]

    complaint: Mapped[Complaint] = relationship(back_populates="responsibilities")
    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    named_by: Mapped[Person | None] = relationship(foreign_keys=[named_by_id])
