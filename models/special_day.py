"""Special days: what is announced later than the calendar knows, and the company's own days off."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, Date, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Editable


class SpecialDay(Editable, Base):
    """One day on which work or rest differs from the public calendar."""

    __tablename__ = "special_days"
    __table_args__ = (CheckConstraint("name <> ''", name="name_given"),)

    day: Mapped[date] = mapped_column(Date, unique=True)
    is_working: Mapped[bool]
    name: Mapped[str] = mapped_column(String(60))

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.name}"
