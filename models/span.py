"""Stretches of time that are planned ahead: never rewritten, only called off, so that the past stays what it was."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, ForeignKey, and_, event, or_
from sqlalchemy.orm import Mapped, Mapper, PassiveFlag, mapped_column
from sqlalchemy.orm.attributes import get_history

from models.timeline import HistoryIsFinal

if TYPE_CHECKING:
    from sqlalchemy import Connection

_FINAL = frozenset({"starts_at", "ends_at", "role_id", "person_id", "instead_of_id"})


class Span:
    """From ``starts_at`` up to, not including, ``ends_at``.

    What is called off stands until the moment it was called off; if it had not begun by then, it never stood.
    Whom it is about and its hours are final: a change is another row.
    """

    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    cancelled_at: Mapped[datetime | None]
    cancelled_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))

    @property
    def stands_until(self) -> datetime:
        """Its end, or the moment it was called off; its beginning if it never stood."""
        if self.cancelled_at is None:
            return self.ends_at
        return min(self.ends_at, max(self.starts_at, self.cancelled_at))

    def is_over(self, now: datetime) -> bool:
        """Whether it came to its end, or was called off."""
        return self.cancelled_at is not None or self.ends_at <= now

    @classmethod
    def touching(cls, start: datetime, end: datetime) -> ColumnElement[bool]:
        """It stands at some moment from ``start`` up to, not including, ``end``."""
        return and_(
            cls.starts_at < end,
            cls.ends_at > start,
            or_(cls.cancelled_at.is_(None), and_(cls.cancelled_at > cls.starts_at, cls.cancelled_at > start)),
        )


@event.listens_for(Span, "before_update", propagate=True)
def _refuse_to_rewrite(mapper: Mapper[Any], connection: Connection, target: Any) -> None:
    for name in _FINAL.intersection(mapper.column_attrs.keys()):
        if get_history(target, name, PassiveFlag.PASSIVE_NO_INITIALIZE).has_changes():
            raise HistoryIsFinal(f"{name} of {mapper.local_table} {target.id} is final; call it off and plan another")


@event.listens_for(Span, "before_delete", propagate=True)
def _refuse_to_forget(mapper: Mapper[Any], connection: Connection, target: Any) -> None:
    raise HistoryIsFinal(f"{mapper.local_table} {target.id} cannot be removed; call it off")
