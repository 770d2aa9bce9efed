"""A shift is swapped an hour before it begins: the right phone rings, and the past stays as it was (DU3)."""

from __future__ import annotations

from datetime import datetime, timedelta

from rules.escalation import DutyRoleCode
from services import calls, duty, swaps
from tests.cast import Cast
from tests.factories import DutyRoleFactory, IntakeFactory
from tests.journeys.conftest import Desk

ENGINEERING = DutyRoleCode.ENGINEERING


def test_the_one_who_took_the_shift_over_is_reminded_and_called(desk: Desk, cast: Cast) -> None:
    evening = desk.clock.now()
    begins = evening + timedelta(hours=1)
    shift = duty.schedule(
        role=DutyRoleFactory(code=ENGINEERING),
        person=cast.zhou,
        starts_at=begins,
        ends_at=begins + timedelta(hours=8),
        actor=cast.roster,
        now=evening,
    )
    desk.tick()
    desk.wait(minutes=1)  # One message a minute to a phone.
    assert "值班11月21日23:00开始" in desk.phone(cast.zhou)[-1]

    his = duty.next_of_each(after=evening)[shift.role_id]
    assert his.shift is shift
    swap = swaps.request(his, to=cast.zhao, reason="孩子发烧", actor=cast.zhou, now=evening)
    desk.wait(minutes=5)
    assert desk.phone(cast.zhao) == ["【安心桥】有人请您代工程值班：11月21日23:00至22日07:00，请登录系统答复。"]
    swaps.accept(swap, actor=cast.zhao, now=desk.clock.now())
    desk.restart()
    desk.wait(minutes=5)
    swaps.approve(desk.session.merge(swap), actor=cast.roster, now=desk.clock.now())
    for _ in range(2):  # One message a minute to a phone.
        desk.wait(minutes=1)
    assert [text[5:] for text in desk.phone(cast.zhao)[1:]] == [
        "您的工程换班11月21日23:00至22日07:00：已生效，请登录系统查看。",
        "您的工程值班11月21日23:00开始，请保持手机畅通。",
    ]
    before = len(desk.phone(cast.zhou))

    desk.clock.set(begins + timedelta(minutes=10))
    calls.record(IntakeFactory(first_word_at=desk.clock.now()), actor=cast.xiaozhou, now=desk.clock.now())
    desk.tick()
    assert any("新投诉待您接单" in text for text in desk.phone(cast.zhao))
    assert len(desk.phone(cast.zhou)) == before, "whoever gave the shift away sleeps on"
    assert who(begins) == ["zhao"]


def who(at: datetime) -> list[str]:
    return [found.person.login for found in duty.on_duty(at=at, role=ENGINEERING)]
