"""People: a directory for everybody, and the accounts with their roles for administrators."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import abort, url_for
from flask_admin import expose
from flask_babel import gettext, lazy_gettext
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import selectinload
from wtforms import SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from admin_views.badges import badge
from admin_views.base import DeskView, Related, actor
from admin_views.fields import person_label
from admin_views.filters import Tab, WordFilter
from admin_views.labels import LABELS
from admin_views.model_forms import strip
from admin_views.rows import row_or_404
from extensions import db, timepiece
from models import Crew, Person, PersonRole, RootCause
from rules import phones
from rules.permissions import Permission
from rules.vocabulary import Position, Role
from services import departures, duty, people, search
from services.actors import require

SHIFTS = 5


class RolesField(SelectMultipleField):
    """The roles as ticks."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label: Any = None, validators: Any = None, **kwargs: Any) -> None:
        super().__init__(label, validators, coerce=Role, choices=self._all, **kwargs)

    def _all(self) -> list[tuple[str, str]]:
        return [(role.value, gettext(role.label)) for role in Role]

    def process_data(self, value: Iterable[Role] | None) -> None:
        """Take the roles of a person, in one order."""
        self.data = sorted(value or ())

    def process_formdata(self, valuelist: list[str]) -> None:
        """Take the ticked ones, in the same order."""
        super().process_formdata(valuelist)
        self.data = sorted(self.data or ())

    @property
    def words(self) -> str:
        """The roles in the reader's language."""
        return role_words(self.data or ())


class MobileField(StringField):
    """A mobile number, shown as it is dialled here."""

    def process_data(self, value: str | None) -> None:
        """Take the stored number."""
        super().process_data(phones.national(value) if value else "")


class SuperiorField(SelectField):
    """Somebody who works here, or nobody; ``data`` is the id."""

    def __init__(self, label: Any = None, validators: Any = None, **kwargs: Any) -> None:
        super().__init__(label, validators, coerce=self._read, choices=self._all, **kwargs)

    def _all(self) -> list[tuple[str, str]]:
        working = [(str(person.id), person_label(person)) for person in people.everybody() if person.is_active]
        return [("", "—"), *working]

    def process_data(self, value: Any) -> None:
        """Take the present one; whoever left stays on the list until somebody else is chosen."""
        super().process_data(value)
        present = db.session.get(Person, self.data) if self.data is not None else None
        if present is not None and not present.is_active:
            self.choices = [*self.choices, (str(present.id), person_label(present))]

    @staticmethod
    def _read(value: Any) -> int | None:
        return int(value) if value not in (None, "", "None") else None

    @property
    def person(self) -> Person | None:
        """The person with the id."""
        return people.by_id(self.data) if self.data is not None else None


class RoleFilter(WordFilter):
    """People with one role."""

    def condition(self, value: str) -> list[ColumnElement[bool]]:
        """Through the rows of the roles."""
        found = super().condition(value)
        return [Person.id.in_(select(PersonRole.person_id).where(*found))] if found else []


