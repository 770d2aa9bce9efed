"""Templates: the words of each message in each language, every version kept, and where a provider approved them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, event, inspect
from sqlalchemy.orm import Mapped, Mapper, mapped_column, relationship

from models.base import Base, Editable, term
from models.person import Person
from models.timeline import HistoryIsFinal
from rules.vocabulary import NotificationKind, RegistrationState

if TYPE_CHECKING:
    from sqlalchemy import Connection


class MessageTemplate(Base):
    """One version of a text; the newest number of a kind and language is the one in force."""

    __tablename__ = "message_templates"
    __table_args__ = (
        CheckConstraint("number >= 1", name="number_positive"),
        CheckConstraint("text <> ''", name="text_given"),
        Index("uq_message_templates_kind_language_number", "kind", "language", "number", unique=True),
    )

    kind: Mapped[NotificationKind] = mapped_column(term(NotificationKind, "kind"))
    language: Mapped[str] = mapped_column(String(8))
    number: Mapped[int]
    text: Mapped[str] = mapped_column(String(500))
    remarks: Mapped[str] = mapped_column(String(500), default="")
    published_at: Mapped[datetime]
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))

    published_by: Mapped[Person | None] = relationship()
    registrations: Mapped[list[TemplateRegistration]] = relationship(back_populates="template")

    def __str__(self) -> str:
        return f"{self.kind} {self.language} {self.number}"


class TemplateRegistration(Editable, Base):
    """Where a provider knows a version: its id there, the signature it goes with, and whether it was approved."""

    __tablename__ = "template_registrations"
    __table_args__ = (
        CheckConstraint("state <> 'approved' OR provider_template_id <> ''", name="approved_with_id"),
        Index("uq_template_registrations_template_id_channel", "template_id", "channel", unique=True),
    )

    template_id: Mapped[int] = mapped_column(ForeignKey("message_templates.id"))
    channel: Mapped[str] = mapped_column(String(32))
    provider_template_id: Mapped[str] = mapped_column(String(64), default="")
    signature: Mapped[str] = mapped_column(String(30), default="")
    state: Mapped[RegistrationState] = mapped_column(
        term(RegistrationState, "state"), default=RegistrationState.APPLIED
    )
    words: Mapped[str] = mapped_column(String(300), default="")
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))

    template: Mapped[MessageTemplate] = relationship(back_populates="registrations")
    changed_by: Mapped[Person | None] = relationship()

    def __str__(self) -> str:
        return f"{self.channel} · {self.template}"


@event.listens_for(MessageTemplate, "before_delete")
def _refuse_to_remove(mapper: Mapper[object], connection: Connection, target: MessageTemplate) -> None:
    raise HistoryIsFinal(f"version {target.number} of a message's text cannot be removed")


@event.listens_for(MessageTemplate, "before_update")
def _refuse_to_rewrite(mapper: Mapper[object], connection: Connection, target: MessageTemplate) -> None:
    """Only its own columns are final: a provider may still come to know it."""
    attributes = inspect(target).attrs
    if any(attributes[column.key].history.has_changes() for column in mapper.column_attrs):
        raise HistoryIsFinal(f"version {target.number} of a message's text cannot be changed")
