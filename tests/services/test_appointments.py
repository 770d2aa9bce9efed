"""Appointments: who comes when, what both sides hear of it, and what came of it (D-16, N11)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session, scoped_session

from extensions import COMPANY_ZONE
from models import Appointment, Complaint, CustomerContact, Notification, Person
from rules.refusals import Conflict, NotAllowed, Refusal
from rules.vocabulary import (
    AppointmentPurpose,
    AppointmentState,
    ClockKind,
    ClockState,
    ContactMethod,
    EventKind,
    NotificationKind,
    NotificationState,
)
from services import appointment_reminders, appointments, complaints, leaves, opt_outs, outbox, sandbox, visits
from tests.cast import Cast
from tests.conftest import Hands
from tests.factories import AppointmentFactory, ComplaintFactory, CustomerFactory
from tests.services.conftest import grade, lines

Db = scoped_session[Session]
Messages = Callable[..., list[Notification]]
Make = Callable[..., Appointment]
K = NotificationKind
HOUR = timedelta(hours=1)
TO_CUSTOMER = (K.APPOINTMENT_MADE, K.APPOINTMENT_TOMORROW, K.APPOINTMENT_SOON, K.APPOINTMENT_CHANGED)
SENT = {NotificationState.ACCEPTED, NotificationState.DELIVERED}
TO_VISITOR = (K.VISIT_TOMORROW, K.VISIT_SOON, K.VISIT_CHANGED)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of November 2026, in the company's time."""
    return datetime(2026, 11, day, hour, minute, tzinfo=COMPANY_ZONE)


MONDAY_AT_TEN = at(23, 10)
"""The stories begin on Saturday the 21st."""


@pytest.fixture
def morning(clock: Hands) -> datetime:
    """Saturday 9:00: a customer may be written to."""
    return clock.set(at(21, 9))


@pytest.fixture
def make(morning: datetime, complaint: Complaint, cast: Cast, clock: Hands, session: Db) -> Make:
    """赵磊 comes on Monday from 10 to 12, agreed by 周强."""

    def agree(starts_at: datetime = MONDAY_AT_TEN, **more: Any) -> Appointment:
        asked = {
            "person": cast.zhao,
            "purpose": AppointmentPurpose.INSPECTION,
            "starts_at": starts_at,
            "ends_at": starts_at + 2 * HOUR,
            "actor": cast.zhou,
            **more,
        }
        made = appointments.make(asked.pop("complaint", complaint), **{**asked, "now": clock.now()})
        session.commit()
        return made

    return agree


@pytest.fixture
def send(clock: Hands, session: Db) -> Callable[[], int]:
    """The worker takes what is due."""

    def dispatch() -> int:
        session.commit()
        return outbox.dispatch(fleet=sandbox.fleet(clock.now), clock=clock.now)

    return dispatch


def told(messages: Messages, *kinds: NotificationKind) -> list[tuple[NotificationKind, NotificationState]]:
    """What was written into the outbox of these kinds, and what became of it."""
    return [(each.kind, each.state) for each in messages() if each.kind in kinds]


def move(appointment: Appointment, cast: Cast, now: datetime, **more: Any) -> Appointment:
    changed = {
        "person": appointment.person,
        "starts_at": appointment.starts_at,
        "ends_at": appointment.ends_at,
        "reason": "业主改期",
        "actor": cast.zhou,
        "now": now,
        **more,
    }
    return appointments.move(appointment, **changed)


