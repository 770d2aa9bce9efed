"""from the promise to regained trust: inspections, work orders, delays, disputes, compensation, follow-ups, reviews

A compensation that was approved before waits for the customer's word like any other. What an older desk cannot tell
goes when it is taken back: new tables whole, new words as the nearest old one.
"""

import sqlalchemy as sa
from alembic import op

from migrations.reshaping import one_of, reshape

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)

OLD_MESSAGES = """
    duty_call escalation nobody_on_duty assigned clock_breached clock_warning clock_overrun lease_lapsed
    level_raised chain_repaired group_opened group_message meeting_called customer_silent shift_reminder
    shift_tomorrow shift_changed roster_gap swap_requested swap_to_approve swap_decided handover_waiting
    handover_late promise_due compensation_to_decide visit_tomorrow visit_soon visit_changed appointment_made
    appointment_tomorrow appointment_soon appointment_changed progress_report morning_digest bundle answer
    verification channel_alarm drill test
""".split()
MESSAGES = """
    duty_call escalation nobody_on_duty assigned clock_breached clock_warning clock_overrun lease_lapsed
    level_raised chain_repaired group_opened group_message meeting_called customer_silent shift_reminder
    shift_tomorrow shift_changed roster_gap swap_requested swap_to_approve swap_decided handover_waiting
    handover_late promise_due compensation_to_decide visit_tomorrow visit_soon visit_changed appointment_made
    appointment_tomorrow appointment_soon appointment_changed progress_report follow_up_link follow_up_due
    customer_dissatisfied water_test_over statement_to_approve malice_to_decide action_due
    morning_digest bundle answer verification channel_alarm drill test
""".split()
OLD_EVENTS = """
    recorded imported acknowledged contact_logged graded responsibility assigned escalated nobody_on_duty notified
    notification_failed clock_breached clock_stopped clock_warned clock_overrun clock_paused clock_resumed
    lease_lapsed stood_down chain_repaired calls_failed regraded group_joined group_left group_message replied
    appointment_made appointment_changed customer_told meeting_started meeting_ended meeting_overrun note edited
    evidence promised promise_kept promise_due compensation repeat_linked duplicate_merged customer_silent resolved
    closed reopened voided revealed
""".split()
EVENTS = """
    recorded imported acknowledged contact_logged graded responsibility assigned escalated nobody_on_duty notified
    notification_failed clock_breached clock_stopped clock_warned clock_overrun clock_paused clock_resumed
    lease_lapsed stood_down chain_repaired calls_failed regraded group_joined group_left group_message replied
    appointment_made appointment_changed customer_told meeting_started meeting_ended meeting_overrun note edited
    evidence promised promise_kept promise_due promise_withdrawn compensation repeat_linked duplicate_merged
    customer_silent inspected
    work_order delay_ledger extra_item case_form playbook outward statement link_sent customer_wrote followed_up
    review malice case_file resolved closed reopened voided revealed
""".split()
OLD_CLOCKS = """
    contact triage first_answer golden on_site formal_reply rework progress compensation follow_up
""".split()
CLOCKS = (*OLD_CLOCKS, "outward")
OLD_POLICIES = ("severity", "clocks", "escalation", "working_time")
POLICIES = (*OLD_POLICIES, "warranty", "authority", "follow_up")
OLD_STATUSES = ("offered", "approved", "paid", "refused", "withdrawn")
STATUSES = ("offered", "approved", "accepted", "paid", "refused", "declined", "withdrawn")
WAYS = ("link", "phone", "visit", "paper")
USES = ("general", "before", "during", "after", "signature", "proof", "document")
SIDES = ("ours", "customers")

OLD_OWN = "status NOT IN ('approved', 'paid') OR decided_by_id <> offered_by_id"
OWN = "status NOT IN ('approved', 'accepted', 'declined', 'paid') OR decided_by_id <> offered_by_id"
UNSTOPPED = "state IN ('running', 'paused', 'breached') AND promise_id IS NULL AND compensation_id IS NULL"


def upgrade() -> None:
    _create_inspections_and_work()
    _create_disputes()
    _create_compensation()
    _create_follow_ups()
    _create_reviews()
    _widen_what_stands()


