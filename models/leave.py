"""Leave: when somebody is not there, whatever the roster says; also from the day an account is switched off."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Editable
from models.person import Person
from models.span import Span


class Leave(Span, Editable, Base):
    """One absence. ``is_departure``: the account was switched off at its beginning; on again, it is called off.

    A departure ends at ``rules.roster.NO_END``, so that the roster needs no case of its own for it.
    """

    __tablename__ = "leaves"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        # Who is away during these shifts:
        Index("ix_leaves_person_id_ends_at", "person_id", "ends_at"),
        # The list, and who is away these days:
        Index("ix_leaves_ends_at", "ends_at"),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    reason: Mapped[str] = mapped_column(String(200), default="")
    is_departure: Mapped[bool] = mapped_column(default=False)

    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    created_by: Mapped[Person | None] = relationship(foreign_keys="Leave.created_by_id")
    cancelled_by: Mapped[Person | None] = relationship(foreign_keys="Leave.cancelled_by_id")

    def __str__(self) -> str:
        return str(self.person)
