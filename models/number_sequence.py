"""Running numbers: the last one given for each prefix."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class NumberSequence(Base):
    """The last running number of a prefix (C-2611), raised in one statement so that no two are the same."""

    __tablename__ = "number_sequences"

    prefix: Mapped[str] = mapped_column(String(20), unique=True)
    last: Mapped[int]
