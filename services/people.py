"""People: accounts, passwords, roles."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import select
from sqlalchemy.orm.attributes import flag_modified

from extensions import db
from models import Person, PersonRole
from rules import phones, texts
from rules.permissions import ROLE_PERMISSIONS, Permission
from rules.refusals import Conflict, Refusal
from rules.vocabulary import N_, MessageLanguage, Position, Role
from services import records
from services.actors import Actor, require

MIN_PASSWORD_LENGTH = 8
MAX_PASSWORD_LENGTH = 200
MAX_NAME = 64
MAX_EMAIL = 254
STAFF_LIMIT = 500
"""A company's own people fit a picker; more than this are found by typing."""

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_hasher = PasswordHasher()


@dataclass(frozen=True)
class PasswordHash:
    """A password hashed beforehand, for accounts that are to share it: hashing is slow on purpose."""

    value: str


def hashed(password: str) -> PasswordHash:
    """The hash of a password that several accounts are to have.

    Raises:
        Refusal: it is too short or endless.
    """
    return PasswordHash(_hasher.hash(checked_password(password)))


def has_password(person: Person, password: str) -> bool:
    """Whether this is the person's password."""
    return _verify(person.password_hash, password)


def authenticate(*, login: str, password: str, now: datetime) -> Person:
    """The active person with this login and password.

    A wrong login takes as long as a wrong password and gets the same sentence, so that neither tells which logins
    exist.

    Raises:
        Refusal: login or password is wrong, or the account is switched off.
    """
    person = _with_login(login.strip().lower())
    matches = _verify(person.password_hash if person else _nobodys_hash(), password)
    if person is None or not matches or not person.is_active:
        raise Refusal(N_("Login or password is wrong."), field="login")
    person.last_login_at = now
    db.session.flush()
    return person


def create(
    *,
    login: str,
    name: str,
    password: str | PasswordHash,
    roles: Iterable[Role],
    position: Position | None = None,
    phone: str | None = None,
    email: str | None = None,
    message_language: MessageLanguage = MessageLanguage.CHINESE,
    must_change_password: bool = True,
    actor: Actor,
    now: datetime,
) -> Person:
    """Make an account; by default its owner must choose a new password at the first login.

    Raises:
        Refusal: a field is not usable; Conflict: the login is taken.
    """
    require(actor, Permission.EDIT_PEOPLE)
    login = login.strip().lower()
    if not _LOGIN.fullmatch(login):
        raise Refusal(
            N_("A login has 2 to 64 characters: small letters, digits, dot, dash or underscore."), field="login"
        )
    name = _checked_name(name)
    if db.session.scalar(select(Person.id).where(Person.login == login)) is not None:
        raise Conflict(N_("This login is taken."), field="login")
    person = Person(
        login=login,
        name=name,
        position=position,
        phone=phones.mobile(phone) if phone and phone.strip() else None,
        email=_checked_email(email or ""),
        message_language=message_language,
        password_hash=_hash(password),
        must_change_password=must_change_password,
        created_at=now,
        role_rows=[PersonRole(role=role) for role in sorted(set(roles))],
    )
    db.session.add(person)
    records.note_edit(person, actor=actor, now=now)
    db.session.flush()
    return person


