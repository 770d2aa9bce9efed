"""Calendar feeds: an address with a secret in it, at which a calendar app reads somebody's shifts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base
from models.duty import DutyRole
from models.person import Person

_LIVE = text("ended_at IS NULL")


class CalendarFeed(Base):
    """One person's feed: their own shifts, or everybody's of one role. Only the hash of its secret is kept.

    A new secret is a new row; the old one ends and its address is not found any more.
    """

    __tablename__ = "calendar_feeds"
    __table_args__ = (
        Index(
            "uq_calendar_feeds_own",
            "person_id",
            unique=True,
            sqlite_where=text(f"role_id IS NULL AND {_LIVE.text}"),
            postgresql_where=text(f"role_id IS NULL AND {_LIVE.text}"),
        ),
        Index(
            "uq_calendar_feeds_role",
            "person_id",
            "role_id",
            unique=True,
            sqlite_where=text(f"role_id IS NOT NULL AND {_LIVE.text}"),
            postgresql_where=text(f"role_id IS NOT NULL AND {_LIVE.text}"),
        ),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    role_id: Mapped[int | None] = mapped_column(ForeignKey("duty_roles.id"))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()
    role: Mapped[DutyRole | None] = relationship()

    def __str__(self) -> str:
        return str(self.person)
