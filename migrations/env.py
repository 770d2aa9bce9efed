"""How migrations run: against the app's own database, on SQLite by copying tables where it cannot alter them."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from flask import current_app
from sqlalchemy import text

from models.base import SeverityLevel, UtcDateTime, Yuan

SEARCH_TABLES = "complaint_search"
"""The full-text index is made by its own migration and looks different on every database."""

PLAIN_TYPES = {
    UtcDateTime: "sa.DateTime(timezone=True)",
    Yuan: "sa.BigInteger()",
    SeverityLevel: "sa.SmallInteger()",
}


def render_item(kind: str, item: Any, autogen_context: AutogenContext) -> str | Literal[False]:
    """Write the columns' plain types, so that no migration ever imports a model."""
    return PLAIN_TYPES.get(type(item), False) if kind == "type" else False


def include_object(item: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    """Leave the full-text index out of the comparison."""
    return not (
        kind in ("table", "index") and reflected and (name or "").startswith((SEARCH_TABLES, "ix_complaints_search"))
    )


def run() -> None:
    """Run the migrations in one transaction; SQLite checks foreign keys again when all is done."""
    migrate = current_app.extensions["migrate"]
    engine = migrate.db.engine
    with engine.connect() as connection:
        is_sqlite = engine.dialect.name == "sqlite"
        if is_sqlite:
            connection.connection.driver_connection.execute("pragma foreign_keys=off")
        context.configure(
            connection=connection,
            target_metadata=migrate.db.metadata,
            render_item=render_item,
            include_object=include_object,
            **migrate.configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()
            if is_sqlite and connection.execute(text("pragma foreign_key_check")).first() is not None:
                raise RuntimeError("a migration left rows that refer to nothing")
        if is_sqlite:
            connection.commit()
            connection.connection.driver_connection.execute("pragma foreign_keys=on")


run()
