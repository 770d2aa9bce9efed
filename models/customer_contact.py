"""Contacts with the customer: each attempt, whether it reached them, and what was said (D-02, H-06)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, term
from models.person import Person
from rules.vocabulary import ContactMethod, ContactPurpose

if TYPE_CHECKING:
    from models.complaint import Complaint


class CustomerContact(Base):
    """One attempt to talk to the customer; only one that reached them stops the contact clock."""

    __tablename__ = "customer_contacts"

    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaints.id"), index=True)
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    method: Mapped[ContactMethod] = mapped_column(term(ContactMethod, "method"))
    purpose: Mapped[ContactPurpose] = mapped_column(
        term(ContactPurpose, "purpose"), default=ContactPurpose.TALK, server_default=ContactPurpose.TALK.value
    )
    is_reached: Mapped[bool]
    summary: Mapped[str] = mapped_column(Text, default="")

    complaint: Mapped[Complaint] = relationship(back_populates="contacts")
    by: Mapped[Person] = relationship()
