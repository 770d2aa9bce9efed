"""Group complaints: households of one community that complain about the same matter (D-11, N1)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, term
from models.person import Person
from models.place import Community
from rules.vocabulary import Category

if TYPE_CHECKING:
    from models.complaint import Complaint

_OPEN = text("closed_at IS NULL")
_PRESENT = text("left_at IS NULL")


class GroupCase(Base):
    """One group. Its members keep their own numbers, clocks and customers.

    ``cause_tag`` is '' where the members share a category, ``category`` is None where they share a tag.
    """

    __tablename__ = "group_cases"
    __table_args__ = (
        CheckConstraint("category IS NOT NULL OR cause_tag <> ''", name="about_something"),
        Index("ix_group_cases_open_community_id", "community_id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_group_cases_opened_at_id", "opened_at", "id"),
    )

    number: Mapped[str] = mapped_column(String(20), unique=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("communities.id"), index=True)
    category: Mapped[Category | None] = mapped_column(term(Category, "category"))
    cause_tag: Mapped[str] = mapped_column(String(40), default="")
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    close_reason: Mapped[str] = mapped_column(Text, default="")

    community: Mapped[Community] = relationship()
    closed_by: Mapped[Person | None] = relationship()
    members: Mapped[list[GroupMember]] = relationship(back_populates="group", order_by="GroupMember.id")

    def __str__(self) -> str:
        return self.number


class GroupMember(Base):
    """One complaint's membership. ``joined_by`` is None when the desk counted it in; who was taken out stays out."""

    __tablename__ = "group_members"
    __table_args__ = (
        CheckConstraint("(left_at IS NULL) = (leave_reason = '')", name="left_with_reason"),
        Index("ix_group_members_group_id", "group_id"),
        Index("ix_group_members_complaint_id", "complaint_id"),
        Index(
            "uq_group_members_one_group",
            "complaint_id",
            unique=True,
            sqlite_where=_PRESENT,
            postgresql_where=_PRESENT,
        ),
    )

    group_id: Mapped[int] = mapped_column(ForeignKey("group_cases.id"))
    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaints.id"))
    household: Mapped[str] = mapped_column(String(160))
    joined_at: Mapped[datetime]
    joined_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    left_at: Mapped[datetime | None]
    left_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    leave_reason: Mapped[str] = mapped_column(String(500), default="")

    group: Mapped[GroupCase] = relationship(back_populates="members")
    complaint: Mapped[Complaint] = relationship(back_populates="group_memberships")
    joined_by: Mapped[Person | None] = relationship(foreign_keys=[joined_by_id])
    left_by: Mapped[Person | None] = relationship(foreign_keys=[left_by_id])
