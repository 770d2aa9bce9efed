"""Appointments: who comes to the customer, when and what for (D-16); both are reminded (N11)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, term
from models.person import Person
from rules.vocabulary import AppointmentPurpose, AppointmentState

if TYPE_CHECKING:
    from models.complaint import Complaint

_PLANNED = text("state = 'planned'")


class Appointment(Base):
    """One visit to a customer, at the complaint's address. A moved one stays, and ``moved_to`` takes its place.

    ``told_day_before_at`` and ``told_soon_at`` are when both sides were reminded, each once.
    """

    __tablename__ = "appointments"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("(state = 'moved') = (moved_to_id IS NOT NULL)", name="moved_to_another"),
        CheckConstraint("(state = 'planned') = (ended_at IS NULL)", name="ended_when_not_planned"),
        # The reminders, and the list of what comes:
        Index("ix_appointments_planned_starts_at", "starts_at", sqlite_where=_PLANNED, postgresql_where=_PLANNED),
        Index("ix_appointments_starts_at_id", "starts_at", "id"),
        # Whether somebody is elsewhere at that time:
        Index("ix_appointments_person_id_starts_at", "person_id", "starts_at"),
    )

    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaints.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    purpose: Mapped[AppointmentPurpose] = mapped_column(term(AppointmentPurpose, "purpose"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    remarks: Mapped[str] = mapped_column(String(500), default="")
    state: Mapped[AppointmentState] = mapped_column(term(AppointmentState, "state"), default=AppointmentState.PLANNED)
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    told_day_before_at: Mapped[datetime | None]
    told_soon_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    reason: Mapped[str] = mapped_column(String(500), default="")
    moved_to_id: Mapped[int | None] = mapped_column(ForeignKey("appointments.id"))

    complaint: Mapped[Complaint] = relationship(back_populates="appointments")
    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    made_by: Mapped[Person | None] = relationship(foreign_keys=[made_by_id])
    ended_by: Mapped[Person | None] = relationship(foreign_keys=[ended_by_id])
    moved_to: Mapped[Appointment | None] = relationship(remote_side="Appointment.id")

    def __str__(self) -> str:
        return f"{self.person} → {self.complaint.number}"
