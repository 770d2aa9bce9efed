"""Follow-ups: when the customer is asked, what they said, and how often nobody was reached (A-02, A-10, N13)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Editable, term
from models.customer_link import CustomerLink
from models.person import Person
from models.project import Project
from rules.vocabulary import ContactMethod, FollowUpState, FollowUpWay

if TYPE_CHECKING:
    from models.complaint import Complaint

_PLANNED = text("state = 'planned'")
_UNTOLD = text("state = 'planned' AND told_at IS NULL")


class FollowUp(Editable, Base):
    """One question to the customer: after a complaint, or on the visits of a finished project.

    ``round`` counts from 1 each time a complaint is resolved anew; of a project it is the month after its acceptance.
    Where the owner of a finished project is not satisfied, ``opened`` is the complaint that it became.
    ``link`` was sent to the customer, ``told_at`` is when somebody of the desk was told to ask. Scores are 1 to 5;
    ``entered_by`` is empty where the customer answered on the page.
    """

    __tablename__ = "follow_ups"
    __table_args__ = (
        CheckConstraint("(complaint_id IS NULL) <> (project_id IS NULL)", name="of_one_thing"),
        CheckConstraint("round >= 1", name="round_positive"),
        CheckConstraint("attitude BETWEEN 1 AND 5", name="attitude_in_scale"),
        CheckConstraint("quality BETWEEN 1 AND 5", name="quality_in_scale"),
        CheckConstraint("efficiency BETWEEN 1 AND 5", name="efficiency_in_scale"),
        CheckConstraint(
            "(state = 'answered') = (attitude IS NOT NULL AND quality IS NOT NULL AND efficiency IS NOT NULL"
            " AND is_satisfied IS NOT NULL AND way IS NOT NULL)",
            name="answered_in_full",
        ),
        CheckConstraint("way IS NULL OR (way = 'link') = (entered_by_id IS NULL)", name="entered_by_staff_or_not"),
        CheckConstraint("(state = 'planned') = (ended_at IS NULL)", name="ended_when_not_planned"),
        Index("ix_follow_ups_planned_due_at", "due_at", "id", sqlite_where=_PLANNED, postgresql_where=_PLANNED),
        # The sweep: who is to be asked, and nobody of the desk knows it yet.
        Index("ix_follow_ups_untold_due_at", "due_at", "id", sqlite_where=_UNTOLD, postgresql_where=_UNTOLD),
        Index("ix_follow_ups_due_at_id", "due_at", "id"),
        Index("uq_follow_ups_project_id_round", "project_id", "round", unique=True),
    )

    complaint_id: Mapped[int | None] = mapped_column(ForeignKey("complaints.id"), index=True)
    project_id: Mapped[int | None] = mapped_column(ForeignKey("projects.id"))
    round: Mapped[int] = mapped_column(SmallInteger)
    due_at: Mapped[datetime]
    state: Mapped[FollowUpState] = mapped_column(term(FollowUpState, "state"), default=FollowUpState.PLANNED)
    link_id: Mapped[int | None] = mapped_column(ForeignKey("customer_links.id"), index=True)
    told_at: Mapped[datetime | None]
    way: Mapped[FollowUpWay | None] = mapped_column(term(FollowUpWay, "way"))
    attitude: Mapped[int | None] = mapped_column(SmallInteger)
    quality: Mapped[int | None] = mapped_column(SmallInteger)
    efficiency: Mapped[int | None] = mapped_column(SmallInteger)
    is_satisfied: Mapped[bool | None]
    words: Mapped[str] = mapped_column(Text, default="")
    opened_id: Mapped[int | None] = mapped_column(ForeignKey("complaints.id"), index=True)
    ended_at: Mapped[datetime | None]
    entered_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))

    complaint: Mapped[Complaint | None] = relationship(foreign_keys=[complaint_id])
    opened: Mapped[Complaint | None] = relationship(foreign_keys=[opened_id])
    project: Mapped[Project | None] = relationship()
    link: Mapped[CustomerLink | None] = relationship()
    entered_by: Mapped[Person | None] = relationship()
    tries: Mapped[list[FollowUpTry]] = relationship(back_populates="follow_up", order_by="FollowUpTry.id")


class FollowUpTry(Base):
    """One time that somebody tried to ask and reached nobody."""

    __tablename__ = "follow_up_tries"

    follow_up_id: Mapped[int] = mapped_column(ForeignKey("follow_ups.id"), index=True)
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    method: Mapped[ContactMethod] = mapped_column(term(ContactMethod, "method"))

    follow_up: Mapped[FollowUp] = relationship(back_populates="tries")
    by: Mapped[Person] = relationship()
