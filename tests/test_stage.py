"""The stage itself: whatever a test did to the reference rows, the next one finds them as they were."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import delete, insert, update
from sqlalchemy.orm import Session, scoped_session
from sqlalchemy.sql.dml import UpdateBase

from models import Base, PlaybookStep, RootCause, Setting
from tests.conftest import Databases, wipe

Db = scoped_session[Session]


@pytest.fixture
def has_pages() -> bool:
    """No pages here."""
    return False


@pytest.mark.parametrize(
    "harm",
    [
        lambda: update(PlaybookStep).values(words_en="changed"),
        lambda: delete(RootCause),
        lambda: update(Setting).values(value=Setting.value + 1),
        lambda: insert(RootCause).values(code="added", name_zh="新", name_en="new", version=1),
    ],
    ids=["a change", "a loss", "a number", "an addition"],
)
def test_harm_to_the_reference_rows_is_undone(
    harm: Callable[[], UpdateBase], session: Db, databases: Databases, engine_name: str
) -> None:
    def rows() -> dict[str, list[tuple[object, ...]]]:
        tables = {table.name: session.execute(table.select()) for table in Base.metadata.sorted_tables}
        return {name: sorted((tuple(row) for row in found), key=str) for name, found in tables.items()}

    before = rows()
    session.execute(harm())
    session.commit()
    assert rows() != before
    session.rollback()
    wipe(databases.get(engine_name).reference)
    assert rows() == before
