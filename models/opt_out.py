"""Opt-outs: numbers that want no more messages, since when, and until they changed their mind."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base

_STANDS = text("ended_at IS NULL")


class OptOut(Base):
    """One number's wish, in its own words; a number has one that stands."""

    __tablename__ = "opt_outs"
    __table_args__ = (
        Index("uq_opt_outs_standing", "phone", unique=True, sqlite_where=_STANDS, postgresql_where=_STANDS),
    )

    phone: Mapped[str] = mapped_column(String(20))
    words: Mapped[str] = mapped_column(String(40))
    opted_out_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
