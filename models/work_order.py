"""Work orders: what is done at the customer's, by whom, until when, at what cost, and that they confirmed it (A-03)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Editable, Thousandths, term
from models.crew import Crew
from models.customer import Customer
from models.person import Person
from models.project import Project
from models.promise import Promise
from rules.vocabulary import CostKind, Coverage, DefectCause, WorkOrderKind, WorkOrderState, WorkPart

if TYPE_CHECKING:
    from models.complaint import Complaint
    from models.evidence import Evidence

_OPEN = text("state IN ('planned', 'quoted', 'running', 'done')")


class WorkOrder(Editable, Base):
    """One piece of work, from a complaint or without one (maintenance). A technician or a crew does it.

    ``coverage`` and ``is_free`` are what the warranty said on the day it was made, and ``why`` what a person wrote to
    it (N10). ``redone_at`` is when the customer last found it not in order: what was shown before proves nothing any
    more. ``exception`` is why it was confirmed without photo or signature.
    """

    __tablename__ = "work_orders"
    __table_args__ = (
        CheckConstraint("words <> ''", name="words_given"),
        CheckConstraint("planned_done_at > planned_start_at", name="planned_in_order"),
        CheckConstraint("done_at IS NULL OR done_at >= started_at", name="done_after_start"),
        CheckConstraint("state NOT IN ('done', 'closed') OR done_at IS NOT NULL", name="done_with_time"),
        CheckConstraint("(state IN ('closed', 'cancelled')) = (ended_at IS NOT NULL)", name="ended_with_time"),
        # The list of what is open, and whether a complaint can be closed:
        Index("ix_work_orders_open", "planned_done_at", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index(
            "ix_work_orders_open_technician_id",
            "technician_id",
            "planned_done_at",
            "id",
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        Index("ix_work_orders_made_at_id", "made_at", "id"),
        Index("ix_work_orders_technician_id_planned_start_at", "technician_id", "planned_start_at"),
    )

    number: Mapped[str] = mapped_column(String(20), unique=True)
    complaint_id: Mapped[int | None] = mapped_column(ForeignKey("complaints.id"), index=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    project_id: Mapped[int | None] = mapped_column(ForeignKey("projects.id"), index=True)
    promise_id: Mapped[int | None] = mapped_column(ForeignKey("promises.id"), index=True)
    kind: Mapped[WorkOrderKind] = mapped_column(term(WorkOrderKind, "kind"))
    part: Mapped[WorkPart] = mapped_column(term(WorkPart, "part"))
    cause: Mapped[DefectCause] = mapped_column(term(DefectCause, "cause"), default=DefectCause.UNKNOWN)
    words: Mapped[str] = mapped_column(Text)
    technician_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    crew_id: Mapped[int | None] = mapped_column(ForeignKey("crews.id"), index=True)
    coverage: Mapped[Coverage] = mapped_column(term(Coverage, "coverage"))
    is_free: Mapped[bool]
    why: Mapped[str] = mapped_column(String(500), default="")
    state: Mapped[WorkOrderState] = mapped_column(term(WorkOrderState, "state"), default=WorkOrderState.PLANNED)
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    planned_start_at: Mapped[datetime]
    planned_done_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    done_words: Mapped[str] = mapped_column(Text, default="")
    redone_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    exception: Mapped[str] = mapped_column(String(500), default="")

    complaint: Mapped[Complaint | None] = relationship()
    customer: Mapped[Customer] = relationship()
    project: Mapped[Project | None] = relationship()
    promise: Mapped[Promise | None] = relationship()
    technician: Mapped[Person | None] = relationship(foreign_keys=[technician_id])
    crew: Mapped[Crew | None] = relationship()
    made_by: Mapped[Person | None] = relationship(foreign_keys=[made_by_id])
    ended_by: Mapped[Person | None] = relationship(foreign_keys=[ended_by_id])
    costs: Mapped[list[WorkCost]] = relationship(back_populates="work_order", order_by="WorkCost.id")
    evidence: Mapped[list[Evidence]] = relationship(back_populates="work_order", order_by="Evidence.id")
    quotations: Mapped[list[Quotation]] = relationship(back_populates="work_order", order_by="Quotation.id")

    def __str__(self) -> str:
        return self.number


class WorkCost(Base):
    """What a work order cost: yuan, quantity and price as they were. A wrong one is struck, never changed."""

    __tablename__ = "work_costs"
    __table_args__ = (
        CheckConstraint("what <> ''", name="what_given"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("unit_price >= 0", name="unit_price_not_negative"),
        CheckConstraint("amount >= 0", name="amount_not_negative"),
        Index("ix_work_costs_batch", "batch"),
    )

    work_order_id: Mapped[int] = mapped_column(ForeignKey("work_orders.id"), index=True)
    kind: Mapped[CostKind] = mapped_column(term(CostKind, "kind"))
    what: Mapped[str] = mapped_column(String(100))
    batch: Mapped[str] = mapped_column(String(40), default="")
    quantity: Mapped[Decimal] = mapped_column(Thousandths)
    unit: Mapped[str] = mapped_column(String(20), default="")
    unit_price: Mapped[Decimal]
    amount: Mapped[Decimal]
    entered_at: Mapped[datetime]
    entered_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    struck_at: Mapped[datetime | None]
    struck_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))

    work_order: Mapped[WorkOrder] = relationship(back_populates="costs")
    entered_by: Mapped[Person | None] = relationship(foreign_keys=[entered_by_id])
    struck_by: Mapped[Person | None] = relationship(foreign_keys=[struck_by_id])


class Quotation(Base):
    """A price that was named, in yuan, and what the customer said to it. A newer one takes its place."""

    __tablename__ = "quotations"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("words <> ''", name="words_given"),
        CheckConstraint("(answered_at IS NULL) = (is_accepted IS NULL)", name="answered_with_time"),
    )

    work_order_id: Mapped[int] = mapped_column(ForeignKey("work_orders.id"), index=True)
    amount: Mapped[Decimal]
    words: Mapped[str] = mapped_column(Text)
    offered_at: Mapped[datetime]
    offered_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    is_accepted: Mapped[bool | None]
    answered_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(String(500), default="")

    work_order: Mapped[WorkOrder] = relationship(back_populates="quotations")
    offered_by: Mapped[Person] = relationship()
