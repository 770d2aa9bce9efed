"""Pauses: when a clock waited for the customer, why, and who said so (SL5)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base
from models.person import Person

if TYPE_CHECKING:
    from models.clock import Clock

_OPEN = text("ended_at IS NULL")


class ClockPause(Base):
    """One interval in which a clock did not run; the due time is computed from these, again and again."""

    __tablename__ = "clock_pauses"
    __table_args__ = (
        CheckConstraint("reason <> ''", name="reason_given"),
        CheckConstraint("ended_at IS NULL OR ended_at >= started_at", name="ends_after_start"),
        Index("ix_clock_pauses_clock_id", "clock_id"),
        Index("uq_clock_pauses_one_open", "clock_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    clock_id: Mapped[int] = mapped_column(ForeignKey("clocks.id"))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(500))
    paused_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    resumed_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))

    clock: Mapped[Clock] = relationship(back_populates="pauses")
    paused_by: Mapped[Person] = relationship(foreign_keys=[paused_by_id])
    resumed_by: Mapped[Person | None] = relationship(foreign_keys=[resumed_by_id])
