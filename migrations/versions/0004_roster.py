"""the roster: rotations, overrides, swaps, leave

Whoever is switched off already counts as gone from the moment of the migration: when they left, nobody wrote down.
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from migrations.reshaping import one_of, reshape

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
NO_END = datetime(9999, 1, 1, tzinfo=UTC)

OLD_SETTINGS = (
    "contact_minutes",
    "triage_minutes",
    "acknowledge_minutes",
    "repeat_minutes",
    "shift_reminder_minutes",
    "promise_reminder_minutes",
    "notification_expiry_minutes",
)
SETTINGS = (
    *OLD_SETTINGS,
    "silence_hours",
    "swap_approval",
    "rotation_horizon_days",
    "gap_warning_hours",
    "group_window_days",
)


def upgrade() -> None:
    op.create_table(
        "leaves",
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("is_departure", sa.Boolean(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_leaves_ends_after_start")),
        sa.ForeignKeyConstraint(["cancelled_by_id"], ["people.id"], name=op.f("fk_leaves_cancelled_by_id_people")),
        sa.ForeignKeyConstraint(["created_by_id"], ["people.id"], name=op.f("fk_leaves_created_by_id_people")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_leaves_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leaves")),
    )
    with op.batch_alter_table("leaves", schema=None) as batch_op:
        batch_op.create_index("ix_leaves_ends_at", ["ends_at"], unique=False)
        batch_op.create_index("ix_leaves_person_id_ends_at", ["person_id", "ends_at"], unique=False)

    op.create_table(
        "rotations",
        sa.Column("role_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "shift",
                "hourly",
                "daily",
                "weekly",
                "custom",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("every", sa.SmallInteger(), nullable=False),
        sa.Column(
            "unit",
            sa.Enum("hours", "days", name="unit", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("slots", sa.JSON(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("handover_at", sa.Time(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("made_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("stop_reason", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("(stopped_at IS NULL) = (stop_reason = '')", name=op.f("ck_rotations_stopped_with_reason")),
        sa.CheckConstraint("every >= 1", name=op.f("ck_rotations_every_positive")),
        sa.ForeignKeyConstraint(["created_by_id"], ["people.id"], name=op.f("fk_rotations_created_by_id_people")),
        sa.ForeignKeyConstraint(["role_id"], ["duty_roles.id"], name=op.f("fk_rotations_role_id_duty_roles")),
        sa.ForeignKeyConstraint(["stopped_by_id"], ["people.id"], name=op.f("fk_rotations_stopped_by_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rotations")),
    )
    with op.batch_alter_table("rotations", schema=None) as batch_op:
        batch_op.create_index("ix_rotations_role_id", ["role_id"], unique=False)

    op.create_table(
        "swaps",
        sa.Column("role_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("taker_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("return_role_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("return_starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("return_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "asked",
                "accepted",
                "done",
                "refused",
                "rejected",
                "withdrawn",
                "expired",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("answer", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint(
            "(return_role_id IS NULL) = (return_starts_at IS NULL) "
            "AND (return_role_id IS NULL) = (return_ends_at IS NULL)",
            name=op.f("ck_swaps_whole_return"),
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_swaps_ends_after_start")),
        sa.CheckConstraint("person_id <> taker_id", name=op.f("ck_swaps_two_people")),
        sa.CheckConstraint("return_ends_at > return_starts_at", name=op.f("ck_swaps_return_ends_after_start")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["people.id"], name=op.f("fk_swaps_asked_by_id_people")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_swaps_person_id_people")),
        sa.ForeignKeyConstraint(["return_role_id"], ["duty_roles.id"], name=op.f("fk_swaps_return_role_id_duty_roles")),
        sa.ForeignKeyConstraint(["role_id"], ["duty_roles.id"], name=op.f("fk_swaps_role_id_duty_roles")),
        sa.ForeignKeyConstraint(["settled_by_id"], ["people.id"], name=op.f("fk_swaps_settled_by_id_people")),
        sa.ForeignKeyConstraint(["taker_id"], ["people.id"], name=op.f("fk_swaps_taker_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_swaps")),
    )
    with op.batch_alter_table("swaps", schema=None) as batch_op:
        batch_op.create_index(
            "ix_swaps_open_starts_at",
            ["starts_at"],
            unique=False,
            sqlite_where=sa.text("state IN ('asked', 'accepted')"),
            postgresql_where=sa.text("state IN ('asked', 'accepted')"),
        )
        batch_op.create_index("ix_swaps_person_id_id", ["person_id", "id"], unique=False)
        batch_op.create_index("ix_swaps_taker_id_id", ["taker_id", "id"], unique=False)
        batch_op.create_index(
            "uq_swaps_open_role_id_person_id_starts_at",
            ["role_id", "person_id", "starts_at"],
            unique=True,
            sqlite_where=sa.text("state IN ('asked', 'accepted')"),
            postgresql_where=sa.text("state IN ('asked', 'accepted')"),
        )

    op.create_table(
        "overrides",
        sa.Column("role_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("instead_of_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("swap_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("cancel_reason", sa.String(length=200), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint(
            "(cancelled_at IS NULL) = (cancel_reason = '')", name=op.f("ck_overrides_cancelled_with_reason")
        ),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_overrides_reason_given")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_overrides_ends_after_start")),
        sa.CheckConstraint("person_id <> instead_of_id", name=op.f("ck_overrides_two_people")),
        sa.CheckConstraint(
            "person_id IS NOT NULL OR instead_of_id IS NOT NULL", name=op.f("ck_overrides_about_somebody")
        ),
        sa.ForeignKeyConstraint(["cancelled_by_id"], ["people.id"], name=op.f("fk_overrides_cancelled_by_id_people")),
        sa.ForeignKeyConstraint(["created_by_id"], ["people.id"], name=op.f("fk_overrides_created_by_id_people")),
        sa.ForeignKeyConstraint(["instead_of_id"], ["people.id"], name=op.f("fk_overrides_instead_of_id_people")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_overrides_person_id_people")),
        sa.ForeignKeyConstraint(["role_id"], ["duty_roles.id"], name=op.f("fk_overrides_role_id_duty_roles")),
        sa.ForeignKeyConstraint(["swap_id"], ["swaps.id"], name=op.f("fk_overrides_swap_id_swaps")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_overrides")),
    )
    with op.batch_alter_table("overrides", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_overrides_instead_of_id"), ["instead_of_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_overrides_person_id"), ["person_id"], unique=False)
        batch_op.create_index("ix_overrides_role_id_ends_at", ["role_id", "ends_at"], unique=False)
        batch_op.create_index("ix_overrides_starts_at", ["starts_at"], unique=False)
        batch_op.create_index("ix_overrides_swap_id", ["swap_id"], unique=False)

    op.create_table(
        "rotation_members",
        sa.Column("rotation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_rotation_members_person_id_people")),
        sa.ForeignKeyConstraint(
            ["rotation_id"], ["rotations.id"], name=op.f("fk_rotation_members_rotation_id_rotations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rotation_members")),
    )
    with op.batch_alter_table("rotation_members", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rotation_members_person_id"), ["person_id"], unique=False)
        batch_op.create_index("uq_rotation_members_rotation_id_place", ["rotation_id", "place"], unique=True)

    _reshape_standing_tables()
    _let_those_go_who_left()


def _reshape_standing_tables() -> None:
    reshape(
        "shifts",
        add=[
            sa.Column(
                "rotation_id",
                sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
                sa.ForeignKey("rotations.id", name=op.f("fk_shifts_rotation_id_rotations")),
            )
        ],
    )
    op.create_index("ix_shifts_rotation_id_ends_at", "shifts", ["rotation_id", "ends_at"])
    reshape("settings", conditions={"ck_settings_key": one_of('"key"', SETTINGS)})


def _let_those_go_who_left() -> None:
    people = sa.table("people", sa.column("id"), sa.column("is_active", sa.Boolean()))
    names = ("person_id", "reason", "is_departure", "starts_at", "ends_at", "created_at", "version")
    now = sa.literal(datetime.now(UTC), MOMENT)
    leaves = sa.select(
        people.c.id, sa.literal(""), sa.true(), now, sa.literal(NO_END, MOMENT), now, sa.literal(1)
    ).where(~people.c.is_active)
    op.execute(sa.table("leaves", *map(sa.column, names)).insert().from_select(names, leaves))


def downgrade() -> None:
    settings = sa.table("settings", sa.column("key"))
    op.execute(settings.delete().where(settings.c.key.not_in(OLD_SETTINGS)))
    reshape("settings", conditions={"ck_settings_key": one_of('"key"', OLD_SETTINGS)})
    reshape("shifts", drop=["rotation_id"], drop_indexes=["ix_shifts_rotation_id_ends_at"])
    for table in ("rotation_members", "overrides", "swaps", "rotations", "leaves"):
        op.drop_table(table)
