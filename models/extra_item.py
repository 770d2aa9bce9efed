"""Extra items that a customer disputes: what the contract says, why it was needed, what became of it (D-18)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Editable, term
from models.person import Person
from rules.vocabulary import ExtraItemOutcome, SignatureState

if TYPE_CHECKING:
    from models.complaint import Complaint


class ExtraItem(Editable, Base):
    """One charge outside the contract, in yuan. ``stands_at`` is what is left of it once it is decided."""

    __tablename__ = "extra_items"
    __table_args__ = (
        CheckConstraint("what <> ''", name="what_given"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("(outcome IS NULL) = (decided_at IS NULL)", name="decided_with_outcome"),
        CheckConstraint("outcome IS NULL OR necessity <> ''", name="decided_with_explanation"),
        CheckConstraint(
            "(outcome IS NULL AND stands_at IS NULL) OR (outcome = 'upheld' AND stands_at = amount)"
            " OR (outcome = 'reduced' AND stands_at > 0 AND stands_at < amount)"
            " OR (outcome = 'withdrawn' AND stands_at = 0)",
            name="stands_at_what_was_decided",
        ),
    )

    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaints.id"), index=True)
    what: Mapped[str] = mapped_column(String(200))
    amount: Mapped[Decimal]
    clause: Mapped[str] = mapped_column(String(200), default="")
    page: Mapped[str] = mapped_column(String(20), default="")
    signature: Mapped[SignatureState] = mapped_column(term(SignatureState, "signature"), default=SignatureState.UNCLEAR)
    necessity: Mapped[str] = mapped_column(Text, default="")
    entered_at: Mapped[datetime]
    entered_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    outcome: Mapped[ExtraItemOutcome | None] = mapped_column(term(ExtraItemOutcome, "outcome"))
    stands_at: Mapped[Decimal | None]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))

    complaint: Mapped[Complaint] = relationship()
    entered_by: Mapped[Person] = relationship(foreign_keys=[entered_by_id])
    decided_by: Mapped[Person | None] = relationship(foreign_keys=[decided_by_id])

    def __str__(self) -> str:
        return f"{self.what} ¥{self.amount:,.2f}"
