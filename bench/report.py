"""What the analysis report costs by the length of its period, and whether what lies outside the period costs anything.

``python -m bench.report --small URL --large URL`` writes a day, a month, a quarter and a year on two databases of one
kind, turn by turn in one process. Only the time for one complaint of the period can be compared between them.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import date, timedelta

from bench import desk
from extensions import COMPANY_ZONE, db, timepiece
from services import analysis
from services.analysis import Period

ROUNDS = 3

PERIODS: dict[str, Callable[[date], Period]] = {
    "a day": lambda today: analysis.days(today, today),
    "ten days": lambda today: analysis.days(today - timedelta(days=9), today),
    "a quarter": lambda today: analysis.days(today - timedelta(days=90), today),
    "a year": lambda today: analysis.days(today - timedelta(days=364), today),
}


def measure(url: str, period: Callable[[date], Period]) -> tuple[int, float]:
    """How many complaints the report counts, and the best of several rounds in milliseconds."""
    best, total = float("inf"), 0
    with desk.opened(url):
        now = timepiece.now()
        asked = period(now.astimezone(COMPANY_ZONE).date())
        for _ in range(ROUNDS):
            began = time.perf_counter()
            total = analysis.report(asked, now=now).total
            best = min(best, (time.perf_counter() - began) * 1000)
            db.session.rollback()
    return total, best


def main() -> None:
    """Read the command line and print a line for each period."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", required=True, help="a database with few complaints")
    parser.add_argument("--large", required=True, help="one with many")
    arguments = parser.parse_args()
    print(f"{'':10} {'small':>10} {'ms':>8} {'large':>10} {'ms':>8}   for one complaint, large to small")
    for name, period in PERIODS.items():
        (few, short), (many, long) = (measure(url, period) for url in (arguments.small, arguments.large))
        ratio = (long / many) / (short / few) if few and many else float("nan")
        print(f"{name:10} {few:10,} {short:8.0f} {many:10,} {long:8.0f}   {ratio:.2f}")


if __name__ == "__main__":
    main()
