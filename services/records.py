"""The record of changes: what an edit through a form did to any record, old and new."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, inspect
from sqlalchemy.orm import InstanceState, PassiveFlag
from sqlalchemy.orm.attributes import get_history

from extensions import db
from models import Base, Complaint, RecordChange
from rules import phones
from rules.vocabulary import EventKind
from services import timeline
from services.actors import Actor

Changes = dict[str, tuple[Any, Any]]

_SECRET = frozenset({"password_hash", "secret_hash"})
_PHONES = frozenset({"phone", "contact_phone"})
_SILENT = frozenset({"version", "search_text", "phone_tail", "contact_phone_tail", "session_epoch", "last_login_at"})


def changes_of(record: Base) -> Changes:
    """The columns of a record that differ from the database, each with its old and new value, secrets left out."""
    state: InstanceState[Any] = inspect(record)
    found: Changes = {}
    for column in state.mapper.column_attrs:
        name = column.key
        if name in _SILENT:
            continue
        history = get_history(record, name, PassiveFlag.PASSIVE_NO_INITIALIZE)
        if not history.has_changes():
            continue
        old = history.deleted[0] if history.deleted else None
        new = history.added[0] if history.added else None
        if old != new:
            found[name] = _showable(name, old), _showable(name, new)
    return found


def note_edit(record: Base, *, actor: Actor, now: datetime) -> None:
    """Write down an edit before it is flushed; a complaint's edits stand on its timeline as well."""
    changes = named(record, changes_of(record))
    if isinstance(record, Complaint) and changes:
        timeline.add(record, EventKind.EDITED, actor=actor, now=now, changes=changes)
    note_change(record, changes, actor=actor, now=now)


def named(record: Base, changes: Changes) -> Changes:
    """Other records by their name instead of their id: whoever reads this in a year knows no ids."""
    columns = inspect(type(record)).columns
    return {name: _named(columns[name], pair) for name, pair in changes.items()}


def _named(column: Column[Any], pair: tuple[Any, Any]) -> tuple[Any, Any]:
    if not column.foreign_keys:
        return pair
    table = next(iter(column.foreign_keys)).column.table
    target = next(mapper.class_ for mapper in Base.registry.mappers if mapper.local_table is table)
    old, new = (str(db.session.get(target, key)) if key is not None else None for key in pair)
    return old, new


def note_change(record: Base, changes: Changes, *, actor: Actor, now: datetime) -> None:
    """Write down what changed on a record; nothing changed, nothing written."""
    if not changes:
        return
    db.session.flush()
    db.session.add(draft(record, changes, actor=actor, now=now))


def draft(record: Base, changes: Changes, *, actor: Actor, now: datetime) -> RecordChange:
    """The line about a record's changes, not written yet."""
    return RecordChange(
        record_type=record.__tablename__,
        record_id=record.id,
        record_name=str(record)[:200],
        at=now,
        actor_id=actor.id,
        changes={name: [timeline.plain(old), timeline.plain(new)] for name, (old, new) in changes.items()},
    )


def _showable(name: str, value: Any) -> Any:
    if name in _SECRET:
        return "•••" if value else value
    return phones.mask(value) if name in _PHONES and value else value
