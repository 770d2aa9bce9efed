"""One command for each process of the desk, for servers with a supervisor of their own."""

from __future__ import annotations

import click
from flask.cli import ScriptInfo, pass_script_info

from jobs.schedule import QUEUES
from processes import clock, web, worker


@click.command("web")
@pass_script_info
def web_command(info: ScriptInfo) -> None:
    """Serve the pages on HOST and PORT."""
    web.run(info.load_app())


@click.command("worker")
@click.argument("queues", nargs=-1, type=click.Choice(QUEUES), metavar="[QUEUE]...")
@pass_script_info
def worker_command(info: ScriptInfo, queues: tuple[str, ...]) -> None:
    """Work on QUEUEs: messages, clocks, files (default: all, in this order)."""
    worker.run(info.load_app(), queues or QUEUES)


@click.command("clock")
@pass_script_info
def clock_command(info: ScriptInfo) -> None:
    """Enqueue the periodic jobs; a second clock stands by."""
    clock.run(info.load_app())
