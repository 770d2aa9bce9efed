"""Customers and their projects: one file per telephone number, one row per contract."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from flask_babel import gettext, lazy_gettext
from sqlalchemy import ColumnElement
from wtforms.validators import ValidationError

from admin_views.base import DeskView, Related, actor
from admin_views.fields import PhoneField
from admin_views.filters import BeginFilter, DaysFilter
from admin_views.model_forms import DeskForm
from admin_views.pickers import PrefixLoader, SearchLoader
from models import Customer, Person, Project, Room
from rules.permissions import Permission
from services import analysis_money, customers, related, search

FOUND = 1000
"""How many records a search hands to a list."""


class CustomerPhoneField(PhoneField):
    """A customer's number. A known one is not shown in the form (N18): an empty field keeps it."""

    def process_data(self, value: Any) -> None:
        """Nothing of the stored number."""
        self.data = ""

    def pre_validate(self, form: Any) -> None:
        """A new customer needs a number; a known one keeps theirs when nothing was typed."""
        if form.is_new or (self.data or "").strip():
            super().pre_validate(form)


class CustomerForm(DeskForm):
    """A customer's file."""

    is_new = False


class CustomersView(DeskView):
    """Customers' files."""

    edit_permission = Permission.EDIT_FILES
    column_list = ("name", "masked_phone", "room", "wechat", "adviser", "created_at")
    column_sortable_list = ("created_at",)
    column_default_order = ("created_at", True)
    search_hint = lazy_gettext("Name, phone or home")
    desk_filters = (
        BeginFilter("name", Customer.name),
        DaysFilter("created_at", Customer.created_at),
    )
    details_groups = (
        (lazy_gettext("The customer"), ("name", "masked_phone", "message_language", "wechat", "room", "adviser")),
        (lazy_gettext("Customer file"), ("remarks", "created_at", "created_by")),
    )
    form_base_class = CustomerForm
    form_columns = ("name", "phone", "message_language", "wechat", "room_id", "adviser_id", "remarks")
    form_overrides: ClassVar[Mapping[str, Any]] = {"phone": CustomerPhoneField(lazy_gettext("Phone"))}
    form_ajax_refs: ClassVar[Mapping[str, Any]] = {
        "room_id": SearchLoader("room_id", Room, search.rooms),
        "adviser_id": PrefixLoader("adviser_id", Person, Person.name, conditions=[Person.is_active]),
    }

    def scope(self) -> list[ColumnElement[bool]]:
        """Without whom the drills made up."""
        return [~Customer.is_made_up]

    def found(self, text: str) -> ColumnElement[bool] | None:
        """By what the search box of the desk understands."""
        return Customer.id.in_(search.customer_ids(text, FOUND))

    def prepare(self, form: Any, record: Any | None) -> None:
        """Tell the phone field whether there is a number to keep."""
        form.is_new = record is None
        form.phone.flags.required = record is None
        if record is not None:
            form.phone.description = gettext("Now %(phone)s; leave it empty to keep it.", phone=record.masked_phone)

    def save(self, form: Any, record: Customer, *, now: datetime) -> None:
        """Write the file; the number and its tail are the service's business."""
        for name in ("name", "message_language", "wechat", "room_id", "adviser_id", "remarks"):
            form[name].populate_obj(record, name)
        customers.save(record, phone=form.phone.phone, actor=actor(), now=now)

    def related(self, record: Customer) -> list[Related]:
        """The customer's contracts and complaints."""
        return [
            Related(
                gettext("Projects"),
                ("contract_no", "room", "amount", "planned_finish_on", "project_manager"),
                related.projects_of(record),
            ),
            Related(
                gettext("Complaints"),
                ("number", "status", "severity", "problem", "first_word_at", "handler"),
                related.complaints_of(record),
            ),
        ]


