"""The tree of causes that all reviews choose from: H-07's five at the root, the company's own below (G-06, N14)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from flask_babel import lazy_gettext
from sqlalchemy import ColumnElement, or_
from wtforms import SelectField

from admin_views.base import DeskView, Related
from admin_views.filters import Tab
from admin_views.labels import labels_of
from admin_views.people import state
from admin_views.words import in_language
from models import RootCause
from rules.permissions import Permission
from services import related, root_causes, search

BELOW_COLUMNS = ("name_zh", "name_en", "code", "is_active")
REVIEW_COLUMNS = ("complaint", "ended_at", "ended_by", "lessons")
NAMES: Mapping[str, Any] = labels_of(RootCause.__tablename__)


def cause_choices() -> list[tuple[int, str]]:
    """The causes in use, each with everything above it."""
    return [(path[-1].id, " › ".join(in_language(cause, "name") for cause in path)) for path in root_causes.usable()]


class ParentField(SelectField):
    """The cause above, or none for a root; ``data`` is its id."""

    def __init__(self, label: Any = None, validators: Any = None, **kwargs: Any) -> None:
        super().__init__(label, validators, coerce=self._read, choices=self._all, **kwargs)

    def _all(self) -> list[tuple[str, str]]:
        return [("", "—"), *((str(cause_id), path) for cause_id, path in cause_choices())]

    def process_data(self, value: Any) -> None:
        """Take the present one; a cause out of use stays on the list until another is chosen."""
        super().process_data(value)
        present = root_causes.everything().get(self.data) if self.data is not None else None
        if present is not None and str(present.id) not in dict(self.choices):
            self.choices = [*self.choices, (str(present.id), in_language(present, "name"))]

    @staticmethod
    def _read(value: Any) -> int | None:
        return int(value) if value not in (None, "", "None") else None


class RootCausesView(DeskView):
    """Every cause; one that is out of use is offered for no new review, and neither is what lies below it."""

    edit_permission = Permission.REVIEW
    search_hint = lazy_gettext("Beginning of the name or code")
    tabs = (
        Tab("active", lazy_gettext("Active"), lambda: [RootCause.is_active]),
        Tab("inactive", lazy_gettext("Switched off"), lambda: [~RootCause.is_active]),
        Tab("all", lazy_gettext("All")),
    )
    column_list = ("name", "parent", "code", "is_active")
    column_export_list = ("name_zh", "name_en", "parent", "code", "is_active")
    column_sortable_list = ("code",)
    column_default_order = ("code", False)
    column_formatters: ClassVar[Mapping[str, Any]] = {
        "name": lambda view, context, cause, name: in_language(cause, "name"),
        "parent": lambda view, context, cause, name: in_language(cause.parent, "name") if cause.parent else "—",
        "is_active": lambda view, context, cause, name: state(cause),
    }
    column_formatters_detail = column_formatters
    column_descriptions: ClassVar[Mapping[str, Any]] = {
        "code": lazy_gettext("A short name that stays for good, such as process.forecast; the list is in its order."),
        "is_active": lazy_gettext("What lies below a cause that is switched off is not offered either."),
    }
    details_groups = ((lazy_gettext("Cause"), ("name_zh", "name_en", "parent", "code", "is_active")),)
    form_columns = ("name_zh", "name_en", "parent_id", "code", "is_active")
    form_overrides: ClassVar[Mapping[str, Any]] = {
        "parent_id": ParentField(NAMES["parent_id"], description=lazy_gettext("Nothing for a cause of its own."))
    }

    def prepare(self, form: Any, record: RootCause | None) -> None:
        """A new cause is in use; a code is chosen once."""
        if record is None:
            del form.is_active
        else:
            del form.code

    def save(self, form: Any, record: RootCause, *, now: datetime) -> None:
        """Nothing hangs below itself."""
        root_causes.check_parent(record.id, form.parent_id.data)
        super().save(form, record, now=now)

    def title(self, record: RootCause) -> str:
        """The name in the reader's language."""
        return in_language(record, "name")

    def found(self, text: str) -> ColumnElement[bool] | None:
        """By the beginning of a name or of the code."""
        return or_(*(search.begins(each, text) for each in (RootCause.name_zh, RootCause.name_en, RootCause.code)))

    def related(self, record: RootCause) -> list[Related]:
        """What lies below it, and what the reviews found of it last."""
        return [
            Related(lazy_gettext("Causes below"), BELOW_COLUMNS, related.causes_below(record)),
            Related(lazy_gettext("Reviews"), REVIEW_COLUMNS, related.reviews_of(record)),
        ]
