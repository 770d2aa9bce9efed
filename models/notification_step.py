"""The history of a message: every step it took, by whom and in whose words. Insert-only."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, String, event
from sqlalchemy.orm import Mapped, Mapper, mapped_column, relationship

from models.base import Base, term
from models.person import Person
from models.timeline import HistoryIsFinal
from rules.vocabulary import NotificationState

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from models.notification import Notification


class NotificationStep(Base):
    """One step: when, into which state, on which channel, and what the provider or the desk said.

    ``code`` is the provider's own; ``words`` is at most 300 characters of what it said, or why the desk did it.
    ``actor`` is None when the desk did it by itself.
    """

    __tablename__ = "notification_steps"
    __table_args__ = (Index("ix_notification_steps_notification_id_id", "notification_id", "id"),)

    notification_id: Mapped[int] = mapped_column(ForeignKey("notifications.id"))
    at: Mapped[datetime]
    state: Mapped[NotificationState] = mapped_column(term(NotificationState, "state"))
    channel: Mapped[str] = mapped_column(String(32), default="")
    code: Mapped[str] = mapped_column(String(64), default="")
    words: Mapped[str] = mapped_column(String(300), default="")
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))

    notification: Mapped[Notification] = relationship(back_populates="steps")
    actor: Mapped[Person | None] = relationship()


@event.listens_for(NotificationStep, "before_update")
@event.listens_for(NotificationStep, "before_delete")
def _refuse_to_rewrite(mapper: Mapper[object], connection: Connection, target: NotificationStep) -> None:
    raise HistoryIsFinal(f"step {target.id} of a message cannot be changed")
