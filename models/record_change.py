"""The record of changes: every edit of a record through a form, old and new. Insert-only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base
from models.person import Person


class RecordChange(Base):
    """One edit: which record, who, when, and for each field its old and new value."""

    __tablename__ = "record_changes"
    __table_args__ = (
        Index("ix_record_changes_record_type_record_id", "record_type", "record_id"),
        Index("ix_record_changes_at_id", "at", "id"),
    )

    record_type: Mapped[str] = mapped_column(String(40))
    record_id: Mapped[int] = mapped_column(BigInteger)
    record_name: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    changes: Mapped[dict[str, list[Any]]] = mapped_column(JSON)

    actor: Mapped[Person | None] = relationship()
