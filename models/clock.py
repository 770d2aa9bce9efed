"""Clocks: one row for each promise of time that runs or ran on a complaint."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, SmallInteger, String, false, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, spelled_out, term
from models.person import Person
from models.policy import Policy
from rules.vocabulary import ClockKind, ClockState

if TYPE_CHECKING:
    from models.clock_pause import ClockPause
    from models.compensation import Compensation
    from models.complaint import Complaint
    from models.outward import OutwardCase
    from models.promise import Promise

_UNSTOPPED = text("state IN ('running', 'paused', 'breached')")
_ONE_OF_ITS_KIND = text(
    f"{_UNSTOPPED.text} AND promise_id IS NULL AND compensation_id IS NULL AND outward_case_id IS NULL"
)
_HAS_ACTION = text("next_action_at IS NOT NULL")


class Clock(Base):
    """One clock. ``due_at`` is stored: lists sort on it. A breach stays on record.

    ``target_id`` names the row of the policy version it began with; no later version touches it. ``budget_seconds`` is
    how long it may run: wall-clock time, or working time of ``working_time_id``. ``next_action_at`` is when the sweep
    has to warn, note the breach or remind again, ``steps_done`` how many of those it did.
    """

    __tablename__ = "clocks"
    __table_args__ = (
        CheckConstraint("due_at >= started_at", name="due_after_start"),
        CheckConstraint("state NOT IN ('breached') OR breached_at IS NOT NULL", name="breach_has_time"),
        CheckConstraint("state <> 'met' OR stopped_at IS NOT NULL", name="met_has_time"),
        CheckConstraint(
            "state NOT IN ('running', 'paused', 'breached') OR stopped_at IS NULL", name="running_is_not_stopped"
        ),
        CheckConstraint("state IN ('running', 'breached') OR next_action_at IS NULL", name="stopped_has_no_action"),
        CheckConstraint("is_pausable OR state <> 'paused'", name="paused_is_pausable"),
        # The sweep asks for what there is to do; finished history never enters this index.
        Index("ix_clocks_next_action_at", "next_action_at", sqlite_where=_HAS_ACTION, postgresql_where=_HAS_ACTION),
        # The home page asks for everything that still runs, on time or not, by due time.
        Index("ix_clocks_unstopped_due_at", "due_at", sqlite_where=_UNSTOPPED, postgresql_where=_UNSTOPPED),
        Index(
            "uq_clocks_complaint_id_kind_unstopped",
            "complaint_id",
            "kind",
            unique=True,
            sqlite_where=_ONE_OF_ITS_KIND,
            postgresql_where=_ONE_OF_ITS_KIND,
        ),
        Index("ix_clocks_complaint_id", "complaint_id"),
        Index("ix_clocks_promise_id", "promise_id"),
        Index("ix_clocks_compensation_id", "compensation_id"),
        Index("ix_clocks_outward_case_id", "outward_case_id"),
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
    policy_id: Mapped[int | None] = mapped_column(ForeignKey("policies.id"))
    working_time_id: Mapped[int | None] = mapped_column(ForeignKey("policies.id"))
    target_id: Mapped[str] = mapped_column(String(40), default="", server_default="")
    budget_seconds: Mapped[int | None]
    is_pausable: Mapped[bool] = mapped_column(default=False, server_default=false())
    next_action_at: Mapped[datetime | None]
    steps_done: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    promise_id: Mapped[int | None] = mapped_column(ForeignKey("promises.id"))
    compensation_id: Mapped[int | None] = mapped_column(ForeignKey("compensations.id"))
    outward_case_id: Mapped[int | None] = mapped_column(ForeignKey("outward_cases.id"))

    complaint: Mapped[Complaint] = relationship(back_populates="clocks")
    owner: Mapped[Person | None] = relationship(foreign_keys=[owner_id])
    breach_owner: Mapped[Person | None] = relationship(foreign_keys=[breach_owner_id])
    policy: Mapped[Policy | None] = relationship(foreign_keys=[policy_id])
    working_time: Mapped[Policy | None] = relationship(foreign_keys=[working_time_id])
    promise: Mapped[Promise | None] = relationship()
    compensation: Mapped[Compensation | None] = relationship()
    outward_case: Mapped[OutwardCase | None] = relationship()
    pauses: Mapped[list[ClockPause]] = relationship(back_populates="clock", order_by="ClockPause.id")

    @hybrid_property
    def is_unstopped(self) -> bool:
        """Whether somebody still has to stop it; in a query, the condition of the partial indexes."""
        return self.state in (ClockState.RUNNING, ClockState.PAUSED, ClockState.BREACHED)

    @is_unstopped.inplace.expression
    @classmethod
    def _is_unstopped(cls) -> ColumnElement[bool]:
        return spelled_out(cls.state, ClockState.RUNNING, ClockState.PAUSED, ClockState.BREACHED)

    @property
    def budget(self) -> timedelta:
        """How long it may run; the clocks of the first release kept no budget and are never paused."""
        return self.due_at - self.started_at if self.budget_seconds is None else timedelta(seconds=self.budget_seconds)

    def __str__(self) -> str:
        return self.kind.label
