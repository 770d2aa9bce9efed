"""What an operator types: ``flask --app app COMMAND``."""

from __future__ import annotations

from flask import Flask

from cli import accounts, doctor, imports, running, seeding


def register(app: Flask) -> None:
    """Give the app its commands (``flask db`` comes with Flask-Migrate)."""
    for command in (
        seeding.seed_command,
        accounts.create_admin,
        imports.import_complaints,
        doctor.doctor,
        running.web_command,
        running.worker_command,
        running.clock_command,
    ):
        app.cli.add_command(command)
