"""Build a database to measure: ``python -m bench.populate --rows 1000000 --database-url sqlite:////tmp/big.sqlite3``."""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime
from itertools import count

import extensions
from bench import desk
from bench.believable import OPEN, World
from bench.loader import Loader
from seed import load_reference


def populate(url: str, world: World) -> None:
    """Migrate the empty database at ``url`` and pour the world into it."""
    with desk.opened(url) as app:
        desk.migrate(app)
        load_reference(world.now)
        extensions.db.session.commit()
        extensions.db.session.remove()
        loader, filled = Loader(extensions.db.engine), []
        with loader.without_indexes():
            for model, rows in world.tables():
                numbered = ({"id": number} | row for number, row in zip(count(1), rows, strict=False))
                table = model.__table__
                loader.put(table, numbered)
                filled.append(table)
        loader.finish(filled)


def main() -> None:
    """Read the command line and build."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="how many complaints")
    parser.add_argument("--database-url", required=True, help="an empty database")
    parser.add_argument("--open", type=int, default=OPEN, help="how many of them are open")
    arguments = parser.parse_args()
    began = time.monotonic()
    world = World(rows=arguments.rows, now=datetime.now(UTC), open_count=min(arguments.open, arguments.rows))
    populate(arguments.database_url, world)
    print(f"{arguments.rows:,} complaints in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
