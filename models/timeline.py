"""The timeline: everything that happened to a complaint, in the order it happened. Insert-only."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, ForeignKey, Index, Text, event
from sqlalchemy.orm import Mapped, Mapper, mapped_column, relationship

from models.base import Base, term
from models.person import Person
from rules.vocabulary import EventKind

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from models.complaint import Complaint


class TimelineEvent(Base):
    """One line: who (None = the desk itself), when, what, and what changed.

    ``changes`` maps a field's name to its old and new value; ``details`` fills the sentence of the event's kind.
    """

    __tablename__ = "timeline_events"
    __table_args__ = (Index("ix_timeline_events_complaint_id_at", "complaint_id", "at"),)

    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaints.id"))
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[EventKind] = mapped_column(term(EventKind, "kind"))
    note: Mapped[str] = mapped_column(Text, default="")
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    changes: Mapped[dict[str, list[Any]]] = mapped_column(JSON, default=dict)

    complaint: Mapped[Complaint] = relationship(back_populates="timeline")
    actor: Mapped[Person | None] = relationship()


class HistoryIsFinal(Exception):
    """Somebody tried to change or remove a line of history."""


@event.listens_for(TimelineEvent, "before_update")
@event.listens_for(TimelineEvent, "before_delete")
def _refuse_to_rewrite(mapper: Mapper[Any], connection: Connection, target: TimelineEvent) -> None:
    raise HistoryIsFinal(f"line {target.id} of a timeline cannot be changed")