def _widen_what_stands() -> None:
    reshape(
        "complaints",
        add=[
            sa.Column("is_drill", sa.Boolean(), server_default=sa.false(), nullable=False),
            sa.Column("confirmed_at", MOMENT),
            sa.Column("confirmed_way", sa.String(32)),
        ],
        conditions={
            "ck_complaints_confirmed_way": one_of("confirmed_way", WAYS),
            "ck_complaints_confirmed_in_a_way": "(confirmed_at IS NULL) = (confirmed_way IS NULL)",
        },
    )
    op.create_index(
        "ix_complaints_drill_recorded_at_id",
        "complaints",
        ["recorded_at", "id"],
        sqlite_where=sa.text("is_drill IS 1"),
        postgresql_where=sa.text("is_drill IS TRUE"),
    )
    reshape(
        "evidence",
        add=[
            _reference("work_order_id", "evidence", "work_orders"),
            _reference("inspection_id", "evidence", "inspections"),
            _reference("compensation_id", "evidence", "compensations"),
            sa.Column("use", sa.String(32), server_default="general", nullable=False),
            sa.Column("side", sa.String(32)),
        ],
        change=[sa.Column("complaint_id", BIG_ID)],
        conditions={
            "ck_evidence_use": one_of("use", USES),
            "ck_evidence_side": one_of("side", SIDES),
            "ck_evidence_of_something": "complaint_id IS NOT NULL OR work_order_id IS NOT NULL",
        },
    )
    for column in ("work_order_id", "inspection_id", "compensation_id"):
        op.create_index(f"ix_evidence_{column}", "evidence", [column])
    reshape(
        "compensations",
        add=[
            sa.Column("explanation", sa.JSON()),
            _reference("authority_policy_id", "compensations", "policies"),
            sa.Column("answered_at", MOMENT),
            sa.Column("answer", sa.Text(), server_default="", nullable=False),
        ],
        conditions={
            "ck_compensations_status": one_of("status", STATUSES),
            "ck_compensations_nobody_approves_their_own": OWN,
        },
    )
    op.create_index("ix_compensations_paid_at_id", "compensations", ["paid_at", "id"])
    reshape(
        "promises",
        add=[
            sa.Column("withdrawn_at", MOMENT),
            _reference("withdrawn_by_id", "promises", "people"),
            sa.Column("withdrawn_why", sa.String(500), server_default="", nullable=False),
        ],
        conditions={
            "ck_promises_kept_or_withdrawn": "kept_at IS NULL OR withdrawn_at IS NULL",
            "ck_promises_withdrawn_with_reason": "(withdrawn_at IS NULL) = (withdrawn_why = '')",
        },
    )
    _partial("ix_promises_withdrawn", "promises", ["due_at", "id"], "withdrawn_at IS NOT NULL")
    reshape(
        "clocks",
        add=[_reference("outward_case_id", "clocks", "outward_cases")],
        conditions={"ck_clocks_kind": one_of("kind", CLOCKS)},
        drop_indexes=["uq_clocks_complaint_id_kind_unstopped"],
    )
    op.create_index("ix_clocks_outward_case_id", "clocks", ["outward_case_id"])
    _one_clock_of_a_kind(f"{UNSTOPPED} AND outward_case_id IS NULL")
    reshape("policies", conditions={"ck_policies_kind": one_of("kind", POLICIES)})
    reshape("notifications", conditions={"ck_notifications_kind": one_of("kind", MESSAGES)})
    reshape("message_templates", conditions={"ck_message_templates_kind": one_of("kind", MESSAGES)})
    reshape("timeline_events", conditions={"ck_timeline_events_kind": one_of("kind", EVENTS)})


def _one_clock_of_a_kind(condition: str) -> None:
    columns = ["complaint_id", "kind"]
    _partial("uq_clocks_complaint_id_kind_unstopped", "clocks", columns, condition, unique=True)


