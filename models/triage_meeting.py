"""Triage meetings: ten minutes across departments, with what they decided (D-10, N4)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base
from models.person import Person

if TYPE_CHECKING:
    from models.complaint import Complaint

_OPEN = text("ended_at IS NULL")


class TriageMeeting(Base):
    """One meeting. ``overrun_at`` is when its ten minutes were over and it still went on.

    What it decided stands where decisions stand: the level, the responsibility map, the promise; ``decision`` says it
    in one sentence.
    """

    __tablename__ = "triage_meetings"
    __table_args__ = (
        CheckConstraint("ended_at IS NULL OR ended_at >= started_at", name="ends_after_start"),
        CheckConstraint("(ended_at IS NULL) = (decision = '')", name="ended_with_decision"),
        Index("ix_triage_meetings_complaint_id", "complaint_id"),
        Index("uq_triage_meetings_one_open", "complaint_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        # The sweep that flags an over-run:
        Index("ix_triage_meetings_open_due_at", "due_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaints.id"))
    started_at: Mapped[datetime]
    started_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    due_at: Mapped[datetime]
    overrun_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    place: Mapped[str] = mapped_column(String(200), default="")
    decision: Mapped[str] = mapped_column(Text, default="")

    complaint: Mapped[Complaint] = relationship(back_populates="meetings")
    started_by: Mapped[Person] = relationship(foreign_keys=[started_by_id])
    ended_by: Mapped[Person | None] = relationship(foreign_keys=[ended_by_id])
    attendees: Mapped[list[MeetingAttendee]] = relationship(back_populates="meeting", order_by="MeetingAttendee.id")


class MeetingAttendee(Base):
    """One person who was asked to join, and when they did."""

    __tablename__ = "meeting_attendees"
    __table_args__ = (Index("uq_meeting_attendees_meeting_id_person_id", "meeting_id", "person_id", unique=True),)

    meeting_id: Mapped[int] = mapped_column(ForeignKey("triage_meetings.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    called_at: Mapped[datetime]
    joined_at: Mapped[datetime | None]

    meeting: Mapped[TriageMeeting] = relationship(back_populates="attendees")
    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)
