"""the response engine: policies, clocks with pauses, chains with leases, group complaints, triage meetings

The community of a complaint is taken from its room, or from its name where only one has that name. Clocks that run
go on as they were: the sweep notes their breach when they are due.
"""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

from migrations.reshaping import one_of, reshape

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

OLD_CLOCK_KINDS = (
    "contact",
    "triage",
)
CLOCK_KINDS = (
    "contact",
    "triage",
    "first_answer",
    "golden",
    "on_site",
    "formal_reply",
    "rework",
    "progress",
    "compensation",
    "follow_up",
)
OLD_CLOCK_STATES = (
    "running",
    "breached",
    "met",
    "missed",
    "cancelled",
)
CLOCK_STATES = (
    "running",
    "paused",
    "breached",
    "met",
    "missed",
    "cancelled",
)
OLD_CAUSES = (
    "manual",
    "unanswered",
    "breach",
    "nobody_on_duty",
)
CAUSES = (
    "manual",
    "unanswered",
    "breach",
    "nobody_on_duty",
    "lapsed",
    "handed_over",
    "resumed",
    "repaired",
)
OLD_TARGETS = (
    "required_role",
    "leader",
    "duty_group",
    "management",
)
TARGETS = (
    "required_role",
    "leader",
    "duty_group",
    "management",
    "handler",
    "superior",
    "duty_role",
    "role",
    "person",
)
OLD_MESSAGES = (
    "duty_call",
    "escalation",
    "nobody_on_duty",
    "assigned",
    "clock_breached",
    "shift_reminder",
    "shift_changed",
    "promise_due",
    "compensation_to_decide",
    "test",
)
MESSAGES = (
    "duty_call",
    "escalation",
    "nobody_on_duty",
    "assigned",
    "clock_breached",
    "clock_warning",
    "clock_overrun",
    "lease_lapsed",
    "level_raised",
    "chain_repaired",
    "group_opened",
    "group_message",
    "meeting_called",
    "customer_silent",
    "shift_reminder",
    "shift_tomorrow",
    "shift_changed",
    "roster_gap",
    "swap_requested",
    "swap_to_approve",
    "swap_decided",
    "handover_waiting",
    "handover_late",
    "promise_due",
    "compensation_to_decide",
    "test",
)
OLD_EVENTS = (
    "recorded",
    "imported",
    "acknowledged",
    "contact_logged",
    "graded",
    "responsibility",
    "assigned",
    "escalated",
    "nobody_on_duty",
    "notified",
    "notification_failed",
    "clock_breached",
    "clock_stopped",
    "note",
    "edited",
    "evidence",
    "promised",
    "promise_kept",
    "promise_due",
    "compensation",
    "repeat_linked",
    "resolved",
    "closed",
    "reopened",
    "voided",
    "revealed",
)
EVENTS = (
    "recorded",
    "imported",
    "acknowledged",
    "contact_logged",
    "graded",
    "responsibility",
    "assigned",
    "escalated",
    "nobody_on_duty",
    "notified",
    "notification_failed",
    "clock_breached",
    "clock_stopped",
    "clock_warned",
    "clock_overrun",
    "clock_paused",
    "clock_resumed",
    "lease_lapsed",
    "stood_down",
    "chain_repaired",
    "regraded",
    "group_joined",
    "group_left",
    "group_message",
    "meeting_started",
    "meeting_ended",
    "meeting_overrun",
    "note",
    "edited",
    "evidence",
    "promised",
    "promise_kept",
    "promise_due",
    "compensation",
    "repeat_linked",
    "duplicate_merged",
    "customer_silent",
    "resolved",
    "closed",
    "reopened",
    "voided",
    "revealed",
)

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = "status IN ('new', 'contacted', 'handling')"


def _reference(column: str, table: str, target: str) -> sa.Column:
    return sa.Column(column, KEY, sa.ForeignKey(f"{target}.id", name=op.f(f"fk_{table}_{column}_{target}")))