def edit(
    person: Person,
    *,
    name: str,
    position: Position | None,
    phone: str,
    email: str,
    message_language: MessageLanguage | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """Correct who somebody is, where their phone rings and in which language; '' for no phone and no e-mail.

    ``message_language`` None keeps the one they have.

    Raises:
        Refusal: a field is not usable.
    """
    require(actor, Permission.EDIT_PEOPLE)
    person.name = _checked_name(name)
    person.position = position
    _put_phone(person, phones.mobile(phone) if phone.strip() else None)
    person.email = _checked_email(email)
    person.message_language = message_language or person.message_language
    records.note_edit(person, actor=actor, now=now)
    db.session.flush()


def change_password(person: Person, *, old: str, new: str, now: datetime) -> None:
    """Choose a new password; every other session of the person ends.

    Raises:
        Refusal: the old one is wrong, or the new one is too short or the same.
    """
    if not _verify(person.password_hash, old):
        raise Refusal(N_("The present password is wrong."), field="old")
    if old == new:
        raise Refusal(N_("The new password must differ from the present one."), field="new")
    _put_password(person, checked_password(new, field="new"), must_change=False)
    records.note_edit(person, actor=person, now=now)
    db.session.flush()


def set_password(
    person: Person, *, password: str | PasswordHash, must_change: bool = True, actor: Actor, now: datetime
) -> None:
    """Give somebody a password, by default for once: it is to be changed at the next login."""
    require(actor, Permission.EDIT_PEOPLE)
    _put_password(person, password, must_change=must_change)
    records.note_edit(person, actor=actor, now=now)
    db.session.flush()


def set_roles(person: Person, *, roles: Iterable[Role], actor: Actor, now: datetime) -> None:
    """Replace the person's roles.

    Raises:
        Conflict: the last administrator would lose the role.
    """
    require(actor, Permission.EDIT_PEOPLE)
    wanted = set(roles)
    if Role.ADMINISTRATOR in person.roles - wanted:
        refuse_to_lose_last_administrator(person)
    before = sorted(person.roles)
    person.role_rows = [row for row in person.role_rows if row.role in wanted]
    person.role_rows += [PersonRole(role=role) for role in sorted(wanted - person.roles)]
    if before != sorted(wanted):
        # Roles are rows of their own; the person's version rises all the same, so that a stale form is noticed.
        flag_modified(person, "login")
        db.session.flush()
        records.note_change(person, {"roles": (before, sorted(wanted))}, actor=actor, now=now)


def set_superior(person: Person, *, superior: Person | None, actor: Actor, now: datetime) -> None:
    """Say whom a chain calls after this person, when it calls the handler's superior; None for nobody.

    Raises:
        Refusal: nobody is their own superior.
    """
    require(actor, Permission.EDIT_PEOPLE)
    if superior is not None and superior.id == person.id:
        raise Refusal(N_("Nobody is their own superior."), field="superior_id")
    person.superior_id = superior.id if superior is not None else None
    records.note_edit(person, actor=actor, now=now)
    db.session.flush()


def with_role(*roles: Role) -> list[Person]:
    """Every active person who has one of the roles, by name."""
    statement = (
        select(Person)
        .where(Person.is_active, Person.id.in_(select(PersonRole.person_id).where(PersonRole.role.in_(roles))))
        .order_by(Person.name, Person.id)
    )
    return list(db.session.scalars(statement))


def with_permission(permission: Permission) -> list[Person]:
    """Every active person whose roles allow this, by name."""
    return with_role(*(role for role in Role if permission in ROLE_PERMISSIONS[role]))


def with_position(*positions: Position) -> list[Person]:
    """Every active person in one of these posts, by name."""
    statement = select(Person).where(Person.is_active, Person.position.in_(positions))
    return list(db.session.scalars(statement.order_by(Person.name, Person.id)))


def distinct(group: Iterable[Person]) -> list[Person]:
    """Each person once, in their order."""
    return list({person.id: person for person in group}.values())


def by_id(person_id: int | None, *, field: str = "person") -> Person:
    """The active person with this id; ``field`` is what a form calls them.

    Raises:
        Refusal: there is none.
    """
    person = db.session.get(Person, person_id) if person_id is not None else None
    if person is None or not person.is_active:
        raise Refusal(N_("This person does not work here."), field=field)
    return person


def everybody() -> list[Person]:
    """Everybody who works here or did, by name."""
    return list(db.session.scalars(select(Person).order_by(Person.name, Person.id).limit(STAFF_LIMIT)))


def nameable() -> list[Person]:
    """Everybody who can be named responsible: active people with a post, by post and name."""
    statement = select(Person).where(Person.is_active, Person.position.is_not(None))
    return list(db.session.scalars(statement.order_by(Person.position, Person.name, Person.id).limit(STAFF_LIMIT)))


def who_may(permission: Permission) -> list[Person]:
    """Every active person whose roles allow it, by name."""
    return with_role(*_roles_with(permission))


def those_who_may(group: Sequence[Person], permission: Permission) -> list[Person]:
    """The active ones among them whose roles allow it, in their order; asked once for all of them."""
    able = select(PersonRole.person_id).where(
        PersonRole.person_id.in_([person.id for person in group]), PersonRole.role.in_(_roles_with(permission))
    )
    ids = set(db.session.scalars(able)) if group else set()
    return [person for person in group if person.is_active and person.id in ids]


def refuse_to_lose_last_administrator(person: Person) -> None:
    """Let one administrator be left at least.

    Raises:
        Conflict: this one is the last.
    """
    # Two administrators who switch each other off take turns, so that the second one sees what the first one did.
    held = select(PersonRole.person_id).where(PersonRole.role == Role.ADMINISTRATOR)
    db.session.execute(held.order_by(PersonRole.person_id).with_for_update())
    if all(other.id == person.id for other in with_role(Role.ADMINISTRATOR)):
        raise Conflict(N_("The last administrator cannot be removed."), field="roles")


def _roles_with(permission: Permission) -> list[Role]:
    return [role for role, granted in ROLE_PERMISSIONS.items() if permission in granted]


def checked_password(password: str, *, field: str = "password") -> str:
    """The password itself.

    Raises:
        Refusal: it is too short or endless.
    """
    if not MIN_PASSWORD_LENGTH <= len(password) <= MAX_PASSWORD_LENGTH:
        raise Refusal(N_("A password has 8 to 200 characters."), field=field)
    return password


def _with_login(login: str) -> Person | None:
    """The person with this login; what cannot be a login is not even asked for."""
    return db.session.scalar(select(Person).where(Person.login == login)) if _LOGIN.fullmatch(login) else None


def _checked_name(name: str) -> str:
    texts.check_given(name, N_("Please give the name."), field="name", longest=MAX_NAME)
    return name.strip()


def _checked_email(email: str) -> str | None:
    """An address that a mail could go to; whether it arrives, only a mail tells."""
    email = email.strip()
    texts.check(email, field="email", longest=MAX_EMAIL)
    if email and not _EMAIL.fullmatch(email):
        raise Refusal(N_("This is no e-mail address."), field="email")
    return email or None


def _put_phone(person: Person, phone: str | None) -> None:
    """Another number is proved anew (``services/verifications.py``)."""
    if phone != person.phone:
        person.phone, person.phone_verified_at = phone, None


def _put_password(person: Person, password: str | PasswordHash, *, must_change: bool) -> None:
    person.password_hash = _hash(password)
    person.must_change_password = must_change
    person.session_epoch += 1


def _hash(password: str | PasswordHash) -> str:
    return password.value if isinstance(password, PasswordHash) else hashed(password).value


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password[:MAX_PASSWORD_LENGTH])
    except (VerifyMismatchError, InvalidHashError):
        return False


@cache
def _nobodys_hash() -> str:
    """What a password is compared with when there is no such login, so that it takes as long."""
    return _hasher.hash("nobody has this password")
