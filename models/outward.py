"""Whoever asks from outside, and the one voice that answers (G-08, N16)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Editable, term
from models.person import Person
from rules.vocabulary import OutwardBody

if TYPE_CHECKING:
    from models.complaint import Complaint

_OPEN = text("ended_at IS NULL")
_IN_FORCE = text("approved_at IS NOT NULL AND replaced_at IS NULL")


class OutwardCase(Editable, Base):
    """One matter with an authority or the media, with a due time of its own."""

    __tablename__ = "outward_cases"
    __table_args__ = (
        CheckConstraint("due_at > came_at", name="due_after_it_came"),
        CheckConstraint("(ended_at IS NULL) = (result = '')", name="ended_with_result"),
        Index("ix_outward_cases_open_due_at", "due_at", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_outward_cases_came_at_id", "came_at", "id"),
    )

    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaints.id"), index=True)
    body: Mapped[OutwardBody] = mapped_column(term(OutwardBody, "body"))
    reference: Mapped[str] = mapped_column(String(60), default="")
    came_at: Mapped[datetime]
    due_at: Mapped[datetime]
    course: Mapped[str] = mapped_column(Text, default="")
    way: Mapped[str] = mapped_column(String(200), default="")
    result: Mapped[str] = mapped_column(Text, default="")
    entered_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))

    complaint: Mapped[Complaint] = relationship()
    entered_by: Mapped[Person] = relationship(foreign_keys=[entered_by_id])
    ended_by: Mapped[Person | None] = relationship(foreign_keys=[ended_by_id])

    def __str__(self) -> str:
        return f"{self.body.label} {self.reference}".strip()


class OutwardStatement(Base):
    """What is said outward about a complaint. One is in force at a time; whoever wrote it does not approve it."""

    __tablename__ = "outward_statements"
    __table_args__ = (
        CheckConstraint("words <> ''", name="words_given"),
        CheckConstraint("(approved_at IS NULL) = (approved_by_id IS NULL)", name="approved_by_somebody"),
        CheckConstraint("approved_by_id IS NULL OR approved_by_id <> written_by_id", name="approved_by_another"),
        Index(
            "uq_outward_statements_in_force",
            "complaint_id",
            unique=True,
            sqlite_where=_IN_FORCE,
            postgresql_where=_IN_FORCE,
        ),
    )

    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaints.id"), index=True)
    words: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime]
    written_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    approved_at: Mapped[datetime | None]
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    replaced_at: Mapped[datetime | None]

    complaint: Mapped[Complaint] = relationship()
    written_by: Mapped[Person] = relationship(foreign_keys=[written_by_id])
    approved_by: Mapped[Person | None] = relationship(foreign_keys=[approved_by_id])
