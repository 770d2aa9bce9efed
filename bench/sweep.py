"""What a sweep of the clocks costs: with very many clocks running, and with ten times the history behind them.

``python -m bench.sweep`` builds what it needs under ``--directory`` and removes it; with ``--server``, the address of a
PostgreSQL server on which databases may be made, it measures there too.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import create_engine, func, make_url, select, text

from bench import desk
from bench.believable import World
from bench.populate import populate
from extensions import db
from models import Clock
from rules.vocabulary import ClockState
from services import clock_sweep

HISTORY = (1, 10)
"""How many stopped clocks lie behind every complaint."""


@dataclass(frozen=True)
class Result:
    """Seconds for a sweep that finds what is due (all its batches) and how much of it this process worked, for the
    longest batch, and for one that finds nothing; how many clocks were due.
    """

    busy: float
    worked: float
    longest: float
    idle: float
    found: int


def sweep(url: str, *, open_count: int, due_count: int, history: int) -> Result:
    """Build the database at ``url`` and sweep it as the job does."""
    now = datetime.now(UTC)
    populate(url, World(rows=open_count, now=now, open_count=open_count, due_count=due_count, history=history))
    with desk.opened(url):
        if db.engine.dialect.name == "postgresql":
            _settle()
        running = select(func.count()).select_from(Clock).where(Clock.state == ClockState.RUNNING)
        stopped = select(func.count()).select_from(Clock).where(Clock.state != ClockState.RUNNING)
        print(f"{db.session.scalar(running):,} clocks running, {db.session.scalar(stopped):,} stopped")
        db.session.rollback()
        # The first one also compiles every statement and reads the policies; a worker has done that long ago.
        _until_done(now, limit=10)
        worked = time.process_time()
        batches, found = _until_done(now)
        worked = time.process_time() - worked
        idle, _ = _until_done(now)
    return Result(busy=sum(batches), worked=worked, longest=max(batches), idle=idle[0], found=found + 10)


def _settle() -> None:
    """What autovacuum does after a load by itself, a little later."""
    db.session.rollback()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def _until_done(now: datetime, *, limit: int = 0) -> tuple[list[float], int]:
    """The sweep as the clock's job does it: again and again while it still finds something."""
    seconds, found = [], 0
    while True:
        began = time.perf_counter()
        count = clock_sweep.sweep(now=now, limit=limit or clock_sweep.SWEEP_BATCH)
        db.session.commit()
        seconds.append(time.perf_counter() - began)
        found += count
        if not count or limit:
            return seconds, found


@contextmanager
def databases(directory: str, server: str | None) -> Iterator[dict[str, dict[int, str]]]:
    """For each kind of database the addresses of empty ones, one for each length of history; dropped afterwards."""
    addresses = {"SQLite": {times: f"sqlite:///{directory}/history{times}.sqlite3" for times in HISTORY}}
    names = {times: f"desk_sweep_{times}" for times in HISTORY}
    if server is None:
        yield addresses
        return
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            for name in names.values():
                connection.execute(text(f"CREATE DATABASE {name}"))
        url = make_url(server)
        addresses["PostgreSQL"] = {
            times: url.set(database=name).render_as_string(hide_password=False) for times, name in names.items()
        }
        yield addresses
    finally:
        with engine.connect() as connection:
            for name in names.values():
                connection.execute(text(f"DROP DATABASE IF EXISTS {name}"))
        engine.dispose()


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--open", type=int, default=100_000, help="running clocks")
    parser.add_argument("--due", type=int, default=500, help="on how many of them there is something to do")
    parser.add_argument("--directory", type=Path, default=None, help="where there is room (default: temporary)")
    parser.add_argument("--server", default=None, help="postgresql+psycopg://… of a server to measure on as well")
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="desk-sweep-", dir=arguments.directory) as directory,
        databases(directory, arguments.server) as addresses,
    ):
        for kind, urls in addresses.items():
            print(kind)
            results = {
                times: sweep(url, open_count=arguments.open, due_count=arguments.due, history=times)
                for times, url in urls.items()
            }
            for times, result in results.items():
                print(
                    f"  history {times:>2}: {result.found} due: {result.busy:.2f} s (working {result.worked:.2f} s), "
                    f"longest transaction {result.longest:.2f} s; nothing due: {result.idle * 1000:.1f} ms"
                )
            first, last = (results[times] for times in HISTORY)
            work, waiting = last.worked / first.worked, last.busy / first.busy
            print(f"  ten times the history: {work:.2f} × the work, {waiting:.2f} × the time")


if __name__ == "__main__":
    main()
