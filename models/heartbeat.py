"""Heartbeats: when each periodic job last ran, so that one that stopped is a row somebody sees."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class Heartbeat(Base):
    """The last run of one job: when it ended well, how much it did, and the last error if there was one."""

    __tablename__ = "heartbeats"

    job: Mapped[str] = mapped_column(String(60), unique=True)
    succeeded_at: Mapped[datetime | None]
    count: Mapped[int] = mapped_column(default=0)
    failed_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(Text, default="")
