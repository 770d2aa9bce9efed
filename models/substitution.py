"""Substitutes: who decides for somebody, from when until when (CA3)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Editable
from models.person import Person


class Substitution(Editable, Base):
    """One person decides on compensation in the place of another, on these days, the company's."""

    __tablename__ = "substitutions"
    __table_args__ = (
        CheckConstraint("last_on >= first_on", name="ends_after_start"),
        CheckConstraint("substitute_id <> person_id", name="substitute_is_another"),
        Index("ix_substitutions_substitute_id_last_on", "substitute_id", "last_on"),
        Index("ix_substitutions_person_id_last_on", "person_id", "last_on"),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    substitute_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    first_on: Mapped[date] = mapped_column(Date)
    last_on: Mapped[date] = mapped_column(Date)
    remarks: Mapped[str] = mapped_column(String(200), default="")
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))

    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    substitute: Mapped[Person] = relationship(foreign_keys=[substitute_id])
    made_by: Mapped[Person | None] = relationship(foreign_keys=[made_by_id])
