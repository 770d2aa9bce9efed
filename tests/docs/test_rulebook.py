"""The documents say what the tables say."""

from __future__ import annotations

from docs import rulebook


def test_the_rulebook_is_written_from_the_tables() -> None:
    assert rulebook.PAGE.read_text(encoding="utf-8") == rulebook.text(), "run: python -m docs.rulebook"