def upgrade() -> None:
    _create_tables()
    _clocks()
    _complaints()
    reshape(
        "customer_contacts",
        add=[sa.Column("purpose", sa.String(32), server_default="talk", nullable=False)],
        conditions={
            "ck_customer_contacts_purpose": one_of(
                "purpose", ["talk", "first_answer", "progress", "formal_reply", "follow_up"]
            )
        },
    )
    reshape(
        "promises",
        add=[sa.Column("kind", sa.String(32), server_default="general", nullable=False)],
        conditions={"ck_promises_kind": one_of("kind", ["general", "rework"])},
    )
    reshape(
        "escalations",
        add=[
            sa.Column("target_name", sa.String(64), server_default="", nullable=False),
            _reference("policy_id", "escalations", "policies"),
        ],
        conditions={
            "ck_escalations_climbs": None,
            "ck_escalations_levels_not_negative": "to_level >= 0 AND from_level >= 0",
            "ck_escalations_target": one_of("target", TARGETS),
            "ck_escalations_cause": one_of("cause", CAUSES),
        },
    )
    reshape(
        "notifications",
        add=[sa.Column("severity", sa.SmallInteger())],
        conditions={"ck_notifications_kind": one_of("kind", MESSAGES)},
    )
    reshape("timeline_events", conditions={"ck_timeline_events_kind": one_of("kind", EVENTS)})


def _clocks() -> None:
    reshape(
        "clocks",
        add=[
            _reference("policy_id", "clocks", "policies"),
            _reference("working_time_id", "clocks", "policies"),
            sa.Column("target_id", sa.String(40), server_default="", nullable=False),
            sa.Column("budget_seconds", sa.Integer()),
            sa.Column("is_pausable", sa.Boolean(), server_default=sa.false(), nullable=False),
            sa.Column("next_action_at", sa.DateTime(timezone=True)),
            sa.Column("steps_done", sa.SmallInteger(), server_default="0", nullable=False),
            _reference("promise_id", "clocks", "promises"),
            _reference("compensation_id", "clocks", "compensations"),
        ],
        conditions={
            "ck_clocks_kind": one_of("kind", CLOCK_KINDS),
            "ck_clocks_state": one_of("state", CLOCK_STATES),
            "ck_clocks_running_is_not_stopped": "state NOT IN ('running', 'paused', 'breached') OR stopped_at IS NULL",
            "ck_clocks_stopped_has_no_action": "state IN ('running', 'breached') OR next_action_at IS NULL",
            "ck_clocks_paused_is_pausable": "is_pausable OR state <> 'paused'",
        },
        drop_indexes=[
            "ix_clocks_running_due_at",
            "ix_clocks_unstopped_due_at",
            "uq_clocks_complaint_id_kind_unstopped",
        ],
    )
    unstopped = "state IN ('running', 'paused', 'breached')"
    _partial("ix_clocks_next_action_at", "clocks", ["next_action_at"], "next_action_at IS NOT NULL")
    _partial("ix_clocks_unstopped_due_at", "clocks", ["due_at"], unstopped)
    _partial(
        "uq_clocks_complaint_id_kind_unstopped",
        "clocks",
        ["complaint_id", "kind"],
        f"{unstopped} AND promise_id IS NULL AND compensation_id IS NULL",
        unique=True,
    )
    op.create_index("ix_clocks_promise_id", "clocks", ["promise_id"])
    op.create_index("ix_clocks_compensation_id", "clocks", ["compensation_id"])
    op.execute("UPDATE clocks SET next_action_at = due_at WHERE state = 'running'")


def _complaints() -> None:
    reshape(
        "complaints",
        add=[
            _reference("community_id", "complaints", "communities"),
            sa.Column("cause_tag", sa.String(40), server_default="", nullable=False),
            _reference("severity_policy_id", "complaints", "policies"),
            sa.Column("escalation_round", sa.SmallInteger(), server_default="0", nullable=False),
            _reference("escalation_policy_id", "complaints", "policies"),
            sa.Column("escalation_chain", sa.String(40), server_default="", nullable=False),
            sa.Column("lease_until", sa.DateTime(timezone=True)),
            sa.Column("nudge_at", sa.DateTime(timezone=True)),
            _reference("duplicate_of_id", "complaints", "complaints"),
        ],
        conditions={
            "ck_complaints_duplicate_of_another": "duplicate_of_id <> id",
            "ck_complaints_duplicate_is_void": "duplicate_of_id IS NULL OR status = 'void'",
        },
    )
    op.create_index("ix_complaints_duplicate_of_id", "complaints", ["duplicate_of_id"])
    _partial("ix_complaints_open_community_id_first_word_at", "complaints", ["community_id", "first_word_at"], OPEN)
    _partial("ix_complaints_lease_until", "complaints", ["lease_until"], "lease_until IS NOT NULL")
    _partial("ix_complaints_nudge_at", "complaints", ["nudge_at"], "nudge_at IS NOT NULL")
    op.execute(
        "UPDATE complaints SET community_id = (SELECT buildings.community_id FROM rooms "
        "JOIN buildings ON rooms.building_id = buildings.id WHERE rooms.id = complaints.room_id) "
        "WHERE room_id IS NOT NULL"
    )
    op.execute(
        "UPDATE complaints SET community_id = (SELECT communities.id FROM communities "
        "WHERE communities.name = complaints.community_stated) "
        "WHERE community_id IS NULL AND community_stated <> '' AND 1 = "
        "(SELECT COUNT(*) FROM communities WHERE communities.name = complaints.community_stated)"
    )
    _give_leases()


