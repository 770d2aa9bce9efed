"""The duty group: its roles and who stands for each of them when (D-03)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Editable, term
from models.person import Person
from rules.escalation import DutyRoleCode
from rules.vocabulary import Position


class DutyRole(Editable, Base):
    """A role of the duty group that is to be covered round the clock."""

    __tablename__ = "duty_roles"

    code: Mapped[DutyRoleCode] = mapped_column(term(DutyRoleCode, "code"), unique=True)
    position: Mapped[Position] = mapped_column(term(Position, "position"))
    is_leader: Mapped[bool] = mapped_column(default=False)
    sort_order: Mapped[int] = mapped_column(SmallInteger, default=0)

    def __str__(self) -> str:
        return self.code.label


class Shift(Editable, Base):
    """One person on duty for one role from ``starts_at`` up to, not including, ``ends_at``.

    A shift that is called off keeps its row, with who did it and why.
    """

    __tablename__ = "shifts"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("(cancelled_at IS NULL) = (cancel_reason = '')", name="cancelled_with_reason"),
        # Who is on duty now, and the roster's week:
        Index("ix_shifts_role_id_ends_at", "role_id", "ends_at"),
        Index("ix_shifts_starts_at", "starts_at"),
        Index("ix_shifts_person_id_ends_at", "person_id", "ends_at"),
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
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    remarks: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    cancelled_at: Mapped[datetime | None]
    cancelled_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    cancel_reason: Mapped[str] = mapped_column(String(200), default="")

    role: Mapped[DutyRole] = relationship(lazy="joined", innerjoin=True)
    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    created_by: Mapped[Person | None] = relationship(foreign_keys=[created_by_id])
    cancelled_by: Mapped[Person | None] = relationship(foreign_keys=[cancelled_by_id])

    def __str__(self) -> str:
        return str(self.person)  # The role's word has a language, and the record of changes keeps this for good.