class TestAgreeing:
    def test_both_sides_hear_of_it_and_the_timeline_keeps_it(
        self, make: Make, complaint: Complaint, cast: Cast, messages: Messages
    ) -> None:
        made = make(remarks="带空鼓锤")
        (line,) = lines(complaint, EventKind.APPOINTMENT_MADE)
        assert (line.actor, line.note, line.details["person"]) == (cast.zhou, "带空鼓锤", "赵磊")
        to_customer, to_visitor = (messages(kind)[0] for kind in (K.APPOINTMENT_MADE, K.VISIT_CHANGED))
        assert (to_customer.customer, to_customer.person) == (complaint.customer, None)
        assert to_visitor.person is cast.zhao
        assert {to_customer.appointment, to_visitor.appointment} == {made}
        assert to_customer.expires_at == to_visitor.expires_at == made.starts_at
        assert "11月23日10:00" in to_customer.text and "王" not in to_customer.text
        assert "新增11月23日10:00" in to_visitor.text

    def test_the_customer_is_not_woken_at_night(self, make: Make, messages: Messages, clock: Hands) -> None:
        clock.set(at(21, 22))
        make()
        assert messages(K.APPOINTMENT_MADE)[0].due_at == at(22, 8)

    def test_whoever_agrees_on_their_own_visit_knows_of_it(self, make: Make, cast: Cast, messages: Messages) -> None:
        make(actor=cast.zhao)
        assert told(messages, *TO_VISITOR) == []

    def test_a_customer_without_a_mobile_is_called_instead_as_the_timeline_says(
        self, make: Make, cast: Cast, messages: Messages
    ) -> None:
        landline = ComplaintFactory(customer=CustomerFactory(phone="+862159254122"))
        make(complaint=landline)
        assert told(messages, *TO_CUSTOMER) == []
        assert lines(landline, EventKind.NOTIFICATION_FAILED)[0].details["state"] == "no_mobile"

    def test_who_wants_no_messages_gets_none(
        self, make: Make, complaint: Complaint, clock: Hands, messages: Messages
    ) -> None:
        opt_outs.opt_out(complaint.customer.phone, "TD", clock.now())
        make()
        assert told(messages, *TO_CUSTOMER) == []
        assert lines(complaint, EventKind.NOTIFICATION_FAILED)[0].details["state"] == "opted_out"

    @pytest.mark.parametrize(
        ("starts_at", "ends_at", "field"),
        [
            pytest.param(at(21, 9), at(21, 10), "starts_at", id="now"),
            pytest.param(at(20, 9), at(20, 10), "starts_at", id="yesterday"),
            pytest.param(MONDAY_AT_TEN, MONDAY_AT_TEN, "ends_at", id="no time at all"),
            pytest.param(MONDAY_AT_TEN, at(22, 10), "ends_at", id="ends before it begins"),
            pytest.param(MONDAY_AT_TEN, at(24, 10, 1), "ends_at", id="longer than a day"),
            pytest.param(
                MONDAY_AT_TEN + timedelta(days=366), MONDAY_AT_TEN + timedelta(days=366, hours=1), "starts_at", id="far"
            ),
        ],
    )
    def test_times_that_make_no_sense_are_refused(
        self, starts_at: datetime, ends_at: datetime, field: str, make: Make, messages: Messages
    ) -> None:
        with pytest.raises(Refusal) as refusal:
            make(starts_at, ends_at=ends_at)
        assert refusal.value.field == field
        assert told(messages, *TO_CUSTOMER, *TO_VISITOR) == []

    def test_nobody_who_has_left_or_is_on_leave_is_to_come(
        self, make: Make, cast: Cast, clock: Hands, session: Db
    ) -> None:
        leaves.record(cast.zhao, starts_at=at(23, 11), ends_at=at(24, 0), actor=cast.zhao, now=clock.now())
        with pytest.raises(Refusal) as refusal:
            make()
        assert refusal.value.field == "person"
        cast.he.is_active = False
        with pytest.raises(Refusal):
            make(person=cast.he)

    def test_nobody_is_at_two_places_at_once_unless_somebody_says_so(self, make: Make, cast: Cast) -> None:
        make()
        with pytest.raises(Conflict) as refusal:
            make(MONDAY_AT_TEN + HOUR)
        assert refusal.value.field == "is_double"
        assert make(MONDAY_AT_TEN + HOUR, is_double=True).state is AppointmentState.PLANNED
        assert make(MONDAY_AT_TEN + HOUR, person=cast.he)

    def test_one_may_begin_when_the_other_ends(self, make: Make) -> None:
        make()
        assert make(MONDAY_AT_TEN + 2 * HOUR).state is AppointmentState.PLANNED

    def test_two_who_plan_at_the_same_moment_do_not_both_get_the_person(
        self,
        make: Make,
        complaint: Complaint,
        cast: Cast,
        now: datetime,
        at_once: Callable[..., list[Any]],
        session: Db,
    ) -> None:
        def plan(complaint_id: int, visitor_id: int, planner_id: int) -> Callable[[], object]:
            return lambda: (
                appointments.make(
                    session.get_one(Complaint, complaint_id),
                    person=session.get_one(Person, visitor_id),
                    purpose=AppointmentPurpose.REPAIR,
                    starts_at=MONDAY_AT_TEN,
                    ends_at=MONDAY_AT_TEN + HOUR,
                    actor=session.get_one(Person, planner_id),
                    now=now,
                ).state
            )

        plans = [plan(each.id, cast.zhao.id, cast.zhou.id) for each in (complaint, ComplaintFactory())]
        results = at_once(*plans)
        assert sorted(isinstance(result, Conflict) for result in results) == [False, True], results

    def test_what_is_over_gets_no_appointment(
        self, make: Make, complaint: Complaint, cast: Cast, now: datetime
    ) -> None:
        complaints.make_void(complaint, reason="误登", actor=cast.roster, now=now)
        with pytest.raises(Conflict):
            make()

    def test_who_only_looks_agrees_on_nothing(self, make: Make, cast: Cast) -> None:
        with pytest.raises(NotAllowed):
            make(actor=cast.auditor)


