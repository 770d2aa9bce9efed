"""Everything on a small scale, on SQLite, in about a minute: ``python -m bench --small 2000 --large 40000``."""

from __future__ import annotations

import argparse
import tempfile
from datetime import UTC, datetime

from bench import pages
from bench.believable import World
from bench.populate import populate


def main() -> None:
    """Build two databases, compare their pages, forget them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", type=int, default=2_000)
    parser.add_argument("--large", type=int, default=40_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="desk-bench-") as directory:
        urls = []
        for rows in (arguments.small, arguments.large):
            urls.append(f"sqlite:///{directory}/{rows}.sqlite3")
            populate(urls[-1], World(rows=rows, now=datetime.now(UTC)))
        grew = pages.compare(*urls)
    raise SystemExit(f"{len(grew)} pages are slow and grew, or failed." if grew else 0)


if __name__ == "__main__":
    main()
