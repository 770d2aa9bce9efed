"""Every step of a compensation, in whose name, for ever (CA2, G-05)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, event
from sqlalchemy.orm import Mapped, Mapper, mapped_column, relationship

from models.base import Base, term
from models.person import Person
from models.timeline import HistoryIsFinal
from rules.compensation import CompensationAction

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from models.compensation import Compensation


class CompensationDecision(Base):
    """One step: by whom, and for whom where a substitute took it."""

    __tablename__ = "compensation_decisions"
    __table_args__ = (
        CheckConstraint("for_id IS NULL OR for_id <> by_id", name="for_somebody_else"),
        Index("ix_compensation_decisions_compensation_id_id", "compensation_id", "id"),
    )

    compensation_id: Mapped[int] = mapped_column(ForeignKey("compensations.id"))
    step: Mapped[CompensationAction] = mapped_column(term(CompensationAction, "step"))
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    for_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    words: Mapped[str] = mapped_column(Text, default="")

    compensation: Mapped[Compensation] = relationship(back_populates="decisions")
    by: Mapped[Person | None] = relationship(foreign_keys=[by_id])
    for_whom: Mapped[Person | None] = relationship(foreign_keys=[for_id])


@event.listens_for(CompensationDecision, "before_update")
@event.listens_for(CompensationDecision, "before_delete")
def _refuse_to_rewrite(mapper: Mapper[Any], connection: Connection, target: CompensationDecision) -> None:
    raise HistoryIsFinal(f"step {target.id} of compensation {target.compensation_id} cannot be changed")