class TestMoving:
    def test_another_takes_its_place_and_both_sides_hear_the_old_and_the_new_time(
        self, make: Make, cast: Cast, clock: Hands, send: Callable[[], int], messages: Messages, complaint: Complaint
    ) -> None:
        made = make()
        send()
        other = move(made, cast, clock.forward(hours=1), starts_at=at(24, 14), ends_at=at(24, 16))
        assert (made.state, made.moved_to, other.state) == (AppointmentState.MOVED, other, AppointmentState.PLANNED)
        for kind in (K.APPOINTMENT_CHANGED, K.VISIT_CHANGED):
            assert "11月23日10:00改为11月24日14:00" in messages(kind)[-1].text
        (line,) = lines(complaint, EventKind.APPOINTMENT_CHANGED)
        assert (line.note, line.details["state"]) == ("业主改期", "moved")

    def test_who_never_heard_of_the_first_time_hears_only_of_the_second(
        self, make: Make, cast: Cast, clock: Hands, messages: Messages
    ) -> None:
        clock.set(at(21, 22))
        made = make()
        move(made, cast, clock.forward(minutes=5), starts_at=at(24, 14), ends_at=at(24, 16))
        assert told(messages, *TO_CUSTOMER) == [
            (K.APPOINTMENT_MADE, NotificationState.CANCELLED),
            (K.APPOINTMENT_MADE, NotificationState.QUEUED),
        ]
        assert "11月24日14:00" in messages(K.APPOINTMENT_MADE)[-1].text

    def test_moved_twice_at_night_the_customer_hears_once_what_changed_since_they_heard_last(
        self, make: Make, cast: Cast, clock: Hands, send: Callable[[], int], messages: Messages
    ) -> None:
        first = make()
        send()
        clock.set(at(21, 22))
        second = move(first, cast, clock.now(), starts_at=at(24, 14), ends_at=at(24, 16))
        move(second, cast, clock.forward(minutes=5), starts_at=at(25, 9), ends_at=at(25, 10))
        waiting = [each for each in messages(K.APPOINTMENT_CHANGED) if each.state is NotificationState.QUEUED]
        assert [each.variables["change"] for each in waiting] == ["2026-11-23T10:00>2026-11-25T09:00*1"]

    def test_when_somebody_else_comes_the_customer_is_left_in_peace(
        self, make: Make, cast: Cast, clock: Hands, send: Callable[[], int], messages: Messages
    ) -> None:
        made = make()
        send()
        move(made, cast, clock.forward(hours=1), person=cast.he)
        assert told(messages, K.APPOINTMENT_CHANGED) == []
        assert [(each.person, each.text.count("取消")) for each in messages(K.VISIT_CHANGED)] == [
            (cast.zhao, 0),
            (cast.he, 0),
            (cast.zhao, 1),
        ]

    def test_a_move_to_the_same_is_none(self, make: Make, cast: Cast, now: datetime) -> None:
        with pytest.raises(Refusal):
            move(make(), cast, now)

    def test_it_stands_in_its_own_way_no_more(self, make: Make, cast: Cast, clock: Hands) -> None:
        assert move(make(), cast, clock.now(), starts_at=MONDAY_AT_TEN + HOUR, ends_at=at(23, 13)) is not None

    def test_what_was_moved_is_not_moved_again(self, make: Make, cast: Cast, clock: Hands) -> None:
        made = make()
        move(made, cast, clock.now(), starts_at=at(24, 14), ends_at=at(24, 16))
        with pytest.raises(Conflict):
            move(made, cast, clock.now(), starts_at=at(25, 14), ends_at=at(25, 16))


