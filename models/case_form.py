"""Short forms of their own for design faults and for service (D-14, D-15, D-19)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Editable, term
from models.person import Person
from rules.vocabulary import CaseFormKind

if TYPE_CHECKING:
    from models.complaint import Complaint


class CaseForm(Editable, Base):
    """One filled form; which questions there are stands in ``rules/case_forms.py``, which also reads the answers."""

    __tablename__ = "case_forms"
    __table_args__ = (Index("uq_case_forms_complaint_id_kind", "complaint_id", "kind", unique=True),)

    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaints.id"))
    kind: Mapped[CaseFormKind] = mapped_column(term(CaseFormKind, "kind"))
    answers: Mapped[dict[str, Any]] = mapped_column(JSON)
    filled_at: Mapped[datetime]
    filled_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))

    complaint: Mapped[Complaint] = relationship()
    filled_by: Mapped[Person] = relationship()
