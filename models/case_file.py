"""Case files: what was printed of a complaint, and in which box the paper lies (G-05, N17)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Editable
from models.person import Person

if TYPE_CHECKING:
    from models.complaint import Complaint


class CaseFile(Editable, Base):
    """One printed copy. ``sha256`` is of the contents as listed in it, so that paper and record can be compared."""

    __tablename__ = "case_files"
    __table_args__ = (
        CheckConstraint("length(sha256) = 64", name="sha256_whole"),
        CheckConstraint("copy >= 1", name="copy_positive"),
        CheckConstraint("pages >= 1", name="pages_positive"),
        Index("uq_case_files_complaint_id_copy", "complaint_id", "copy", unique=True),
    )

    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaints.id"))
    copy: Mapped[int]
    printed_at: Mapped[datetime]
    printed_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    pages: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    archive_box: Mapped[str] = mapped_column(String(40), default="")

    complaint: Mapped[Complaint] = relationship()
    printed_by: Mapped[Person | None] = relationship()
