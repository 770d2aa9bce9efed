"""The ground every screen for a noun stands on: who may, what is listed, how it is saved, what is never possible.

A view is declared: its model, columns, filters and form columns. Nothing can be deleted, states are no form fields,
and a list costs the same few queries whatever the number of rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, ClassVar

from flask import abort, flash, redirect, request, url_for
from flask_admin import expose
from flask_admin.contrib.sqla import ModelView
from flask_admin.model.base import ViewArgs
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy import ColumnElement, Select, inspect, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response

from admin_views import clashes, conflicts, exports, model_forms
from admin_views.fields import put_refusal, sentence
from admin_views.filters import Filter, Tab
from admin_views.formatters import brief, shown
from admin_views.labels import labels_of
from admin_views.pages import Page
from admin_views.pickers import MOST, read_id
from extensions import db, timepiece
from models import Base, Person
from rules.permissions import Permission
from rules.refusals import Refusal
from services import change_log, records, search, workbench

COUNT_CAP = 1000
"""A list says "1000+" rather than count a million rows."""
DEEPEST = 10_000
"""Rows that can be paged through; whoever looks further back uses a filter."""
LONGEST_SEARCH = 200


@dataclass(frozen=True)
class Related:
    """Records that belong to the one on the page: a heading, columns, rows, and where all of them are."""

    title: Any
    columns: Sequence[str]
    rows: Sequence[Any]
    more_url: str | None = None
    new_url: str | None = None


class DeskView(Page, ModelView):
    """A noun's list, page, forms and exports."""

    edit_permission: ClassVar[Permission | None] = None
    """Who may change records; None for what is only read."""
    has_new: ClassVar[bool] = True
    """Whether records are made by a form; some are made by what happens."""
    tabs: ClassVar[Sequence[Tab]] = ()
    desk_filters: ClassVar[Sequence[Filter]] = ()
    search_hint: ClassVar[Any] = None
    """What can be looked for; a list without it has no search box."""
    details_groups: ClassVar[Sequence[tuple[Any, Sequence[str]]]] = ()
    """The facts of a record's page, under headings."""

    can_delete = False
    can_view_details = True
    can_set_page_size = True
    page_size = 20
    page_size_options = (20, 50, 100)
    export_types = ("csv", "xlsx")
    named_filter_urls = True
    column_labels: ClassVar[Mapping[str, Any]] = {}
    """What a view calls its columns where the desk's own words (``labels_of``) do not fit."""
    column_descriptions: ClassVar[Mapping[str, Any]] = {}
    column_default_order = ("id", True)
    form_base_class = model_forms.DeskForm
    form_overrides: ClassVar[Mapping[str, Any]] = {}
    form_columns: ClassVar[Sequence[str]] = ()
    column_type_formatters: ClassVar[Mapping[type, Any]] = {object: lambda view, value, name: brief(value)}
    column_type_formatters_detail: ClassVar[Mapping[type, Any]] = {object: lambda view, value, name: shown(value)}
    column_formatters_export: ClassVar[Mapping[str, Any]] = {}
    list_template = "admin/model/list.html"

    # Flask-Admin's routes that nobody is to reach: no deleting, no bulk actions, no editing in the list.
    delete_view = None
    action_view = None
    ajax_update = None

    def __init__(self, model: type[Base], **kwargs: Any) -> None:
        self.column_labels = {**labels_of(model.__tablename__), **type(self).column_labels}
        super().__init__(model, db, **kwargs)

    # --- who may ------------------------------------------------------------------------------------------------------

    @property
    def can_edit(self) -> bool:
        """Whether the person at the screen may change these records."""
        return bool(self.edit_permission and current_user and current_user.may(self.edit_permission))

    @property
    def can_create(self) -> bool:
        """Whether the person at the screen may make such a record."""
        return self.has_new and self.can_edit

    @property
    def can_export(self) -> bool:
        """Whether the person at the screen may take the list away."""
        return bool(current_user and current_user.may(Permission.EXPORT))

    def _handle_view(self, name: str, **kwargs: Any) -> Any:
        """Check the permission to see, and on every POST once more the permission to change."""
        super()._handle_view(name, **kwargs)
        if request.method == "POST" and not self.can_edit:
            abort(HTTPStatus.FORBIDDEN)

    # --- the list -----------------------------------------------------------------------------------------------------

    def scope(self) -> list[ColumnElement[bool]]:
        """What every query of this view is limited to: its list, its pages and its exports. What belongs to a complaint
        that is played is nobody's work and no figure (N15); it stands on that complaint's own page.
        """
        complaint_id = getattr(self.model, "complaint_id", None)
        return [] if complaint_id is None else [or_(complaint_id.is_(None), complaint_id.not_in(workbench.DRILLS))]

    def found(self, text: str) -> ColumnElement[bool] | None:
        """The condition of a search; None finds nothing."""
        return None

    def eager(self, names: Iterable[str]) -> list[Any]:
        """How the relations among these columns are loaded with the rows, so that no row asks for its own."""
        relations = inspect(self.model).relationships
        return [joinedload(getattr(self.model, name)) for name in names if name in relations]

    def statement(self, search_text: str | None, asked: Mapping[str, str]) -> Select[Any]:
        """The ids of the records that the address asks for, in no order."""
        conditions = [*self.scope(), *(item for each in self.desk_filters for item in each.conditions(asked))]
        view = asked.get("view") or (self.tabs[0].key if self.tabs else "")
        tab = next((tab for tab in self.tabs if tab.key == view), None)
        conditions += tab.conditions() if tab else ()
        if search_text and self.search_hint:
            match = self.found(search_text)
            conditions.append(match if match is not None else self.model.id.is_(None))
        return select(self.model.id).where(*conditions)

    def order(self, sort_column: str | None, sort_desc: bool) -> list[Any]:
        """By an indexed column, the id deciding between equals."""
        name, is_descending = self.column_default_order
        if sort_column in self._sortable_columns:
            name, is_descending = sort_column, bool(sort_desc)
        columns = [getattr(self.model, name)] + ([self.model.id] if name != "id" else [])
        return [column.desc() if is_descending else column.asc() for column in columns]

    def get_list(
        self,
        page: int | None,
        sort_column: str | None,
        sort_desc: bool,
        search: str | None,
        filters: Any,
        execute: bool = True,
        page_size: int | None = None,
    ) -> tuple[int, list[Any]]:
        """One page: a capped count, the page's ids, and only then its rows with their relations."""
        size = page_size or self.page_size
        ids = self.statement(search, request.args)
        order = self.order(sort_column, sort_desc)
        page_ids = list(db.session.scalars(ids.order_by(*order).limit(size).offset((page or 0) * size)))
        rows = (
            select(self.model)
            .where(self.model.id.in_(page_ids))
            .options(*self.eager(self._list_names))
            .order_by(*order)
        )
        return self.count(ids), list(db.session.scalars(rows).unique())

    def export_value(self, record: Any, name: str) -> Any:
        """What a file says in this column: the value itself, unless ``column_formatters_export`` names another."""
        formatter = self.column_formatters_export.get(name)
        return formatter(record) if formatter else self._get_field_value(record, name)

    @property
    def _list_names(self) -> list[str]:
        return [name for name, _ in self._list_columns]

    def count(self, ids: Select[Any]) -> int:
        """How many there are, ``COUNT_CAP + 1`` for more."""
        return search.capped_count(ids, COUNT_CAP)

    def get_one(self, id: Any) -> Any:  # noqa: A002 - Flask-Admin's name
        """The record, if this view shows it."""
        number = read_id(str(id))
        if number is None:
            return None
        return db.session.scalar(select(self.model).where(self.model.id == number, *self.scope()))

    def _get_list_extra_args(self) -> ViewArgs:
        """Read the address: only names that this list knows, only numbers that make sense."""
        size = self.get_safe_page_size(request.args.get("page_size", 0, type=int))
        page = request.args.get("page", 0, type=int)
        known = {"view", *(key for each in self.desk_filters for key in each.keys)}
        return ViewArgs(
            page=max(0, min(page, DEEPEST // size - 1)),
            page_size=size,
            sort=request.args.get("sort", None, type=int),
            sort_desc=bool(request.args.get("desc", 0, type=int)),
            search=request.args.get("search", "").replace("\x00", "").strip()[:LONGEST_SEARCH] or None,
            extra_args={name: value[:LONGEST_SEARCH] for name, value in request.args.items() if name in known},
        )

    def get_filters(self) -> None:
        """Our own filters are read by ``statement``; Flask-Admin's are not used."""

    def init_search(self) -> bool:
        """Whether the list has a search box."""
        return self.search_hint is not None

    def search_placeholder(self) -> str:
        """What can be looked for."""
        return str(self.search_hint or "")

    def scaffold_sortable_columns(self) -> dict[str, Any]:
        """None unless the view names them: an unindexed sort reads the whole table."""
        return {}

    def get_sortable_columns(self) -> dict[str, Any]:
        """The indexed columns that the view names."""
        return {name: getattr(self.model, name) for name in self.column_sortable_list or ()}

    def get_column_name(self, field: str) -> Any:
        """The column's label."""
        return self.column_labels.get(field.rpartition(".")[2], field)

    def render(self, template: str, **kwargs: Any) -> str:
        """Give every page of the view its list's limits and its own words."""
        return super().render(template, count_cap=COUNT_CAP, deepest=DEEPEST, **kwargs)

    # --- one record ---------------------------------------------------------------------------------------------------

    def record_url(self, record: Any) -> str:
        """The page of a record."""
        return url_for(f"{self.endpoint}.details_view", id=record.id)

    def title(self, record: Any) -> str:
        """What the record is called at the top of its page."""
        return str(record)

    def related(self, record: Any) -> list[Related]:
        """What belongs to the record, for its page."""
        return []

    def facts(self) -> Sequence[tuple[Any, Sequence[str]]]:
        """The groups of facts on a record's page."""
        return self.details_groups or [("", self._list_names)]

    def may_see_changes(self) -> bool:
        """Whether the record of changes stands on the page."""
        return self.can_edit or current_user.may(Permission.AUDIT)

    @expose("/details/")
    def details_view(self) -> Any:
        """Everything about one record."""
        record = self._asked_for()
        return self.render(
            self.details_template,
            model=record,
            groups=self.facts(),
            get_value=self.get_detail_value,
            related=self.related(record),
            changes=change_log.of(record) if self.may_see_changes() else [],
        )

    def _asked_for(self) -> Any:
        record = self.get_one(request.args.get("id", ""))
        if record is None:
            abort(HTTPStatus.NOT_FOUND)
        return record

    # --- forms --------------------------------------------------------------------------------------------------------

    def scaffold_form(self) -> type[model_forms.DeskForm]:
        """The form of the view's ``form_columns``."""
        return model_forms.scaffold(self)

    def save(self, form: Any, record: Any, *, now: datetime) -> None:
        """Write the form into the record and into the record of changes; a view with rules calls its service."""
        form.populate_obj(record)
        db.session.add(record)
        records.note_edit(record, actor=actor(), now=now)
        db.session.flush()

    def prepare(self, form: Any, record: Any | None) -> None:
        """Last touches before a form is shown or checked, such as proposals from the address."""

    @expose("/new/", methods=("GET", "POST"))
    def create_view(self) -> Any:
        """A new record."""
        if not self.can_create:
            abort(HTTPStatus.FORBIDDEN)
        form = self.create_form()
        self.prepare(form, None)
        if not form.is_submitted():
            self._propose(form)
            return self._form_page(form, None)
        return self._checked_and_saved(form, self.model(), is_new=True)

    @expose("/edit/", methods=("GET", "POST"))
    def edit_view(self) -> Any:
        """Change a record."""
        record = self._asked_for()
        if not self.can_edit:
            abort(HTTPStatus.FORBIDDEN)
        form = self.edit_form(obj=record)
        self.prepare(form, record)
        if not form.is_submitted():
            return self._form_page(form, record)
        return self._checked_and_saved(form, record, is_new=False)

    def _propose(self, form: Any) -> None:
        """Choose in the pickers of a new record what the address names: a building for its community."""
        for name in self.form_ajax_refs or ():
            if name in request.args:
                form[name].process_data(read_id(request.args[name]))

    def _checked_and_saved(self, form: Any, record: Any, *, is_new: bool) -> Any:
        """Save, or show the form again with what stands in the way; nothing is written by halves."""
        shown_record = None if is_new else record
        if not form.validate():
            return self._form_page(form, shown_record), HTTPStatus.UNPROCESSABLE_ENTITY
        if not is_new and conflicts.is_stale(form, record):
            return self._conflict(form, record)
        status = self._saved(form, record)
        if status is None:
            flash(gettext("Saved."), "success")
            return redirect(self.record_url(record))
        if status is HTTPStatus.CONFLICT and not is_new and not form.errors:
            return self._conflict(form, self._asked_for())
        return self._form_page(form, None if is_new else self._asked_for()), status

    def _saved(self, form: Any, record: Any) -> HTTPStatus | None:
        """Write and commit; what went wrong stands in the form, and the answer's status is returned."""
        try:
            self.save(form, record, now=timepiece.now())
            db.session.commit()
        except StaleDataError:
            db.session.rollback()
            return HTTPStatus.CONFLICT
        except IntegrityError as error:
            db.session.rollback()
            clashes.put(form, error, self.model.__table__)
            return HTTPStatus.UNPROCESSABLE_ENTITY
        except Refusal as refusal:
            db.session.rollback()
            if not put_refusal(form, refusal):
                form.form_errors.append(sentence(refusal))
            return HTTPStatus(refusal.status)
        return None

    def _form_page(self, form: Any, record: Any | None) -> str:
        return self.render(
            "admin/model/edit.html" if record is not None else "admin/model/create.html",
            form=form,
            model=record,
            back_url=self.record_url(record) if record is not None else url_for(f"{self.endpoint}.index_view"),
        )

    def _conflict(self, form: Any, record: Any) -> Any:
        """Both values side by side; two people who typed the same have no conflict."""
        differences = conflicts.differences(form, record)
        if not differences:
            flash(gettext("Saved."), "success")
            return redirect(self.record_url(record))
        page = self.render("conflict.html", model=record, differences=differences, again=conflicts.again())
        return page, HTTPStatus.CONFLICT

    # --- pickers and exports ------------------------------------------------------------------------------------------

    @expose("/ajax/lookup/")
    def ajax_lookup(self) -> Any:
        """What a picker offers for the words typed into it."""
        loader = self._form_ajax_refs.get(request.args.get("name", ""))
        if loader is None:
            abort(HTTPStatus.NOT_FOUND)
        found = loader.get_list(request.args.get("query", ""), 0, request.args.get("limit", MOST, type=int))
        return [loader.format(record) for record in found]

    @expose("/export/<export_type>/")
    def export(self, export_type: str) -> Response:
        """The list as it is filtered, as a file."""
        if not self.can_export:
            abort(HTTPStatus.FORBIDDEN)
        if export_type not in self.export_types:
            abort(HTTPStatus.NOT_FOUND)
        return exports.answer(self, export_type)


def actor() -> Person:
    """The person at the screen, as services know them."""
    person: Person = current_user._get_current_object()
    return person