def _give_leases() -> None:
    """Whoever has a complaint when the desk is upgraded has it for one more day without progress, and customers who
    heard from the desk may hear nothing for one more day.
    """
    complaints = sa.table(
        "complaints",
        sa.column("status", sa.String),
        sa.column("is_history", sa.Boolean),
        sa.column("acknowledged_at", sa.DateTime(timezone=True)),
        sa.column("contacted_at", sa.DateTime(timezone=True)),
        sa.column("lease_until", sa.DateTime(timezone=True)),
        sa.column("nudge_at", sa.DateTime(timezone=True)),
    )
    is_live = complaints.c.status.in_(["new", "contacted", "handling"]) & ~complaints.c.is_history
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    is_held, was_contacted = complaints.c.acknowledged_at.is_not(None), complaints.c.contacted_at.is_not(None)
    op.execute(complaints.update().where(is_live & is_held).values(lease_until=tomorrow))
    op.execute(complaints.update().where(is_live & was_contacted).values(nudge_at=tomorrow))


def _partial(name: str, table: str, columns: list[str], condition: str, *, unique: bool = False) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    _forget_new_words()
    reshape("timeline_events", conditions={"ck_timeline_events_kind": one_of("kind", OLD_EVENTS)})
    reshape("notifications", drop=["severity"], conditions={"ck_notifications_kind": one_of("kind", OLD_MESSAGES)})
    reshape(
        "escalations",
        drop=["target_name", "policy_id"],
        conditions={
            "ck_escalations_levels_not_negative": None,
            "ck_escalations_climbs": "to_level >= from_level",
            "ck_escalations_target": one_of("target", OLD_TARGETS),
            "ck_escalations_cause": one_of("cause", OLD_CAUSES),
        },
    )
    reshape("promises", drop=["kind"], conditions={"ck_promises_kind": None})
    reshape("customer_contacts", drop=["purpose"], conditions={"ck_customer_contacts_purpose": None})
    reshape(
        "complaints",
        drop=[
            "community_id",
            "cause_tag",
            "severity_policy_id",
            "escalation_round",
            "escalation_policy_id",
            "escalation_chain",
            "lease_until",
            "nudge_at",
            "duplicate_of_id",
        ],
        conditions={"ck_complaints_duplicate_of_another": None, "ck_complaints_duplicate_is_void": None},
        drop_indexes=[
            "ix_complaints_open_community_id_first_word_at",
            "ix_complaints_lease_until",
            "ix_complaints_nudge_at",
            "ix_complaints_duplicate_of_id",
        ],
    )
    _old_clocks()
    for table in (
        "clock_pauses",
        "summonses",
        "meeting_attendees",
        "triage_meetings",
        "group_members",
        "group_cases",
        "audit_findings",
        "policies",
        "special_days",
    ):
        op.drop_table(table)


def _old_clocks() -> None:
    reshape(
        "clocks",
        drop=[
            "policy_id",
            "working_time_id",
            "target_id",
            "budget_seconds",
            "is_pausable",
            "next_action_at",
            "steps_done",
            "promise_id",
            "compensation_id",
        ],
        conditions={
            "ck_clocks_stopped_has_no_action": None,
            "ck_clocks_paused_is_pausable": None,
            "ck_clocks_kind": one_of("kind", OLD_CLOCK_KINDS),
            "ck_clocks_state": one_of("state", OLD_CLOCK_STATES),
            "ck_clocks_running_is_not_stopped": "state NOT IN ('running', 'breached') OR stopped_at IS NULL",
        },
        drop_indexes=[
            "ix_clocks_next_action_at",
            "ix_clocks_unstopped_due_at",
            "uq_clocks_complaint_id_kind_unstopped",
            "ix_clocks_promise_id",
            "ix_clocks_compensation_id",
        ],
    )
    _partial("ix_clocks_running_due_at", "clocks", ["due_at"], "state = 'running'")
    _partial("ix_clocks_unstopped_due_at", "clocks", ["due_at"], "state IN ('running', 'breached')")
    _partial(
        "uq_clocks_complaint_id_kind_unstopped",
        "clocks",
        ["complaint_id", "kind"],
        "state IN ('running', 'breached')",
        unique=True,
    )