class PeopleView(DeskView):
    """Everybody who works here. Accounts are switched off, never deleted: history names them."""

    edit_permission = Permission.EDIT_PEOPLE
    search_hint = lazy_gettext("Name or login")
    tabs = (
        Tab("active", lazy_gettext("Active"), lambda: [Person.is_active]),
        Tab("inactive", lazy_gettext("Switched off"), lambda: [~Person.is_active]),
        Tab("all", lazy_gettext("All")),
    )
    column_list = ("name", "position", "roles", "masked_phone", "email", "is_active")
    column_default_order = ("id", False)
    column_formatters: Mapping[str, Any] = {
        "roles": lambda view, context, person, name: role_words(person.roles),
        "is_active": lambda view, context, person, name: state(person),
    }
    column_formatters_detail = column_formatters
    column_formatters_export: Mapping[str, Any] = {"roles": lambda person: role_words(person.roles)}
    details_groups = (
        (lazy_gettext("Person"), ("name", "position", "masked_phone", "message_language", "email")),
        (lazy_gettext("Account"), ("login", "roles", "is_active", "must_change_password", "last_login_at")),
    )
    details_template = "person.html"
    desk_filters = (
        RoleFilter("roles", PersonRole.role, Role),
        WordFilter("position", Person.position, Position),
    )
    form_columns = (
        "login",
        "name",
        "position",
        "phone",
        "message_language",
        "email",
        "superior_id",
        "is_active",
        "roles",
    )
    form_overrides: Mapping[str, Any] = {
        "login": StringField(
            LABELS["login"],
            [InputRequired(lazy_gettext("Please fill this in.")), Length(max=64)],
            filters=[strip],
            description=lazy_gettext("Small letters, digits, dot, dash; it stays for good."),
        ),
        "phone": MobileField(
            lazy_gettext("Mobile number"),
            [Length(max=phones.MAX_LENGTH)],
            filters=[strip],
            description=lazy_gettext("Where the duty call rings."),
        ),
        "superior_id": SuperiorField(
            LABELS["superior_id"], description=lazy_gettext("Called when a chain calls the handler's superior.")
        ),
        "roles": RolesField(LABELS["roles"]),
    }

    def eager(self, names: Iterable[str]) -> list[Any]:
        """With the rows of the roles, which the column of that name is made of."""
        return [*super().eager(names), selectinload(Person.role_rows)]

    def prepare(self, form: Any, record: Person | None) -> None:
        """A login is chosen once; a new account is active."""
        if record is None:
            del form.is_active
        else:
            del form.login

    def found(self, text: str) -> ColumnElement[bool] | None:
        """By the beginning of the name or the login."""
        return search.begins(Person.name, text) | search.begins(Person.login, text.lower())

    def related(self, record: Person) -> list[Related]:
        """The next shifts."""
        shifts = duty.of_person(record, after=timepiece.now(), limit=SHIFTS)
        more = url_for("shifts.index_view", person=record.id)
        return [Related(lazy_gettext("Next shifts"), ("starts_at", "ends_at", "remarks"), shifts, more)]

    def save(self, form: Any, record: Person, *, now: datetime) -> None:
        """Through the services, which protect the last administrator."""
        if record.id is None:
            form.password = secrets.token_urlsafe(9)
            form.person = people.create(
                login=form.login.data,
                name=form.name.data,
                password=form.password,
                roles=form.roles.data,
                position=form.position.data,
                phone=form.phone.data,
                email=form.email.data,
                message_language=form.message_language.data,
                actor=actor(),
                now=now,
            )
            people.set_superior(form.person, superior=form.superior_id.person, actor=actor(), now=now)
            return
        people.edit(
            record,
            name=form.name.data or "",
            position=form.position.data,
            phone=form.phone.data or "",
            email=form.email.data or "",
            message_language=form.message_language.data,
            actor=actor(),
            now=now,
        )
        if form.superior_id.data != record.superior_id:
            people.set_superior(record, superior=form.superior_id.person, actor=actor(), now=now)
        people.set_roles(record, roles=form.roles.data, actor=actor(), now=now)
        if record.is_active != form.is_active.data:
            departures.set_active(record, is_active=form.is_active.data, actor=actor(), now=now)

    @expose("/new/", methods=("GET", "POST"))
    def create_view(self) -> Any:
        """A new account; its one-time password is shown in the answer and nowhere else."""
        require(actor(), Permission.EDIT_PEOPLE)
        form = self.create_form()
        self.prepare(form, None)
        if not form.is_submitted():
            return self._form_page(form, None)
        if not form.validate():
            return self._form_page(form, None), HTTPStatus.UNPROCESSABLE_ENTITY
        status = self._saved(form, Person())
        if status is not None:
            return self._form_page(form, None), status
        return self.render("person_password.html", person=form.person, password=form.password)

    @expose("/<int:person_id>/password", methods=("POST",))
    def new_password(self, person_id: int) -> Any:
        """A new one-time password for somebody who forgot theirs; their sessions end."""
        person = row_or_404(Person, person_id)
        if person.id == actor().id:
            abort(HTTPStatus.CONFLICT, gettext("Your own password is changed on its own page."))
        password = secrets.token_urlsafe(9)
        people.set_password(person, password=password, actor=actor(), now=timepiece.now())
        db.session.commit()
        return self.render("person_password.html", person=person, password=password)


def role_words(roles: Iterable[Role]) -> str:
    """Roles in the reader's language, in the order of the vocabulary."""
    held = set(roles)
    return gettext(", ").join(gettext(role.label) for role in Role if role in held)


def state(record: Person | Crew | RootCause) -> str:
    """Whether somebody, or a crew, is at work here, or a cause in use."""
    return badge(gettext("Active"), "done") if record.is_active else badge(gettext("Switched off"))
