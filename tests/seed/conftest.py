"""The seed is tested without the pages."""

import pytest


@pytest.fixture
def has_pages() -> bool:
    """No pages here."""
    return False
