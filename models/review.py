"""Reviews: why it happened, what is done so that it does not come back, and whether that helped (G-06, G-07, N14)."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, SmallInteger, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Editable, term
from models.evidence import Evidence
from models.person import Person
from rules.vocabulary import ActionEffect, ReviewState

if TYPE_CHECKING:
    from models.complaint import Complaint

_NOT_DONE = text("done_at IS NULL")
_UNCHECKED = text("done_at IS NOT NULL AND effect IS NULL")


class RootCause(Editable, Base):
    """One node of the tree that all reviews share: H-07's five at the root, the company's own below."""

    __tablename__ = "root_causes"
    __table_args__ = (
        CheckConstraint("name_zh <> '' AND name_en <> ''", name="name_given"),
        CheckConstraint("parent_id <> id", name="parent_is_another"),
    )

    code: Mapped[str] = mapped_column(String(40), unique=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("root_causes.id"), index=True)
    name_zh: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(80))
    is_active: Mapped[bool] = mapped_column(default=True)

    parent: Mapped[RootCause | None] = relationship(remote_side="RootCause.id")

    def __str__(self) -> str:
        return self.name_zh


class Review(Editable, Base):
    """The search for the cause of one complaint; one at a time."""

    __tablename__ = "reviews"
    __table_args__ = (
        CheckConstraint("(state = 'done') = (ended_at IS NOT NULL)", name="done_with_time"),
        CheckConstraint("state = 'open' OR root_cause_id IS NOT NULL", name="done_with_cause"),
        Index("ix_reviews_state_begun_at_id", "state", "begun_at", "id"),
    )

    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaints.id"), unique=True)
    state: Mapped[ReviewState] = mapped_column(term(ReviewState, "state"), default=ReviewState.OPEN)
    begun_at: Mapped[datetime]
    begun_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    root_cause_id: Mapped[int | None] = mapped_column(ForeignKey("root_causes.id"), index=True)
    lessons: Mapped[str] = mapped_column(Text, default="")
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))

    complaint: Mapped[Complaint] = relationship()
    begun_by: Mapped[Person] = relationship(foreign_keys=[begun_by_id])
    ended_by: Mapped[Person | None] = relationship(foreign_keys=[ended_by_id])
    root_cause: Mapped[RootCause | None] = relationship()
    whys: Mapped[list[Why]] = relationship(back_populates="review", order_by="Why.place")
    actions: Mapped[list[CorrectiveAction]] = relationship(back_populates="review", order_by="CorrectiveAction.id")


class Why(Editable, Base):
    """One answer to “why?”, the next deeper than the one before; somebody else verifies it."""

    __tablename__ = "whys"
    __table_args__ = (
        CheckConstraint("answer <> ''", name="answer_given"),
        CheckConstraint("place BETWEEN 1 AND 9", name="place_in_row"),
        CheckConstraint("(verified_at IS NULL) = (verified_by_id IS NULL)", name="verified_by_somebody"),
        CheckConstraint("verified_by_id IS NULL OR verified_by_id <> written_by_id", name="verified_by_another"),
        Index("uq_whys_review_id_place", "review_id", "place", unique=True),
    )

    review_id: Mapped[int] = mapped_column(ForeignKey("reviews.id"))
    place: Mapped[int] = mapped_column(SmallInteger)
    answer: Mapped[str] = mapped_column(String(500))
    proof: Mapped[str] = mapped_column(String(500), default="")
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("evidence.id"))
    written_at: Mapped[datetime]
    written_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    verified_at: Mapped[datetime | None]
    verified_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))

    review: Mapped[Review] = relationship(back_populates="whys")
    evidence: Mapped[Evidence | None] = relationship()
    written_by: Mapped[Person] = relationship(foreign_keys=[written_by_id])
    verified_by: Mapped[Person | None] = relationship(foreign_keys=[verified_by_id])


class CorrectiveAction(Editable, Base):
    """What is done so that it does not come back, by whom and until when, and on which day its effect is looked at.

    ``before`` and ``after`` are how many complaints of the same cause came in equally long times before and after.
    """

    __tablename__ = "corrective_actions"
    __table_args__ = (
        CheckConstraint("words <> ''", name="words_given"),
        CheckConstraint("check_on >= due_on", name="checked_after_due"),
        CheckConstraint("(effect IS NULL) = (checked_at IS NULL)", name="checked_with_effect"),
        CheckConstraint("effect IS NULL OR done_at IS NOT NULL", name="checked_once_done"),
        CheckConstraint("count_before >= 0 AND count_after >= 0", name="counts_not_negative"),
        Index("ix_corrective_actions_open", "due_on", "id", sqlite_where=_NOT_DONE, postgresql_where=_NOT_DONE),
        Index(
            "ix_corrective_actions_unchecked", "check_on", "id", sqlite_where=_UNCHECKED, postgresql_where=_UNCHECKED
        ),
    )

    review_id: Mapped[int] = mapped_column(ForeignKey("reviews.id"), index=True)
    words: Mapped[str] = mapped_column(String(500))
    owner_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    due_on: Mapped[date] = mapped_column(Date)
    check_on: Mapped[date] = mapped_column(Date)
    made_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    done_words: Mapped[str] = mapped_column(String(500), default="")
    reminded_at: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]
    count_before: Mapped[int | None]
    count_after: Mapped[int | None]
    effect: Mapped[ActionEffect | None] = mapped_column(term(ActionEffect, "effect"))

    review: Mapped[Review] = relationship(back_populates="actions")
    owner: Mapped[Person] = relationship()
