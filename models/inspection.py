"""Inspections: what was seen and measured at the customer's, and what both sides say of it (D-16, H-07, N11)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.appointment import Appointment
from models.base import Base, Editable, Thousandths, term
from models.person import Person
from rules.vocabulary import FindingKind, WorkPart

if TYPE_CHECKING:
    from models.complaint import Complaint
    from models.evidence import Evidence

_RUNNING = text("kind = 'water_holding' AND drop_by IS NULL AND told_at IS NULL")


class Inspection(Editable, Base):
    """One look at the place. It ends when the findings are told face to face; ``confirmed_words`` is how the customer
    agreed where they did not sign, and ``absence`` why nobody of theirs was there.
    """

    __tablename__ = "inspections"
    __table_args__ = (
        CheckConstraint("ended_at IS NULL OR ended_at >= started_at", name="ends_after_start"),
        CheckConstraint("is_customer_present OR absence <> '' OR ended_at IS NULL", name="absence_explained"),
        Index("ix_inspections_started_at_id", "started_at", "id"),
    )

    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaints.id"), index=True)
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointments.id"), index=True)
    inspector_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    is_customer_present: Mapped[bool] = mapped_column(default=True)
    absence: Mapped[str] = mapped_column(String(200), default="")
    our_side: Mapped[str] = mapped_column(Text, default="")
    customers_side: Mapped[str] = mapped_column(Text, default="")
    conclusion: Mapped[str] = mapped_column(Text, default="")
    confirmed_words: Mapped[str] = mapped_column(String(500), default="")

    complaint: Mapped[Complaint] = relationship()
    appointment: Mapped[Appointment | None] = relationship()
    inspector: Mapped[Person] = relationship()
    evidence: Mapped[list[Evidence]] = relationship(back_populates="inspection", order_by="Evidence.id")
    findings: Mapped[list[Finding]] = relationship(back_populates="inspection", order_by="Finding.id")


class Finding(Editable, Base):
    """One measurement. Lengths are millimetres; what ``rules/findings.py`` makes of it is computed, never kept.

    ``told_at`` is when the inspector heard that the water had stood for long enough.
    """

    __tablename__ = "findings"
    __table_args__ = (
        CheckConstraint("place <> ''", name="place_given"),
        CheckConstraint(
            "kind <> 'hollow_tiles' OR (tapped >= 1 AND hollow BETWEEN 0 AND tapped)", name="tiles_make_sense"
        ),
        CheckConstraint("kind <> 'water_holding' OR (filled_at IS NOT NULL AND depth > 0)", name="water_was_filled_in"),
        CheckConstraint("(read_at IS NULL) = (drop_by IS NULL)", name="read_with_its_drop"),
        CheckConstraint("drop_by IS NULL OR (drop_by BETWEEN 0 AND depth)", name="drop_within_depth"),
        CheckConstraint("kind <> 'crack' OR (length > 0 AND width BETWEEN 1 AND length)", name="crack_makes_sense"),
        CheckConstraint("kind <> 'other' OR words <> ''", name="words_where_nothing_is_measured"),
        Index("ix_findings_water_running", "filled_at", sqlite_where=_RUNNING, postgresql_where=_RUNNING),
    )

    inspection_id: Mapped[int] = mapped_column(ForeignKey("inspections.id"), index=True)
    kind: Mapped[FindingKind] = mapped_column(term(FindingKind, "kind"))
    part: Mapped[WorkPart] = mapped_column(term(WorkPart, "part"))
    place: Mapped[str] = mapped_column(String(100))
    words: Mapped[str] = mapped_column(String(500), default="")
    tapped: Mapped[int | None]
    hollow: Mapped[int | None]
    filled_at: Mapped[datetime | None]
    depth: Mapped[Decimal | None] = mapped_column(Thousandths)
    read_at: Mapped[datetime | None]
    drop_by: Mapped[Decimal | None] = mapped_column(Thousandths)
    told_at: Mapped[datetime | None]
    length: Mapped[Decimal | None] = mapped_column(Thousandths)
    width: Mapped[Decimal | None] = mapped_column(Thousandths)

    inspection: Mapped[Inspection] = relationship(back_populates="findings")
