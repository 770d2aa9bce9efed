"""``flask --app app doctor``: what is misconfigured, one line each."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import with_appcontext

from cli import checkup
from cli.checkup import Mark
from extensions import db, timepiece

_COLOURS = {Mark.OK: "green", Mark.WARNING: "yellow", Mark.ERROR: "red"}


@click.command("doctor")
@with_appcontext
def doctor() -> None:
    """Say what is misconfigured; the exit code is 1 when something does not work."""
    marks = []
    for finding in checkup.findings(current_app.config["DESK"], now=timepiece.now()):
        click.echo(f"{click.style(f'{finding.mark:7}', fg=_COLOURS[finding.mark])} {finding.words}")
        marks.append(finding.mark)
    db.session.rollback()
    if Mark.ERROR in marks:
        raise click.exceptions.Exit(1)
