"""Which of the two database engines a test runs on, where running it on one is enough."""

from __future__ import annotations

import zlib
from collections.abc import Collection
from pathlib import Path

import pytest

ENGINES = ("sqlite", "postgresql")


def one_for_each(items: list[pytest.Item], *, folder: Path, on_both: Collection[str]) -> None:
    """Leave every test of a folder on one engine, except in the files ``on_both``; in these, what is ``one_engine``.

    Which one it gets follows from its name, so that each folder runs on both and a failure can be run again.
    """
    items[:] = [item for item in items if not (_is_free(item, folder, on_both) and _is_on_the_other(item))]


def _is_free(item: pytest.Item, folder: Path, on_both: Collection[str]) -> bool:
    is_for_both = item.path.stem in on_both and not item.get_closest_marker("one_engine")
    return item.path.is_relative_to(folder) and not is_for_both


def _is_on_the_other(item: pytest.Item) -> bool:
    engine = getattr(item, "callspec", None) and item.callspec.params.get("engine_name")
    return bool(engine) and engine != ENGINES[zlib.crc32(item.nodeid.replace(engine, "").encode()) % 2]
