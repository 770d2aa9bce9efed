"""The roster: who is on duty, who comes next, and who is told (D-03)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, scoped_session

from models import DutyRole, Notification, RecordChange, Shift
from rules.escalation import DutyRoleCode
from rules.refusals import Conflict, NotAllowed, Refusal
from rules.vocabulary import NotificationKind, NotificationState
from services import coverage, departures, duty, outbox, reminders, sandbox
from tests.cast import Cast
from tests.conftest import Hands
from tests.factories import DutyRoleFactory, LeaveFactory, OverrideFactory, ShiftFactory
from tests.query_count import queries

Db = scoped_session[Session]
Messages = Callable[..., list[Notification]]
HOUR = timedelta(hours=1)


@pytest.fixture
def schedule(cast: Cast, engineering: DutyRole, now: datetime) -> Callable[..., Shift]:
    """Put 周强 on duty for engineering from so many hours to so many hours from now."""

    def put(begin: float, end: float, person: Any = cast.zhou, **more: Any) -> Shift:
        words = {"role": engineering, "actor": cast.roster, "now": now, **more}
        return duty.schedule(person=person, starts_at=now + begin * HOUR, ends_at=now + end * HOUR, **words)

    return put


class TestWhoIsThere:
    @pytest.mark.parametrize(
        ("hours", "is_there"),
        [
            pytest.param(-0.001, False, id="just before it begins"),
            pytest.param(0, True, id="at its beginning"),
            pytest.param(7.999, True, id="just before its end"),
            pytest.param(8, False, id="at its end somebody else stands there"),
        ],
    )
    def test_a_shift_covers_its_beginning_and_not_its_end(
        self, hours: float, is_there: bool, schedule: Callable[..., Shift], now: datetime
    ) -> None:
        shift = schedule(0, 8)
        on_duty = duty.on_duty(at=now + hours * HOUR, role=DutyRoleCode.ENGINEERING)
        assert [found.shift for found in on_duty] == ([shift] if is_there else [])

    def test_two_people_may_stand_for_one_role(self, schedule: Callable[..., Shift], cast: Cast, now: datetime) -> None:
        shifts = [schedule(0, 8), schedule(4, 12, cast.zhao)]
        on_duty = duty.on_duty(at=now + 5 * HOUR, role=DutyRoleCode.ENGINEERING)
        assert [found.shift for found in on_duty] == shifts
        assert [person.login for person in duty.group(at=now + 5 * HOUR)] == ["zhou", "zhao"]

    def test_who_left_the_company_is_not_there(
        self, schedule: Callable[..., Shift], cast: Cast, now: datetime, session: Db
    ) -> None:
        schedule(0, 8)
        departures.set_active(cast.zhou, is_active=False, actor=cast.admin, now=now)
        assert duty.on_duty(at=now) == []

    def test_the_next_shift_is_the_one_that_begins_next(self, schedule: Callable[..., Shift], now: datetime) -> None:
        schedule(0, 8)
        later, _latest = schedule(8, 16), schedule(16, 24)
        following = duty.next_of_each(after=now)
        assert {role_id: found.shift for role_id, found in following.items()} == {later.role_id: later}

    def test_gaps_of_the_coming_days_are_known(self, schedule: Callable[..., Shift], now: datetime) -> None:
        schedule(0, 8)
        schedule(10, 24)
        free = coverage.between(start=now, end=now + 24 * HOUR).gaps
        assert free[DutyRoleCode.ENGINEERING] == [(now + 8 * HOUR, now + 10 * HOUR)]
        assert free[DutyRoleCode.LEGAL] == [(now, now + 24 * HOUR)]

    def test_the_leader_is_on_duty_or_in_the_post_or_plans_the_shifts_or_administers(
        self, cast: Cast, now: datetime, session: Db
    ) -> None:
        """G-03: there is always somebody to tell."""
        leading = DutyRoleFactory(code=DutyRoleCode.CS_SUPERVISOR)
        shift = ShiftFactory(role=leading, person=cast.gao)
        assert duty.leaders(at=now) == [cast.gao]
        shift.cancelled_at, shift.cancel_reason = now, "病假"
        assert set(duty.leaders(at=now)) == {cast.lin, cast.roster}
        cast.lin.position = cast.roster.position = None
        assert duty.leaders(at=now) == [cast.roster]
        departures.set_active(cast.roster, is_active=False, actor=cast.admin, now=now)
        assert duty.leaders(at=now) == [cast.admin]


class TestPlanning:
    @pytest.mark.parametrize(
        ("begin", "end", "field"),
        [
            pytest.param(8, 8, "ends_at", id="no length"),
            pytest.param(8, 0, "ends_at", id="backwards"),
            pytest.param(0, 7 * 24 + 0.01, "ends_at", id="longer than a week"),
            pytest.param(-8, 0, "ends_at", id="over already"),
            pytest.param(-0.02, 8, "starts_at", id="begun more than a minute ago"),
        ],
    )
    def test_times_that_make_no_sense_are_refused(
        self, begin: float, end: float, field: str, schedule: Callable[..., Shift]
    ) -> None:
        with pytest.raises(Refusal) as refusal:
            schedule(begin, end)
        assert refusal.value.field == field

    def test_a_shift_that_begins_this_very_minute_begins_now(
        self, schedule: Callable[..., Shift], now: datetime
    ) -> None:
        """A form knows minutes only."""
        assert schedule(-0.016, 8).starts_at == now

    def test_a_week_is_not_too_long(self, schedule: Callable[..., Shift]) -> None:
        assert schedule(0, 7 * 24)

    def test_nobody_stands_twice_for_the_same_role_at_the_same_time(self, schedule: Callable[..., Shift]) -> None:
        schedule(0, 8)
        with pytest.raises(Conflict):
            schedule(7, 9)
        assert schedule(8, 16), "one after the other is fine"

    def test_one_person_may_stand_for_two_roles(self, schedule: Callable[..., Shift]) -> None:
        schedule(0, 8)
        assert schedule(0, 8, role=duty.role(DutyRoleCode.DESIGN))

    @pytest.mark.parametrize("lacks", [{"phone": None}, {"phone": ""}, {"is_active": False}])
    def test_who_cannot_be_called_is_not_put_on_duty(
        self, lacks: dict[str, Any], schedule: Callable[..., Shift], cast: Cast
    ) -> None:
        for name, value in lacks.items():
            setattr(cast.zhou, name, value)
        with pytest.raises(Refusal) as refusal:
            schedule(0, 8)
        assert refusal.value.field == "person"

    @pytest.mark.parametrize("who", ["xiaozhou", "zhou", "zhao", "analyst", "auditor", "approver"])
    def test_only_who_plans_the_shifts_may(self, who: str, schedule: Callable[..., Shift], cast: Cast) -> None:
        with pytest.raises(NotAllowed):
            schedule(0, 8, actor=getattr(cast, who))

    def test_remarks_have_an_end(self, schedule: Callable[..., Shift]) -> None:
        with pytest.raises(Refusal) as refusal:
            schedule(0, 8, remarks="长" * 201)
        assert refusal.value.field == "remarks"


class TestChanges:
    def change(self, shift: Shift, cast: Cast, now: datetime, **other: Any) -> Shift:
        """Change some of a shift."""
        words = {"person": shift.person, "starts_at": shift.starts_at, "ends_at": shift.ends_at, "remarks": ""}
        return duty.change(shift, **{**words, **other}, actor=cast.roster, now=now)

    def test_a_swap_tells_both(
        self, schedule: Callable[..., Shift], cast: Cast, now: datetime, messages: Messages
    ) -> None:
        shift = schedule(2, 10)
        self.change(shift, cast, now, person=cast.zhao)
        assert {told.person for told in messages(NotificationKind.SHIFT_CHANGED)} == {cast.zhou, cast.zhao}

    def test_a_remark_tells_nobody(
        self, schedule: Callable[..., Shift], cast: Cast, now: datetime, messages: Messages
    ) -> None:
        shift = schedule(2, 10)
        told = len(messages())
        assert self.change(shift, cast, now, remarks="带钥匙") is shift
        assert len(messages()) == told

    def test_a_change_is_on_record_with_old_and_new(
        self, schedule: Callable[..., Shift], cast: Cast, now: datetime, session: Db
    ) -> None:
        shift = schedule(2, 10)
        self.change(shift, cast, now, ends_at=now + 12 * HOUR)
        change = session.scalars(select(RecordChange).order_by(RecordChange.id.desc())).first()
        assert change is not None and change.actor is cast.roster
        assert change.changes["ends_at"] == [(now + 10 * HOUR).isoformat(), (now + 12 * HOUR).isoformat()]

    def test_what_is_over_stays_as_it_was(self, schedule: Callable[..., Shift], cast: Cast, clock: Hands) -> None:
        shift = schedule(0, 8)
        now = clock.forward(hours=8)
        with pytest.raises(Conflict):
            self.change(shift, cast, now, ends_at=now + HOUR)
        with pytest.raises(Conflict):
            duty.call_off(shift, reason="病假", actor=cast.roster, now=now)

    def test_calling_off_wants_a_reason_keeps_the_row_and_tells_the_member(
        self, schedule: Callable[..., Shift], cast: Cast, now: datetime, session: Db, messages: Messages
    ) -> None:
        shift = schedule(0, 8)
        with pytest.raises(Refusal):
            duty.call_off(shift, reason=" ", actor=cast.roster, now=now)
        duty.call_off(shift, reason="病假", actor=cast.roster, now=now)
        assert (shift.cancelled_by_id, shift.cancel_reason) == (cast.roster.id, "病假")
        assert duty.on_duty(at=now) == []
        told = messages(NotificationKind.SHIFT_CHANGED)[-1]
        assert (told.person, told.text) == (cast.zhou, "您的工程值班有变动：取消11月21日22:00至22日06:00。")
        assert schedule(0, 8), "the same shift can be planned anew"

    def test_a_shift_is_called_off_once(self, schedule: Callable[..., Shift], cast: Cast, now: datetime) -> None:
        shift = schedule(0, 8)
        duty.call_off(shift, reason="病假", actor=cast.roster, now=now)
        with pytest.raises(Conflict):
            duty.call_off(shift, reason="病假", actor=cast.roster, now=now)


class TestReminders:
    def reminded(self, messages: Messages) -> list[str]:
        """Who was reminded, in order."""
        return [told.person.login for told in messages(NotificationKind.SHIFT_REMINDER)]

    @pytest.mark.parametrize(
        ("hours", "count"),
        [
            pytest.param(1.001, 0, id="more than an hour ahead"),
            pytest.param(1, 1, id="an hour ahead"),
            pytest.param(0.01, 1, id="a moment ahead: late is better than never"),
            pytest.param(0, 0, id="begun already"),
        ],
    )
    def test_a_member_is_reminded_within_the_hour_before(
        self, hours: float, count: int, schedule: Callable[..., Shift], now: datetime
    ) -> None:
        schedule(hours, 9)
        assert reminders.remind(now=now) == count

    def test_once(self, schedule: Callable[..., Shift], clock: Hands, messages: Messages) -> None:
        schedule(1, 9)
        counts = [
            reminders.remind(now=clock.now()),
            reminders.remind(now=clock.now()),
            reminders.remind(now=clock.forward(minutes=30)),
        ]
        assert counts == [1, 0, 0]
        assert self.reminded(messages) == ["zhou"]

    def test_a_shift_that_moved_is_reminded_of_at_its_new_time(
        self, schedule: Callable[..., Shift], cast: Cast, clock: Hands, messages: Messages
    ) -> None:
        shift = schedule(1, 9)
        reminders.remind(now=clock.now())
        TestChanges().change(shift, cast, clock.now(), starts_at=clock.now() + 3 * HOUR)
        assert reminders.remind(now=clock.forward(hours=1)) == 0
        assert reminders.remind(now=clock.forward(hours=1)) == 1
        assert self.reminded(messages) == ["zhou", "zhou"]

    def test_a_new_member_is_reminded_and_the_old_one_s_reminder_is_not_sent(
        self, schedule: Callable[..., Shift], cast: Cast, clock: Hands, session: Db, messages: Messages
    ) -> None:
        shift = schedule(1, 9)
        reminders.remind(now=clock.now())
        TestChanges().change(shift, cast, clock.now(), person=cast.zhao)
        reminders.remind(now=clock.now())
        session.commit()
        outbox.dispatch(fleet=sandbox.fleet(clock.now), clock=clock.now)
        clock.forward(minutes=1)  # One message a minute to a phone.
        outbox.dispatch(fleet=sandbox.fleet(clock.now), clock=clock.now)
        states = {told.person.login: told.state for told in messages(NotificationKind.SHIFT_REMINDER)}
        assert states == {"zhou": NotificationState.CANCELLED, "zhao": NotificationState.ACCEPTED}

    def test_two_reminders_at_once_remind_once(
        self, schedule: Callable[..., Shift], cast: Cast, now: datetime, session: Db, at_once: Callable[..., list[Any]]
    ) -> None:
        for begin in (0.5, 0.6, 0.7):
            schedule(begin, begin + 0.1)
        assert sum(at_once(*[lambda: reminders.remind(now=now)] * 4)) == 3
        reminded = select(func.count(Notification.id)).where(Notification.kind == NotificationKind.SHIFT_REMINDER)
        assert session.scalar(reminded) == 3


class TestCost:
    """Years of past shifts must not matter, and a page asks a handful of questions."""

    def test_looking_at_the_roster_takes_a_handful_of_queries(
        self, cast: Cast, engineering: DutyRole, now: datetime, session: Db
    ) -> None:
        for day in range(40):
            ShiftFactory(
                role=engineering,
                person=[cast.zhou, cast.zhao][day % 2],
                starts_at=now + (day - 20) * 24 * HOUR,
                ends_at=now + (day - 19) * 24 * HOUR,
            )
        for hour in range(10):
            OverrideFactory(
                role=engineering, person=cast.he, starts_at=now + hour * HOUR, ends_at=now + (hour + 1) * HOUR
            )
        LeaveFactory(person=cast.zhou, starts_at=now + HOUR)
        session.commit()
        for look in (
            lambda: duty.on_duty(at=now),
            lambda: duty.between(start=now, end=now + 14 * 24 * HOUR),
            lambda: coverage.between(start=now, end=now + 14 * 24 * HOUR),
        ):
            session.expire_all()
            with queries() as asked:
                look()
            assert len(asked) <= 8, asked

    def test_old_shifts_are_not_read(self, cast: Cast, engineering: DutyRole, now: datetime, session: Db) -> None:
        """No shift is longer than a fortnight: what began earlier is not even looked at."""
        ShiftFactory(role=engineering, person=cast.zhou, starts_at=now - 20 * 24 * HOUR, ends_at=now - 19 * 24 * HOUR)
        session.commit()
        with queries() as asked:
            duty.on_duty(at=now)
        assert any("shifts.starts_at >=" in statement for statement in asked)
