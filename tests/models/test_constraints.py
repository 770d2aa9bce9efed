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
    AppointmentState,
    ChannelCondition,
    ClockState,
    CompensationBasis,
    CompensationStatus,
    EscalationCause,
    NotificationKind,
    NotificationState,
    RegistrationState,
    ResponsibilityKind,
    Role,
    Severity,
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


def _raw(table: str, values: str) -> object:
    from extensions import db

    f.ComplaintFactory()
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
        ("final", "column"), [(f.NotificationStepFactory, "words"), (f.MessageTemplateFactory, "text")]
    )
    def test_a_message_s_step_and_a_version_of_its_text_cannot_be_reworded(
        self, session: Db, final: type[f.DeskFactory], column: str
    ) -> None:
        setattr(final(), column, "另一句话")
        with pytest.raises(HistoryIsFinal):
            session.flush()

    @pytest.mark.parametrize("final", [f.NotificationStepFactory, f.MessageTemplateFactory])
    def test_nor_can_they_be_removed(self, session: Db, final: type[f.DeskFactory]) -> None:
        session.delete(final())
        with pytest.raises(HistoryIsFinal):
            session.flush()

    def test_a_complaint_with_a_history_cannot_be_removed_either(self, session: Db) -> None:
        event = f.TimelineEventFactory()
        with pytest.raises(IntegrityError):
            session.execute(delete(event.complaint.__class__))
