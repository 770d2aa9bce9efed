"""What must never be is refused by the database itself, whoever asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import CheckConstraint, Table, delete, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, scoped_session

from extensions import timepiece
from models import Base, HistoryIsFinal
from rules.vocabulary import (
    ActionEffect,
    AppointmentState,
    ChannelCondition,
    ClockState,
    CompensationBasis,
    CompensationStatus,
    EscalationCause,
    ExtraItemOutcome,
    FindingKind,
    FollowUpState,
    FollowUpWay,
    MaliceVerdict,
    NotificationKind,
    NotificationState,
    RegistrationState,
    ResponsibilityKind,
    ReviewState,
    Role,
    Severity,
    WorkOrderState,
)
from tests import factories as f

Db = scoped_session[Session]


def later(**length: float) -> object:
    """A moment after the test's present."""
    return timepiece.now() + timedelta(**length)


REFUSED: dict[str, Callable[[], object]] = {
    "clocks_due_after_start": lambda: f.ClockFactory(due_at=later(minutes=-1)),
    "clocks_breach_has_time": lambda: f.ClockFactory(state=ClockState.BREACHED),
    "clocks_met_has_time": lambda: f.ClockFactory(state=ClockState.MET),
    "clocks_running_is_not_stopped": lambda: f.ClockFactory(stopped_at=later()),
    "clocks_stopped_has_no_action": lambda: f.ClockFactory(
        state=ClockState.MET, stopped_at=later(), next_action_at=later(minutes=15)
    ),
    "clocks_paused_is_pausable": lambda: f.ClockFactory(
        state=ClockState.PAUSED, next_action_at=None, is_pausable=False
    ),
    "clock_pauses_reason_given": lambda: f.ClockPauseFactory(reason=""),
    "clock_pauses_ends_after_start": lambda: f.ClockPauseFactory(ended_at=later(days=-1)),
    "policies_number_positive": lambda: f.PolicyFactory(number=0),
    "special_days_name_given": lambda: f.SpecialDayFactory(name=""),
    "compensations_amount_not_negative": lambda: f.CompensationFactory(amount=Decimal("-0.01")),
    "compensations_reason_given": lambda: f.CompensationFactory(reason=""),
    "compensations_delay_adds_up": lambda: f.CompensationFactory(
        basis=CompensationBasis.DELAY, delay_days=5, daily_rate=Decimal(100), amount=Decimal("499.99")
    ),
    "compensations_nobody_approves_their_own": lambda: _own_approval(),
    "compensations_paid_with_proof": lambda: f.CompensationFactory(status=CompensationStatus.PAID),
    "complaints_severity_in_scale": lambda: _raw("complaints", "severity = 4, graded_at = recorded_at"),
    "complaints_suggested_severity_in_scale": lambda: _raw("complaints", "suggested_severity = 0"),
    "complaints_household_count_positive": lambda: f.ComplaintFactory(household_count=0),
    "complaints_delay_days_not_negative": lambda: f.ComplaintFactory(delay_days=-1),
    "complaints_escalation_level_not_negative": lambda: f.ComplaintFactory(escalation_level=-1),
    "complaints_problem_given": lambda: f.ComplaintFactory(problem=""),
    "complaints_repeat_of_another": lambda: _raw("complaints", "repeat_of_id = id"),
    "complaints_duplicate_of_another": lambda: _raw("complaints", "duplicate_of_id = id, status = 'void'"),
    "complaints_duplicate_is_void": lambda: f.ComplaintFactory(duplicate_of=f.ComplaintFactory()),
    "complaints_acknowledged_by_somebody": lambda: f.ComplaintFactory(acknowledged_at=later()),
    "complaints_graded_with_time": lambda: f.ComplaintFactory(severity=Severity.GENERAL),
    "complaints_acknowledged_stops_escalation": lambda: f.ComplaintFactory(
        acknowledged_at=later(), acknowledged_by=f.PersonFactory(), escalation_due_at=later()
    ),
    "group_cases_about_something": lambda: f.GroupCaseFactory(category=None),
    "group_members_left_with_reason": lambda: f.GroupMemberFactory(left_at=later()),
    "customers_name_given": lambda: f.CustomerFactory(name=""),
    "escalations_levels_not_negative": lambda: f.EscalationFactory(to_level=-1),
    "escalations_manual_has_reason": lambda: f.EscalationFactory(cause=EscalationCause.MANUAL),
    "evidence_not_empty": lambda: f.EvidenceFactory(size=0),
    "import_batches_rows_done_within_total": lambda: f.ImportBatchFactory(rows_done=1),
    "notifications_attempts_not_negative": lambda: f.NotificationFactory(attempts=-1),
    "notifications_claimed_by_somebody": lambda: f.NotificationFactory(state=NotificationState.ATTEMPTED),
    "notifications_one_receiver": lambda: f.NotificationFactory(customer=f.CustomerFactory()),
    "notifications_parent_with_relation": lambda: f.NotificationFactory(parent=f.NotificationFactory()),
    "notifications_bundled_in_a_bundle": lambda: f.NotificationFactory(bundle=f.NotificationFactory()),
    "notifications_may_leave_before_it_expires": lambda: f.NotificationFactory(due_at=later(hours=5)),
    "appointments_ends_after_start": lambda: f.AppointmentFactory(ends_at=later(days=1)),
    "appointments_moved_to_another": lambda: f.AppointmentFactory(state=AppointmentState.MOVED, ended_at=later()),
    "appointments_ended_when_not_planned": lambda: f.AppointmentFactory(state=AppointmentState.KEPT),
    "channel_states_failures_not_negative": lambda: f.ChannelStateFactory(failures=-1),
    "channel_states_tripped_until": lambda: f.ChannelStateFactory(condition=ChannelCondition.TRIPPED),
    "drills_lasts": lambda: f.DrillFactory(due_at=later()),
    "drills_over_when_ended": lambda: f.DrillFactory(is_over=True),
    "drill_calls_answered_after_the_call": lambda: f.DrillCallFactory(answered_at=later(minutes=-1)),
    "message_templates_number_positive": lambda: f.MessageTemplateFactory(number=0),
    "message_templates_text_given": lambda: f.MessageTemplateFactory(text=""),
    "template_registrations_approved_with_id": lambda: f.TemplateRegistrationFactory(state=RegistrationState.APPROVED),
    "phone_verifications_tries_not_negative": lambda: f.PhoneVerificationFactory(tries=-1),
    "people_login_lower": lambda: f.PersonFactory(login="Lin"),
    "projects_amount_not_negative": lambda: f.ProjectFactory(amount=Decimal(-1)),
    "projects_daily_delay_rate_not_negative": lambda: f.ProjectFactory(daily_delay_rate=Decimal(-1)),
    "projects_finish_after_start": lambda: f.ProjectFactory(
        starts_on=timepiece.now().date(), planned_finish_on=timepiece.now().date() - timedelta(days=1)
    ),
    "projects_accepted_after_start": lambda: f.ProjectFactory(
        starts_on=timepiece.now().date(), accepted_on=timepiece.now().date() - timedelta(days=1)
    ),
    "promises_text_given": lambda: f.PromiseFactory(text=""),
    "promises_kept_or_withdrawn": lambda: f.PromiseFactory(
        kept_at=later(), withdrawn_at=later(), withdrawn_why="不做了"
    ),
    "promises_withdrawn_with_reason": lambda: f.PromiseFactory(withdrawn_at=later()),
    "promises_due_after_made": lambda: f.PromiseFactory(due_at=later(minutes=-1)),
    "handovers_opened_with_due_time": lambda: f.HandoverFactory(due_at=None),
    "handovers_opened_for_somebody": lambda: f.HandoverFactory(taken_by=None),
    "handovers_accepted_once_opened": lambda: f.HandoverFactory(
        opened_at=None, due_at=None, taken_by=None, accepted_at=later()
    ),
    "handovers_note_of_somebody": lambda: f.HandoverFactory(given_by=None, note="钥匙在前台", noted_at=later()),
    "handovers_note_with_time": lambda: f.HandoverFactory(note="钥匙在前台"),
    "leaves_ends_after_start": lambda: f.LeaveFactory(ends_at=later()),
    "overrides_ends_after_start": lambda: f.OverrideFactory(ends_at=later()),
    "overrides_about_somebody": lambda: f.OverrideFactory(person=None),
    "overrides_two_people": lambda: _instead_of_oneself(),
    "overrides_cancelled_with_reason": lambda: f.OverrideFactory(cancelled_at=later()),
    "overrides_reason_given": lambda: f.OverrideFactory(reason=""),
    "rotations_every_positive": lambda: f.RotationFactory(every=0),
    "rotations_stopped_with_reason": lambda: f.RotationFactory(stopped_at=later()),
    "swaps_two_people": lambda: _swap_with_oneself(),
    "swaps_ends_after_start": lambda: f.SwapFactory(ends_at=later()),
    "swaps_whole_return": lambda: f.SwapFactory(return_role=f.DutyRoleFactory()),
    "swaps_return_ends_after_start": lambda: f.SwapFactory(
        return_role=f.DutyRoleFactory(), return_starts_at=later(), return_ends_at=later()
    ),
    "triage_meetings_ends_after_start": lambda: f.TriageMeetingFactory(ended_at=later(minutes=-1), decision="二级"),
    "triage_meetings_ended_with_decision": lambda: f.TriageMeetingFactory(ended_at=later(minutes=8)),
    "complaints_confirmed_in_a_way": lambda: f.ComplaintFactory(confirmed_at=later()),
    "evidence_of_something": lambda: f.EvidenceFactory(complaint=None),
    "inspections_ends_after_start": lambda: f.InspectionFactory(ended_at=later(hours=-1)),
    "inspections_absence_explained": lambda: f.InspectionFactory(is_customer_present=False, ended_at=later()),
    "findings_place_given": lambda: f.FindingFactory(place=""),
    "findings_tiles_make_sense": lambda: f.FindingFactory(tapped=5, hollow=6),
    "findings_water_was_filled_in": lambda: f.FindingFactory(kind=FindingKind.WATER_HOLDING),
    "findings_read_with_its_drop": lambda: f.FindingFactory(drop_by=Decimal(1)),
    "findings_drop_within_depth": lambda: f.FindingFactory(
        kind=FindingKind.WATER_HOLDING, filled_at=later(), depth=Decimal(20), read_at=later(), drop_by=Decimal(21)
    ),
    "findings_crack_makes_sense": lambda: f.FindingFactory(kind=FindingKind.CRACK, length=Decimal(2), width=Decimal(3)),
    "findings_words_where_nothing_is_measured": lambda: f.FindingFactory(kind=FindingKind.OTHER),
    "crews_name_given": lambda: f.CrewFactory(name=""),
    "work_orders_words_given": lambda: f.WorkOrderFactory(words=""),
    "work_orders_planned_in_order": lambda: f.WorkOrderFactory(planned_done_at=later()),
    "work_orders_done_after_start": lambda: f.WorkOrderFactory(started_at=later(), done_at=later(hours=-1)),
    "work_orders_done_with_time": lambda: f.WorkOrderFactory(state=WorkOrderState.DONE),
    "work_orders_ended_with_time": lambda: f.WorkOrderFactory(state=WorkOrderState.CANCELLED),
    "work_costs_what_given": lambda: f.WorkCostFactory(what=""),
    "work_costs_quantity_positive": lambda: f.WorkCostFactory(quantity=Decimal(0)),
    "work_costs_unit_price_not_negative": lambda: f.WorkCostFactory(unit_price=Decimal(-1)),
    "work_costs_amount_not_negative": lambda: f.WorkCostFactory(amount=Decimal(-1)),
    "quotations_amount_positive": lambda: f.QuotationFactory(amount=Decimal(0)),
    "quotations_words_given": lambda: f.QuotationFactory(words=""),
    "quotations_answered_with_time": lambda: f.QuotationFactory(is_accepted=True),
    "delay_entries_ends_after_start": lambda: f.DelayEntryFactory(last_on=timepiece.now().date() - timedelta(days=99)),
    "delay_entries_days_positive": lambda: f.DelayEntryFactory(days=0),
    "delay_entries_cause_of_what_was_lost": lambda: f.DelayEntryFactory(cause=None),
    "delay_entries_words_given": lambda: f.DelayEntryFactory(words=""),
    "delay_entries_struck_with_reason": lambda: f.DelayEntryFactory(struck_at=later()),
    "catch_up_plans_words_given": lambda: f.CatchUpPlanFactory(words=""),
    "catch_up_plans_crews_positive": lambda: f.CatchUpPlanFactory(crews=0),
    "catch_up_plans_more_hours_in_a_day": lambda: f.CatchUpPlanFactory(more_hours=25),
    "catch_up_plans_days_positive": lambda: f.CatchUpPlanFactory(days=0),
    "extra_items_what_given": lambda: f.ExtraItemFactory(what=""),
    "extra_items_amount_positive": lambda: f.ExtraItemFactory(amount=Decimal(0)),
    "extra_items_decided_with_outcome": lambda: f.ExtraItemFactory(decided_at=later()),
    "extra_items_decided_with_explanation": lambda: f.ExtraItemFactory(
        outcome=ExtraItemOutcome.WITHDRAWN, stands_at=Decimal(0), decided_at=later()
    ),
    "extra_items_stands_at_what_was_decided": lambda: f.ExtraItemFactory(
        outcome=ExtraItemOutcome.REDUCED, stands_at=Decimal(3200), decided_at=later(), necessity="墙体空心"
    ),
    "contract_warranties_months_make_sense": lambda: f.ContractWarrantyFactory(months=0),
    "playbook_steps_words_given": lambda: f.PlaybookStepFactory(words_en=""),
    "playbook_steps_place_positive": lambda: f.PlaybookStepFactory(place=0),
    "outward_cases_due_after_it_came": lambda: f.OutwardCaseFactory(due_at=later()),
    "outward_cases_ended_with_result": lambda: f.OutwardCaseFactory(ended_at=later()),
    "outward_statements_words_given": lambda: f.OutwardStatementFactory(words=""),
    "outward_statements_approved_by_somebody": lambda: f.OutwardStatementFactory(approved_at=later()),
    "outward_statements_approved_by_another": lambda: _own_statement(),
    "malice_reviews_suspicion_given": lambda: f.MaliceReviewFactory(suspicion=""),
    "malice_reviews_decided_with_verdict": lambda: f.MaliceReviewFactory(decided_at=later()),
    "malice_reviews_decided_with_grounds": lambda: f.MaliceReviewFactory(
        verdict=MaliceVerdict.REJECTED, decided_at=later()
    ),
    "malice_reviews_decided_by_another": lambda: _own_suspicion(),
    "compensation_decisions_for_somebody_else": lambda: _decided_for_oneself(),
    "special_approvals_filled_in": lambda: f.SpecialApprovalFactory(risk=""),
    "substitutions_ends_after_start": lambda: f.SubstitutionFactory(last_on=timepiece.now().date() - timedelta(days=1)),
    "substitutions_substitute_is_another": lambda: _substitute_of_oneself(),
    "customer_links_lasts": lambda: f.CustomerLinkFactory(expires_at=later()),
    "customer_links_digest_whole": lambda: f.CustomerLinkFactory(digest="abc"),
    "follow_ups_of_one_thing": lambda: f.FollowUpFactory(project=f.ProjectFactory()),
    "follow_ups_round_positive": lambda: f.FollowUpFactory(round=0),
    "follow_ups_attitude_in_scale": lambda: _answered(attitude=9),
    "follow_ups_quality_in_scale": lambda: _answered(quality=0),
    "follow_ups_efficiency_in_scale": lambda: _answered(efficiency=6),
    "follow_ups_answered_in_full": lambda: _answered(quality=None),
    "follow_ups_entered_by_staff_or_not": lambda: _answered(way=FollowUpWay.PHONE),
    "follow_ups_ended_when_not_planned": lambda: f.FollowUpFactory(state=FollowUpState.UNREACHED),
    "case_files_sha256_whole": lambda: f.CaseFileFactory(sha256="abc"),
    "case_files_copy_positive": lambda: f.CaseFileFactory(copy=0),
    "case_files_pages_positive": lambda: f.CaseFileFactory(pages=0),
    "root_causes_name_given": lambda: f.RootCauseFactory(name_en=""),
    "root_causes_parent_is_another": lambda: _raw("root_causes", "parent_id = id", f.RootCauseFactory),
    "reviews_done_with_time": lambda: f.ReviewFactory(ended_at=later()),
    "reviews_done_with_cause": lambda: f.ReviewFactory(state=ReviewState.DONE, ended_at=later()),
    "whys_answer_given": lambda: f.WhyFactory(answer=""),
    "whys_place_in_row": lambda: f.WhyFactory(place=10),
    "whys_verified_by_somebody": lambda: f.WhyFactory(verified_at=later()),
    "whys_verified_by_another": lambda: _verified_by_oneself(),
    "corrective_actions_words_given": lambda: f.CorrectiveActionFactory(words=""),
    "corrective_actions_checked_after_due": lambda: f.CorrectiveActionFactory(check_on=timepiece.now().date()),
    "corrective_actions_checked_with_effect": lambda: f.CorrectiveActionFactory(done_at=later(), checked_at=later()),
    "corrective_actions_checked_once_done": lambda: f.CorrectiveActionFactory(
        effect=ActionEffect.WORKED, checked_at=later()
    ),
    "corrective_actions_counts_not_negative": lambda: f.CorrectiveActionFactory(count_before=-1),
    "shifts_ends_after_start": lambda: f.ShiftFactory(ends_at=later(hours=-2)),
    "shifts_cancelled_with_reason": lambda: f.ShiftFactory(cancelled_at=later()),
}


