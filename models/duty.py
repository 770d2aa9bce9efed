"""The duty group: its roles and who stands for each of them when (D-03)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Editable, term
from models.person import Person
from models.span import Span
from rules.escalation import DutyRoleCode
from rules.vocabulary import Position

if TYPE_CHECKING:
    from models.rotation import Rotation


class DutyRole(Editable, Base):
    """A role of the duty group that is to be covered round the clock."""

    __tablename__ = "duty_roles"

    code: Mapped[DutyRoleCode] = mapped_column(term(DutyRoleCode, "code"), unique=True)
    position: Mapped[Position] = mapped_column(term(Position, "position"))
    is_leader: Mapped[bool] = mapped_column(default=False)
    sort_order: Mapped[int] = mapped_column(SmallInteger, default=0)

    def __str__(self) -> str:
        return self.code.label


class Shift(Span, Editable, Base):
    """One person on duty for one role; made by a rotation, or by hand.

    A shift that is called off keeps its row, with who did it and why. Overrides and leave lie over it: who really
    stands there, ``services/duty.py`` says.
    """

    __tablename__ = "shifts"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("(cancelled_at IS NULL) = (cancel_reason = '')", name="cancelled_with_reason"),
        # Who is on duty now, and the roster's week:
        Index("ix_shifts_role_id_ends_at", "role_id", "ends_at"),
        Index("ix_shifts_starts_at", "starts_at"),
        Index("ix_shifts_person_id_ends_at", "person_id", "ends_at"),
        # What an edited rotation has to make anew:
        Index("ix_shifts_rotation_id_ends_at", "rotation_id", "ends_at"),
        Index(
            "uq_shifts_role_id_person_id_starts_at",
            "role_id",
            "person_id",
            "starts_at",
            unique=True,
            sqlite_where=text("cancelled_at IS NULL"),
            postgresql_where=text("cancelled_at IS NULL"),
        ),
    )

    role_id: Mapped[int] = mapped_column(ForeignKey("duty_roles.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    rotation_id: Mapped[int | None] = mapped_column(ForeignKey("rotations.id"))
    remarks: Mapped[str] = mapped_column(String(200), default="")
    cancel_reason: Mapped[str] = mapped_column(String(200), default="")

    role: Mapped[DutyRole] = relationship(lazy="joined", innerjoin=True)
    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    rotation: Mapped[Rotation | None] = relationship()
    created_by: Mapped[Person | None] = relationship(foreign_keys="Shift.created_by_id")
    cancelled_by: Mapped[Person | None] = relationship(foreign_keys="Shift.cancelled_by_id")

    def __str__(self) -> str:
        return str(self.person)  # The role's word has a language, and the record of changes keeps this for good.
