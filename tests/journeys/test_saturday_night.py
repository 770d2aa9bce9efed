"""The plan's own example: hollow tiles on a Saturday at 22:00, a post in the owners' group, a call by 22:15, workers on
site the next morning, and every clock of the plan beside it (D-04, D-16).
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from models import Clock, Promise, Shift
from rules.escalation import DutyRoleCode
from rules.vocabulary import Channel, ClockKind, ClockState, EventKind, Severity, Status
from tests.cast import Cast
from tests.factories import DutyRoleFactory, ShiftFactory
from tests.journeys.conftest import Desk, typed

OnDuty = dict[DutyRoleCode, Shift]


def test_a_post_at_ten_is_called_back_by_a_quarter_past(desk: Desk, cast: Cast, on_duty: OnDuty) -> None:
    posted_at = desk.clock.now()
    _by_day(desk, cast)

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
    assert len(desk.phone(cast.zhou, about=number)) == 1

    # Each clock begins where the plan says: at the customer's first word, or with the record.
    clocks = _clocks(desk, number)
    assert {kind: clock.started_at - posted_at for kind, clock in clocks.items()} == {
        ClockKind.CONTACT: timedelta(0),
        ClockKind.FIRST_ANSWER: timedelta(0),
        ClockKind.GOLDEN: timedelta(0),
        ClockKind.TRIAGE: timedelta(minutes=4),
        ClockKind.ON_SITE: timedelta(minutes=4),
        ClockKind.FORMAL_REPLY: timedelta(minutes=4),
    }
    assert clocks[ClockKind.CONTACT].due_at == posted_at + timedelta(minutes=30)
    assert clocks[ClockKind.GOLDEN].due_at == posted_at + timedelta(hours=2)
    assert clocks[ClockKind.ON_SITE].due_at == posted_at + timedelta(hours=24, minutes=4)
    assert typed(clocks[ClockKind.FORMAL_REPLY].due_at)[:10] == "2026-11-25", "three working days: Mon, Tue, Wed"

    # The engineering director has it within a minute and calls back at 22:15, with what happens next.
    desk.clock.forward(minutes=1)
    zhou = desk.seat(cast.zhou)
    zhou.does("acknowledge", number)
    desk.clock.set(posted_at + timedelta(minutes=15))
    zhou.does(
        "contact",
        number,
        method="phone",
        purpose="first_answer",
        is_reached="y",
        summary="明早八点半带空鼓锤到场，逐块敲给您听",
    )
    zhou.does("promise", number, text="上门复检空鼓", promise_due_at=typed(posted_at + timedelta(hours=10, minutes=30)))
    zhou.does("grade", number, severity="2", reason="空鼓七块，影响家具进场", side="construction", lead=cast.zhao.id)
    complaint, clocks = desk.complaint(number), _clocks(desk, number)
    assert (complaint.status, complaint.severity) == (Status.HANDLING, Severity.URGENT)
    contact = clocks[ClockKind.CONTACT]
    assert (contact.state, contact.stopped_at - contact.started_at) == (ClockState.MET, timedelta(minutes=15))
    for kind in (ClockKind.FIRST_ANSWER, ClockKind.GOLDEN, ClockKind.TRIAGE):
        assert clocks[kind].state is ClockState.MET, kind

    # Nobody is called that night; the leader only learned of the level, with a restart in the middle of it.
    desk.live(until=posted_at + timedelta(hours=5), step=timedelta(hours=1))
    desk.restart()
    desk.live(until=posted_at + timedelta(hours=9, minutes=30), step=timedelta(hours=1))
    for person in (cast.he, cast.gao, cast.roster):
        assert desk.phone(person, about=number) == [], person.name
    assert desk.phone(cast.lin, about=number) == [f"【安心桥】{number}等级升为二级，请立即处理。"], "at 22:15, no more"

    # Half an hour before the promised visit its maker is reminded; the visit keeps it and stops the clock of the site.
    desk.clock.set(posted_at + timedelta(hours=10))
    desk.tick()
    assert desk.phone(cast.zhou, about=number)[-1] == f"【安心桥】{number}有承诺11月22日08:30到期，请按时兑现。"
    desk.clock.forward(minutes=25)
    zhou = desk.seat(cast.zhou)
    zhou.does("contact", number, method="visit", purpose="talk", is_reached="y", summary="七块确认空鼓，今天一并重铺")
    assert _clocks(desk, number)[ClockKind.ON_SITE].state is ClockState.MET
    _keep(desk, cast, number, "上门复检空鼓")

    # Rework is promised for Tuesday evening: a clock of its own, and a report every day until then.
    tuesday = posted_at + timedelta(days=2, hours=20)
    zhou.does("promise", number, kind="rework", text="重铺七块地砖", promise_due_at=typed(tuesday))
    clocks = _clocks(desk, number)
    assert clocks[ClockKind.REWORK].due_at == tuesday
    assert typed(clocks[ClockKind.PROGRESS].due_at) == "2026-11-23T18:00"
    zhou.does("assign", number, to=cast.zhao.id, reason="返工当天开始，项目经理盯场")
    desk.tick()
    assert desk.phone(cast.zhao, about=number)[-1] == f"【安心桥】{number}已转交给您，请登录系统接单。"
    zhao = desk.seat(cast.zhao)
    zhao.does("acknowledge", number)

    # Sunday evening the project manager speaks to her; Monday's report comes in time, the next is due a day later.
    desk.live(until=posted_at + timedelta(hours=20), step=timedelta(hours=4))
    zhao = desk.seat(cast.zhao)
    zhao.does("contact", number, method="phone", purpose="talk", is_reached="y", summary="今天铺好两块，明天继续")
    desk.live(until=posted_at + timedelta(days=1, hours=18), step=timedelta(hours=4))
    zhao = desk.seat(cast.zhao)
    zhao.does(
        "contact", number, method="wechat_message", purpose="progress", is_reached="y", summary="铺好四块，有视频"
    )
    reports = [clock for clock in desk.complaint(number).clocks if clock.kind is ClockKind.PROGRESS]
    assert [clock.state for clock in reports] == [ClockState.MET, ClockState.RUNNING]
    assert typed(reports[-1].due_at) == "2026-11-24T18:00"

    # Tuesday afternoon all is done and kept; the formal reply is given within its three working days.
    desk.live(until=posted_at + timedelta(days=2, hours=17), step=timedelta(hours=4))
    zhao = desk.seat(cast.zhao)
    _keep(desk, cast, number, "重铺七块地砖")
    zhao.does("contact", number, method="visit", purpose="formal_reply", is_reached="y", summary="书面答复已签收")
    zhao.does("resolve", number, resolution="七块全部重铺，复敲无空鼓")
    desk.wait(hours=20)
    zhao = desk.seat(cast.zhao)
    zhao.does("close", number, agreement="客户说修得认真，没有别的要求")
    desk.tick()
    complaint = desk.complaint(number)
    assert complaint.status is Status.CLOSED
    assert {clock.kind for clock in complaint.clocks if clock.is_unstopped} == set(), "nothing runs any more"
    assert {clock.state for clock in complaint.clocks} <= {ClockState.MET, ClockState.CANCELLED}
    assert EventKind.CLOCK_BREACHED not in desk.story(number)
    assert EventKind.LEASE_LAPSED not in desk.story(number)


def _by_day(desk: Desk, cast: Cast) -> None:
    """Who stands for the four roles from Sunday morning on."""
    for code, login in (
        (DutyRoleCode.CS_SUPERVISOR, "lin"),
        (DutyRoleCode.ENGINEERING, "zhou"),
        (DutyRoleCode.DESIGN, "he"),
        (DutyRoleCode.LEGAL, "gao"),
    ):
        ShiftFactory(
            role=DutyRoleFactory(code=code),
            person=getattr(cast, login),
            starts_at=desk.clock.now() + timedelta(hours=10),
            ends_at=desk.clock.now() + timedelta(days=5),
        )


def _clocks(desk: Desk, number: str) -> dict[ClockKind, Clock]:
    """The clocks by their kind, the latest of each."""
    return {clock.kind: clock for clock in sorted(desk.complaint(number).clocks, key=lambda clock: clock.id)}


def _keep(desk: Desk, cast: Cast, number: str, text: str) -> None:
    """Press "kept" beside a promise."""
    desk.session.rollback()
    promise = desk.session.scalars(select(Promise.id).where(Promise.text == text)).one()
    answer = desk.seat(cast.zhou).client.send(
        f"/complaints/{number}/promises/{promise}/keep", page=f"/complaints/{number}"
    )
    assert answer.status_code == 302