class ProjectForm(DeskForm):
    """A contract: its dates follow each other."""

    def validate_planned_finish_on(self, field: Any) -> None:
        """Refuse a finish before the start."""
        self._not_before_start(field, gettext("The planned finish lies before the start."))

    def validate_accepted_on(self, field: Any) -> None:
        """Refuse an acceptance before the start."""
        self._not_before_start(field, gettext("The acceptance lies before the start."))

    def _not_before_start(self, field: Any, words: str) -> None:
        starts_on = self["starts_on"].data
        if starts_on and field.data and field.data < starts_on:
            raise ValidationError(words)


class ProjectsView(DeskView):
    """Contracts."""

    edit_permission = Permission.EDIT_FILES
    column_list = ("contract_no", "customer", "room", "amount", "starts_on", "planned_finish_on", "project_manager")
    column_sortable_list = ("contract_no", "created_at")
    column_default_order = ("created_at", True)
    search_hint = lazy_gettext("Contract no., customer, phone or home")
    desk_filters = (
        BeginFilter("contract_no", Project.contract_no),
        DaysFilter("created_at", Project.created_at),
    )
    details_groups = (
        (lazy_gettext("The contract"), ("contract_no", "customer", "room", "amount", "daily_delay_rate")),
        (lazy_gettext("Dates"), ("signed_on", "starts_on", "planned_finish_on", "accepted_on")),
        (lazy_gettext("Who is responsible"), ("project_manager", "engineering_manager", "lead_designer", "adviser")),
        (lazy_gettext("What complaints cost"), ("quality_cost",)),
    )
    column_formatters_detail: ClassVar[Mapping[str, Any]] = {
        "quality_cost": lambda view, context, project, name: _quality_cost(project)
    }
    form_base_class = ProjectForm
    form_columns = (
        "contract_no",
        "customer_id",
        "room_id",
        "amount",
        "daily_delay_rate",
        "signed_on",
        "starts_on",
        "planned_finish_on",
        "accepted_on",
        "project_manager_id",
        "engineering_manager_id",
        "lead_designer_id",
        "adviser_id",
    )
    form_ajax_refs: ClassVar[Mapping[str, Any]] = {
        "customer_id": SearchLoader("customer_id", Customer, search.customers),
        "room_id": SearchLoader("room_id", Room, search.rooms),
        **{
            name: PrefixLoader(name, Person, Person.name, conditions=[Person.is_active])
            for name in ("project_manager_id", "engineering_manager_id", "lead_designer_id", "adviser_id")
        },
    }

    def found(self, text: str) -> ColumnElement[bool] | None:
        """By contract number, or by what finds the customer."""
        return Project.id.in_(search.project_ids(text, FOUND))

    def save(self, form: Any, record: Project, *, now: datetime) -> None:
        """Write the contract."""
        if record.created_at is None:
            record.created_at = now
        super().save(form, record, now=now)

    def related(self, record: Project) -> list[Related]:
        """The contract's complaints and what they cost."""
        return [
            Related(
                gettext("Complaints"),
                ("number", "status", "severity", "problem", "first_word_at", "handler"),
                related.complaints_about(record),
            ),
            Related(
                gettext("Compensation"),
                ("complaint", "kind", "amount", "status", "offered_at"),
                related.compensations_for(record),
            ),
            Related(
                gettext("Work orders"),
                ("number", "kind", "part", "state", "planned_done_at"),
                related.orders_for(record),
            ),
        ]


def _quality_cost(project: Project) -> str:
    """Compensation and rework in one line, with their share of the contract (N21)."""
    cost = analysis_money.of_project(project)
    said = gettext(
        "compensation ¥%(compensation)s + rework ¥%(rework)s = ¥%(total)s",
        compensation=f"{cost.compensation:,.2f}",
        rework=f"{cost.rework:,.2f}",
        total=f"{cost.total:,.2f}",
    )
    return (
        said
        if cost.share is None
        else gettext("%(cost)s, %(share)s of the contract", cost=said, share=f"{cost.share:.1%}")
    )
