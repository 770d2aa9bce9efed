"""The full-text index is there after every migration and in step with the complaints."""

from __future__ import annotations

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.orm import Session, scoped_session

from services import search
from tests.factories import ComplaintFactory

Db = scoped_session[Session]


@pytest.fixture
def has_pages() -> bool:
    """No pages here."""
    return False


def test_the_index_stands_after_all_migrations(session: Db, engine_name: str) -> None:
    if engine_name == "postgresql":
        indexes = {index["name"] for index in inspect(session.get_bind()).get_indexes("complaints")}
        assert "ix_complaints_search" in indexes
        return
    triggers = set(session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")))
    # Copying the table (batch_alter_table) drops its triggers: the migration that did so must make them again.
    assert {"complaint_search_insert", "complaint_search_update", "complaint_search_delete"} <= triggers


def test_the_index_follows_a_new_a_changed_and_a_deleted_text(session: Db) -> None:
    complaint = ComplaintFactory(search_text="瓷砖 空鼓")
    assert search.complaint_ids("空鼓", 5) == [complaint.id]
    complaint.search_text = "插座 打火"
    session.flush()
    assert search.complaint_ids("空鼓", 5) == []
    assert search.complaint_ids("打火", 5) == [complaint.id]
    session.execute(text("DELETE FROM complaints"))
    assert search.complaint_ids("打火", 5) == []


def test_an_edit_of_something_else_leaves_the_index_alone(session: Db) -> None:
    complaint = ComplaintFactory(search_text="瓷砖 空鼓")
    complaint.impact = "下周要搬家"
    session.flush()
    assert search.complaint_ids("空鼓", 5) == [complaint.id]


def test_sqlite_finds_its_index_whole(session: Db, engine_name: str) -> None:
    if engine_name == "sqlite":
        ComplaintFactory(search_text="瓷砖 空鼓").search_text = "插座"
        session.flush()
        session.execute(text("INSERT INTO complaint_search (complaint_search) VALUES ('integrity-check')"))
