"""Swaps: a member of the duty group asks another to take over some hours, perhaps against some of theirs."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Editable, spelled_out, term
from models.duty import DutyRole
from models.person import Person
from rules.swaps import OPEN, SwapState

if TYPE_CHECKING:
    from models.override import Override

_OPEN = text("state IN ('asked', 'accepted')")


class Swap(Editable, Base):
    """``person`` asks ``taker`` to stand for ``role`` in their place; ``return_…`` is what they give back for it.

    When it is settled it becomes overrides; the roster itself knows no swaps.
    """

    __tablename__ = "swaps"
    __table_args__ = (
        CheckConstraint("person_id <> taker_id", name="two_people"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint(
            "(return_role_id IS NULL) = (return_starts_at IS NULL) "
            "AND (return_role_id IS NULL) = (return_ends_at IS NULL)",
            name="whole_return",
        ),
        CheckConstraint("return_ends_at > return_starts_at", name="return_ends_after_start"),
        # What is not settled when it begins expires:
        Index("ix_swaps_open_starts_at", "starts_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        # One's own, newest first:
        Index("ix_swaps_person_id_id", "person_id", "id"),
        Index("ix_swaps_taker_id_id", "taker_id", "id"),
        # The same hours are asked for once at a time.
        Index(
            "uq_swaps_open_role_id_person_id_starts_at",
            "role_id",
            "person_id",
            "starts_at",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
    )

    role_id: Mapped[int] = mapped_column(ForeignKey("duty_roles.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    taker_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    return_role_id: Mapped[int | None] = mapped_column(ForeignKey("duty_roles.id"))
    return_starts_at: Mapped[datetime | None]
    return_ends_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(200))
    state: Mapped[SwapState] = mapped_column(term(SwapState, "state"), default=SwapState.ASKED)
    asked_at: Mapped[datetime]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    answered_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    answer: Mapped[str] = mapped_column(String(200), default="")

    role: Mapped[DutyRole] = relationship(foreign_keys=[role_id], lazy="joined", innerjoin=True)
    return_role: Mapped[DutyRole | None] = relationship(foreign_keys=[return_role_id])
    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    taker: Mapped[Person] = relationship(foreign_keys=[taker_id])
    asked_by: Mapped[Person | None] = relationship(foreign_keys=[asked_by_id])
    settled_by: Mapped[Person | None] = relationship(foreign_keys=[settled_by_id])
    overrides: Mapped[list[Override]] = relationship(back_populates="swap", order_by="Override.id")

    @property
    def is_return(self) -> bool:
        """Whether the taker gives some of their own hours for it."""
        return self.return_role_id is not None

    @property
    def begins_at(self) -> datetime:
        """When the earlier of its hours begin: until then it can be settled."""
        return min(self.starts_at, self.return_starts_at or self.starts_at)

    @hybrid_property
    def is_open(self) -> bool:
        """Whether somebody still has to say something; in a query, the condition of the partial indexes."""
        return self.state in OPEN

    @is_open.inplace.expression
    @classmethod
    def _is_open(cls) -> ColumnElement[bool]:
        return spelled_out(cls.state, SwapState.ASKED, SwapState.ACCEPTED)

    def __str__(self) -> str:
        return f"{self.person} ⇄ {self.taker}"
