"""full-text search over complaints, indexes for what a text begins with, and some for lists

The full-text index covers complaints.search_text, the text's words separated by blanks (rules/search.py writes them).

SQLite: an FTS5 table over the complaints' own column, without a copy of the text, kept in step by triggers. Copying the
table (batch_alter_table does) drops its triggers: a migration that does so calls for these again, and a test says so.
PostgreSQL: a GIN index over the words as an array; arrays of words do not depend on the database's locale.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Only whole words are looked for, and their order is checked on the text itself: no positions, no sizes are kept.
TABLE = """
    CREATE VIRTUAL TABLE complaint_search USING fts5(
        search_text, content='complaints', content_rowid='id', tokenize='ascii', detail=none, columnsize=0
    )"""
FILL = "INSERT INTO complaint_search (complaint_search) VALUES ('rebuild')"
INDEX_NEW = "INSERT INTO complaint_search (rowid, search_text) VALUES (new.id, new.search_text);"
FORGET_OLD = (
    "INSERT INTO complaint_search (complaint_search, rowid, search_text) VALUES ('delete', old.id, old.search_text);"
)
TRIGGERS = {
    "complaint_search_insert": f"AFTER INSERT ON complaints BEGIN {INDEX_NEW} END",
    "complaint_search_update": (
        "AFTER UPDATE OF search_text ON complaints WHEN old.search_text <> new.search_text "
        f"BEGIN {FORGET_OLD} {INDEX_NEW} END"
    ),
    "complaint_search_delete": f"AFTER DELETE ON complaints BEGIN {FORGET_OLD} END",
}


# On PostgreSQL an index answers "begins with" only in the order of bytes; SQLite knows no other order.
BEGINNINGS = {
    "uq_customers_phone_phone_extension": ("customers", "phone", "phone_extension"),
    "ix_customers_name": ("customers", "name"),
    "ix_communities_name": ("communities", "name"),
    "ix_complaints_contact_phone": ("complaints", "contact_phone"),
    "ix_complaints_contract_no_stated": ("complaints", "contract_no_stated"),
}

# What nobody has, in SQLite's own way of saying "not history".
OPEN = "status IN ('new', 'contacted', 'handling')"
WAITING = "acknowledged_at IS NULL AND {} AND " + OPEN


def upgrade() -> None:
    op.drop_index("ix_complaints_open_handler_id", table_name="complaints")
    _create_open("ix_complaints_open_handler_id_recorded_at_id", "handler_id", "recorded_at", "id")
    op.create_index("ix_notifications_kind_created_at_id", "notifications", ["kind", "created_at", "id"])
    op.create_index(
        "ix_complaints_history_recorded_at_id",
        "complaints",
        ["recorded_at", "id"],
        sqlite_where=sa.text("is_history IS 1"),
        postgresql_where=sa.text("is_history IS TRUE"),
    )
    op.create_index(
        "ix_projects_contract_no", "projects", ["contract_no"], postgresql_ops={"contract_no": "varchar_pattern_ops"}
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE INDEX ix_complaints_search ON complaints USING gin (string_to_array(search_text, ' '))")
        _rebuild(postgresql_ops="varchar_pattern_ops")
        return
    _rebuild_waiting("is_history = 0")
    op.execute(TABLE)
    op.execute(FILL)
    for name, action in TRIGGERS.items():
        op.execute(f"CREATE TRIGGER {name} {action}")


def downgrade() -> None:
    op.drop_index("ix_complaints_open_handler_id_recorded_at_id", table_name="complaints")
    _create_open("ix_complaints_open_handler_id", "handler_id")
    op.drop_index("ix_notifications_kind_created_at_id", table_name="notifications")
    op.drop_index("ix_complaints_history_recorded_at_id", table_name="complaints")
    op.drop_index("ix_projects_contract_no", table_name="projects")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP INDEX ix_complaints_search")
        _rebuild(postgresql_ops="varchar_ops")
        return
    _rebuild_waiting("NOT is_history")
    for name in TRIGGERS:
        op.execute(f"DROP TRIGGER {name}")
    op.execute("DROP TABLE complaint_search")


def _rebuild(*, postgresql_ops: str) -> None:
    for name, (table, *columns) in BEGINNINGS.items():
        op.drop_index(name, table_name=table)
        op.create_index(
            name, table, columns, unique=name.startswith("uq_"), postgresql_ops={columns[0]: postgresql_ops}
        )


def _create_open(name: str, *columns: str) -> None:
    op.create_index(name, "complaints", columns, sqlite_where=sa.text(OPEN), postgresql_where=sa.text(OPEN))


def _rebuild_waiting(not_history: str) -> None:
    op.drop_index("ix_complaints_unacknowledged", table_name="complaints")
    op.create_index(
        "ix_complaints_unacknowledged",
        "complaints",
        ["first_word_at"],
        sqlite_where=sa.text(WAITING.format(not_history)),
    )
