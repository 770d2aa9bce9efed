"""A shift is entered on the roster's page and its member is reminded before it begins, once (D-03)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from models import Shift
from tests.cast import Cast
from tests.journeys.conftest import Desk, typed


def test_the_member_is_reminded_an_hour_before_the_shift(desk: Desk, cast: Cast) -> None:
    begins = desk.clock.now() + timedelta(hours=10)
    planner = desk.seat(cast.roster)
    shift = {
        "role": "legal",
        "person": str(cast.gao.id),
        "starts_at": typed(begins),
        "ends_at": typed(begins + timedelta(hours=8)),
    }
    assert planner.client.send("/roster/new", shift).status_code == 302
    assert desk.seat(cast.xiaozhou).client.send("/roster/new", shift, page="/password").status_code == 403

    desk.tick()
    assert desk.phone(cast.gao) == ["【安心桥】您的法务值班有变动：新增11月22日08:00至16:00。"]
    desk.wait(hours=8, minutes=59)
    assert len(desk.phone(cast.gao)) == 1, "at 22:00 it is too late for a word about tomorrow, at 07:00 too"
    desk.wait(minutes=1)
    assert desk.phone(cast.gao)[1:] == ["【安心桥】您的法务值班11月22日08:00开始，请保持手机畅通。"]
    desk.wait(minutes=1)
    assert len(desk.phone(cast.gao)) == 2


def test_the_member_is_told_in_the_evening_before(desk: Desk, cast: Cast) -> None:
    desk.clock.forward(hours=20)  # Sunday, 18:00.
    begins = desk.clock.now() + timedelta(hours=14)
    shift = {
        "role": "legal",
        "person": str(cast.gao.id),
        "starts_at": typed(begins),
        "ends_at": typed(begins + timedelta(hours=8)),
    }
    assert desk.seat(cast.roster).client.send("/roster/new", shift).status_code == 302
    desk.tick()
    desk.wait(minutes=1)  # One message a minute to a phone.
    assert desk.phone(cast.gao) == [
        "【安心桥】您的法务值班有变动：新增11月23日08:00至16:00。",
        "【安心桥】您明天有法务值班，11月23日08:00开始，请提前安排。",
    ]


def test_a_shift_that_is_called_off_reminds_nobody_and_says_so(desk: Desk, cast: Cast) -> None:
    begins = desk.clock.now() + timedelta(hours=2)
    planner = desk.seat(cast.roster)
    planner.client.send(
        "/roster/new",
        {
            "role": "design",
            "person": str(cast.he.id),
            "starts_at": typed(begins),
            "ends_at": typed(begins + timedelta(hours=8)),
        },
    )
    page = f"/roster/shifts/{desk.session.scalars(select(Shift.id)).one()}"
    planner.client.send(f"{page}/call-off", {"reason": "客户活动改期"}, page=page)
    desk.wait(hours=1, minutes=30)
    desk.wait(minutes=1)  # One message a minute to a phone.
    assert desk.phone(cast.he) == [
        "【安心桥】您的设计值班有变动：新增11月22日00:00至08:00。",
        "【安心桥】您的设计值班有变动：取消11月22日00:00至08:00。",
    ]
