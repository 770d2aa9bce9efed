"""Overrides: for a while somebody stands in for another, beside the others, or not at all. A layer over the shifts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Editable
from models.duty import DutyRole
from models.person import Person
from models.span import Span
from rules.roster import OverrideKind

if TYPE_CHECKING:
    from models.swap import Swap


class Override(Span, Editable, Base):
    """``person`` comes, ``instead_of`` goes: one of them alone adds or takes away, both together replace.

    A replacement changes nothing where ``instead_of`` would not have stood anyway.
    """

    __tablename__ = "overrides"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("person_id IS NOT NULL OR instead_of_id IS NOT NULL", name="about_somebody"),
        CheckConstraint("person_id <> instead_of_id", name="two_people"),
        CheckConstraint("(cancelled_at IS NULL) = (cancel_reason = '')", name="cancelled_with_reason"),
        CheckConstraint("reason <> ''", name="reason_given"),
        # The layer over a week of the roster, and over this moment:
        Index("ix_overrides_role_id_ends_at", "role_id", "ends_at"),
        Index("ix_overrides_starts_at", "starts_at"),
        Index("ix_overrides_swap_id", "swap_id"),
    )

    role_id: Mapped[int] = mapped_column(ForeignKey("duty_roles.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    instead_of_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    swap_id: Mapped[int | None] = mapped_column(ForeignKey("swaps.id"))
    reason: Mapped[str] = mapped_column(String(200))
    cancel_reason: Mapped[str] = mapped_column(String(200), default="")

    role: Mapped[DutyRole] = relationship(lazy="joined", innerjoin=True)
    person: Mapped[Person | None] = relationship(foreign_keys=[person_id])
    instead_of: Mapped[Person | None] = relationship(foreign_keys=[instead_of_id])
    swap: Mapped[Swap | None] = relationship(back_populates="overrides")
    created_by: Mapped[Person | None] = relationship(foreign_keys="Override.created_by_id")
    cancelled_by: Mapped[Person | None] = relationship(foreign_keys="Override.cancelled_by_id")

    @property
    def kind(self) -> OverrideKind:
        """Whether it adds, removes or replaces."""
        if self.instead_of_id is None:
            return OverrideKind.ADD
        return OverrideKind.REMOVE if self.person_id is None else OverrideKind.REPLACE

    def __str__(self) -> str:
        return " → ".join(str(person or "—") for person in (self.instead_of, self.person))
