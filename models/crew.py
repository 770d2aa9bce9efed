"""Crews: who works together on site, inside the company or hired (A-03)."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Editable
from models.person import Person


class Crew(Editable, Base):
    """One crew. One that works no more stays, for what it did."""

    __tablename__ = "crews"
    __table_args__ = (CheckConstraint("name <> ''", name="name_given"),)

    name: Mapped[str] = mapped_column(String(80), unique=True)
    trade: Mapped[str] = mapped_column(String(40), default="")
    foreman_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    is_active: Mapped[bool] = mapped_column(default=True)

    foreman: Mapped[Person | None] = relationship()

    def __str__(self) -> str:
        return self.name
