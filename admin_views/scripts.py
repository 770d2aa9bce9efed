"""Scripts (话术): what the desk says at which moment, kept by the duty managers (N20)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from flask_babel import lazy_gettext

from admin_views.base import DeskView
from admin_views.filters import FlagFilter, WordFilter
from admin_views.words import in_language
from models import Script
from rules.permissions import Permission
from rules.vocabulary import Category, ScriptStep


class ScriptsView(DeskView):
    """The scripts in both languages; one that is out of use is switched off, not removed."""

    edit_permission = Permission.EDIT_SCRIPTS
    column_list = ("title_zh", "title_en", "step", "category", "body_zh", "is_active", "sort_order")
    column_sortable_list = ("sort_order",)
    column_default_order = ("sort_order", False)
    desk_filters = (
        WordFilter("step", Script.step, ScriptStep),
        WordFilter("category", Script.category, Category),
        FlagFilter("is_active", Script.is_active),
    )
    details_groups = (
        (lazy_gettext("When it is said"), ("step", "category", "is_active", "sort_order", "key")),
        (lazy_gettext("Chinese"), ("title_zh", "body_zh")),
        (lazy_gettext("English"), ("title_en", "body_en")),
    )
    form_columns = (
        "title_zh",
        "title_en",
        "step",
        "category",
        "key",
        "sort_order",
        "is_active",
        "body_zh",
        "body_en",
    )
    column_descriptions: ClassVar[Mapping[str, Any]] = {
        "category": lazy_gettext("Without a category it fits every complaint."),
        "key": lazy_gettext("A short name that stays the same when the title changes, such as opening-1."),
    }

    def title(self, record: Any) -> str:
        """The title in the reader's language."""
        return in_language(record, "title")
