"""The ledger of a project's days, and the plans to win some back (D-17, N8)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, term
from models.complaint import Complaint
from models.evidence import Evidence
from models.person import Person
from models.project import Project
from rules.vocabulary import DelayCause, DelayEntryKind


class DelayEntry(Base):
    """So many days lost or won back. A wrong one is struck with a reason and another entered: the ledger is history."""

    __tablename__ = "delay_entries"
    __table_args__ = (
        CheckConstraint("last_on >= first_on", name="ends_after_start"),
        CheckConstraint("days >= 1", name="days_positive"),
        CheckConstraint("(kind = 'lost') = (cause IS NOT NULL)", name="cause_of_what_was_lost"),
        CheckConstraint("words <> ''", name="words_given"),
        CheckConstraint("(struck_at IS NULL) = (struck_why = '')", name="struck_with_reason"),
        Index("ix_delay_entries_project_id_first_on", "project_id", "first_on"),
    )

    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    complaint_id: Mapped[int | None] = mapped_column(ForeignKey("complaints.id"), index=True)
    kind: Mapped[DelayEntryKind] = mapped_column(term(DelayEntryKind, "kind"))
    cause: Mapped[DelayCause | None] = mapped_column(term(DelayCause, "cause"))
    first_on: Mapped[date] = mapped_column(Date)
    last_on: Mapped[date] = mapped_column(Date)
    days: Mapped[int]
    words: Mapped[str] = mapped_column(String(300))
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("evidence.id"))
    entered_at: Mapped[datetime]
    entered_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    struck_at: Mapped[datetime | None]
    struck_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    struck_why: Mapped[str] = mapped_column(String(300), default="")

    project: Mapped[Project] = relationship()
    complaint: Mapped[Complaint | None] = relationship()
    evidence: Mapped[Evidence | None] = relationship()
    entered_by: Mapped[Person | None] = relationship(foreign_keys=[entered_by_id])
    struck_by: Mapped[Person | None] = relationship(foreign_keys=[struck_by_id])


class CatchUpPlan(Base):
    """How days are to be won back: crews in shifts, more hours a day. The newest one counts."""

    __tablename__ = "catch_up_plans"
    __table_args__ = (
        CheckConstraint("words <> ''", name="words_given"),
        CheckConstraint("crews >= 1", name="crews_positive"),
        CheckConstraint("more_hours BETWEEN 0 AND 24", name="more_hours_in_a_day"),
        CheckConstraint("days >= 1", name="days_positive"),
    )

    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaints.id"), index=True)
    words: Mapped[str] = mapped_column(Text)
    crews: Mapped[int]
    more_hours: Mapped[int]
    days: Mapped[int]
    done_on: Mapped[date] = mapped_column(Date)
    made_at: Mapped[datetime]
    made_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))

    complaint: Mapped[Complaint] = relationship()
    made_by: Mapped[Person] = relationship()
