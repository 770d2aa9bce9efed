"""Pages: what asks the database in a way of its own runs on both engines, every other test on one of the two.

What a page shows and refuses does not depend on the engine; what the services below do is tested on both.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import engines
from tests.cast import Cast
from tests.client import DeskClient

_HERE = Path(__file__).parent

ON_BOTH = ("test_exports", "test_home", "test_lists")
"""Lists with their sorts, filters and exports, and the home page: they count and gather in statements of their own."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out a page's test on its other engine."""
    items[:] = [item for item in items if not _is_left_out(item)]


def _is_left_out(item: pytest.Item) -> bool:
    is_here = item.path.is_relative_to(_HERE)
    is_for_both = item.path.stem in ON_BOTH and not item.get_closest_marker("one_engine")
    return is_here and not is_for_both and engines.is_on_the_other(item)


@pytest.fixture
def manager(client: DeskClient, cast: Cast) -> DeskClient:
    """A visitor who plans the shifts and edits the policies."""
    client.login(cast.roster)
    return client
