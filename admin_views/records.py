"""The record of changes: every edit of any record through a form, who, when, old and new."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from flask_babel import gettext, lazy_gettext
from markupsafe import Markup

from admin_views.base import DeskView
from admin_views.filters import ChoiceFilter, DaysFilter
from admin_views.formatters import change_value, model_of, told, url_of
from admin_views.labels import labels_of
from extensions import db
from models import RecordChange
from rules.permissions import Permission

KINDS: Mapping[str, Any] = {
    "complaints": lazy_gettext("Complaint"),
    "customers": lazy_gettext("Customer"),
    "projects": lazy_gettext("Project"),
    "communities": lazy_gettext("Community"),
    "buildings": lazy_gettext("Building"),
    "rooms": lazy_gettext("Room"),
    "people": lazy_gettext("Person"),
    "shifts": lazy_gettext("Shift"),
    "duty_roles": lazy_gettext("Duty role"),
    "promises": lazy_gettext("Promise"),
    "compensations": lazy_gettext("Compensation"),
    "scripts": lazy_gettext("Script"),
    "settings": lazy_gettext("Setting"),
    "special_days": lazy_gettext("Special day"),
    "rotations": lazy_gettext("Rotation"),
    "overrides": lazy_gettext("Override"),
    "swaps": lazy_gettext("Swap"),
    "leaves": lazy_gettext("Leave"),
    "handovers": lazy_gettext("Handover"),
    "calendar_feeds": lazy_gettext("Calendar feed"),
    "template_registrations": lazy_gettext("Text at a provider"),
    "channel_states": lazy_gettext("Channel"),
    "crews": lazy_gettext("Crew"),
    "root_causes": lazy_gettext("Cause"),
    "playbook_steps": lazy_gettext("Step of a playbook"),
    "extra_items": lazy_gettext("Extra item"),
    "outward_cases": lazy_gettext("Matter from outside"),
    "case_forms": lazy_gettext("Form"),
}
"""What the record of a table is called."""


class RecordChangesView(DeskView):
    """The record of changes, for auditors."""

    view_permission = Permission.AUDIT
    has_new = False
    column_list = ("at", "actor", "record_type", "record_name", "changes")
    column_default_order = ("at", True)
    column_sortable_list = ("at",)
    column_labels: ClassVar[Mapping[str, Any]] = {"record_name": lazy_gettext("Which one")}
    desk_filters = (
        ChoiceFilter("record_type", RecordChange.record_type, KINDS),
        DaysFilter("at", RecordChange.at),
    )
    column_formatters: ClassVar[Mapping[str, Any]] = {
        "actor": lambda view, context, change, name: change.actor.name if change.actor else gettext("The desk"),
        "record_type": lambda view, context, change, name: str(KINDS.get(change.record_type, change.record_type)),
        "changes": lambda view, context, change, name: changes_in_words(change, Markup("<br>")),
    }
    column_formatters_detail: ClassVar[Mapping[str, Any]] = {
        **column_formatters,
        "record_name": lambda view, context, change, name: link_to(change),
    }
    column_formatters_export: ClassVar[Mapping[str, Any]] = {
        "actor": lambda change: change.actor.name if change.actor else gettext("The desk"),
        "record_type": lambda change: str(KINDS.get(change.record_type, change.record_type)),
        "changes": lambda change: str(changes_in_words(change, Markup("\n")).unescape()),
    }

    def title(self, record: RecordChange) -> str:
        """The name of what was changed."""
        return f"{KINDS.get(record.record_type, record.record_type)} {record.record_name}"


def changes_in_words(change: RecordChange, between: Markup) -> Markup:
    """Every field of an edit: its name, old and new."""
    labels = labels_of(change.record_type)
    lines = [
        Markup("{} {} → {}").format(
            labels.get(name, name), *(change_value(value, name, change.record_type) for value in (old, new))
        )
        for name, old, new in told(change.changes)
    ]
    return between.join(lines)


def link_to(change: RecordChange) -> str:
    """The record that was changed, leading to its page where it has one."""
    model = model_of(change.record_type)
    record = db.session.get(model, change.record_id) if model is not None else None
    url = url_of(record) if record is not None else None
    return Markup('<a href="{}">{}</a>').format(url, change.record_name) if url else change.record_name
