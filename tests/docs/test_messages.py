"""The page of messages says what the tables say, and forgets none."""

from __future__ import annotations

from docs import messages
from rules.message_kinds import KINDS
from rules.vocabulary import NotificationKind


def test_the_page_is_written_from_the_tables() -> None:
    assert messages.PAGE.read_text(encoding="utf-8") == messages.text(), "run: python -m docs.messages"


def test_of_every_kind_it_is_said_who_gets_it_when() -> None:
    assert set(messages.WHO) == set(KINDS) == set(NotificationKind)
