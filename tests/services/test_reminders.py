"""Reminders the day before and the hour before, and a word to the leader before a role stands empty (N5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session, scoped_session

from extensions import COMPANY_ZONE
from models import Notification, Shift
from rules.escalation import DutyRoleCode
from rules.vocabulary import NotificationKind, NotificationState
from services import duty, leaves, outbox, overrides, reminders, sandbox
from tests.cast import Cast
from tests.conftest import Hands
from tests.factories import DutyRoleFactory

Db = scoped_session[Session]
Messages = Callable[..., list[Notification]]
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of November 2026, in the company's time."""
    return datetime(2026, 11, day, hour, minute, tzinfo=COMPANY_ZONE)


@pytest.fixture
def schedule(cast: Cast, session: Db, clock: Hands) -> Callable[..., Shift]:
    """Put somebody on duty, for engineering by default."""

    def put(person: Any, starts_at: datetime, ends_at: datetime, code: Any = DutyRoleCode.ENGINEERING) -> Shift:
        return duty.schedule(
            role=DutyRoleFactory(code=code),
            person=person,
            starts_at=starts_at,
            ends_at=ends_at,
            actor=cast.roster,
            now=clock.now(),
        )

    return put


def replaced(shift: Shift, cast: Cast, now: datetime) -> None:
    """赵磊 stands in for 周强."""
    overrides.replace(
        role=shift.role,
        person=cast.zhou,
        substitute=cast.zhao,
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        reason="发烧",
        actor=cast.roster,
        now=now,
    )


class TestTheHourBefore:
    def test_it_goes_to_whoever_stands_in(
        self, schedule: Callable[..., Shift], cast: Cast, now: datetime, messages: Messages
    ) -> None:
        shift = schedule(cast.zhou, now + HOUR, now + 9 * HOUR)
        replaced(shift, cast, now)
        reminders.remind(now=now)
        assert [told.person for told in messages(NotificationKind.SHIFT_REMINDER)] == [cast.zhao]

    def test_nobody_on_leave_is_reminded(
        self, schedule: Callable[..., Shift], cast: Cast, now: datetime, messages: Messages
    ) -> None:
        schedule(cast.zhou, now + HOUR, now + 9 * HOUR)
        leaves.record(cast.zhou, starts_at=now, ends_at=now + DAY, actor=cast.zhou, now=now)
        assert reminders.remind(now=now) == 0

    def test_what_was_queued_is_not_sent_to_whoever_was_replaced_meanwhile(
        self, schedule: Callable[..., Shift], cast: Cast, now: datetime, session: Db, clock: Hands, messages: Messages
    ) -> None:
        shift = schedule(cast.zhou, now + HOUR, now + 9 * HOUR)
        reminders.remind(now=now)
        replaced(shift, cast, now)
        session.commit()
        for _ in range(3):  # One phone takes one message a minute.
            outbox.dispatch(fleet=sandbox.fleet(clock.now), clock=clock.now)
            clock.forward(minutes=1)
        assert messages(NotificationKind.SHIFT_REMINDER)[0].state is NotificationState.CANCELLED


class TestTheDayBefore:
    @pytest.mark.parametrize(
        ("now", "count"),
        [
            pytest.param(at(23, 17, 59), 0, id="not before six in the evening"),
            pytest.param(at(23, 18), 1, id="from six on"),
            pytest.param(at(23, 23, 59), 1, id="late is better than never"),
            pytest.param(at(24, 0), 0, id="then it is today"),
        ],
    )
    def test_from_the_evening_on(self, now: datetime, count: int, schedule: Callable[..., Shift], cast: Cast) -> None:
        schedule(cast.zhou, at(24, 8), at(24, 16))
        assert reminders.remind_of_tomorrow(now=now) == count

    def test_once_a_person_about_the_first_of_tomorrow_s_hours(
        self, schedule: Callable[..., Shift], cast: Cast, messages: Messages
    ) -> None:
        schedule(cast.zhou, at(24, 16), at(25, 0))
        schedule(cast.zhou, at(24, 8), at(24, 12), DutyRoleCode.LEGAL)
        schedule(cast.zhou, at(23, 20), at(24, 8), DutyRoleCode.DESIGN)
        assert [reminders.remind_of_tomorrow(now=at(23, 18, minute)) for minute in (0, 1)] == [1, 0]
        told = messages(NotificationKind.SHIFT_TOMORROW)[0]
        assert told.text == "您明天有法务值班，11月24日08:00开始，请提前安排。"