class TestCallingOff:
    def test_both_sides_are_told_and_nobody_is_reminded(
        self, make: Make, cast: Cast, clock: Hands, send: Callable[[], int], messages: Messages
    ) -> None:
        made = make()
        send()
        appointments.call_off(made, reason="业主出差", actor=cast.zhou, now=clock.forward(hours=1))
        for kind in (K.APPOINTMENT_CHANGED, K.VISIT_CHANGED):
            assert "取消11月23日10:00" in messages(kind)[-1].text
        send()
        assert {each.state for each in messages() if each.appointment_id == made.id} <= SENT
        assert appointment_reminders.remind(now=clock.set(at(22, 18))) == 0

    def test_who_never_heard_of_it_hears_nothing(
        self, make: Make, cast: Cast, clock: Hands, messages: Messages
    ) -> None:
        made = make()
        appointments.call_off(made, reason="登错了", actor=cast.zhou, now=clock.now())
        assert {state for _, state in told(messages, *TO_CUSTOMER, *TO_VISITOR)} == {NotificationState.CANCELLED}

    def test_with_the_complaint_whoever_would_have_come_need_not(
        self, make: Make, complaint: Complaint, cast: Cast, clock: Hands, send: Callable[[], int], messages: Messages
    ) -> None:
        made = make()
        send()
        complaints.make_void(complaint, reason="误登", actor=cast.roster, now=clock.forward(hours=1))
        assert made.state is AppointmentState.CANCELLED
        send()
        assert told(messages, K.VISIT_CHANGED)[-1][1] in SENT
        assert told(messages, K.APPOINTMENT_CHANGED) == []

    def test_it_needs_a_reason(self, make: Make, cast: Cast, now: datetime) -> None:
        with pytest.raises(Refusal):
            appointments.call_off(make(), reason=" ", actor=cast.zhou, now=now)


class TestReminders:
    def test_both_sides_are_reminded_in_the_evening_before_and_two_hours_before_each_once(
        self, make: Make, clock: Hands, messages: Messages
    ) -> None:
        make()
        moments = [at(22, 17, 59), at(22, 18), at(22, 18, 1), at(23, 7, 59), at(23, 8), at(23, 8, 1), at(23, 9, 59)]
        assert [appointment_reminders.remind(now=clock.set(moment)) for moment in moments] == [0, 1, 0, 0, 1, 0, 0]
        assert [each.kind for each in messages() if each.kind in (*TO_CUSTOMER, *TO_VISITOR)] == [
            K.APPOINTMENT_MADE,
            K.VISIT_CHANGED,
            K.APPOINTMENT_TOMORROW,
            K.VISIT_TOMORROW,
            K.APPOINTMENT_SOON,
            K.VISIT_SOON,
        ]

    def test_after_a_long_sleep_only_what_is_still_of_use_is_told(
        self, make: Make, clock: Hands, messages: Messages
    ) -> None:
        make()
        assert appointment_reminders.remind(now=clock.set(at(23, 9))) == 1
        assert appointment_reminders.remind(now=clock.set(at(23, 10))) == 0
        assert [each.kind for each in messages(K.APPOINTMENT_TOMORROW)] == []

    def test_who_heard_of_it_just_now_is_not_reminded(self, make: Make, clock: Hands, messages: Messages) -> None:
        clock.set(at(21, 17, 30))
        make(at(22, 10))
        make(at(21, 20))
        appointment_reminders.remind(now=clock.set(at(21, 18)))
        assert told(messages, K.APPOINTMENT_TOMORROW, K.APPOINTMENT_SOON) == []

    def test_at_six_nobody_reminds_the_customer_of_eight(self, make: Make, clock: Hands, messages: Messages) -> None:
        make(at(23, 8))
        appointment_reminders.remind(now=clock.set(at(23, 6)))
        assert told(messages, K.APPOINTMENT_SOON, K.VISIT_SOON) == [(K.VISIT_SOON, NotificationState.QUEUED)]

    def test_of_an_appointment_at_nine_the_customer_is_reminded_at_eight(
        self, make: Make, clock: Hands, messages: Messages
    ) -> None:
        make(at(23, 9))
        appointment_reminders.remind(now=clock.set(at(23, 7)))
        assert messages(K.APPOINTMENT_SOON)[0].due_at == at(23, 8)

    def test_what_was_queued_is_not_sent_when_it_was_moved_meanwhile(
        self, make: Make, cast: Cast, clock: Hands, send: Callable[[], int], messages: Messages
    ) -> None:
        made = make()
        appointment_reminders.remind(now=clock.set(at(22, 18)))
        move(made, cast, clock.now(), starts_at=at(24, 14), ends_at=at(24, 16))
        send()
        assert told(messages, K.APPOINTMENT_TOMORROW, K.VISIT_TOMORROW) == [
            (K.APPOINTMENT_TOMORROW, NotificationState.CANCELLED),
            (K.VISIT_TOMORROW, NotificationState.CANCELLED),
        ]

    def test_nothing_is_sent_when_it_has_begun(
        self, make: Make, clock: Hands, send: Callable[[], int], messages: Messages
    ) -> None:
        make()
        appointment_reminders.remind(now=clock.set(at(23, 9, 59)))
        clock.set(MONDAY_AT_TEN)
        send()
        assert {state for _, state in told(messages, K.VISIT_SOON)} == {NotificationState.EXPIRED}

    def test_where_whoever_should_come_is_ill_by_now_whoever_has_the_complaint_hears_of_it(
        self, make: Make, complaint: Complaint, cast: Cast, clock: Hands, messages: Messages
    ) -> None:
        make(actor=cast.lin)
        complaints.acknowledge(complaint, actor=cast.zhou, now=clock.now())
        leaves.record(cast.zhao, starts_at=at(22, 0), ends_at=at(25, 0), actor=cast.zhao, now=clock.now())
        appointment_reminders.remind(now=clock.set(at(22, 18)))
        assert [each.person for each in messages(K.VISIT_TOMORROW)] == [cast.zhou]

    def test_two_jobs_at_once_remind_once(
        self, make: Make, at_once: Callable[..., list[Any]], messages: Messages
    ) -> None:
        make()
        assert sorted(at_once(*[lambda: appointment_reminders.remind(now=at(22, 18))] * 2)) == [0, 1]
        assert len(messages(K.APPOINTMENT_TOMORROW)) == 1


