"""the outbox: steps, receipts, replies, channels and templates of messages; appointments with customers

A message that a worker held when the desk stopped, and whose attempt had begun, may be with the provider: it becomes
an attempted one. Old messages have no steps: nobody wrote them down.
"""

import sqlalchemy as sa
from alembic import op

from migrations.reshaping import one_of, reshape

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)

OLD_MESSAGES = """
    duty_call escalation nobody_on_duty assigned clock_breached clock_warning clock_overrun lease_lapsed
    level_raised chain_repaired group_opened group_message meeting_called customer_silent shift_reminder
    shift_tomorrow shift_changed roster_gap swap_requested swap_to_approve swap_decided handover_waiting
    handover_late promise_due compensation_to_decide test
""".split()
MESSAGES = """
    duty_call escalation nobody_on_duty assigned clock_breached clock_warning clock_overrun lease_lapsed
    level_raised chain_repaired group_opened group_message meeting_called customer_silent shift_reminder
    shift_tomorrow shift_changed roster_gap swap_requested swap_to_approve swap_decided handover_waiting
    handover_late promise_due compensation_to_decide visit_tomorrow visit_soon visit_changed appointment_made
    appointment_tomorrow appointment_soon appointment_changed progress_report morning_digest bundle answer
    verification channel_alarm drill test
""".split()
OLD_STATES = """
    queued claimed accepted delivered failed unknown expired cancelled
""".split()
STATES = """
    queued claimed attempted accepted delivered failed unknown expired cancelled bundled
""".split()
OLD_EVENTS = """
    recorded imported acknowledged contact_logged graded responsibility assigned escalated nobody_on_duty
    notified notification_failed clock_breached clock_stopped clock_warned clock_overrun clock_paused
    clock_resumed lease_lapsed stood_down chain_repaired regraded group_joined group_left group_message
    meeting_started meeting_ended meeting_overrun note edited evidence promised promise_kept promise_due
    compensation repeat_linked duplicate_merged customer_silent resolved closed reopened voided revealed
""".split()
EVENTS = """
    recorded imported acknowledged contact_logged graded responsibility assigned escalated nobody_on_duty
    notified notification_failed clock_breached clock_stopped clock_warned clock_overrun clock_paused
    clock_resumed lease_lapsed stood_down chain_repaired calls_failed regraded group_joined group_left
    group_message replied appointment_made appointment_changed customer_told meeting_started meeting_ended
    meeting_overrun note edited evidence promised promise_kept promise_due compensation repeat_linked
    duplicate_merged customer_silent resolved closed reopened voided revealed
""".split()
CALLS = """
    duty_call escalation nobody_on_duty assigned lease_lapsed clock_warning clock_breached clock_overrun level_raised
    group_opened group_message meeting_called chain_repaired handover_waiting handover_late
""".split()
"""What goes to somebody on duty; everything else the older desk sent was for staff, but for its test messages."""

CLASSES = ("duty", "staff", "customer", "verification", "answer", "alarm")
RELATIONS = ("resent", "fallback", "bundle", "answer")
LANGUAGES = ("zh", "en")
OLD_SETTINGS = """
    shift_reminder_minutes promise_reminder_minutes notification_expiry_minutes silence_hours swap_approval
    rotation_horizon_days gap_warning_hours group_window_days
""".split()
SETTINGS = (*OLD_SETTINGS[:3], "fallback_minutes", *OLD_SETTINGS[3:])
REPLY_OUTCOMES = """
    done refused unknown_number unknown_code of_another ambiguous expired not_understood opted_out opted_in kept
""".split()

RENAMED = {"next_attempt_at": "due_at", "attempt_started_at": "attempted_at", "provider": "channel"}
PARTIAL_INDEXES = {
    "ix_notifications_waiting": (["priority", "due_at", "id"], "state = 'queued'"),
    "ix_notifications_claimed_until": (["claimed_until"], "claim_token IS NOT NULL"),
    "ix_notifications_ask_at": (["ask_at"], "ask_at IS NOT NULL"),
    "ix_notifications_fallback_at": (["fallback_at"], "fallback_at IS NOT NULL"),
    "uq_notifications_reply_code": (["reply_code"], "reply_code <> '' AND code_ended_at IS NULL"),
}
INDEXES = {
    "ix_notifications_customer_id": ["customer_id"],
    "ix_notifications_appointment_id": ["appointment_id"],
    "ix_notifications_parent_id": ["parent_id"],
    "ix_notifications_bundle_id": ["bundle_id"],
    "ix_notifications_phone_attempted_at": ["phone", "attempted_at"],
    "ix_notifications_channel_provider_id": ["channel", "provider_id"],
    "ix_notifications_channel_attempted_at": ["channel", "attempted_at"],
}


