"""Which of the two database engines a test runs on, where running it on one is enough."""

from __future__ import annotations

import zlib

import pytest

ENGINES = ("sqlite", "postgresql")


def is_on_the_other(item: pytest.Item) -> bool:
    """Whether this is a test on the engine that is not its own.

    Which one it gets follows from its name, so that each folder runs on both and a failure can be run again.
    """
    engine = getattr(item, "callspec", None) and item.callspec.params.get("engine_name")
    return bool(engine) and engine != ENGINES[zlib.crc32(item.nodeid.replace(engine, "").encode()) % 2]
