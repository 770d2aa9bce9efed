"""Summonses: who was called to a complaint by which step, and whether they answered for themselves (ES3)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base
from models.person import Person

if TYPE_CHECKING:
    from models.complaint import Complaint
    from models.escalation import Escalation

_WAITING = text("must_acknowledge AND acknowledged_at IS NULL AND ended_at IS NULL")


class Summons(Base):
    """One person called once. ``escalation`` is None for the first call, when the complaint was recorded.

    ``ended_at``: this run of the chain is over: somebody has the complaint, or its chain began anew.
    """

    __tablename__ = "summonses"
    __table_args__ = (
        Index("ix_summonses_complaint_id", "complaint_id"),
        Index("ix_summonses_escalation_id", "escalation_id"),
        # "Mine to answer" on the workbench:
        Index("ix_summonses_waiting_person_id", "person_id", sqlite_where=_WAITING, postgresql_where=_WAITING),
    )

    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaints.id"))
    escalation_id: Mapped[int | None] = mapped_column(ForeignKey("escalations.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    summoned_at: Mapped[datetime]
    must_acknowledge: Mapped[bool] = mapped_column(default=False)
    acknowledged_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    complaint: Mapped[Complaint] = relationship(back_populates="summonses")
    escalation: Mapped[Escalation | None] = relationship(back_populates="summonses")
    person: Mapped[Person] = relationship()
