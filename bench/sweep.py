"""What a sweep of the clocks costs: with very many clocks running, and with ten times the history behind them.

``python -m bench.sweep`` builds what it needs under ``--directory`` and removes it.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from bench import desk
from bench.believable import World
from bench.populate import populate
from extensions import db
from models import Clock
from rules.vocabulary import ClockState
from services import clocks

HISTORY = (1, 10)
"""How many stopped clocks lie behind every complaint."""


def sweep(url: str, *, open_count: int, due_count: int, history: int) -> tuple[float, float, int]:
    """Seconds for a sweep that finds what is due and for one that finds nothing, and how many were due."""
    now = datetime.now(UTC)
    populate(url, World(rows=open_count, now=now, open_count=open_count, due_count=due_count, history=history))
    with desk.opened(url):
        running = select(func.count()).select_from(Clock).where(Clock.state == ClockState.RUNNING)
        stopped = select(func.count()).select_from(Clock).where(Clock.state != ClockState.RUNNING)
        print(f"{db.session.scalar(running):,} clocks running, {db.session.scalar(stopped):,} stopped")
        db.session.rollback()
        busy, found = _until_done(now)
        idle, _ = _until_done(now + timedelta(seconds=1))
    return busy, idle, found


def _until_done(now: datetime) -> tuple[float, int]:
    """The sweep as the clock's job does it: again and again while it still finds something."""
    found, began = 0, time.perf_counter()
    while count := clocks.sweep(now=now):
        db.session.commit()
        found += count
    db.session.rollback()
    return time.perf_counter() - began, found


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--open", type=int, default=100_000, help="running clocks")
    parser.add_argument("--due", type=int, default=500, help="how many of them ran out")
    parser.add_argument("--directory", type=Path, default=None, help="where there is room (default: temporary)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="desk-sweep-", dir=arguments.directory) as directory:
        results = {}
        for times in HISTORY:
            url = f"sqlite:///{directory}/history{times}.sqlite3"
            results[times] = sweep(url, open_count=arguments.open, due_count=arguments.due, history=times)
            busy, idle, found = results[times]
            print(f"  {found} due: {busy:.2f} s; nothing due: {idle * 1000:.1f} ms")
        first, last = (results[times] for times in HISTORY)
        print(f"ten times the history: {last[0] / first[0]:.2f} × the time, idle {last[1] / first[1]:.2f} ×")


if __name__ == "__main__":
    main()