def upgrade() -> None:
    _create_what_messages_refer_to()
    _widen_messages()
    _tell_old_messages_in_new_words()
    _bind_messages()
    _create_what_refers_to_messages()
    for table in ("people", "customers"):
        language = sa.Column("message_language", sa.String(32), server_default="zh", nullable=False)
        reshape(
            table,
            add=[sa.Column("phone_verified_at", MOMENT), language] if table == "people" else [language],
            conditions={f"ck_{table}_message_language": one_of("message_language", LANGUAGES)},
        )
    reshape("timeline_events", conditions={"ck_timeline_events_kind": one_of("kind", EVENTS)})
    reshape("settings", conditions={"ck_settings_key": one_of('"key"', SETTINGS)})


def _widen_messages() -> None:
    op.drop_index("ix_notifications_pending", table_name="notifications")
    for old, new in RENAMED.items():
        op.alter_column("notifications", old, new_column_name=new)
    reshape(
        "notifications",
        add=[
            sa.Column("message_class", sa.String(32)),
            _reference("customer_id", "notifications", "customers"),
            sa.Column("variables", sa.JSON(), server_default="{}", nullable=False),
            _reference("template_id", "notifications", "message_templates"),
            sa.Column("parts", sa.SmallInteger(), server_default="1", nullable=False),
            sa.Column("is_drill", sa.Boolean(), server_default=sa.false(), nullable=False),
            _reference("appointment_id", "notifications", "appointments"),
            _reference("parent_id", "notifications", "notifications"),
            sa.Column("relation", sa.String(32)),
            _reference("bundle_id", "notifications", "notifications"),
            sa.Column("bundle_key", sa.String(40), server_default="", nullable=False),
            sa.Column("thread", sa.String(40), server_default="", nullable=False),
            sa.Column("reply_code", sa.String(8), server_default="", nullable=False),
            sa.Column("code_ended_at", MOMENT),
            sa.Column("answered_at", MOMENT),
            sa.Column("answer", sa.String(20), server_default="", nullable=False),
            sa.Column("delivered_at", MOMENT),
            sa.Column("ask_at", MOMENT),
            sa.Column("asked", sa.SmallInteger(), server_default="0", nullable=False),
            sa.Column("fallback_at", MOMENT),
            sa.Column("channels_tried", sa.JSON(), server_default="[]", nullable=False),
        ],
        conditions={"ck_notifications_claimed_by_somebody": None, "ck_notifications_state": None},
    )


def _tell_old_messages_in_new_words() -> None:
    for changed in (
        "due_at = expires_at WHERE due_at > expires_at",
        f"message_class = CASE WHEN {one_of('kind', CALLS)} THEN 'duty' WHEN kind = 'test' THEN 'verification' "
        "ELSE 'staff' END",
        "state = 'attempted' WHERE state = 'claimed' AND attempted_at IS NOT NULL",
        "channel = 'sandbox' WHERE channel = '' AND state IN ('attempted', 'unknown')",
        "ask_at = due_at WHERE state = 'unknown' AND finished_at IS NULL",
        "delivered_at = finished_at WHERE state = 'delivered'",
    ):
        op.execute(f"UPDATE notifications SET {changed}")  # noqa: S608 — words of our own


def _bind_messages() -> None:
    reshape(
        "notifications",
        change=[
            sa.Column("message_class", sa.String(32), nullable=False),
            sa.Column("person_id", BIG_ID),
            sa.Column("dedup_key", sa.String(160), nullable=False),
        ],
        conditions={
            "ck_notifications_kind": one_of("kind", MESSAGES),
            "ck_notifications_state": one_of("state", STATES),
            "ck_notifications_message_class": one_of("message_class", CLASSES),
            "ck_notifications_relation": one_of("relation", RELATIONS),
            "ck_notifications_claimed_by_somebody": ("(state IN ('claimed', 'attempted')) = (claim_token IS NOT NULL)"),
            "ck_notifications_one_receiver": (
                "(person_id IS NULL) <> (customer_id IS NULL)"
                " OR (kind = 'answer' AND person_id IS NULL AND customer_id IS NULL)"
            ),
            "ck_notifications_parent_with_relation": "(parent_id IS NULL) = (relation IS NULL)",
            "ck_notifications_bundled_in_a_bundle": "(state = 'bundled') = (bundle_id IS NOT NULL)",
            "ck_notifications_may_leave_before_it_expires": "due_at <= expires_at",
        },
    )
    for name, columns in INDEXES.items():
        op.create_index(name, "notifications", columns)
    for name, (columns, condition) in PARTIAL_INDEXES.items():
        _partial(name, "notifications", columns, condition, unique=name.startswith("uq_"))