def _own_approval() -> object:
    someone = f.PersonFactory()
    return f.CompensationFactory(status=CompensationStatus.APPROVED, offered_by=someone, decided_by=someone)


def _instead_of_oneself() -> object:
    someone = f.PersonFactory()
    return f.OverrideFactory(person=someone, instead_of=someone)


def _swap_with_oneself() -> object:
    someone = f.PersonFactory()
    return f.SwapFactory(person=someone, taker=someone)


def _own_statement() -> object:
    someone = f.PersonFactory()
    return f.OutwardStatementFactory(written_by=someone, approved_by=someone, approved_at=later())


def _own_suspicion() -> object:
    someone = f.PersonFactory()
    return f.MaliceReviewFactory(
        said_by=someone,
        decided_by=someone,
        verdict=MaliceVerdict.CONFIRMED,
        grounds="三份投诉同一照片",
        decided_at=later(),
    )


def _decided_for_oneself() -> object:
    someone = f.PersonFactory()
    return f.CompensationDecisionFactory(by=someone, for_whom=someone)


def _substitute_of_oneself() -> object:
    someone = f.PersonFactory()
    return f.SubstitutionFactory(person=someone, substitute=someone)


def _verified_by_oneself() -> object:
    someone = f.PersonFactory()
    return f.WhyFactory(written_by=someone, verified_by=someone, verified_at=later())


