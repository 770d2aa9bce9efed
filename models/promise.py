"""Promises made to customers: what, by when, by whom, and whether it was kept (H-06)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Editable, term
from models.person import Person
from rules.vocabulary import PromiseKind

if TYPE_CHECKING:
    from models.complaint import Complaint

_OPEN = text("kept_at IS NULL")


class Promise(Editable, Base):
    """One promise, from the moment it was said until it was kept."""

    __tablename__ = "promises"
    __table_args__ = (
        CheckConstraint("text <> ''", name="text_given"),
        CheckConstraint("due_at >= made_at", name="due_after_made"),
        # Today's promises on the home page, and the reminder:
        Index("ix_promises_open_due_at", "due_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_promises_due_at", "due_at"),
    )

    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaints.id"), index=True)
    kind: Mapped[PromiseKind] = mapped_column(
        term(PromiseKind, "kind"), default=PromiseKind.GENERAL, server_default=PromiseKind.GENERAL.value
    )
    text: Mapped[str] = mapped_column(String(500))
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    due_at: Mapped[datetime]
    reminded_at: Mapped[datetime | None]
    kept_at: Mapped[datetime | None]
    kept_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))

    complaint: Mapped[Complaint] = relationship(back_populates="promises")
    made_by: Mapped[Person | None] = relationship(foreign_keys=[made_by_id])
    kept_by: Mapped[Person | None] = relationship(foreign_keys=[kept_by_id])

    def __str__(self) -> str:
        return self.text
