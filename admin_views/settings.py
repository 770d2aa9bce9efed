"""Settings: the few numbers that a duty manager may change while the desk runs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from flask_babel import gettext, lazy_gettext

from admin_views.base import DeskView, actor
from models import Setting
from rules.permissions import Permission
from rules.settings import SETTINGS
from services import settings


class SettingsView(DeskView):
    """Each setting with its value, its bounds and who changed it last."""

    edit_permission = Permission.EDIT_SETTINGS
    has_new = False
    column_list = ("key", "value", "bounds", "changed_at", "changed_by")
    column_default_order = ("id", False)
    column_labels: ClassVar[Mapping[str, Any]] = {
        "key": lazy_gettext("Setting"),
        "bounds": lazy_gettext("Possible values"),
    }
    form_columns = ("value",)
    column_formatters: ClassVar[Mapping[str, Any]] = {"bounds": lambda view, context, setting, name: bounds(setting)}
    column_formatters_detail = column_formatters
    column_formatters_export: ClassVar[Mapping[str, Any]] = {"bounds": lambda setting: bounds(setting)}

    def title(self, record: Setting) -> str:
        """What the setting means."""
        return gettext(record.key.label)

    def prepare(self, form: Any, record: Setting | None) -> None:
        """Say the bounds beside the field."""
        if record is not None:
            form.value.description = bounds(record)

    def save(self, form: Any, record: Setting, *, now: datetime) -> None:
        """Change it."""
        settings.change(record, value=form.value.data, actor=actor(), now=now)


def bounds(setting: Setting) -> str:
    """What the value may be, and what it is when nobody changes it."""
    rule = SETTINGS[setting.key]
    return gettext(
        "%(lowest)s to %(highest)s, usually %(default)s",
        lowest=rule.lowest,
        highest=rule.highest,
        default=rule.default,
    )
