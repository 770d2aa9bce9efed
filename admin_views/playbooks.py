"""Playbooks: the steps for each kind of complaint, kept by the duty managers (N20)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from flask_babel import lazy_gettext

from admin_views.base import DeskView
from admin_views.filters import Tab
from admin_views.pickers import PrefixLoader
from admin_views.words import in_language
from models import PlaybookStep, Script
from models.base import spelled_out
from rules.permissions import Permission
from rules.vocabulary import Category


def _of(category: Category) -> Tab:
    return Tab(category.value, lazy_gettext(category.label), lambda: [spelled_out(PlaybookStep.category, category)])


class PlaybooksView(DeskView):
    """The steps in both languages, by category; one that is out of use stays for the complaints that ticked it."""

    edit_permission = Permission.EDIT_SCRIPTS
    tabs = tuple(_of(category) for category in Category)
    column_list = ("place", "words_zh", "words_en", "script", "is_active")
    column_sortable_list = ("place",)
    column_default_order = ("place", False)
    details_groups = ((lazy_gettext("Step"), ("category", "place", "words_zh", "words_en", "script", "is_active")),)
    form_columns = ("category", "place", "words_zh", "words_en", "script_id", "is_active")
    column_descriptions: ClassVar[Mapping[str, Any]] = {
        "place": lazy_gettext("The lowest number comes first; leave room between them."),
        "script_id": lazy_gettext("The words to say it with, shown beside the step."),
    }

    form_ajax_refs: ClassVar[Mapping[str, Any]] = {
        "script_id": PrefixLoader("script_id", Script, Script.title_zh, Script.key, conditions=[Script.is_active])
    }

    def title(self, record: Any) -> str:
        """The step in the reader's language."""
        return in_language(record, "words")
