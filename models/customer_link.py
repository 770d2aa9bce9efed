"""Links for customers: a page of their complaint without a login, for a short time (N22)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base
from models.person import Person

if TYPE_CHECKING:
    from models.complaint import Complaint


class CustomerLink(Base):
    """One link. Only a digest of its secret is kept: who reads the database cannot open the page."""

    __tablename__ = "customer_links"
    __table_args__ = (
        CheckConstraint("expires_at > made_at", name="lasts"),
        CheckConstraint("length(digest) = 64", name="digest_whole"),
        Index("ix_customer_links_complaint_id_made_at", "complaint_id", "made_at"),
    )

    digest: Mapped[str] = mapped_column(String(64), unique=True)
    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaints.id"))
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    expires_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    complaint: Mapped[Complaint] = relationship()
    made_by: Mapped[Person | None] = relationship()