def _create_what_messages_refer_to() -> None:
    op.create_table(
        "appointments",
        sa.Column("complaint_id", BIG_ID, nullable=False),
        sa.Column("person_id", BIG_ID, nullable=False),
        sa.Column("purpose", _word("purpose", "inspection", "repair", "handover", "talk"), nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("remarks", sa.String(500), nullable=False),
        sa.Column("state", _word("state", "planned", "moved", "cancelled", "kept", "missed"), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by_id", BIG_ID),
        sa.Column("told_day_before_at", MOMENT),
        sa.Column("told_soon_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.Column("ended_by_id", BIG_ID),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("moved_to_id", BIG_ID),
        sa.Column("id", BIG_ID, nullable=False),
        _check("appointments", "ends_after_start", "ends_at > starts_at"),
        _check("appointments", "moved_to_another", "(state = 'moved') = (moved_to_id IS NOT NULL)"),
        _check("appointments", "ended_when_not_planned", "(state = 'planned') = (ended_at IS NULL)"),
        *_keys(
            "appointments",
            complaint_id="complaints",
            person_id="people",
            made_by_id="people",
            ended_by_id="people",
            moved_to_id="appointments",
        ),
    )
    op.create_index("ix_appointments_complaint_id", "appointments", ["complaint_id"])
    op.create_index("ix_appointments_starts_at_id", "appointments", ["starts_at", "id"])
    op.create_index("ix_appointments_person_id_starts_at", "appointments", ["person_id", "starts_at"])
    _partial("ix_appointments_planned_starts_at", "appointments", ["starts_at"], "state = 'planned'")

    op.create_table(
        "message_templates",
        sa.Column("kind", _word("kind", *MESSAGES), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(500), nullable=False),
        sa.Column("remarks", sa.String(500), nullable=False),
        sa.Column("published_at", MOMENT, nullable=False),
        sa.Column("published_by_id", BIG_ID),
        sa.Column("id", BIG_ID, nullable=False),
        _check("message_templates", "number_positive", "number >= 1"),
        _check("message_templates", "text_given", "text <> ''"),
        *_keys("message_templates", published_by_id="people"),
    )
    _unique("uq_message_templates_kind_language_number", "message_templates", ["kind", "language", "number"])

    op.create_table(
        "template_registrations",
        sa.Column("template_id", BIG_ID, nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("provider_template_id", sa.String(64), nullable=False),
        sa.Column("signature", sa.String(30), nullable=False),
        sa.Column("state", _word("state", "applied", "approved", "refused"), nullable=False),
        sa.Column("words", sa.String(300), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("changed_by_id", BIG_ID),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", BIG_ID, nullable=False),
        _check("template_registrations", "approved_with_id", "state <> 'approved' OR provider_template_id <> ''"),
        *_keys("template_registrations", template_id="message_templates", changed_by_id="people"),
    )
    _unique("uq_template_registrations_template_id_channel", "template_registrations", ["template_id", "channel"])

    op.create_table(
        "channel_states",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("condition", _word("condition", "open", "tripped", "stopped"), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("until", MOMENT),
        sa.Column("failures", sa.SmallInteger(), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("words", sa.String(300), nullable=False),
        sa.Column("resumed_by_id", BIG_ID),
        sa.Column("id", BIG_ID, nullable=False),
        _check("channel_states", "failures_not_negative", "failures >= 0"),
        _check("channel_states", "tripped_until", "(condition = 'tripped') = (until IS NOT NULL)"),
        *_keys("channel_states", resumed_by_id="people"),
        sa.UniqueConstraint("name", name=op.f("uq_channel_states_name")),
    )

    op.create_table(
        "opt_outs",
        sa.Column("phone", sa.String(20), nullable=False),
        sa.Column("words", sa.String(40), nullable=False),
        sa.Column("opted_out_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("id", BIG_ID, nullable=False),
        *_keys("opt_outs"),
    )
    _partial("uq_opt_outs_standing", "opt_outs", ["phone"], "ended_at IS NULL", unique=True)

    op.create_table(
        "phone_verifications",
        sa.Column("person_id", BIG_ID, nullable=False),
        sa.Column("phone", sa.String(20), nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("sent_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("tries", sa.SmallInteger(), nullable=False),
        sa.Column("verified_at", MOMENT),
        sa.Column("id", BIG_ID, nullable=False),
        _check("phone_verifications", "tries_not_negative", "tries >= 0"),
        *_keys("phone_verifications", person_id="people"),
    )
    op.create_index("ix_phone_verifications_person_id_sent_at", "phone_verifications", ["person_id", "sent_at"])

    op.create_table(
        "drills",
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("started_by_id", BIG_ID, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("remarks", sa.String(200), nullable=False),
        sa.Column("is_over", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("ended_by_id", BIG_ID),
        sa.Column("id", BIG_ID, nullable=False),
        _check("drills", "lasts", "due_at > started_at"),
        _check("drills", "over_when_ended", "is_over = (ended_at IS NOT NULL)"),
        *_keys("drills", started_by_id="people", ended_by_id="people"),
    )
    op.create_index(
        "uq_drills_running",
        "drills",
        ["is_over"],
        unique=True,
        sqlite_where=sa.text("is_over = 0"),
        postgresql_where=sa.text("NOT is_over"),
    )
    op.create_index("ix_drills_started_at_id", "drills", ["started_at", "id"])


def _create_what_refers_to_messages() -> None:
    op.create_table(
        "notification_steps",
        sa.Column("notification_id", BIG_ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("state", _word("state", *STATES), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("words", sa.String(300), nullable=False),
        sa.Column("actor_id", BIG_ID),
        sa.Column("id", BIG_ID, nullable=False),
        *_keys("notification_steps", notification_id="notifications", actor_id="people"),
    )
    op.create_index("ix_notification_steps_notification_id_id", "notification_steps", ["notification_id", "id"])

    op.create_table(
        "receipts",
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("dedup_key", sa.String(64), nullable=False),
        sa.Column("provider_id", sa.String(64), nullable=False),
        sa.Column("state", _word("state", *STATES), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("words", sa.String(300), nullable=False),
        sa.Column("parts", sa.SmallInteger()),
        sa.Column("at", MOMENT),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("notification_id", BIG_ID),
        sa.Column("id", BIG_ID, nullable=False),
        *_keys("receipts", notification_id="notifications"),
    )
    _unique("uq_receipts_channel_dedup_key", "receipts", ["channel", "dedup_key"])
    op.create_index("ix_receipts_notification_id", "receipts", ["notification_id"])
    _partial("ix_receipts_loose", "receipts", ["channel", "provider_id"], "notification_id IS NULL")

    op.create_table(
        "inbound_messages",
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("provider_id", sa.String(64), nullable=False),
        sa.Column("phone", sa.String(20), nullable=False),
        sa.Column("text", sa.String(500), nullable=False),
        sa.Column("at", MOMENT),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("outcome", _word("outcome", *REPLY_OUTCOMES), nullable=False),
        sa.Column("words", sa.String(300), nullable=False),
        sa.Column("person_id", BIG_ID),
        sa.Column("notification_id", BIG_ID),
        sa.Column("answer_id", BIG_ID),
        sa.Column("id", BIG_ID, nullable=False),
        *_keys("inbound_messages", person_id="people", notification_id="notifications", answer_id="notifications"),
    )
    _unique("uq_inbound_messages_channel_provider_id", "inbound_messages", ["channel", "provider_id"])
    op.create_index("ix_inbound_messages_received_at_id", "inbound_messages", ["received_at", "id"])
    op.create_index("ix_inbound_messages_phone_received_at", "inbound_messages", ["phone", "received_at"])
    op.create_index("ix_inbound_messages_notification_id", "inbound_messages", ["notification_id"])

    op.create_table(
        "drill_calls",
        sa.Column("drill_id", BIG_ID, nullable=False),
        sa.Column("person_id", BIG_ID, nullable=False),
        sa.Column("notification_id", BIG_ID),
        sa.Column("called_at", MOMENT, nullable=False),
        sa.Column("answered_at", MOMENT),
        sa.Column("id", BIG_ID, nullable=False),
        _check("drill_calls", "answered_after_the_call", "answered_at IS NULL OR answered_at >= called_at"),
        *_keys("drill_calls", drill_id="drills", person_id="people", notification_id="notifications"),
    )
    _unique("uq_drill_calls_drill_id_person_id", "drill_calls", ["drill_id", "person_id"])
    op.create_index("ix_drill_calls_notification_id", "drill_calls", ["notification_id"])


def _word(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=32)


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _keys(table: str, **references: str) -> list[sa.Constraint]:
    """The primary key, and the foreign key of each column to the table it refers to."""
    return [
        *(
            sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))
            for column, target in references.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def _reference(column: str, table: str, target: str) -> sa.Column[int]:
    return sa.Column(column, BIG_ID, sa.ForeignKey(f"{target}.id", name=op.f(f"fk_{table}_{column}_{target}")))


def _unique(name: str, table: str, columns: list[str]) -> None:
    op.create_index(name, table, columns, unique=True)


def _partial(name: str, table: str, columns: list[str], condition: str, *, unique: bool = False) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    settings = sa.table("settings", sa.column("key"))
    op.execute(settings.delete().where(settings.c.key.not_in(OLD_SETTINGS)))
    reshape("settings", conditions={"ck_settings_key": one_of('"key"', OLD_SETTINGS)})
    op.execute(f"UPDATE timeline_events SET kind = 'note' WHERE NOT ({one_of('kind', OLD_EVENTS)})")  # noqa: S608
    reshape("timeline_events", conditions={"ck_timeline_events_kind": one_of("kind", OLD_EVENTS)})
    reshape("customers", drop=["message_language"], conditions={"ck_customers_message_language": None})
    reshape(
        "people",
        drop=["phone_verified_at", "message_language"],
        conditions={"ck_people_message_language": None},
    )
    for table in ("drill_calls", "inbound_messages", "receipts", "notification_steps"):
        op.drop_table(table)
    _narrow_messages()
    for table in (
        "drills",
        "phone_verifications",
        "opt_outs",
        "channel_states",
        "template_registrations",
        "message_templates",
        "appointments",
    ):
        op.drop_table(table)


def _narrow_messages() -> None:
    for name in (*PARTIAL_INDEXES, *INDEXES):
        op.drop_index(name, table_name="notifications")
    reshape(
        "notifications",
        drop=["parent_id", "bundle_id", "relation"],
        conditions={
            "ck_notifications_kind": None,
            "ck_notifications_state": None,
            "ck_notifications_message_class": None,
            "ck_notifications_relation": None,
            "ck_notifications_claimed_by_somebody": None,
            "ck_notifications_one_receiver": None,
            "ck_notifications_parent_with_relation": None,
            "ck_notifications_bundled_in_a_bundle": None,
            "ck_notifications_may_leave_before_it_expires": None,
        },
    )
    _tell_new_messages_in_old_words()
    reshape(
        "notifications",
        change=[
            sa.Column("person_id", BIG_ID, nullable=False),
            sa.Column("dedup_key", sa.String(120), nullable=False),
        ],
        drop=[
            "message_class",
            "customer_id",
            "variables",
            "template_id",
            "parts",
            "is_drill",
            "appointment_id",
            "bundle_key",
            "thread",
            "reply_code",
            "code_ended_at",
            "answered_at",
            "answer",
            "delivered_at",
            "ask_at",
            "asked",
            "fallback_at",
            "channels_tried",
        ],
        conditions={
            "ck_notifications_kind": one_of("kind", OLD_MESSAGES),
            "ck_notifications_state": one_of("state", OLD_STATES),
            "ck_notifications_claimed_by_somebody": "(state = 'claimed') = (claim_token IS NOT NULL)",
        },
    )
    for old, new in RENAMED.items():
        op.alter_column("notifications", new, new_column_name=old)
    _partial(
        "ix_notifications_pending",
        "notifications",
        ["next_attempt_at", "priority"],
        "state IN ('queued', 'claimed', 'unknown')",
    )


def _tell_new_messages_in_old_words() -> None:
    """The older desk knows no messages to customers, and nothing that went out inside another message."""
    op.execute("DELETE FROM notifications WHERE person_id IS NULL")
    for changed in (
        f"kind = CASE WHEN kind IN ('bundle', 'drill') THEN 'duty_call' ELSE 'test' END "
        f"WHERE NOT ({one_of('kind', OLD_MESSAGES)})",
        "state = 'claimed' WHERE state = 'attempted'",
        "state = 'cancelled' WHERE state = 'bundled'",
        "due_at = ask_at WHERE state = 'unknown' AND ask_at IS NOT NULL",
        # A key that is too long was never given by the older desk; the message's own id is as good.
        "dedup_key = public_id WHERE length(dedup_key) > 120",
    ):
        op.execute(f"UPDATE notifications SET {changed}")  # noqa: S608 — words of our own
