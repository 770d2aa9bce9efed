"""Promises made to customers: what, by when, by whom, and whether it was kept (H-06)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, and_, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Editable, term
from models.person import Person
from rules.vocabulary import PromiseKind

if TYPE_CHECKING:
    from models.complaint import Complaint

_OPEN = text("kept_at IS NULL")
_WITHDRAWN = text("withdrawn_at IS NOT NULL")


class Promise(Editable, Base):
    """One promise, from the moment it was said until it was kept, or taken back with the words told to the customer."""

    __tablename__ = "promises"
    __table_args__ = (
        CheckConstraint("text <> ''", name="text_given"),
        CheckConstraint("due_at >= made_at", name="due_after_made"),
        CheckConstraint("kept_at IS NULL OR withdrawn_at IS NULL", name="kept_or_withdrawn"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_why = '')", name="withdrawn_with_reason"),
        # Today's promises on the home page, and the reminder:
        Index("ix_promises_open_due_at", "due_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_promises_due_at", "due_at"),
        Index("ix_promises_withdrawn", "due_at", "id", sqlite_where=_WITHDRAWN, postgresql_where=_WITHDRAWN),
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
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    withdrawn_why: Mapped[str] = mapped_column(String(500), default="", server_default="")

    complaint: Mapped[Complaint] = relationship(back_populates="promises")
    made_by: Mapped[Person | None] = relationship(foreign_keys=[made_by_id])
    kept_by: Mapped[Person | None] = relationship(foreign_keys=[kept_by_id])
    withdrawn_by: Mapped[Person | None] = relationship(foreign_keys=[withdrawn_by_id])

    @hybrid_property
    def is_open(self) -> bool:
        """Whether the customer still waits for it."""
        return self.kept_at is None and self.withdrawn_at is None

    @is_open.inplace.expression
    @classmethod
    def _is_open(cls) -> ColumnElement[bool]:
        return and_(cls.kept_at.is_(None), cls.withdrawn_at.is_(None))

    def __str__(self) -> str:
        return self.text
