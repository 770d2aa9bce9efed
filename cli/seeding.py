"""Fill the database with what every desk needs, or with a week to look at."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import with_appcontext

from processes import preparation


@click.command("seed")
@click.option("--demo", is_flag=True, help="Load a believable demo week too.")
@with_appcontext
def seed_command(demo: bool) -> None:
    """Load the reference data; running it again brings it up to date and doubles nothing."""
    preparation.require_tables()
    preparation.load_reference()
    click.echo("The reference data is loaded.")
    if demo:
        click.echo("\n".join(preparation.load_demo(current_app.config["DESK"])))
