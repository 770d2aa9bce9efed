"""Special days: make-up days and holidays that were announced late, and the company's own days."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from flask_babel import gettext, lazy_gettext

from admin_views.base import DeskView
from admin_views.filters import DaysFilter, FlagFilter
from models import SpecialDay
from rules.permissions import Permission


class SpecialDaysView(DeskView):
    """Days on which the desk knows better than the public calendar; one entered by mistake is changed, not removed."""

    edit_permission = Permission.EDIT_POLICIES
    column_list = ("day", "is_working", "name")
    column_sortable_list = ("day",)
    column_default_order = ("day", True)
    desk_filters = (DaysFilter("day", SpecialDay.day, is_moment=False), FlagFilter("is_working", SpecialDay.is_working))
    form_columns = ("day", "is_working", "name")
    column_descriptions: ClassVar[Mapping[str, Any]] = {
        "is_working": lazy_gettext("Ticked: worked, whatever the calendar says. Not ticked: nobody works."),
    }

    def title(self, record: SpecialDay) -> str:
        """The day and its name."""
        kind = gettext("worked") if record.is_working else gettext("rest")
        return f"{record.day:%Y-%m-%d} {record.name} · {kind}"