def _answered(**other: object) -> object:
    """A customer's answer on the page, with something in it that must not be."""
    answer = {
        "state": FollowUpState.ANSWERED,
        "attitude": 5,
        "quality": 4,
        "efficiency": 5,
        "is_satisfied": True,
        "way": FollowUpWay.LINK,
        "ended_at": later(),
    }
    return f.FollowUpFactory(**(answer | other))


def _raw(table: str, values: str, made: Callable[[], object] = f.ComplaintFactory) -> object:
    from extensions import db

    made()
    return db.session.execute(text(f"UPDATE {table} SET {values}"))


def _checks(table: Table) -> set[str]:
    """The named checks of a table, without those that only hold a word's vocabulary."""
    words = {column.type.name for column in table.columns if getattr(column.type, "create_constraint", False)}
    named = (c for c in table.constraints if isinstance(c, CheckConstraint) and c.name)
    return {
        str(c.name).removeprefix("ck_") for c in named if str(c.name).removeprefix(f"ck_{table.name}_") not in words
    }


@pytest.mark.parametrize("name", REFUSED)
def test_the_database_refuses(name: str, session: Db) -> None:
    with pytest.raises(IntegrityError, match=f"ck_{name}"):
        REFUSED[name]()


def test_every_named_check_has_a_case_here() -> None:
    assert set().union(*(_checks(table) for table in Base.metadata.sorted_tables)) == REFUSED.keys()


