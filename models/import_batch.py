"""Spreadsheets handed in: the file, what the check found, and whether it was written."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Editable, term
from models.person import Person
from rules.vocabulary import ImportState


class ImportBatch(Editable, Base):
    """One uploaded file. ``report`` holds the outcome of each row; nothing is written before ``applied_at``."""

    __tablename__ = "import_batches"
    __table_args__ = (
        CheckConstraint("rows_done <= rows_total", name="rows_done_within_total"),
        Index("ix_import_batches_uploaded_at_id", "uploaded_at", "id"),
    )

    file_name: Mapped[str] = mapped_column(String(200))
    storage_name: Mapped[str] = mapped_column(String(80), unique=True)
    sha256: Mapped[str] = mapped_column(String(64))
    state: Mapped[ImportState] = mapped_column(term(ImportState, "state"))
    uploaded_at: Mapped[datetime]
    uploaded_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    applied_at: Mapped[datetime | None]
    applied_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    rows_total: Mapped[int] = mapped_column(default=0)
    rows_done: Mapped[int] = mapped_column(default=0)
    accepted: Mapped[int] = mapped_column(default=0)
    duplicate: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    refusal: Mapped[str] = mapped_column(Text, default="")
    report: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)

    uploaded_by: Mapped[Person] = relationship(foreign_keys=[uploaded_by_id])
    applied_by: Mapped[Person | None] = relationship(foreign_keys=[applied_by_id])

    def __str__(self) -> str:
        return self.file_name
