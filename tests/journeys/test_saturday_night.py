"""The plan's own example: hollow tiles on a Saturday at 22:00, a post in the owners' group, a call by 22:15 (D-04)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from models import Promise, Shift
from rules.escalation import DutyRoleCode
from rules.vocabulary import Channel, ClockKind, ClockState, EventKind, Severity, Status
from tests.cast import Cast
from tests.journeys.conftest import Desk, typed

OnDuty = dict[DutyRoleCode, Shift]


def test_a_post_at_ten_is_called_back_by_a_quarter_past(desk: Desk, cast: Cast, on_duty: OnDuty) -> None:
    posted_at = desk.clock.now()

    # 小周 sees the post four minutes later; the customer is new and has no contract at hand.
    desk.clock.forward(minutes=4)
    number = desk.seat(cast.xiaozhou).record(
        channel="owners_group",
        first_word_at=typed(posted_at),
        contact_name="郑丽华",
        phone="１３９　００１３　９００５",
        community="滨江壹号",
        room="2栋905",
        category="quality",
        stage="construction",
        problem="客厅新铺的地砖敲着是空的，数了七块",
        impact="下周三家具进场，顾问电话没人接",
        demand="今晚就要有人给说法",
        household_count="1",
        delay_days="0",
        is_read_back="y",
    )
    complaint = desk.complaint(number)
    assert (complaint.channel, complaint.customer.phone) == (Channel.OWNERS_GROUP, "+8613900139005")
    assert str(complaint.room) == "滨江壹号 2栋 905"
    desk.tick()
    assert len(desk.phone(cast.zhou)) == 1

    # The engineering director has it within a minute and calls back at 22:15.
    desk.clock.forward(minutes=1)
    zhou = desk.seat(cast.zhou)
    zhou.does("acknowledge", number)
    desk.clock.set(posted_at + timedelta(minutes=15))
    zhou.does("contact", number, method="phone", is_reached="y", summary="明早八点半带空鼓锤到场，逐块敲给您听")
    zhou.does("promise", number, text="上门复检空鼓", promise_due_at=typed(posted_at + timedelta(hours=10, minutes=30)))
    zhou.does("grade", number, severity="2", reason="空鼓七块，影响家具进场", side="construction", lead=cast.zhao.id)
    complaint = desk.complaint(number)
    contact = next(clock for clock in complaint.clocks if clock.kind is ClockKind.CONTACT)
    assert (contact.state, contact.stopped_at - contact.started_at) == (ClockState.MET, timedelta(minutes=15))
    assert (complaint.status, complaint.severity) == (Status.HANDLING, Severity.URGENT)

    # Nobody else's phone rings that night.
    desk.wait(hours=8)
    assert [desk.phone(person) for person in (cast.lin, cast.he, cast.gao, cast.roster)] == [[]] * 4

    # Half an hour before the promised visit its maker is reminded; the visit keeps it.
    desk.clock.set(posted_at + timedelta(hours=10))
    desk.tick()
    assert desk.phone(cast.zhou)[-1] == f"【安心桥】{number}有承诺11月22日08:30到期，请按时兑现。"
    desk.clock.forward(minutes=25)
    zhou = desk.seat(cast.zhou)
    zhou.does("contact", number, method="visit", is_reached="y", summary="七块确认空鼓，另一块边角轻微，今天一并重铺")
    promise = desk.session.scalars(select(Promise)).one()
    zhou.client.send(f"/complaints/{number}/promises/{promise.id}/keep", page=f"/complaints/{number}")
    zhou.does("assign", number, to=cast.zhao.id, reason="返工当天开始，项目经理盯场")
    desk.tick()
    assert desk.phone(cast.zhao) == [f"【安心桥】{number}已转交给您，请登录系统接单。"]
    assert EventKind.ESCALATED not in desk.story(number)
