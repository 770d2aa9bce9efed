"""handovers at a change of shift, calendar feeds"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "handovers",
        sa.Column("role_id", BIG_ID, nullable=False),
        sa.Column("given_by_id", BIG_ID, nullable=True),
        sa.Column("taken_by_id", BIG_ID, nullable=True),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("noted_at", MOMENT, nullable=True),
        sa.Column("complaint_numbers", sa.JSON(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("opened_at", MOMENT, nullable=True),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("accepted_at", MOMENT, nullable=True),
        sa.Column("late_at", MOMENT, nullable=True),
        sa.Column("passed_on_at", MOMENT, nullable=True),
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(opened_at IS NULL) = (due_at IS NULL)", name=op.f("ck_handovers_opened_with_due_time")
        ),
        sa.CheckConstraint(
            "(opened_at IS NULL) = (taken_by_id IS NULL)", name=op.f("ck_handovers_opened_for_somebody")
        ),
        sa.CheckConstraint(
            "accepted_at IS NULL OR opened_at IS NOT NULL", name=op.f("ck_handovers_accepted_once_opened")
        ),
        sa.CheckConstraint("note = '' OR given_by_id IS NOT NULL", name=op.f("ck_handovers_note_of_somebody")),
        sa.CheckConstraint("(note = '') = (noted_at IS NULL)", name=op.f("ck_handovers_note_with_time")),
        sa.ForeignKeyConstraint(["role_id"], ["duty_roles.id"], name=op.f("fk_handovers_role_id_duty_roles")),
        sa.ForeignKeyConstraint(["given_by_id"], ["people.id"], name=op.f("fk_handovers_given_by_id_people")),
        sa.ForeignKeyConstraint(["taken_by_id"], ["people.id"], name=op.f("fk_handovers_taken_by_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handovers")),
    )
    op.create_index(
        "uq_handovers_role_id_given_by_id_taken_by_id_changed_at",
        "handovers",
        ["role_id", "given_by_id", "taken_by_id", "changed_at"],
        unique=True,
    )
    prepared = sa.text("opened_at IS NULL")
    op.create_index(
        "uq_handovers_prepared",
        "handovers",
        ["role_id", "given_by_id"],
        unique=True,
        sqlite_where=prepared,
        postgresql_where=prepared,
    )
    waiting = sa.text("opened_at IS NOT NULL AND accepted_at IS NULL AND passed_on_at IS NULL")
    op.create_index("ix_handovers_waiting", "handovers", ["due_at"], sqlite_where=waiting, postgresql_where=waiting)
    op.create_index("ix_handovers_changed_at_id", "handovers", ["changed_at", "id"])

    op.create_table(
        "calendar_feeds",
        sa.Column("person_id", BIG_ID, nullable=False),
        sa.Column("role_id", BIG_ID, nullable=True),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_calendar_feeds_person_id_people")),
        sa.ForeignKeyConstraint(["role_id"], ["duty_roles.id"], name=op.f("fk_calendar_feeds_role_id_duty_roles")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feeds")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_calendar_feeds_secret_hash")),
    )
    own = sa.text("role_id IS NULL AND ended_at IS NULL")
    op.create_index(
        "uq_calendar_feeds_own", "calendar_feeds", ["person_id"], unique=True, sqlite_where=own, postgresql_where=own
    )
    of_a_role = sa.text("role_id IS NOT NULL AND ended_at IS NULL")
    op.create_index(
        "uq_calendar_feeds_role",
        "calendar_feeds",
        ["person_id", "role_id"],
        unique=True,
        sqlite_where=of_a_role,
        postgresql_where=of_a_role,
    )


def downgrade() -> None:
    op.drop_table("calendar_feeds")
    op.drop_table("handovers")
