"""The numbers that a duty manager may change."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from extensions import db
from models import Setting
from rules.permissions import Permission
from rules.settings import SETTINGS, SettingKey
from services import records
from services.actors import Actor, require


def value(key: SettingKey) -> int:
    """The setting's value, or its default."""
    stored = db.session.scalar(select(Setting.value).where(Setting.key == key))
    return SETTINGS[key].default if stored is None else stored


def minutes(key: SettingKey) -> timedelta:
    """The setting as a length of time."""
    return timedelta(minutes=value(key))


def change(setting: Setting, *, value: int, actor: Actor, now: datetime) -> None:
    """Set a new value; clocks that already run keep the due time they were given.

    Raises:
        Refusal: the value lies outside its bounds.
    """
    require(actor, Permission.EDIT_SETTINGS)
    setting.value = SETTINGS[setting.key].checked(value)
    setting.changed_at = now
    setting.changed_by_id = actor.id
    records.note_edit(setting, actor=actor, now=now)
    db.session.flush()
