"""Reading the record of changes: what was done to a record, and who did it last."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from extensions import db
from models import Base, RecordChange


def of(record: Base, *, limit: int = 50) -> list[RecordChange]:
    """The latest edits of a record, newest first, each with its author."""
    statement = (
        select(RecordChange)
        .where(RecordChange.record_type == record.__tablename__, RecordChange.record_id == record.id)
        .options(joinedload(RecordChange.actor))
        .order_by(RecordChange.at.desc(), RecordChange.id.desc())
        .limit(limit)
    )
    return list(db.session.scalars(statement))


def latest_by_field(record: Base) -> dict[str, RecordChange]:
    """The last edit of each field, as far as the latest edits tell."""
    found: dict[str, RecordChange] = {}
    for change in of(record):
        for name in change.changes:
            found.setdefault(name, change)
    return found
