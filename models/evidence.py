"""Evidence: photos, recordings and papers of a complaint or a work order, of both sides (A-10, H-07)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, term
from models.person import Person
from rules.vocabulary import EvidenceUse, Side

if TYPE_CHECKING:
    from models.compensation import Compensation
    from models.complaint import Complaint
    from models.inspection import Inspection
    from models.work_order import WorkOrder


class Evidence(Base):
    """One file. It lies under ``storage_name`` in the upload directory; the customer's name for it is only shown.

    What a customer sends by their link has no ``uploaded_by``.
    """

    __tablename__ = "evidence"
    __table_args__ = (
        CheckConstraint("size > 0", name="not_empty"),
        CheckConstraint("complaint_id IS NOT NULL OR work_order_id IS NOT NULL", name="of_something"),
    )

    complaint_id: Mapped[int | None] = mapped_column(ForeignKey("complaints.id"), index=True)
    work_order_id: Mapped[int | None] = mapped_column(ForeignKey("work_orders.id"), index=True)
    inspection_id: Mapped[int | None] = mapped_column(ForeignKey("inspections.id"), index=True)
    compensation_id: Mapped[int | None] = mapped_column(ForeignKey("compensations.id"), index=True)
    use: Mapped[EvidenceUse] = mapped_column(
        term(EvidenceUse, "use"), default=EvidenceUse.GENERAL, server_default=EvidenceUse.GENERAL
    )
    side: Mapped[Side | None] = mapped_column(term(Side, "side"))
    original_name: Mapped[str] = mapped_column(String(200))
    storage_name: Mapped[str] = mapped_column(String(80), unique=True)
    media_type: Mapped[str] = mapped_column(String(80))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    uploaded_at: Mapped[datetime]
    uploaded_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))

    complaint: Mapped[Complaint | None] = relationship(back_populates="evidence")
    work_order: Mapped[WorkOrder | None] = relationship(back_populates="evidence")
    inspection: Mapped[Inspection | None] = relationship(back_populates="evidence")
    compensation: Mapped[Compensation | None] = relationship(back_populates="evidence")
    uploaded_by: Mapped[Person | None] = relationship()

    @property
    def is_image(self) -> bool:
        """Whether a browser can show it as a picture."""
        return self.media_type in ("image/jpeg", "image/png", "image/webp", "image/gif")

    def __str__(self) -> str:
        return self.original_name
