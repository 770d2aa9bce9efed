"""The handover at a change of shift: what is open, what the leaving one says, and that the next one has read it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ColumnElement, ForeignKey, Index, Text, and_, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Editable
from models.duty import DutyRole
from models.person import Person

_PREPARED = text("opened_at IS NULL")
_WAITING = text("opened_at IS NOT NULL AND accepted_at IS NULL AND passed_on_at IS NULL")


class Handover(Editable, Base):
    """One person takes over a duty role from another at ``changed_at``; from nobody after a gap.

    The leaving one may write the note before the shift ends: the row is then only prepared, ``changed_at`` is what the
    roster says so far and ``opened_at`` and the taker are empty. It is to be accepted until ``due_at``; ``late_at`` is
    when the leader was told that it was not. One that was still waiting when its taker left in turn is passed on.
    ``complaint_numbers`` is what was open at that moment.
    """

    __tablename__ = "handovers"
    __table_args__ = (
        CheckConstraint("(opened_at IS NULL) = (due_at IS NULL)", name="opened_with_due_time"),
        CheckConstraint("(opened_at IS NULL) = (taken_by_id IS NULL)", name="opened_for_somebody"),
        CheckConstraint("accepted_at IS NULL OR opened_at IS NOT NULL", name="accepted_once_opened"),
        CheckConstraint("note = '' OR given_by_id IS NOT NULL", name="note_of_somebody"),
        CheckConstraint("(note = '') = (noted_at IS NULL)", name="note_with_time"),
        # A change of shift is handed over once, however many sweeps see it.
        Index(
            "uq_handovers_role_id_given_by_id_taken_by_id_changed_at",
            "role_id",
            "given_by_id",
            "taken_by_id",
            "changed_at",
            unique=True,
        ),
        # One note at a time is prepared for the change to come.
        Index(
            "uq_handovers_prepared",
            "role_id",
            "given_by_id",
            unique=True,
            sqlite_where=_PREPARED,
            postgresql_where=_PREPARED,
        ),
        # What waits to be accepted: the sweep, the navigation and the home page.
        Index("ix_handovers_waiting", "due_at", sqlite_where=_WAITING, postgresql_where=_WAITING),
        # The list, newest first.
        Index("ix_handovers_changed_at_id", "changed_at", "id"),
    )

    role_id: Mapped[int] = mapped_column(ForeignKey("duty_roles.id"))
    given_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    changed_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(Text, default="")
    noted_at: Mapped[datetime | None]
    complaint_numbers: Mapped[list[str]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    late_at: Mapped[datetime | None]
    passed_on_at: Mapped[datetime | None]

    role: Mapped[DutyRole] = relationship(lazy="joined", innerjoin=True)
    given_by: Mapped[Person | None] = relationship(foreign_keys=[given_by_id])
    taken_by: Mapped[Person | None] = relationship(foreign_keys=[taken_by_id])

    @property
    def is_waiting(self) -> bool:
        """Whether somebody still has to accept it."""
        return self.opened_at is not None and self.accepted_at is None and self.passed_on_at is None

    @classmethod
    def waiting(cls) -> ColumnElement[bool]:
        """Somebody still has to accept it: the condition of the partial index."""
        return and_(cls.opened_at.is_not(None), cls.accepted_at.is_(None), cls.passed_on_at.is_(None))

    def __str__(self) -> str:
        return f"{self.given_by or '—'} → {self.taken_by or '—'}"
