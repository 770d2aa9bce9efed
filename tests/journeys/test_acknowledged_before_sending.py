"""What nobody needs any more at the moment of sending is not sent: taken, downgraded, void."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from models import Notification, Shift
from rules.escalation import DutyRoleCode
from rules.vocabulary import NotificationKind, NotificationState
from tests.cast import Cast
from tests.journeys.conftest import Desk

OnDuty = dict[DutyRoleCode, Shift]


def _states(desk: Desk, kind: NotificationKind) -> list[NotificationState]:
    desk.session.rollback()
    return list(desk.session.scalars(select(Notification.state).where(Notification.kind == kind)))


def test_nobodys_phone_rings_for_what_somebody_has(desk: Desk, cast: Cast, on_duty: OnDuty) -> None:
    number = desk.seat(cast.xiaozhou).hears()
    desk.tick()
    desk.clock.forward(minutes=10)
    desk.sweep()  # The leader's call stands in the outbox …
    assert _states(desk, NotificationKind.ESCALATION) == [NotificationState.QUEUED]
    desk.seat(cast.zhou).does("acknowledge", number)  # … and before it goes out, the engineer has it.
    desk.restart()
    desk.send()
    assert desk.phone(cast.lin, about=number) == []
    assert _states(desk, NotificationKind.ESCALATION) == [NotificationState.CANCELLED]


def test_no_call_of_the_gravest_level_after_a_downgrade(desk: Desk, cast: Cast, on_duty: OnDuty) -> None:
    number = desk.seat(cast.xiaozhou).hears(is_media_involved="y", problem="说要找电视台")
    desk.sweep()  # Two calls of level 1 stand in the outbox; nothing went out yet.
    assert len(_states(desk, NotificationKind.DUTY_CALL)) == 2
    lin = desk.seat(cast.lin)
    lin.does("contact", number, method="phone", purpose="talk", is_reached="y", summary="客户只是气话，没有联系媒体")
    lin.does("grade", number, severity="3", reason="没有媒体介入", side="construction", lead=cast.zhao.id)
    desk.send()
    assert desk.phone(cast.zhou, about=number) == []


def test_a_mistaken_record_that_is_made_void_rings_nowhere(desk: Desk, cast: Cast, on_duty: OnDuty) -> None:
    number = desk.seat(cast.xiaozhou).hears()
    desk.seat(cast.roster).does("void", number, reason="同一通电话录了两遍")
    desk.live(until=desk.clock.now() + timedelta(hours=2), step=timedelta(minutes=20))
    assert [desk.phone(person, about=number) for person in (cast.zhou, cast.lin, cast.roster)] == [[], [], []]