def _create_inspections_and_work() -> None:
    op.create_table(
        "crews",
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("trade", sa.String(40), nullable=False),
        sa.Column("foreman_id", BIG_ID),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", BIG_ID, nullable=False),
        _check("crews", "name_given", "name <> ''"),
        *_keys("crews", foreman_id="people"),
        sa.UniqueConstraint("name", name=op.f("uq_crews_name")),
    )

    op.create_table(
        "contract_warranties",
        sa.Column("project_id", BIG_ID, nullable=False),
        sa.Column(
            "part",
            _word(
                "part",
                "tiling",
                "walls",
                "paint",
                "flooring",
                "carpentry",
                "doors_windows",
                "waterproofing",
                "plumbing",
                "electrics",
                "heating_cooling",
                "other",
            ),
            nullable=False,
        ),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", BIG_ID, nullable=False),
        _check("contract_warranties", "months_make_sense", "months BETWEEN 1 AND 600"),
        *_keys("contract_warranties", project_id="projects"),
    )
    _unique("uq_contract_warranties_project_id_part", "contract_warranties", ["project_id", "part"])

    op.create_table(
        "inspections",
        sa.Column("complaint_id", BIG_ID, nullable=False),
        sa.Column("appointment_id", BIG_ID),
        sa.Column("inspector_id", BIG_ID, nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("is_customer_present", sa.Boolean(), nullable=False),
        sa.Column("absence", sa.String(200), nullable=False),
        sa.Column("our_side", sa.Text(), nullable=False),
        sa.Column("customers_side", sa.Text(), nullable=False),
        sa.Column("conclusion", sa.Text(), nullable=False),
        sa.Column("confirmed_words", sa.String(500), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", BIG_ID, nullable=False),
        _check("inspections", "ends_after_start", "ended_at IS NULL OR ended_at >= started_at"),
        _check("inspections", "absence_explained", "is_customer_present OR absence <> '' OR ended_at IS NULL"),
        *_keys("inspections", complaint_id="complaints", appointment_id="appointments", inspector_id="people"),
    )
    op.create_index("ix_inspections_appointment_id", "inspections", ["appointment_id"])
    op.create_index("ix_inspections_complaint_id", "inspections", ["complaint_id"])
    op.create_index("ix_inspections_started_at_id", "inspections", ["started_at", "id"])

    op.create_table(
        "findings",
        sa.Column("inspection_id", BIG_ID, nullable=False),
        sa.Column("kind", _word("kind", "hollow_tiles", "water_holding", "crack", "other"), nullable=False),
        sa.Column(
            "part",
            _word(
                "part",
                "tiling",
                "walls",
                "paint",
                "flooring",
                "carpentry",
                "doors_windows",
                "waterproofing",
                "plumbing",
                "electrics",
                "heating_cooling",
                "other",
            ),
            nullable=False,
        ),
        sa.Column("place", sa.String(100), nullable=False),
        sa.Column("words", sa.String(500), nullable=False),
        sa.Column("tapped", sa.Integer()),
        sa.Column("hollow", sa.Integer()),
        sa.Column("filled_at", MOMENT),
        sa.Column("depth", sa.BigInteger()),
        sa.Column("read_at", MOMENT),
        sa.Column("drop_by", sa.BigInteger()),
        sa.Column("told_at", MOMENT),
        sa.Column("length", sa.BigInteger()),
        sa.Column("width", sa.BigInteger()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", BIG_ID, nullable=False),
        _check("findings", "place_given", "place <> ''"),
        _check(
            "findings", "tiles_make_sense", "kind <> 'hollow_tiles' OR (tapped >= 1 AND hollow BETWEEN 0 AND tapped)"
        ),
        _check("findings", "water_was_filled_in", "kind <> 'water_holding' OR (filled_at IS NOT NULL AND depth > 0)"),
        _check("findings", "read_with_its_drop", "(read_at IS NULL) = (drop_by IS NULL)"),
        _check("findings", "drop_within_depth", "drop_by IS NULL OR (drop_by BETWEEN 0 AND depth)"),
        _check("findings", "crack_makes_sense", "kind <> 'crack' OR (length > 0 AND width BETWEEN 1 AND length)"),
        _check("findings", "words_where_nothing_is_measured", "kind <> 'other' OR words <> ''"),
        *_keys("findings", inspection_id="inspections"),
    )
    op.create_index("ix_findings_inspection_id", "findings", ["inspection_id"])
    _partial(
        "ix_findings_water_running",
        "findings",
        ["filled_at"],
        "kind = 'water_holding' AND drop_by IS NULL AND told_at IS NULL",
    )

    op.create_table(
        "work_orders",
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("complaint_id", BIG_ID),
        sa.Column("customer_id", BIG_ID, nullable=False),
        sa.Column("project_id", BIG_ID),
        sa.Column("promise_id", BIG_ID),
        sa.Column("kind", _word("kind", "rework", "repair", "maintenance", "cleaning"), nullable=False),
        sa.Column(
            "part",
            _word(
                "part",
                "tiling",
                "walls",
                "paint",
                "flooring",
                "carpentry",
                "doors_windows",
                "waterproofing",
                "plumbing",
                "electrics",
                "heating_cooling",
                "other",
            ),
            nullable=False,
        ),
        sa.Column(
            "cause",
            _word("cause", "workmanship", "our_material", "customers_material", "use", "wear", "unknown"),
            nullable=False,
        ),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("technician_id", BIG_ID),
        sa.Column("crew_id", BIG_ID),
        sa.Column("coverage", _word("coverage", "not_accepted", "in_warranty", "out_of_warranty"), nullable=False),
        sa.Column("is_free", sa.Boolean(), nullable=False),
        sa.Column("why", sa.String(500), nullable=False),
        sa.Column(
            "state", _word("state", "planned", "quoted", "running", "done", "closed", "cancelled"), nullable=False
        ),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by_id", BIG_ID),
        sa.Column("planned_start_at", MOMENT, nullable=False),
        sa.Column("planned_done_at", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT),
        sa.Column("done_at", MOMENT),
        sa.Column("done_words", sa.Text(), nullable=False),
        sa.Column("redone_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.Column("ended_by_id", BIG_ID),
        sa.Column("exception", sa.String(500), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", BIG_ID, nullable=False),
        _check("work_orders", "words_given", "words <> ''"),
        _check("work_orders", "planned_in_order", "planned_done_at > planned_start_at"),
        _check("work_orders", "done_after_start", "done_at IS NULL OR done_at >= started_at"),
        _check("work_orders", "done_with_time", "state NOT IN ('done', 'closed') OR done_at IS NOT NULL"),
        _check("work_orders", "ended_with_time", "(state IN ('closed', 'cancelled')) = (ended_at IS NOT NULL)"),
        *_keys(
            "work_orders",
            complaint_id="complaints",
            customer_id="customers",
            project_id="projects",
            promise_id="promises",
            technician_id="people",
            crew_id="crews",
            made_by_id="people",
            ended_by_id="people",
        ),
        sa.UniqueConstraint("number", name=op.f("uq_work_orders_number")),
    )
    op.create_index("ix_work_orders_complaint_id", "work_orders", ["complaint_id"])
    op.create_index("ix_work_orders_crew_id", "work_orders", ["crew_id"])
    op.create_index("ix_work_orders_customer_id", "work_orders", ["customer_id"])
    op.create_index("ix_work_orders_made_at_id", "work_orders", ["made_at", "id"])
    is_open = "state IN ('planned', 'quoted', 'running', 'done')"
    _partial("ix_work_orders_open", "work_orders", ["planned_done_at", "id"], is_open)
    _partial(
        "ix_work_orders_open_technician_id", "work_orders", ["technician_id", "planned_done_at", "id"], is_open
    )
    op.create_index("ix_work_orders_project_id", "work_orders", ["project_id"])
    op.create_index("ix_work_orders_promise_id", "work_orders", ["promise_id"])
    op.create_index(
        "ix_work_orders_technician_id_planned_start_at", "work_orders", ["technician_id", "planned_start_at"]
    )

    op.create_table(
        "work_costs",
        sa.Column("work_order_id", BIG_ID, nullable=False),
        sa.Column("kind", _word("kind", "material", "labour", "other"), nullable=False),
        sa.Column("what", sa.String(100), nullable=False),
        sa.Column("batch", sa.String(40), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.String(20), nullable=False),
        sa.Column("unit_price", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("entered_at", MOMENT, nullable=False),
        sa.Column("entered_by_id", BIG_ID),
        sa.Column("struck_at", MOMENT),
        sa.Column("struck_by_id", BIG_ID),
        sa.Column("id", BIG_ID, nullable=False),
        _check("work_costs", "what_given", "what <> ''"),
        _check("work_costs", "quantity_positive", "quantity > 0"),
        _check("work_costs", "unit_price_not_negative", "unit_price >= 0"),
        _check("work_costs", "amount_not_negative", "amount >= 0"),
        *_keys("work_costs", work_order_id="work_orders", entered_by_id="people", struck_by_id="people"),
    )
    op.create_index("ix_work_costs_batch", "work_costs", ["batch"])
    op.create_index("ix_work_costs_work_order_id", "work_costs", ["work_order_id"])

    op.create_table(
        "quotations",
        sa.Column("work_order_id", BIG_ID, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("offered_at", MOMENT, nullable=False),
        sa.Column("offered_by_id", BIG_ID, nullable=False),
        sa.Column("is_accepted", sa.Boolean()),
        sa.Column("answered_at", MOMENT),
        sa.Column("answer", sa.String(500), nullable=False),
        sa.Column("id", BIG_ID, nullable=False),
        _check("quotations", "amount_positive", "amount > 0"),
        _check("quotations", "words_given", "words <> ''"),
        _check("quotations", "answered_with_time", "(answered_at IS NULL) = (is_accepted IS NULL)"),
        *_keys("quotations", work_order_id="work_orders", offered_by_id="people"),
    )
    op.create_index("ix_quotations_work_order_id", "quotations", ["work_order_id"])


def _create_disputes() -> None:
    op.create_table(
        "delay_entries",
        sa.Column("project_id", BIG_ID, nullable=False),
        sa.Column("complaint_id", BIG_ID),
        sa.Column("kind", _word("kind", "lost", "won_back"), nullable=False),
        sa.Column("cause", _word("cause", "material", "labour", "weather", "customer", "other")),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(300), nullable=False),
        sa.Column("evidence_id", BIG_ID),
        sa.Column("entered_at", MOMENT, nullable=False),
        sa.Column("entered_by_id", BIG_ID),
        sa.Column("struck_at", MOMENT),
        sa.Column("struck_by_id", BIG_ID),
        sa.Column("struck_why", sa.String(300), nullable=False),
        sa.Column("id", BIG_ID, nullable=False),
        _check("delay_entries", "ends_after_start", "last_on >= first_on"),
        _check("delay_entries", "days_positive", "days >= 1"),
        _check("delay_entries", "cause_of_what_was_lost", "(kind = 'lost') = (cause IS NOT NULL)"),
        _check("delay_entries", "words_given", "words <> ''"),
        _check("delay_entries", "struck_with_reason", "(struck_at IS NULL) = (struck_why = '')"),
        *_keys(
            "delay_entries",
            project_id="projects",
            complaint_id="complaints",
            evidence_id="evidence",
            entered_by_id="people",
            struck_by_id="people",
        ),
    )
    op.create_index("ix_delay_entries_complaint_id", "delay_entries", ["complaint_id"])
    op.create_index("ix_delay_entries_project_id_first_on", "delay_entries", ["project_id", "first_on"])

    op.create_table(
        "catch_up_plans",
        sa.Column("complaint_id", BIG_ID, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("crews", sa.Integer(), nullable=False),
        sa.Column("more_hours", sa.Integer(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by_id", BIG_ID, nullable=False),
        sa.Column("id", BIG_ID, nullable=False),
        _check("catch_up_plans", "words_given", "words <> ''"),
        _check("catch_up_plans", "crews_positive", "crews >= 1"),
        _check("catch_up_plans", "more_hours_in_a_day", "more_hours BETWEEN 0 AND 24"),
        _check("catch_up_plans", "days_positive", "days >= 1"),
        *_keys("catch_up_plans", complaint_id="complaints", made_by_id="people"),
    )
    op.create_index("ix_catch_up_plans_complaint_id", "catch_up_plans", ["complaint_id"])

    op.create_table(
        "extra_items",
        sa.Column("complaint_id", BIG_ID, nullable=False),
        sa.Column("what", sa.String(200), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("clause", sa.String(200), nullable=False),
        sa.Column("page", sa.String(20), nullable=False),
        sa.Column("signature", _word("signature", "found", "not_found", "unclear"), nullable=False),
        sa.Column("necessity", sa.Text(), nullable=False),
        sa.Column("entered_at", MOMENT, nullable=False),
        sa.Column("entered_by_id", BIG_ID, nullable=False),
        sa.Column("outcome", _word("outcome", "upheld", "reduced", "withdrawn")),
        sa.Column("stands_at", sa.BigInteger()),
        sa.Column("decided_at", MOMENT),
        sa.Column("decided_by_id", BIG_ID),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", BIG_ID, nullable=False),
        _check("extra_items", "what_given", "what <> ''"),
        _check("extra_items", "amount_positive", "amount > 0"),
        _check("extra_items", "decided_with_outcome", "(outcome IS NULL) = (decided_at IS NULL)"),
        _check("extra_items", "decided_with_explanation", "outcome IS NULL OR necessity <> ''"),
        _check(
            "extra_items",
            "stands_at_what_was_decided",
            "(outcome IS NULL AND stands_at IS NULL) OR (outcome = 'upheld' AND stands_at = amount) OR (outcome = 'reduced' AND stands_at > 0 AND stands_at < amount) OR (outcome = 'withdrawn' AND stands_at = 0)",
        ),
        *_keys("extra_items", complaint_id="complaints", entered_by_id="people", decided_by_id="people"),
    )
    op.create_index("ix_extra_items_complaint_id", "extra_items", ["complaint_id"])

    op.create_table(
        "case_forms",
        sa.Column("complaint_id", BIG_ID, nullable=False),
        sa.Column("kind", _word("kind", "design_fault", "service"), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("filled_at", MOMENT, nullable=False),
        sa.Column("filled_by_id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", BIG_ID, nullable=False),
        *_keys("case_forms", complaint_id="complaints", filled_by_id="people"),
    )
    _unique("uq_case_forms_complaint_id_kind", "case_forms", ["complaint_id", "kind"])

    op.create_table(
        "playbook_steps",
        sa.Column(
            "category",
            _word("category", "quality", "delay", "extra_items", "service", "design", "safety", "other"),
            nullable=False,
        ),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.Column("words_zh", sa.String(300), nullable=False),
        sa.Column("words_en", sa.String(300), nullable=False),
        sa.Column("script_id", BIG_ID),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", BIG_ID, nullable=False),
        _check("playbook_steps", "words_given", "words_zh <> '' AND words_en <> ''"),
        _check("playbook_steps", "place_positive", "place >= 1"),
        *_keys("playbook_steps", script_id="scripts"),
    )
    op.create_index("ix_playbook_steps_category_place", "playbook_steps", ["category", "place"])

    op.create_table(
        "playbook_ticks",
        sa.Column("complaint_id", BIG_ID, nullable=False),
        sa.Column("step_id", BIG_ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by_id", BIG_ID, nullable=False),
        sa.Column("remarks", sa.String(300), nullable=False),
        sa.Column("id", BIG_ID, nullable=False),
        *_keys("playbook_ticks", complaint_id="complaints", step_id="playbook_steps", by_id="people"),
    )
    _unique("uq_playbook_ticks_complaint_id_step_id", "playbook_ticks", ["complaint_id", "step_id"])

    op.create_table(
        "outward_cases",
        sa.Column("complaint_id", BIG_ID, nullable=False),
        sa.Column(
            "body",
            _word(
                "body",
                "consumer_association",
                "consumer_hotline",
                "mayors_hotline",
                "housing_authority",
                "court",
                "media",
                "other",
            ),
            nullable=False,
        ),
        sa.Column("reference", sa.String(60), nullable=False),
        sa.Column("came_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("course", sa.Text(), nullable=False),
        sa.Column("way", sa.String(200), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("entered_by_id", BIG_ID, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("ended_by_id", BIG_ID),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", BIG_ID, nullable=False),
        _check("outward_cases", "due_after_it_came", "due_at > came_at"),
        _check("outward_cases", "ended_with_result", "(ended_at IS NULL) = (result = '')"),
        *_keys("outward_cases", complaint_id="complaints", entered_by_id="people", ended_by_id="people"),
    )
    op.create_index("ix_outward_cases_came_at_id", "outward_cases", ["came_at", "id"])
    op.create_index("ix_outward_cases_complaint_id", "outward_cases", ["complaint_id"])
    _partial("ix_outward_cases_open_due_at", "outward_cases", ["due_at", "id"], "ended_at IS NULL")

    op.create_table(
        "outward_statements",
        sa.Column("complaint_id", BIG_ID, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("written_at", MOMENT, nullable=False),
        sa.Column("written_by_id", BIG_ID, nullable=False),
        sa.Column("approved_at", MOMENT),
        sa.Column("approved_by_id", BIG_ID),
        sa.Column("replaced_at", MOMENT),
        sa.Column("id", BIG_ID, nullable=False),
        _check("outward_statements", "words_given", "words <> ''"),
        _check("outward_statements", "approved_by_somebody", "(approved_at IS NULL) = (approved_by_id IS NULL)"),
        _check(
            "outward_statements", "approved_by_another", "approved_by_id IS NULL OR approved_by_id <> written_by_id"
        ),
        *_keys("outward_statements", complaint_id="complaints", written_by_id="people", approved_by_id="people"),
    )
    op.create_index("ix_outward_statements_complaint_id", "outward_statements", ["complaint_id"])
    _partial(
        "uq_outward_statements_in_force",
        "outward_statements",
        ["complaint_id"],
        "approved_at IS NOT NULL AND replaced_at IS NULL",
        unique=True,
    )

    op.create_table(
        "malice_reviews",
        sa.Column("complaint_id", BIG_ID, nullable=False),
        sa.Column("suspicion", sa.Text(), nullable=False),
        sa.Column("said_at", MOMENT, nullable=False),
        sa.Column("said_by_id", BIG_ID, nullable=False),
        sa.Column("verdict", _word("verdict", "confirmed", "rejected")),
        sa.Column("grounds", sa.Text(), nullable=False),
        sa.Column("decided_at", MOMENT),
        sa.Column("decided_by_id", BIG_ID),
        sa.Column("id", BIG_ID, nullable=False),
        _check("malice_reviews", "suspicion_given", "suspicion <> ''"),
        _check("malice_reviews", "decided_with_verdict", "(verdict IS NULL) = (decided_at IS NULL)"),
        _check("malice_reviews", "decided_with_grounds", "verdict IS NULL OR grounds <> ''"),
        _check("malice_reviews", "decided_by_another", "decided_by_id IS NULL OR decided_by_id <> said_by_id"),
        *_keys("malice_reviews", complaint_id="complaints", said_by_id="people", decided_by_id="people"),
    )
    op.create_index("ix_malice_reviews_complaint_id", "malice_reviews", ["complaint_id"])
    _partial("uq_malice_reviews_one_open", "malice_reviews", ["complaint_id"], "verdict IS NULL", unique=True)


def _create_compensation() -> None:
    op.create_table(
        "compensation_decisions",
        sa.Column("compensation_id", BIG_ID, nullable=False),
        sa.Column(
            "step",
            _word("step", "offer", "approve", "sign", "refuse", "accept", "decline", "withdraw", "pay"),
            nullable=False,
        ),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by_id", BIG_ID),
        sa.Column("for_id", BIG_ID),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("id", BIG_ID, nullable=False),
        _check("compensation_decisions", "for_somebody_else", "for_id IS NULL OR for_id <> by_id"),
        *_keys("compensation_decisions", compensation_id="compensations", by_id="people", for_id="people"),
    )
    op.create_index("ix_compensation_decisions_compensation_id_id", "compensation_decisions", ["compensation_id", "id"])

    op.create_table(
        "special_approvals",
        sa.Column("compensation_id", BIG_ID, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("risk", sa.Text(), nullable=False),
        sa.Column("budget", sa.Text(), nullable=False),
        sa.Column("filled_at", MOMENT, nullable=False),
        sa.Column("filled_by_id", BIG_ID, nullable=False),
        sa.Column("id", BIG_ID, nullable=False),
        _check("special_approvals", "filled_in", "reason <> '' AND risk <> '' AND budget <> ''"),
        *_keys("special_approvals", compensation_id="compensations", filled_by_id="people"),
        sa.UniqueConstraint("compensation_id", name=op.f("uq_special_approvals_compensation_id")),
    )

    op.create_table(
        "substitutions",
        sa.Column("person_id", BIG_ID, nullable=False),
        sa.Column("substitute_id", BIG_ID, nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("remarks", sa.String(200), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by_id", BIG_ID),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", BIG_ID, nullable=False),
        _check("substitutions", "ends_after_start", "last_on >= first_on"),
        _check("substitutions", "substitute_is_another", "substitute_id <> person_id"),
        *_keys("substitutions", person_id="people", substitute_id="people", made_by_id="people"),
    )
    op.create_index("ix_substitutions_person_id_last_on", "substitutions", ["person_id", "last_on"])
    op.create_index("ix_substitutions_substitute_id_last_on", "substitutions", ["substitute_id", "last_on"])


def _create_follow_ups() -> None:
    op.create_table(
        "customer_links",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("complaint_id", BIG_ID, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by_id", BIG_ID),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("opened_at", MOMENT),
        sa.Column("used_at", MOMENT),
        sa.Column("revoked_at", MOMENT),
        sa.Column("id", BIG_ID, nullable=False),
        _check("customer_links", "lasts", "expires_at > made_at"),
        _check("customer_links", "digest_whole", "length(digest) = 64"),
        *_keys("customer_links", complaint_id="complaints", made_by_id="people"),
        sa.UniqueConstraint("digest", name=op.f("uq_customer_links_digest")),
    )
    op.create_index("ix_customer_links_complaint_id_made_at", "customer_links", ["complaint_id", "made_at"])

    op.create_table(
        "follow_ups",
        sa.Column("complaint_id", BIG_ID),
        sa.Column("project_id", BIG_ID),
        sa.Column("round", sa.SmallInteger(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("state", _word("state", "planned", "answered", "unreached", "cancelled"), nullable=False),
        sa.Column("link_id", BIG_ID),
        sa.Column("told_at", MOMENT),
        sa.Column("way", _word("way", "link", "phone", "visit", "paper")),
        sa.Column("attitude", sa.SmallInteger()),
        sa.Column("quality", sa.SmallInteger()),
        sa.Column("efficiency", sa.SmallInteger()),
        sa.Column("is_satisfied", sa.Boolean()),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("opened_id", BIG_ID),
        sa.Column("ended_at", MOMENT),
        sa.Column("entered_by_id", BIG_ID),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", BIG_ID, nullable=False),
        _check("follow_ups", "of_one_thing", "(complaint_id IS NULL) <> (project_id IS NULL)"),
        _check("follow_ups", "round_positive", "round >= 1"),
        _check("follow_ups", "attitude_in_scale", "attitude BETWEEN 1 AND 5"),
        _check("follow_ups", "quality_in_scale", "quality BETWEEN 1 AND 5"),
        _check("follow_ups", "efficiency_in_scale", "efficiency BETWEEN 1 AND 5"),
        _check(
            "follow_ups",
            "answered_in_full",
            "(state = 'answered') = (attitude IS NOT NULL AND quality IS NOT NULL AND efficiency IS NOT NULL AND is_satisfied IS NOT NULL AND way IS NOT NULL)",
        ),
        _check("follow_ups", "entered_by_staff_or_not", "way IS NULL OR (way = 'link') = (entered_by_id IS NULL)"),
        _check("follow_ups", "ended_when_not_planned", "(state = 'planned') = (ended_at IS NULL)"),
        *_keys(
            "follow_ups",
            complaint_id="complaints",
            project_id="projects",
            link_id="customer_links",
            opened_id="complaints",
            entered_by_id="people",
        ),
    )
    op.create_index("ix_follow_ups_opened_id", "follow_ups", ["opened_id"])
    op.create_index("ix_follow_ups_complaint_id", "follow_ups", ["complaint_id"])
    op.create_index("ix_follow_ups_due_at_id", "follow_ups", ["due_at", "id"])
    op.create_index("ix_follow_ups_link_id", "follow_ups", ["link_id"])
    _partial("ix_follow_ups_planned_due_at", "follow_ups", ["due_at", "id"], "state = 'planned'")
    _partial("ix_follow_ups_untold_due_at", "follow_ups", ["due_at", "id"], "state = 'planned' AND told_at IS NULL")
    op.create_index("uq_follow_ups_project_id_round", "follow_ups", ["project_id", "round"], unique=True)
    op.create_index("ix_projects_accepted_on_id", "projects", ["accepted_on", "id"])

    op.create_table(
        "follow_up_tries",
        sa.Column("follow_up_id", BIG_ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by_id", BIG_ID, nullable=False),
        sa.Column("method", _word("method", "phone", "wechat_message", "visit", "sms"), nullable=False),
        sa.Column("id", BIG_ID, nullable=False),
        *_keys("follow_up_tries", follow_up_id="follow_ups", by_id="people"),
    )
    op.create_index("ix_follow_up_tries_follow_up_id", "follow_up_tries", ["follow_up_id"])

    op.create_table(
        "case_files",
        sa.Column("complaint_id", BIG_ID, nullable=False),
        sa.Column("copy", sa.Integer(), nullable=False),
        sa.Column("printed_at", MOMENT, nullable=False),
        sa.Column("printed_by_id", BIG_ID),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("archive_box", sa.String(40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", BIG_ID, nullable=False),
        _check("case_files", "sha256_whole", "length(sha256) = 64"),
        _check("case_files", "copy_positive", "copy >= 1"),
        _check("case_files", "pages_positive", "pages >= 1"),
        *_keys("case_files", complaint_id="complaints", printed_by_id="people"),
    )
    _unique("uq_case_files_complaint_id_copy", "case_files", ["complaint_id", "copy"])


def _create_reviews() -> None:
    op.create_table(
        "root_causes",
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("parent_id", BIG_ID),
        sa.Column("name_zh", sa.String(80), nullable=False),
        sa.Column("name_en", sa.String(80), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", BIG_ID, nullable=False),
        _check("root_causes", "name_given", "name_zh <> '' AND name_en <> ''"),
        _check("root_causes", "parent_is_another", "parent_id <> id"),
        *_keys("root_causes", parent_id="root_causes"),
        sa.UniqueConstraint("code", name=op.f("uq_root_causes_code")),
    )
    op.create_index("ix_root_causes_parent_id", "root_causes", ["parent_id"])

    op.create_table(
        "reviews",
        sa.Column("complaint_id", BIG_ID, nullable=False),
        sa.Column("state", _word("state", "open", "done"), nullable=False),
        sa.Column("begun_at", MOMENT, nullable=False),
        sa.Column("begun_by_id", BIG_ID, nullable=False),
        sa.Column("root_cause_id", BIG_ID),
        sa.Column("lessons", sa.Text(), nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("ended_by_id", BIG_ID),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", BIG_ID, nullable=False),
        _check("reviews", "done_with_time", "(state = 'done') = (ended_at IS NOT NULL)"),
        _check("reviews", "done_with_cause", "state = 'open' OR root_cause_id IS NOT NULL"),
        *_keys(
            "reviews",
            complaint_id="complaints",
            begun_by_id="people",
            root_cause_id="root_causes",
            ended_by_id="people",
        ),
        sa.UniqueConstraint("complaint_id", name=op.f("uq_reviews_complaint_id")),
    )
    op.create_index("ix_reviews_root_cause_id", "reviews", ["root_cause_id"])
    op.create_index("ix_reviews_state_begun_at_id", "reviews", ["state", "begun_at", "id"])

    op.create_table(
        "whys",
        sa.Column("review_id", BIG_ID, nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.Column("answer", sa.String(500), nullable=False),
        sa.Column("proof", sa.String(500), nullable=False),
        sa.Column("evidence_id", BIG_ID),
        sa.Column("written_at", MOMENT, nullable=False),
        sa.Column("written_by_id", BIG_ID, nullable=False),
        sa.Column("verified_at", MOMENT),
        sa.Column("verified_by_id", BIG_ID),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", BIG_ID, nullable=False),
        _check("whys", "answer_given", "answer <> ''"),
        _check("whys", "place_in_row", "place BETWEEN 1 AND 9"),
        _check("whys", "verified_by_somebody", "(verified_at IS NULL) = (verified_by_id IS NULL)"),
        _check("whys", "verified_by_another", "verified_by_id IS NULL OR verified_by_id <> written_by_id"),
        *_keys("whys", review_id="reviews", evidence_id="evidence", written_by_id="people", verified_by_id="people"),
    )
    _unique("uq_whys_review_id_place", "whys", ["review_id", "place"])

    op.create_table(
        "corrective_actions",
        sa.Column("review_id", BIG_ID, nullable=False),
        sa.Column("words", sa.String(500), nullable=False),
        sa.Column("owner_id", BIG_ID, nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("check_on", sa.Date(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("done_at", MOMENT),
        sa.Column("done_words", sa.String(500), nullable=False),
        sa.Column("reminded_at", MOMENT),
        sa.Column("checked_at", MOMENT),
        sa.Column("count_before", sa.Integer()),
        sa.Column("count_after", sa.Integer()),
        sa.Column("effect", _word("effect", "worked", "failed", "unclear")),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", BIG_ID, nullable=False),
        _check("corrective_actions", "words_given", "words <> ''"),
        _check("corrective_actions", "checked_after_due", "check_on >= due_on"),
        _check("corrective_actions", "checked_with_effect", "(effect IS NULL) = (checked_at IS NULL)"),
        _check("corrective_actions", "checked_once_done", "effect IS NULL OR done_at IS NOT NULL"),
        _check("corrective_actions", "counts_not_negative", "count_before >= 0 AND count_after >= 0"),
        *_keys("corrective_actions", review_id="reviews", owner_id="people"),
    )
    _partial("ix_corrective_actions_open", "corrective_actions", ["due_on", "id"], "done_at IS NULL")
    op.create_index("ix_corrective_actions_owner_id", "corrective_actions", ["owner_id"])
    op.create_index("ix_corrective_actions_review_id", "corrective_actions", ["review_id"])
    _partial(
        "ix_corrective_actions_unchecked",
        "corrective_actions",
        ["check_on", "id"],
        "done_at IS NOT NULL AND effect IS NULL",
    )


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
    _tell_new_words_in_old_ones()
    reshape("timeline_events", conditions={"ck_timeline_events_kind": one_of("kind", OLD_EVENTS)})
    reshape("message_templates", conditions={"ck_message_templates_kind": one_of("kind", OLD_MESSAGES)})
    reshape("notifications", conditions={"ck_notifications_kind": one_of("kind", OLD_MESSAGES)})
    reshape("policies", conditions={"ck_policies_kind": one_of("kind", OLD_POLICIES)})
    reshape(
        "clocks",
        drop=["outward_case_id"],
        conditions={"ck_clocks_kind": one_of("kind", OLD_CLOCKS)},
        drop_indexes=["uq_clocks_complaint_id_kind_unstopped", "ix_clocks_outward_case_id"],
    )
    _one_clock_of_a_kind(UNSTOPPED)
    reshape(
        "compensations",
        drop=["explanation", "authority_policy_id", "answered_at", "answer"],
        conditions={
            "ck_compensations_status": one_of("status", OLD_STATUSES),
            "ck_compensations_nobody_approves_their_own": OLD_OWN,
        },
        drop_indexes=["ix_compensations_paid_at_id"],
    )
    reshape(
        "evidence",
        drop=["work_order_id", "inspection_id", "compensation_id", "use", "side"],
        change=[sa.Column("complaint_id", BIG_ID, nullable=False)],
        conditions={"ck_evidence_use": None, "ck_evidence_side": None, "ck_evidence_of_something": None},
        drop_indexes=[f"ix_evidence_{column}_id" for column in ("work_order", "inspection", "compensation")],
    )
    reshape(
        "promises",
        drop=["withdrawn_at", "withdrawn_by_id", "withdrawn_why"],
        drop_indexes=["ix_promises_withdrawn"],
        conditions={"ck_promises_kept_or_withdrawn": None, "ck_promises_withdrawn_with_reason": None},
    )
    reshape(
        "complaints",
        drop=["is_drill", "confirmed_at", "confirmed_way"],
        drop_indexes=["ix_complaints_drill_recorded_at_id"],
        conditions={"ck_complaints_confirmed_way": None, "ck_complaints_confirmed_in_a_way": None},
    )
    op.drop_index("ix_projects_accepted_on_id", "projects")
    for table in TABLES:
        op.drop_table(table)


def _tell_new_words_in_old_ones() -> None:
    """A file of a work order alone belongs to nothing here; its bytes stay where they are."""
    new_templates = f"SELECT id FROM message_templates WHERE NOT ({one_of('kind', OLD_MESSAGES)})"  # noqa: S608
    for change in (
        f"UPDATE timeline_events SET kind = 'note' WHERE NOT ({one_of('kind', OLD_EVENTS)})",  # noqa: S608
        f"UPDATE notifications SET kind = 'test' WHERE NOT ({one_of('kind', OLD_MESSAGES)})",  # noqa: S608
        "UPDATE compensations SET status = 'approved' WHERE status = 'accepted'",
        "UPDATE compensations SET status = 'refused' WHERE status = 'declined'",
        "DELETE FROM clock_pauses WHERE clock_id IN (SELECT id FROM clocks WHERE kind = 'outward')",
        "DELETE FROM clocks WHERE kind = 'outward'",
        "UPDATE promises SET kept_at = withdrawn_at, kept_by_id = withdrawn_by_id WHERE withdrawn_at IS NOT NULL",
        f"UPDATE notifications SET template_id = NULL WHERE template_id IN ({new_templates})",  # noqa: S608
        f"DELETE FROM template_registrations WHERE template_id IN ({new_templates})",  # noqa: S608
        f"DELETE FROM message_templates WHERE id IN ({new_templates})",  # noqa: S608
        "UPDATE compensations SET authority_policy_id = NULL",
        f"DELETE FROM policies WHERE NOT ({one_of('kind', OLD_POLICIES)})",  # noqa: S608
        "UPDATE delay_entries SET evidence_id = NULL",
        "UPDATE whys SET evidence_id = NULL",
        "DELETE FROM evidence WHERE complaint_id IS NULL",
    ):
        op.execute(change)


TABLES = (
    "corrective_actions",
    "whys",
    "reviews",
    "root_causes",
    "case_files",
    "follow_up_tries",
    "follow_ups",
    "customer_links",
    "substitutions",
    "special_approvals",
    "compensation_decisions",
    "malice_reviews",
    "outward_statements",
    "outward_cases",
    "playbook_ticks",
    "playbook_steps",
    "case_forms",
    "extra_items",
    "catch_up_plans",
    "delay_entries",
    "quotations",
    "work_costs",
    "work_orders",
    "findings",
    "inspections",
    "contract_warranties",
    "crews",
)
"""Every new table, those first that refer to others."""
