"""What an operator types: ``flask --app app COMMAND``."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from flask import Flask

from cli import accounts, doctor, running, seeding


def register(app: Flask) -> None:
    """Give the app its commands (``flask db`` comes with Flask-Migrate)."""
    for command in (
        seeding.seed_command,
        accounts.create_admin,
        doctor.doctor,
        running.web_command,
        running.worker_command,
        running.clock_command,
    ):
        app.cli.add_command(command)
    if find_spec("cli.imports"):
        app.cli.add_command(import_module("cli.imports").import_complaints)
