"""Audit findings: chains that would have fallen silent, found by the auditor and put right (ES1)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, term
from rules.vocabulary import AuditProblem

if TYPE_CHECKING:
    from models.complaint import Complaint


class AuditFinding(Base):
    """One chain that was broken; repaired in the same transaction, shown on the workbench for a day."""

    __tablename__ = "audit_findings"
    __table_args__ = (Index("ix_audit_findings_found_at", "found_at"),)

    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaints.id"), index=True)
    problem: Mapped[AuditProblem] = mapped_column(term(AuditProblem, "problem"))
    found_at: Mapped[datetime]

    complaint: Mapped[Complaint] = relationship()
