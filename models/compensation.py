"""Compensations: what was offered, why, how the amount came about, and who decided (D-16, D-17, H-08)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Editable, term
from models.person import Person
from rules.vocabulary import CompensationBasis, CompensationKind, CompensationStatus

if TYPE_CHECKING:
    from models.compensation_decision import CompensationDecision
    from models.complaint import Complaint
    from models.evidence import Evidence
    from models.policy import Policy
    from models.special_approval import SpecialApproval


class Compensation(Editable, Base):
    """One compensation in yuan. For a delay the days and the rate that made the amount are kept beside it.

    ``explanation`` holds the lines of the ledger that the amount stood on, as the customer reads them. ``answer`` is
    what the customer said to it, and the ladder of ``authority_policy`` says who may decide.
    """

    __tablename__ = "compensations"
    __table_args__ = (
        CheckConstraint("amount >= 0", name="amount_not_negative"),
        CheckConstraint("reason <> ''", name="reason_given"),
        CheckConstraint(
            "basis <> 'delay' OR (delay_days >= 1 AND amount = delay_days * daily_rate)", name="delay_adds_up"
        ),
        CheckConstraint(
            "status NOT IN ('approved', 'accepted', 'declined', 'paid') OR decided_by_id <> offered_by_id",
            name="nobody_approves_their_own",
        ),
        CheckConstraint("status <> 'paid' OR (paid_at IS NOT NULL AND payment_proof <> '')", name="paid_with_proof"),
        Index("ix_compensations_status_offered_at_id", "status", "offered_at", "id"),
        Index("ix_compensations_offered_at_id", "offered_at", "id"),
        Index("ix_compensations_paid_at_id", "paid_at", "id"),  # Finance's month.
    )

    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaints.id"), index=True)
    kind: Mapped[CompensationKind] = mapped_column(term(CompensationKind, "kind"))
    basis: Mapped[CompensationBasis] = mapped_column(term(CompensationBasis, "basis"))
    amount: Mapped[Decimal]
    delay_days: Mapped[int | None]
    daily_rate: Mapped[Decimal | None]
    reason: Mapped[str] = mapped_column(Text)
    status: Mapped[CompensationStatus] = mapped_column(
        term(CompensationStatus, "status"), default=CompensationStatus.OFFERED
    )
    explanation: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON)
    authority_policy_id: Mapped[int | None] = mapped_column(ForeignKey("policies.id"))
    offered_at: Mapped[datetime]
    offered_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    decision_note: Mapped[str] = mapped_column(Text, default="")
    answered_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(Text, default="", server_default="")
    paid_at: Mapped[datetime | None]
    paid_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    payment_proof: Mapped[str] = mapped_column(String(200), default="")

    complaint: Mapped[Complaint] = relationship(back_populates="compensations")
    offered_by: Mapped[Person] = relationship(foreign_keys=[offered_by_id])
    decided_by: Mapped[Person | None] = relationship(foreign_keys=[decided_by_id])
    authority_policy: Mapped[Policy | None] = relationship()
    paid_by: Mapped[Person | None] = relationship(foreign_keys=[paid_by_id])
    decisions: Mapped[list[CompensationDecision]] = relationship(
        back_populates="compensation", order_by="CompensationDecision.id"
    )
    evidence: Mapped[list[Evidence]] = relationship(back_populates="compensation", order_by="Evidence.id")
    special: Mapped[SpecialApproval | None] = relationship(back_populates="compensation")

    def __str__(self) -> str:
        return f"{self.kind.label} ¥{self.amount:,.2f}"
