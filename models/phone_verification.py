"""Number verifications: a code sent to a person's number and typed back, so that the phone that rings is theirs."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base
from models.person import Person


class PhoneVerification(Base):
    """One code. Only its hash is kept; ``tries`` counts what was typed, so that nobody guesses on."""

    __tablename__ = "phone_verifications"
    __table_args__ = (
        CheckConstraint("tries >= 0", name="tries_not_negative"),
        Index("ix_phone_verifications_person_id_sent_at", "person_id", "sent_at"),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    phone: Mapped[str] = mapped_column(String(20))
    code_hash: Mapped[str] = mapped_column(String(64))
    sent_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(SmallInteger, default=0)
    verified_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()