class TestGaps:
    @pytest.fixture
    def covered(self, schedule: Callable[..., Shift], cast: Cast, now: datetime) -> Shift:
        """All four roles for a day from now on; engineering for six hours longer, after three hours of nobody."""
        for code, person in zip(DutyRoleCode, (cast.lin, cast.zhou, cast.he, cast.gao), strict=True):
            schedule(person, now, now + 6 * DAY, code)
        design = next(found for found in duty.on_duty(at=now) if found.role.code is DutyRoleCode.DESIGN)
        assert design.shift is not None
        return duty.change(
            design.shift,
            person=cast.he,
            starts_at=now,
            ends_at=now + 30 * HOUR,
            remarks="",
            actor=cast.roster,
            now=now,
        )

    def told(self, messages: Messages) -> list[tuple[str, str]]:
        return [(told.person.login, told.text) for told in messages(NotificationKind.ROSTER_GAP)]

    def test_the_leader_is_told_a_day_ahead_and_once(
        self, covered: Shift, schedule: Callable[..., Shift], cast: Cast, clock: Hands, messages: Messages
    ) -> None:
        schedule(cast.he, clock.now() + 33 * HOUR, clock.now() + 6 * DAY, DutyRoleCode.DESIGN)
        assert reminders.warn_of_gaps(now=clock.forward(hours=6)) == 0
        assert reminders.warn_of_gaps(now=clock.forward(seconds=1)) == 1
        assert reminders.warn_of_gaps(now=clock.forward(hours=1)) == 0
        assert reminders.warn_of_gaps(now=clock.forward(hours=24)) == 0, "nor again when it has begun"
        assert self.told(messages) == [("lin", "设计将无人值班：11月23日04:00至07:00，请尽快安排。")]

    def test_a_gap_of_this_moment_is_told_at_once(
        self, covered: Shift, cast: Cast, clock: Hands, messages: Messages
    ) -> None:
        duty.call_off(covered, reason="急病", actor=cast.roster, now=clock.forward(hours=1))
        assert reminders.warn_of_gaps(now=clock.now()) == 1
        assert reminders.warn_of_gaps(now=clock.forward(minutes=1)) == 0

    def test_a_gap_that_was_filled_and_opens_again_is_told_again(
        self, covered: Shift, cast: Cast, clock: Hands, messages: Messages
    ) -> None:
        warned_at = clock.set(covered.ends_at - timedelta(hours=2))
        assert reminders.warn_of_gaps(now=warned_at) == 1
        hours = {"starts_at": covered.ends_at, "ends_at": covered.ends_at + timedelta(days=3)}
        words = {"actor": cast.roster, "now": clock.forward(minutes=5)}
        filled = duty.schedule(role=covered.role, person=cast.zhao, **hours, **words)
        assert reminders.warn_of_gaps(now=clock.now()) == 0
        duty.call_off(filled, reason="病了", **words)
        assert [reminders.warn_of_gaps(now=clock.forward(minutes=1)) for _ in range(2)] == [1, 0]
        assert [told.person for told in messages(NotificationKind.ROSTER_GAP)] == [cast.lin, cast.lin]

    def test_leave_opens_a_gap_that_is_told(self, covered: Shift, cast: Cast, clock: Hands, messages: Messages) -> None:
        now = clock.now()
        leaves.record(cast.zhou, starts_at=now + 5 * HOUR, ends_at=now + 7 * HOUR, actor=cast.zhou, now=now)
        assert reminders.warn_of_gaps(now=now) == 1
        assert self.told(messages) == [("lin", "工程将无人值班：11月22日03:00至05:00，请尽快安排。")]

    def test_a_role_that_nobody_ever_stands_for_is_told_of_once_a_day(
        self, cast: Cast, clock: Hands, messages: Messages
    ) -> None:
        clock.set(at(23, 9))
        counts = [reminders.warn_of_gaps(now=clock.forward(hours=h)) for h in (0, 1, 13, 1, 9, 1)]
        leaders = len(duty.leaders(at=clock.now()))
        assert counts == [4 * leaders, 0, 0, 4 * leaders, 0, 0]

    def test_who_leads_is_told_even_when_the_leader_s_role_is_empty(
        self, covered: Shift, cast: Cast, clock: Hands, messages: Messages
    ) -> None:
        leading = next(found for found in duty.on_duty(at=clock.now()) if found.person is cast.lin)
        assert leading.shift is not None
        duty.call_off(leading.shift, reason="急病", actor=cast.roster, now=clock.forward(hours=1))
        assert reminders.warn_of_gaps(now=clock.now()) == 2, "both who hold the post"