class TestOnlyOne:
    def test_one_group_at_a_time(self, session: Db) -> None:
        """N1."""
        first = f.GroupMemberFactory()
        with pytest.raises(IntegrityError), session.begin_nested():
            f.GroupMemberFactory(complaint=first.complaint)
        first.left_at, first.leave_reason = later(), "不算"
        session.flush()
        f.GroupMemberFactory(complaint=first.complaint)

    def test_one_lead_a_complaint(self, session: Db) -> None:
        """D-14."""
        complaint = f.ComplaintFactory()
        f.ResponsibilityFactory(complaint=complaint)
        f.ResponsibilityFactory(complaint=complaint, kind=ResponsibilityKind.COOPERATOR)
        with pytest.raises(IntegrityError):
            f.ResponsibilityFactory(complaint=complaint)

    def test_one_open_triage_meeting_a_complaint(self, session: Db) -> None:
        first = f.TriageMeetingFactory()
        with pytest.raises(IntegrityError), session.begin_nested():
            f.TriageMeetingFactory(complaint=first.complaint)
        first.ended_at, first.decision = later(), "二级"
        session.flush()
        f.TriageMeetingFactory(complaint=first.complaint)

    def test_one_row_for_everybody_at_a_meeting(self, session: Db) -> None:
        attendee = f.MeetingAttendeeFactory()
        with pytest.raises(IntegrityError):
            f.MeetingAttendeeFactory(meeting=attendee.meeting, person=attendee.person)

    def test_a_lead_who_was_replaced_makes_room_for_the_next(self, session: Db) -> None:
        complaint = f.ComplaintFactory()
        f.ResponsibilityFactory(complaint=complaint, ended_at=later())
        f.ResponsibilityFactory(complaint=complaint)

    def test_one_part_a_person(self, session: Db) -> None:
        lead = f.ResponsibilityFactory()
        with pytest.raises(IntegrityError):
            f.ResponsibilityFactory(complaint=lead.complaint, person=lead.person, kind=ResponsibilityKind.COOPERATOR)

    @pytest.mark.parametrize("second", [ClockState.RUNNING, ClockState.BREACHED])
    def test_one_unstopped_clock_of_a_kind(self, session: Db, second: ClockState) -> None:
        clock = f.ClockFactory()
        with pytest.raises(IntegrityError):
            f.ClockFactory(complaint=clock.complaint, state=second, breached_at=later(minutes=31))

    def test_a_stopped_clock_makes_room_for_another(self, session: Db) -> None:
        clock = f.ClockFactory(state=ClockState.MET, stopped_at=later())
        f.ClockFactory(complaint=clock.complaint)

    def test_one_message_a_reason(self, session: Db) -> None:
        f.NotificationFactory(dedup_key="complaint:1:call:0:1")
        with pytest.raises(IntegrityError):
            f.NotificationFactory(dedup_key="complaint:1:call:0:1")

    def test_one_message_a_reply_code_until_the_code_has_ended(self, session: Db) -> None:
        f.NotificationFactory(reply_code="")
        first, _ = f.NotificationFactory(reply_code="37"), f.NotificationFactory(reply_code="")
        with pytest.raises(IntegrityError), session.begin_nested():
            f.NotificationFactory(reply_code="37")
        first.code_ended_at = later()
        session.flush()
        f.NotificationFactory(reply_code="37")

    def test_one_standing_wish_of_a_number(self, session: Db) -> None:
        first = f.OptOutFactory()
        with pytest.raises(IntegrityError), session.begin_nested():
            f.OptOutFactory(phone=first.phone)
        first.ended_at = later()
        session.flush()
        f.OptOutFactory(phone=first.phone)

    def test_one_drill_at_a_time(self, session: Db) -> None:
        first = f.DrillFactory()
        with pytest.raises(IntegrityError), session.begin_nested():
            f.DrillFactory()
        first.is_over, first.ended_at = True, later()
        session.flush()
        f.DrillFactory()
        assert first.is_over

    def test_one_call_of_a_drill_to_a_person(self, session: Db) -> None:
        call = f.DrillCallFactory()
        with pytest.raises(IntegrityError):
            f.DrillCallFactory(drill=call.drill, person=call.person)

    @pytest.mark.parametrize(
        ("row", "told_by"),
        [
            (f.ReceiptFactory, ("channel", "dedup_key")),
            (f.InboundMessageFactory, ("channel", "provider_id")),
            (f.ChannelStateFactory, ("name",)),
            (f.MessageTemplateFactory, ("kind", "language", "number")),
            (f.TemplateRegistrationFactory, ("template", "channel")),
        ],
    )
    def test_what_is_said_twice_is_kept_once(
        self, session: Db, row: type[f.DeskFactory], told_by: tuple[str, ...]
    ) -> None:
        first = row()
        with pytest.raises(IntegrityError):
            row(**{name: getattr(first, name) for name in told_by})

    def test_one_file_a_telephone_number_but_extensions_differ(self, session: Db) -> None:
        f.CustomerFactory(phone="+862159254122", phone_extension="8012")
        f.CustomerFactory(phone="+862159254122", phone_extension="8013")
        with pytest.raises(IntegrityError):
            f.CustomerFactory(phone="+862159254122", phone_extension="8012")

    def test_one_complaint_an_external_number_but_many_without(self, session: Db) -> None:
        f.ComplaintFactory(external_ref=None)
        f.ComplaintFactory(external_ref=None)
        f.ComplaintFactory(external_ref="HL26100001")
        with pytest.raises(IntegrityError):
            f.ComplaintFactory(external_ref="HL26100001")

    def test_one_standing_shift_a_person_role_and_beginning(self, session: Db) -> None:
        shift = f.ShiftFactory()
        with pytest.raises(IntegrityError):
            f.ShiftFactory(role=shift.role, person=shift.person)

    def test_a_shift_called_off_makes_room_for_the_same_one(self, session: Db) -> None:
        shift = f.ShiftFactory(cancelled_at=later(), cancel_reason="请假")
        f.ShiftFactory(role=shift.role, person=shift.person)

    def test_one_account_a_login(self, session: Db) -> None:
        f.PersonFactory(login="lin")
        with pytest.raises(IntegrityError):
            f.PersonFactory(login="lin")

    def test_a_person_has_a_role_once(self, session: Db) -> None:
        with pytest.raises(IntegrityError):
            f.PersonFactory(roles=[Role.DUTY, Role.DUTY])


