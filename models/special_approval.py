"""The form that a special approval of compensation needs (G-05)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base
from models.person import Person

if TYPE_CHECKING:
    from models.compensation import Compensation


class SpecialApproval(Base):
    """Why the ordinary limit is not enough, what it stands against, and where the money comes from."""

    __tablename__ = "special_approvals"
    __table_args__ = (CheckConstraint("reason <> '' AND risk <> '' AND budget <> ''", name="filled_in"),)

    compensation_id: Mapped[int] = mapped_column(ForeignKey("compensations.id"), unique=True)
    reason: Mapped[str] = mapped_column(Text)
    risk: Mapped[str] = mapped_column(Text)
    budget: Mapped[str] = mapped_column(Text)
    filled_at: Mapped[datetime]
    filled_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))

    compensation: Mapped[Compensation] = relationship(back_populates="special")
    filled_by: Mapped[Person] = relationship()
