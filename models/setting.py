"""Settings a duty manager may change while the desk runs."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Editable, term
from models.person import Person
from rules.settings import SettingKey


class Setting(Editable, Base):
    """One number; a key without a row has the default of ``rules/settings.py``."""

    __tablename__ = "settings"

    key: Mapped[SettingKey] = mapped_column(term(SettingKey, "key"), unique=True)
    value: Mapped[int]
    changed_at: Mapped[datetime | None]
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))

    changed_by: Mapped[Person | None] = relationship()

    def __str__(self) -> str:
        return self.key.label
