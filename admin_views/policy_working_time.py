"""The working time's policy: the hours of the company's week."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext, lazy_gettext
from wtforms import BooleanField, FieldList, FormField, StringField

from admin_views.policy_form import Document, PolicyEditor, PolicyForm, Row, TicksField
from extensions import COMPANY_ZONE, timepiece
from rules.vocabulary import PolicyKind
from rules.working_time import MOST_INTERVALS, Day, WorkingTime, is_announced


class HoursRow(Row):
    """An interval, and the days on which it is worked."""

    days = TicksField(lazy_gettext("Days"), words=Day)
    begins = StringField(lazy_gettext("From"))
    ends = StringField(lazy_gettext("To"))


class WorkingTimeForm(PolicyForm):
    """The intervals of the week."""

    hours = FieldList(FormField(HoursRow), max_entries=MOST_INTERVALS)
    keeps_holidays = BooleanField(lazy_gettext("Public holidays rest, their make-up days work"))

    def document(self) -> Document:
        """The week as ``rules.working_time`` reads it."""
        rows = [entry.form for entry in self.hours]
        return {
            "hours": [
                {
                    "days": row.days.data,
                    "begins": (row.begins.data or "").strip()[:8],
                    "ends": (row.ends.data or "").strip()[:8],
                }
                for row in rows
            ],
            "keeps_holidays": bool(self.keeps_holidays.data),
        }


def lines(document: Mapping[str, Any]) -> Sequence[str]:
    """A sentence for each interval, and one on holidays."""
    hours = [f"{row.get('begins')}–{row.get('ends')}: {_days(row)}" for row in document.get("hours", [])]
    is_kept = document.get("keeps_holidays", True)
    return [*hours, gettext("Public holidays rest.") if is_kept else gettext("Public holidays are worked.")]


def _days(row: Mapping[str, Any]) -> str:
    chosen = [day for day in Day if day.value in row.get("days", [])]
    return gettext(", ").join(gettext(day.label) for day in chosen)


def _extra() -> Mapping[str, Any]:
    """The days, a blank row, and whether next year's make-up days are known yet."""
    year = timepiece.now().astimezone(COMPANY_ZONE).year
    unannounced = [each for each in (year, year + 1) if not is_announced(each)]
    return {"days": tuple(Day), "blank": HoursRow(prefix="hours-__0__-"), "unannounced": unannounced}


EDITOR = PolicyEditor(
    kind=PolicyKind.WORKING_TIME,
    form=WorkingTimeForm,
    read=WorkingTime.from_document,
    lines=lines,
    table="policy_working_time.html",
    fields="policy_working_time_fields.html",
    intro=lazy_gettext("These hours count for every clock that is given in working hours or working days."),
    extra=_extra,
)
