"""Pages: what asks the database in a way of its own runs on both engines, every other test on one of the two.

What a page shows and refuses does not depend on the engine; what the services below do is tested on both.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import engines
from tests.cast import Cast
from tests.client import DeskClient

ON_BOTH = ("test_exports", "test_home", "test_lists")
"""Lists with their sorts, filters and exports, and the home page: they count and gather in statements of their own."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out a page's test on its other engine."""
    engines.one_for_each(items, folder=Path(__file__).parent, on_both=ON_BOTH)


@pytest.fixture
def manager(client: DeskClient, cast: Cast) -> DeskClient:
    """A visitor who plans the shifts and edits the policies."""
    client.login(cast.roster)
    return client
