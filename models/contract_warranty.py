"""What a contract promises beyond the law's warranty (A-02, N10)."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Editable, term
from models.project import Project
from rules.vocabulary import WorkPart


class ContractWarranty(Editable, Base):
    """So many months from acceptance for one part of the work."""

    __tablename__ = "contract_warranties"
    __table_args__ = (
        CheckConstraint("months BETWEEN 1 AND 600", name="months_make_sense"),
        Index("uq_contract_warranties_project_id_part", "project_id", "part", unique=True),
    )

    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    part: Mapped[WorkPart] = mapped_column(term(WorkPart, "part"))
    months: Mapped[int]

    project: Mapped[Project] = relationship()
