"""Clocks: one row for each promise of time that runs or ran on a complaint."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, spelled_out, term
from models.person import Person
from rules.vocabulary import ClockKind, ClockState

if TYPE_CHECKING:
    from models.complaint import Complaint

_UNSTOPPED = text("state IN ('running', 'breached')")
_RUNNING = text("state = 'running'")


class Clock(Base):
    """One clock. ``due_at`` is stored: lists sort on it and the sweep asks for it. A breach stays on record."""

    __tablename__ = "clocks"
    __table_args__ = (
        CheckConstraint("due_at >= started_at", name="due_after_start"),
        CheckConstraint("state NOT IN ('breached') OR breached_at IS NOT NULL", name="breach_has_time"),
        CheckConstraint("state <> 'met' OR stopped_at IS NOT NULL", name="met_has_time"),
        CheckConstraint("state NOT IN ('running', 'breached') OR stopped_at IS NULL", name="running_is_not_stopped"),
        # The sweep asks for running clocks that are due; finished history never enters this index.
        Index("ix_clocks_running_due_at", "due_at", sqlite_where=_RUNNING, postgresql_where=_RUNNING),
        # The home page asks for everything that still runs, on time or not, by due time.
        Index("ix_clocks_unstopped_due_at", "due_at", sqlite_where=_UNSTOPPED, postgresql_where=_UNSTOPPED),
        Index(
            "uq_clocks_complaint_id_kind_unstopped",
            "complaint_id",
            "kind",
            unique=True,
            sqlite_where=_UNSTOPPED,
            postgresql_where=_UNSTOPPED,
        ),
        Index("ix_clocks_complaint_id", "complaint_id"),
    )

    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaints.id"))
    kind: Mapped[ClockKind] = mapped_column(term(ClockKind, "kind"))
    state: Mapped[ClockState] = mapped_column(term(ClockState, "state"))
    started_at: Mapped[datetime]
    due_at: Mapped[datetime]
    breached_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    breach_owner_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))

    complaint: Mapped[Complaint] = relationship(back_populates="clocks")
    owner: Mapped[Person | None] = relationship(foreign_keys=[owner_id])
    breach_owner: Mapped[Person | None] = relationship(foreign_keys=[breach_owner_id])

    @hybrid_property
    def is_unstopped(self) -> bool:
        """Whether somebody still has to stop it; in a query, the condition of the partial indexes."""
        return self.state in (ClockState.RUNNING, ClockState.BREACHED)

    @is_unstopped.inplace.expression
    @classmethod
    def _is_unstopped(cls) -> ColumnElement[bool]:
        return spelled_out(cls.state, ClockState.RUNNING, ClockState.BREACHED)

    def __str__(self) -> str:
        return self.kind.label