class TestWhatCameOfIt:
    def test_a_visit_is_a_contact_and_a_look_at_the_place(
        self, make: Make, complaint: Complaint, cast: Cast, clock: Hands, session: Db
    ) -> None:
        grade(complaint, cast, clock.now())
        made = make()
        contact = visits.keep(made, summary="空鼓 6 块", actor=cast.zhao, now=clock.set(at(23, 11)))
        assert made.state is AppointmentState.KEPT
        assert (contact.method, contact.is_reached, contact.summary) == (ContactMethod.VISIT, True, "空鼓 6 块")
        on_site = [clock_ for clock_ in complaint.clocks if clock_.kind is ClockKind.ON_SITE]
        assert all(each.state in (ClockState.MET, ClockState.MISSED) for each in on_site)

    def test_where_nobody_came_the_customer_still_waits(
        self, make: Make, complaint: Complaint, cast: Cast, clock: Hands, session: Db
    ) -> None:
        made = make()
        visits.miss(made, reason="堵车，未到", actor=cast.zhao, now=clock.set(at(23, 13)))
        assert made.state is AppointmentState.MISSED
        assert session.query(CustomerContact).count() == 0
        assert lines(complaint, EventKind.APPOINTMENT_CHANGED)[0].details["state"] == "missed"

    def test_before_it_begins_nobody_knows(self, make: Make, cast: Cast, clock: Hands) -> None:
        made = make()
        with pytest.raises(Conflict):
            visits.keep(made, summary="看过了", actor=cast.zhao, now=clock.set(at(23, 9, 59)))
        with pytest.raises(Conflict):
            visits.miss(made, reason="没去", actor=cast.zhao, now=clock.now())

    def test_words_are_needed(self, make: Make, cast: Cast, clock: Hands) -> None:
        made = make()
        with pytest.raises(Refusal):
            visits.keep(made, summary=" ", actor=cast.zhao, now=clock.set(at(23, 11)))


def test_a_person_s_appointments_are_those_that_stand(session: Db, cast: Cast, now: datetime) -> None:
    stands = AppointmentFactory(person=cast.zhao)
    AppointmentFactory(person=cast.zhao, state=AppointmentState.CANCELLED, ended_at=now)
    AppointmentFactory(person=cast.he)
    found = appointments.of_person(cast.zhao.id, start=now, end=now + timedelta(days=3), limit=10)
    assert found == [stands]
