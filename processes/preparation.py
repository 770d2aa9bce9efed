"""Before the desk opens: the database is brought up to date and holds what it needs."""

from __future__ import annotations

import logging
import os
import secrets
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from flask import Flask, current_app
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

import config
import seed
from extensions import db, timepiece
from models import Person
from processes.preflight import CannotStart, first_line
from rules.refusals import Refusal
from rules.vocabulary import Role
from services import people

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_log = logging.getLogger(__name__)


def prepare(app: Flask) -> list[str]:
    """Migrate, load the reference data and, where wanted, the demo week; returns what its owner should know.

    Raises:
        CannotStart: the database cannot be brought up to date.
    """
    with app.app_context():
        migrate()
        load_reference()
        words = load_demo(app.config["DESK"]) if app.config["DESK"].demo else _first_steps()
        db.session.remove()
        db.engine.dispose()
    return words


def migrate() -> None:
    """Bring the tables to the newest version.

    Raises:
        CannotStart: they cannot be.
    """
    try:
        command.upgrade(_migrations(), "head")
    except (CommandError, SQLAlchemyError) as error:
        raise CannotStart(f"The database could not be brought up to date: {first_line(error)}") from error


def is_up_to_date() -> bool:
    """Whether the tables are those that this version of the desk expects."""
    scripts = ScriptDirectory.from_config(_migrations())
    applied = MigrationContext.configure(db.session.connection()).get_current_heads()
    return set(applied) == set(scripts.get_heads())


def require_tables() -> None:
    """Stop a command that needs tables where there are none yet.

    Raises:
        CannotStart: the database cannot be reached or is not up to date.
    """
    try:
        is_ready = is_up_to_date()
    except SQLAlchemyError as error:
        raise CannotStart(f"The database cannot be used: {first_line(error)}") from error
    if not is_ready:
        raise CannotStart("The database's tables are not up to date; first run: flask --app app db upgrade")


def _migrations() -> Config:
    """Where the migrations are; they run without telling what every start would tell again."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    migrations: Config = current_app.extensions["migrate"].migrate.get_config()
    return migrations


def load_reference() -> None:
    """Load what production needs too, and commit it."""
    seed.load_reference(timepiece.now())
    db.session.commit()


def load_demo(settings: config.Config) -> list[str]:
    """Load the demo week unless it is there, and say how to log in.

    A database that holds people of its own is left alone: the demo's logins are known to everybody.

    Raises:
        CannotStart: DEMO_PASSWORD is no password.
    """
    kept = settings.data_dir / "demo_password"
    if not seed.has_demo() and _has_people():
        return ["The database holds people of its own, so the demo week was not loaded."]
    old = kept.read_text(encoding="utf-8").strip() if kept.exists() else None
    password = _checked(settings.demo_password or old or new_password())
    if not seed.has_demo():
        _log.info("loading the demo week")
        seed.load_demo(timepiece.now(), password)
    elif old is None and settings.demo_password is None:
        return ["The demo week was loaded before, with a password that is not kept in this data directory."]
    elif old is not None and old != password:
        seed.set_demo_password(old=old, new=password, now=timepiece.now())
    db.session.commit()
    _keep(password, kept)
    return [f"Demo logins: {', '.join(seed.DEMO_LOGINS)}", f"Password for all of them: {password}"]


def new_password() -> str:
    """Sixty bits, easy to read out on the telephone."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))


def _first_steps() -> list[str]:
    if people.with_role(Role.ADMINISTRATOR):
        return []
    return ["There is no administrator yet; make one with: .venv/bin/flask --app app create-admin NAME"]


def _has_people() -> bool:
    return db.session.scalar(select(Person.id).limit(1)) is not None


def _checked(password: str) -> str:
    try:
        return people.checked_password(password)
    except Refusal as refusal:
        raise CannotStart(f"DEMO_PASSWORD cannot be used: {refusal}") from refusal


def _keep(password: str, path: Path) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(password)
