"""Leave: it takes its person out of the roster, and what is left open is seen at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session, scoped_session

from models import Leave, Notification, Shift
from rules.escalation import DutyRoleCode
from rules.refusals import Conflict, NotAllowed, Refusal
from rules.vocabulary import NotificationKind
from services import coverage, departures, duty, leaves
from tests.cast import Cast
from tests.conftest import Hands
from tests.factories import DutyRoleFactory

Db = scoped_session[Session]
Messages = Callable[..., list[Notification]]
HOUR = timedelta(hours=1)
ENGINEERING = DutyRoleCode.ENGINEERING


@pytest.fixture
def leave(shift: Shift, cast: Cast, now: datetime) -> Leave:
    """周强 is away from in four hours to in six."""
    made, _ = leaves.record(
        cast.zhou,
        starts_at=now + 4 * HOUR,
        ends_at=now + 6 * HOUR,
        reason="看牙",
        actor=cast.zhou,
        now=now,
    )
    return made


def is_there(at: datetime) -> bool:
    return bool(duty.on_duty(at=at, role=ENGINEERING))


class TestRecording:
    @pytest.mark.parametrize(
        ("hours", "expected"),
        [
            pytest.param(3.999, True, id="just before"),
            pytest.param(4, False, id="at its beginning"),
            pytest.param(5.999, False, id="just before its end"),
            pytest.param(6, True, id="back again"),
        ],
    )
    def test_nobody_stands_there_meanwhile(self, hours: float, expected: bool, leave: Leave, now: datetime) -> None:
        assert is_there(now + hours * HOUR) is expected

    def test_the_gap_is_seen(self, leave: Leave, now: datetime) -> None:
        gaps = coverage.between(start=now + 2 * HOUR, end=now + 10 * HOUR).gaps[ENGINEERING]
        assert gaps == [(leave.starts_at, leave.ends_at)]

    def test_the_hours_it_leaves_open_are_shown(self, shift: Shift, cast: Cast, now: datetime) -> None:
        _, conflicts = leaves.record(
            cast.zhou, starts_at=now + 9 * HOUR, ends_at=now + 24 * HOUR, actor=cast.zhou, now=now
        )
        assert [found.shift for found in conflicts] == [shift]
        _, none = leaves.record(cast.zhao, starts_at=now, ends_at=now + 24 * HOUR, actor=cast.zhao, now=now)
        assert none == []

    def test_whoever_enters_their_own_is_not_told_whoever_has_it_entered_is(
        self, shift: Shift, cast: Cast, now: datetime, messages: Messages
    ) -> None:
        told = len(messages(NotificationKind.SHIFT_CHANGED))
        leaves.record(cast.zhou, starts_at=now + 4 * HOUR, ends_at=now + 5 * HOUR, actor=cast.zhou, now=now)
        assert len(messages(NotificationKind.SHIFT_CHANGED)) == told
        leaves.record(cast.zhou, starts_at=now + 8 * HOUR, ends_at=now + 12 * HOUR, actor=cast.roster, now=now)
        assert messages()[-1].text == "您的工程值班有变动：11月22日03:00至08:00改为11月22日03:00至06:00。"

    def test_it_can_be_listed(self, leave: Leave, cast: Cast, now: datetime) -> None:
        assert leaves.between(start=now, end=now + 24 * HOUR) == [leave]
        assert leaves.between(start=now, end=now + 24 * HOUR, person=cast.zhao) == []
        assert leaves.between(start=leave.ends_at, end=now + 24 * HOUR) == []


class TestRefusals:
    @pytest.mark.parametrize(
        ("begin", "end", "field"),
        [
            pytest.param(4, 4, "ends_at", id="no length"),
            pytest.param(6, 4, "ends_at", id="backwards"),
            pytest.param(-8, -4, "ends_at", id="over already"),
            pytest.param(-8, 4, "starts_at", id="begun in the past"),
            pytest.param(0, 366 * 24 + 1, "ends_at", id="longer than a year"),
        ],
    )
    def test_times_that_make_no_sense(self, begin: float, end: float, field: str, cast: Cast, now: datetime) -> None:
        with pytest.raises(Refusal) as refusal:
            leaves.record(cast.zhou, starts_at=now + begin * HOUR, ends_at=now + end * HOUR, actor=cast.zhou, now=now)
        assert refusal.value.field == field

    def test_leave_on_leave(self, leave: Leave, cast: Cast, now: datetime) -> None:
        with pytest.raises(Conflict):
            leaves.record(cast.zhou, starts_at=now + 5 * HOUR, ends_at=now + 8 * HOUR, actor=cast.zhou, now=now)

    def test_somebody_else_s_leave(self, cast: Cast, now: datetime) -> None:
        with pytest.raises(NotAllowed):
            leaves.record(cast.zhou, starts_at=now, ends_at=now + HOUR, actor=cast.zhao, now=now)

    def test_a_shift_for_somebody_on_leave(self, leave: Leave, shift: Shift, cast: Cast, now: datetime) -> None:
        with pytest.raises(Refusal) as refusal:
            duty.schedule(
                role=DutyRoleFactory(code=DutyRoleCode.LEGAL),
                person=cast.zhou,
                starts_at=now + 5 * HOUR,
                ends_at=now + 8 * HOUR,
                actor=cast.roster,
                now=now,
            )
        assert refusal.value.field == "person"


class TestTakingBack:
    def test_the_hours_count_again(self, leave: Leave, cast: Cast, now: datetime) -> None:
        leaves.cancel(leave, actor=cast.zhou, now=now + HOUR)
        assert is_there(now + 5 * HOUR)

    def test_what_is_past_stays_leave(self, leave: Leave, cast: Cast, now: datetime) -> None:
        leaves.cancel(leave, actor=cast.zhou, now=now + 5 * HOUR)
        assert not is_there(now + 4.5 * HOUR) and is_there(now + 5 * HOUR)

    def test_once_and_in_time(self, leave: Leave, cast: Cast, clock: Hands) -> None:
        with pytest.raises(Conflict):
            leaves.cancel(leave, actor=cast.zhou, now=clock.now() + 6 * HOUR)
        leaves.cancel(leave, actor=cast.zhou, now=clock.now())
        with pytest.raises(Conflict):
            leaves.cancel(leave, actor=cast.zhou, now=clock.now())

    def test_not_by_somebody_else(self, leave: Leave, cast: Cast, now: datetime) -> None:
        with pytest.raises(NotAllowed):
            leaves.cancel(leave, actor=cast.zhao, now=now)

    def test_whoever_comes_back_to_the_company_is_told_of_their_hours(
        self, shift: Shift, cast: Cast, clock: Hands, messages: Messages
    ) -> None:
        told = len(messages(NotificationKind.SHIFT_CHANGED))
        departures.set_active(cast.zhou, is_active=False, actor=cast.admin, now=clock.now())
        assert messages(NotificationKind.SHIFT_CHANGED)[told:] == [], "who left is reached no more"
        departures.set_active(cast.zhou, is_active=True, actor=cast.admin, now=clock.forward(hours=3))
        (message,) = messages(NotificationKind.SHIFT_CHANGED)[told:]
        assert message.person is cast.zhou
        assert "11月22日01:00" in message.text, "from now on, not from the beginning of the shift"

    def test_who_has_left_the_company_is_not_on_leave(self, cast: Cast, now: datetime, session: Db) -> None:
        departures.set_active(cast.zhou, is_active=False, actor=cast.admin, now=now)
        session.flush()
        assert leaves.between(start=now, end=now + HOUR) == []
        departure = session.query(Leave).one()
        with pytest.raises(Conflict):
            leaves.cancel(departure, actor=cast.admin, now=now)
