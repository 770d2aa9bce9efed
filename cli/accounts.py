"""The first account, made where no page can make it yet."""

from __future__ import annotations

import sys

import click
from flask.cli import with_appcontext

from extensions import db, timepiece
from processes import preparation
from rules.refusals import Refusal
from rules.vocabulary import Role
from services import people
from services.actors import SYSTEM


@click.command("create-admin")
@click.argument("name")
@click.option("--login", envvar="ADMIN_LOGIN", help="What to log in with; default: NAME, where it can be a login.")
@click.option("--password", envvar="ADMIN_PASSWORD", help="A first password; default: one is made and printed.")
@with_appcontext
def create_admin(name: str, login: str | None, password: str | None) -> None:
    """Make an administrator called NAME, who chooses a new password at the first login."""
    preparation.require_tables()
    first_password = password or preparation.new_password()
    try:
        person = people.create(
            login=login or _login_for(name),
            name=name,
            password=first_password,
            roles=[Role.ADMINISTRATOR],
            actor=SYSTEM,
            now=timepiece.now(),
        )
    except Refusal as refusal:
        raise click.ClickException(str(refusal)) from refusal
    db.session.commit()
    click.echo(f"Administrator {person.name} may log in as {person.login}.")
    if password is None:
        click.echo(f"First password, to be changed at the first login: {first_password}")


def _login_for(name: str) -> str:
    """The name itself where it is a login; a person at a terminal is asked, a script is told."""
    if name.isascii():
        return name
    if sys.stdin.isatty():
        return str(click.prompt("Login (small letters and digits)"))
    raise click.UsageError("NAME cannot be a login; add --login with small letters and digits.")
