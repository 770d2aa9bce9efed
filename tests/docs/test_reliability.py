from __future__ import annotations

from tests.faults.table import PAGE
from tests.faults.windows import LIMITS, WINDOWS


def test_the_page_has_every_window_as_it_was_played() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert "not run" not in page
    for window in (*WINDOWS, *LIMITS):
        assert f"**{window.name}** {window.meaning}" in page, "make faults writes it"
