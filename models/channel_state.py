"""How each channel is: open, tripped for a while, or stopped until somebody has looked after the account."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, term
from models.person import Person
from rules.vocabulary import ChannelCondition


class ChannelState(Base):
    """One configured channel by its name. ``failures`` counts attempts in a row that came to nothing.

    ``until`` is when a tripped channel is tried again; a stopped one waits for a person (``resumed_by``).
    """

    __tablename__ = "channel_states"
    __table_args__ = (
        CheckConstraint("failures >= 0", name="failures_not_negative"),
        CheckConstraint("(condition = 'tripped') = (until IS NOT NULL)", name="tripped_until"),
    )

    name: Mapped[str] = mapped_column(String(32), unique=True)
    condition: Mapped[ChannelCondition] = mapped_column(
        term(ChannelCondition, "condition"), default=ChannelCondition.OPEN
    )
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(SmallInteger, default=0)
    code: Mapped[str] = mapped_column(String(64), default="")
    words: Mapped[str] = mapped_column(String(300), default="")
    resumed_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))

    resumed_by: Mapped[Person | None] = relationship()

    def __str__(self) -> str:
        return self.name
