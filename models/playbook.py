"""Playbooks: what is done step by step for each kind of complaint, and which steps were done (N20)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Editable, term
from models.person import Person
from models.script import Script
from rules.vocabulary import Category

if TYPE_CHECKING:
    from models.complaint import Complaint


class PlaybookStep(Editable, Base):
    """One step for complaints of a category, with the words to say beside it; one out of use stays for its ticks."""

    __tablename__ = "playbook_steps"
    __table_args__ = (
        CheckConstraint("words_zh <> '' AND words_en <> ''", name="words_given"),
        CheckConstraint("place >= 1", name="place_positive"),
        Index("ix_playbook_steps_category_place", "category", "place"),
    )

    category: Mapped[Category] = mapped_column(term(Category, "category"))
    place: Mapped[int] = mapped_column(SmallInteger)
    words_zh: Mapped[str] = mapped_column(String(300))
    words_en: Mapped[str] = mapped_column(String(300))
    script_id: Mapped[int | None] = mapped_column(ForeignKey("scripts.id"))
    is_active: Mapped[bool] = mapped_column(default=True)

    script: Mapped[Script | None] = relationship()

    def __str__(self) -> str:
        return self.words_zh


class PlaybookTick(Base):
    """That a step was done for a complaint, by whom and with what result."""

    __tablename__ = "playbook_ticks"
    __table_args__ = (Index("uq_playbook_ticks_complaint_id_step_id", "complaint_id", "step_id", unique=True),)

    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaints.id"))
    step_id: Mapped[int] = mapped_column(ForeignKey("playbook_steps.id"))
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    remarks: Mapped[str] = mapped_column(String(300), default="")

    complaint: Mapped[Complaint] = relationship()
    step: Mapped[PlaybookStep] = relationship()
    by: Mapped[Person] = relationship()
