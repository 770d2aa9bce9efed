"""Scripts (话术): what to say at which moment of the conversation (N20, H-04)."""

from __future__ import annotations

from sqlalchemy import SmallInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Editable, term
from rules.vocabulary import Category, ScriptStep


class Script(Editable, Base):
    """One script, in both languages of the desk; without a category it fits every complaint."""

    __tablename__ = "scripts"

    key: Mapped[str] = mapped_column(String(60), unique=True)
    step: Mapped[ScriptStep] = mapped_column(term(ScriptStep, "step"))
    category: Mapped[Category | None] = mapped_column(term(Category, "category"))
    title_zh: Mapped[str] = mapped_column(String(100))
    title_en: Mapped[str] = mapped_column(String(100), default="")
    body_zh: Mapped[str] = mapped_column(Text)
    body_en: Mapped[str] = mapped_column(Text, default="")
    sort_order: Mapped[int] = mapped_column(SmallInteger, default=0)
    is_active: Mapped[bool] = mapped_column(default=True)

    def __str__(self) -> str:
        return self.title_zh
