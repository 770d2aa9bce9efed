"""Policies: the plan's tables as managers may edit them. Every version is kept, none is ever changed."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, event
from sqlalchemy.orm import Mapped, Mapper, mapped_column, relationship

from models.base import Base, term
from models.person import Person
from models.timeline import HistoryIsFinal
from rules.vocabulary import PolicyKind

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Policy(Base):
    """One published version of a policy; ``document`` is what ``rules/`` reads. What runs keeps the version it has."""

    __tablename__ = "policies"
    __table_args__ = (
        CheckConstraint("number >= 1", name="number_positive"),
        Index("uq_policies_kind_number", "kind", "number", unique=True),
    )

    kind: Mapped[PolicyKind] = mapped_column(term(PolicyKind, "kind"))
    number: Mapped[int]
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    remarks: Mapped[str] = mapped_column(String(500), default="")
    published_at: Mapped[datetime]
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))

    published_by: Mapped[Person | None] = relationship()

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


@event.listens_for(Policy, "before_update")
@event.listens_for(Policy, "before_delete")
def _refuse_to_rewrite(mapper: Mapper[Any], connection: Connection, target: Policy) -> None:
    raise HistoryIsFinal(f"version {target.number} of the policy {target.kind} cannot be changed")
