"""Projects: what was contracted for which home, until when, and who is responsible."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import BYTEWISE, Base, Editable
from models.customer import Customer
from models.person import Person
from models.place import Room


class Project(Editable, Base):
    """One contract. Amounts are yuan; the daily rate is what a day of delay costs the company (D-17, decision 7)."""

    __tablename__ = "projects"
    __table_args__ = (
        CheckConstraint("amount >= 0", name="amount_not_negative"),
        CheckConstraint("daily_delay_rate >= 0", name="daily_delay_rate_not_negative"),
        CheckConstraint("planned_finish_on >= starts_on", name="finish_after_start"),
        CheckConstraint("accepted_on >= starts_on", name="accepted_after_start"),
        # Search by the beginning of a contract number; the unique index sorts in PostgreSQL's language.
        Index("ix_projects_contract_no", "contract_no", postgresql_ops={"contract_no": BYTEWISE}),
        Index("ix_projects_created_at_id", "created_at", "id"),
        # The regular visits of finished projects.
        Index("ix_projects_accepted_on_id", "accepted_on", "id"),
    )

    contract_no: Mapped[str] = mapped_column(String(40), unique=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    room_id: Mapped[int | None] = mapped_column(ForeignKey("rooms.id"), index=True)
    amount: Mapped[Decimal] = mapped_column(default=Decimal(0))
    daily_delay_rate: Mapped[Decimal] = mapped_column(default=Decimal(0))
    signed_on: Mapped[date | None] = mapped_column(Date)
    starts_on: Mapped[date | None] = mapped_column(Date)
    planned_finish_on: Mapped[date | None] = mapped_column(Date)
    accepted_on: Mapped[date | None] = mapped_column(Date)
    project_manager_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    engineering_manager_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    lead_designer_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    adviser_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    created_at: Mapped[datetime]

    customer: Mapped[Customer] = relationship(back_populates="projects")
    room: Mapped[Room | None] = relationship()
    project_manager: Mapped[Person | None] = relationship(foreign_keys=[project_manager_id])
    engineering_manager: Mapped[Person | None] = relationship(foreign_keys=[engineering_manager_id])
    lead_designer: Mapped[Person | None] = relationship(foreign_keys=[lead_designer_id])
    adviser: Mapped[Person | None] = relationship(foreign_keys=[adviser_id])

    def __str__(self) -> str:
        return self.contract_no