def _forget_new_words() -> None:
    """What the older desk has no word for is told in its words, or goes."""
    op.execute("DELETE FROM clock_pauses")
    op.execute(f"DELETE FROM clocks WHERE NOT ({one_of('kind', OLD_CLOCK_KINDS)})")
    op.execute("UPDATE clocks SET state = 'running' WHERE state = 'paused'")
    op.execute(f"UPDATE timeline_events SET kind = 'note' WHERE NOT ({one_of('kind', OLD_EVENTS)})")
    op.execute(f"UPDATE notifications SET kind = 'clock_breached' WHERE NOT ({one_of('kind', OLD_MESSAGES)})")
    op.execute(f"UPDATE escalations SET target = 'management' WHERE NOT ({one_of('target', OLD_TARGETS)})")
    op.execute(f"UPDATE escalations SET cause = 'unanswered' WHERE NOT ({one_of('cause', OLD_CAUSES)})")
    op.execute("UPDATE escalations SET to_level = from_level WHERE to_level < from_level")


def _create_tables() -> None:
    op.create_table(
        "special_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("is_working", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_special_days_name_given")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_special_days")),
        sa.UniqueConstraint("day", name=op.f("uq_special_days_day")),
    )
    op.create_table(
        "group_cases",
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "category",
            sa.Enum(
                "quality",
                "delay",
                "extra_items",
                "service",
                "design",
                "safety",
                "other",
                name="category",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("cause_tag", sa.String(length=40), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("close_reason", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("category IS NOT NULL OR cause_tag <> ''", name=op.f("ck_group_cases_about_something")),
        sa.ForeignKeyConstraint(["closed_by_id"], ["people.id"], name=op.f("fk_group_cases_closed_by_id_people")),
        sa.ForeignKeyConstraint(
            ["community_id"], ["communities.id"], name=op.f("fk_group_cases_community_id_communities")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_cases")),
        sa.UniqueConstraint("number", name=op.f("uq_group_cases_number")),
    )
    with op.batch_alter_table("group_cases", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_group_cases_community_id"), ["community_id"], unique=False)
        batch_op.create_index(
            "ix_group_cases_open_community_id",
            ["community_id"],
            unique=False,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )
        batch_op.create_index("ix_group_cases_opened_at_id", ["opened_at", "id"], unique=False)

    op.create_table(
        "policies",
        sa.Column(
            "kind",
            sa.Enum(
                "severity",
                "clocks",
                "escalation",
                "working_time",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("remarks", sa.String(length=500), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_policies_number_positive")),
        sa.ForeignKeyConstraint(["published_by_id"], ["people.id"], name=op.f("fk_policies_published_by_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policies")),
    )
    with op.batch_alter_table("policies", schema=None) as batch_op:
        batch_op.create_index("uq_policies_kind_number", ["kind", "number"], unique=True)

    op.create_table(
        "audit_findings",
        sa.Column("complaint_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "problem",
            sa.Enum(
                "no_next_step",
                "step_overdue",
                "no_lease",
                name="problem",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["complaint_id"], ["complaints.id"], name=op.f("fk_audit_findings_complaint_id_complaints")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_findings")),
    )
    with op.batch_alter_table("audit_findings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_findings_complaint_id"), ["complaint_id"], unique=False)
        batch_op.create_index("ix_audit_findings_found_at", ["found_at"], unique=False)

    op.create_table(
        "group_members",
        sa.Column("group_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("complaint_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("household", sa.String(length=160), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("joined_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("leave_reason", sa.String(length=500), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("(left_at IS NULL) = (leave_reason = '')", name=op.f("ck_group_members_left_with_reason")),
        sa.ForeignKeyConstraint(
            ["complaint_id"], ["complaints.id"], name=op.f("fk_group_members_complaint_id_complaints")
        ),
        sa.ForeignKeyConstraint(["group_id"], ["group_cases.id"], name=op.f("fk_group_members_group_id_group_cases")),
        sa.ForeignKeyConstraint(["joined_by_id"], ["people.id"], name=op.f("fk_group_members_joined_by_id_people")),
        sa.ForeignKeyConstraint(["left_by_id"], ["people.id"], name=op.f("fk_group_members_left_by_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_members")),
    )
    with op.batch_alter_table("group_members", schema=None) as batch_op:
        batch_op.create_index("ix_group_members_complaint_id", ["complaint_id"], unique=False)
        batch_op.create_index("ix_group_members_group_id", ["group_id"], unique=False)
        batch_op.create_index(
            "uq_group_members_one_group",
            ["complaint_id"],
            unique=True,
            sqlite_where=sa.text("left_at IS NULL"),
            postgresql_where=sa.text("left_at IS NULL"),
        )

    op.create_table(
        "triage_meetings",
        sa.Column("complaint_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("overrun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("(ended_at IS NULL) = (decision = '')", name=op.f("ck_triage_meetings_ended_with_decision")),
        sa.CheckConstraint(
            "ended_at IS NULL OR ended_at >= started_at", name=op.f("ck_triage_meetings_ends_after_start")
        ),
        sa.ForeignKeyConstraint(
            ["complaint_id"], ["complaints.id"], name=op.f("fk_triage_meetings_complaint_id_complaints")
        ),
        sa.ForeignKeyConstraint(["ended_by_id"], ["people.id"], name=op.f("fk_triage_meetings_ended_by_id_people")),
        sa.ForeignKeyConstraint(["started_by_id"], ["people.id"], name=op.f("fk_triage_meetings_started_by_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_triage_meetings")),
    )
    with op.batch_alter_table("triage_meetings", schema=None) as batch_op:
        batch_op.create_index("ix_triage_meetings_complaint_id", ["complaint_id"], unique=False)
        batch_op.create_index(
            "ix_triage_meetings_open_due_at",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.create_index(
            "uq_triage_meetings_one_open",
            ["complaint_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "meeting_attendees",
        sa.Column("meeting_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["triage_meetings.id"], name=op.f("fk_meeting_attendees_meeting_id_triage_meetings")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_meeting_attendees_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_attendees")),
    )
    with op.batch_alter_table("meeting_attendees", schema=None) as batch_op:
        batch_op.create_index("uq_meeting_attendees_meeting_id_person_id", ["meeting_id", "person_id"], unique=True)

    op.create_table(
        "summonses",
        sa.Column("complaint_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("escalation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("summoned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("must_acknowledge", sa.Boolean(), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["complaint_id"], ["complaints.id"], name=op.f("fk_summonses_complaint_id_complaints")),
        sa.ForeignKeyConstraint(
            ["escalation_id"], ["escalations.id"], name=op.f("fk_summonses_escalation_id_escalations")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_summonses_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_summonses")),
    )
    with op.batch_alter_table("summonses", schema=None) as batch_op:
        batch_op.create_index("ix_summonses_complaint_id", ["complaint_id"], unique=False)
        batch_op.create_index("ix_summonses_escalation_id", ["escalation_id"], unique=False)
        batch_op.create_index(
            "ix_summonses_waiting_person_id",
            ["person_id"],
            unique=False,
            sqlite_where=sa.text("must_acknowledge AND acknowledged_at IS NULL AND ended_at IS NULL"),
            postgresql_where=sa.text("must_acknowledge AND acknowledged_at IS NULL AND ended_at IS NULL"),
        )

    op.create_table(
        "clock_pauses",
        sa.Column("clock_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("paused_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("resumed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_clock_pauses_reason_given")),
        sa.CheckConstraint("ended_at IS NULL OR ended_at >= started_at", name=op.f("ck_clock_pauses_ends_after_start")),
        sa.ForeignKeyConstraint(["clock_id"], ["clocks.id"], name=op.f("fk_clock_pauses_clock_id_clocks")),
        sa.ForeignKeyConstraint(["paused_by_id"], ["people.id"], name=op.f("fk_clock_pauses_paused_by_id_people")),
        sa.ForeignKeyConstraint(["resumed_by_id"], ["people.id"], name=op.f("fk_clock_pauses_resumed_by_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_pauses")),
    )
    with op.batch_alter_table("clock_pauses", schema=None) as batch_op:
        batch_op.create_index("ix_clock_pauses_clock_id", ["clock_id"], unique=False)
        batch_op.create_index(
            "uq_clock_pauses_one_open",
            ["clock_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
