"""Drills: everybody on duty is called for practice, and it is seen who answered after how long (G-02, N15)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base
from models.person import Person

if TYPE_CHECKING:
    from models.notification import Notification


class Drill(Base):
    """One drill. It lasts until ``due_at``, or until somebody ends it before; one goes on at a time."""

    __tablename__ = "drills"
    __table_args__ = (
        CheckConstraint("due_at > started_at", name="lasts"),
        CheckConstraint("is_over = (ended_at IS NOT NULL)", name="over_when_ended"),
        Index(
            "uq_drills_running",
            "is_over",
            unique=True,
            sqlite_where=text("is_over = 0"),
            postgresql_where=text("NOT is_over"),
        ),
        Index("ix_drills_started_at_id", "started_at", "id"),
    )

    started_at: Mapped[datetime]
    started_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    due_at: Mapped[datetime]
    remarks: Mapped[str] = mapped_column(String(200), default="")
    is_over: Mapped[bool] = mapped_column(default=False, server_default=false())
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))

    started_by: Mapped[Person] = relationship(foreign_keys=[started_by_id])
    ended_by: Mapped[Person | None] = relationship(foreign_keys=[ended_by_id])
    calls: Mapped[list[DrillCall]] = relationship(back_populates="drill", order_by="DrillCall.id")


class DrillCall(Base):
    """One member who was on duty when the drill began. ``notification`` is None for somebody without a number."""

    __tablename__ = "drill_calls"
    __table_args__ = (
        Index("uq_drill_calls_drill_id_person_id", "drill_id", "person_id", unique=True),
        CheckConstraint("answered_at IS NULL OR answered_at >= called_at", name="answered_after_the_call"),
    )

    drill_id: Mapped[int] = mapped_column(ForeignKey("drills.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    notification_id: Mapped[int | None] = mapped_column(ForeignKey("notifications.id"), index=True)
    called_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]

    drill: Mapped[Drill] = relationship(back_populates="calls")
    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)
    notification: Mapped[Notification | None] = relationship()