class TestWhoGetsAMessage:
    def test_a_customer_may(self, session: Db) -> None:
        customer = f.CustomerFactory()
        message = f.NotificationFactory(person=None, customer=customer, phone=customer.phone)
        assert str(message) == "→ 王女士"

    def test_an_answer_may_go_to_somebody_without_a_file_and_nothing_else(self, session: Db) -> None:
        nobody = {"person": None, "phone": "+8613800138000"}
        assert str(f.NotificationFactory(kind=NotificationKind.ANSWER, **nobody)) == "→ 138****8000"
        with pytest.raises(IntegrityError, match="one_receiver"):
            f.NotificationFactory(**nobody)


class TestHistory:
    def test_a_line_of_the_timeline_cannot_be_reworded(self, session: Db) -> None:
        event = f.TimelineEventFactory()
        event.note = "没发生过"
        with pytest.raises(HistoryIsFinal):
            session.flush()

    def test_a_line_of_the_timeline_cannot_be_removed(self, session: Db) -> None:
        event = f.TimelineEventFactory()
        session.delete(event)
        with pytest.raises(HistoryIsFinal):
            session.flush()

    @pytest.mark.parametrize(
        ("final", "column"),
        [
            (f.NotificationStepFactory, "words"),
            (f.MessageTemplateFactory, "text"),
            (f.CompensationDecisionFactory, "words"),
        ],
    )
    def test_a_step_of_a_message_or_a_compensation_and_a_version_of_a_text_cannot_be_reworded(
        self, session: Db, final: type[f.DeskFactory], column: str
    ) -> None:
        setattr(final(), column, "另一句话")
        with pytest.raises(HistoryIsFinal):
            session.flush()

    @pytest.mark.parametrize(
        "final", [f.NotificationStepFactory, f.MessageTemplateFactory, f.CompensationDecisionFactory]
    )
    def test_nor_can_they_be_removed(self, session: Db, final: type[f.DeskFactory]) -> None:
        session.delete(final())
        with pytest.raises(HistoryIsFinal):
            session.flush()

    def test_a_complaint_with_a_history_cannot_be_removed_either(self, session: Db) -> None:
        event = f.TimelineEventFactory()
        with pytest.raises(IntegrityError):
            session.execute(delete(event.complaint.__class__))
