"""Customers: one file each (A-08)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import BYTEWISE, Base, Editable, term
from models.person import Person
from models.place import Room
from rules import drills, phones
from rules.vocabulary import MessageLanguage

if TYPE_CHECKING:
    from models.project import Project


class Customer(Editable, Base):
    """One customer file. The telephone number, with its extension, tells two files apart."""

    __tablename__ = "customers"
    __table_args__ = (
        Index(
            "uq_customers_phone_phone_extension",
            "phone",
            "phone_extension",
            unique=True,
            postgresql_ops={"phone": BYTEWISE},
        ),
        Index("ix_customers_phone_tail", "phone_tail"),
        Index("ix_customers_name", "name", postgresql_ops={"name": BYTEWISE}),
        Index("ix_customers_created_at_id", "created_at", "id"),
        CheckConstraint("name <> ''", name="name_given"),
    )

    name: Mapped[str] = mapped_column(String(64))
    phone: Mapped[str] = mapped_column(String(20))
    phone_extension: Mapped[str] = mapped_column(String(8), default="")
    phone_tail: Mapped[str] = mapped_column(String(4))
    wechat: Mapped[str] = mapped_column(String(64), default="")
    message_language: Mapped[MessageLanguage] = mapped_column(
        term(MessageLanguage, "message_language"),
        default=MessageLanguage.CHINESE,
        server_default=MessageLanguage.CHINESE.value,
    )
    room_id: Mapped[int | None] = mapped_column(ForeignKey("rooms.id"), index=True)
    adviser_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    remarks: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))

    room: Mapped[Room | None] = relationship()
    adviser: Mapped[Person | None] = relationship(foreign_keys=[adviser_id])
    created_by: Mapped[Person | None] = relationship(foreign_keys=[created_by_id])
    projects: Mapped[list[Project]] = relationship(back_populates="customer", order_by="Project.id.desc()")

    @hybrid_property
    def is_made_up(self) -> bool:
        """Whether this is the customer of the drills: there is no such telephone number (N15)."""
        return self.phone == drills.PHONE

    @property
    def masked_phone(self) -> str:
        """The number as a screen may show it before somebody asks for it (N18)."""
        return phones.mask(self.phone, self.phone_extension)

    def __str__(self) -> str:
        return f"{self.name} {self.masked_phone}"
