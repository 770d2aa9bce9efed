"""Three homes of one community call within two days: one group, level 1 for all, one word to everybody (D-11, N1)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from models import GroupCase, Shift
from rules.escalation import DutyRoleCode
from rules.vocabulary import ClockKind, ClockState, EventKind, Severity
from tests.cast import Cast
from tests.client import soup_of
from tests.factories import DutyRoleFactory, ShiftFactory
from tests.journeys.conftest import Desk

OnDuty = dict[DutyRoleCode, Shift]


def test_the_third_home_makes_it_a_matter_of_level_one(desk: Desk, cast: Cast, on_duty: OnDuty) -> None:
    xiaozhou = desk.seat(cast.xiaozhou)

    # Saturday 22:00: the first home, level 3; its engineer takes it and answers.
    first = xiaozhou.hears(room="6栋1单元1803", phone="13911110001", contact_name="高先生", problem="北墙起鼓")
    desk.tick()
    zhou = desk.seat(cast.zhou)
    zhou.does("acknowledge", first)
    zhou.does("contact", first, method="phone", purpose="first_answer", is_reached="y", summary="周一带仪器上门")
    zhou.does("grade", first, severity="3", reason="一面墙", side="construction", lead=cast.zhao.id)

    # An hour later the same home calls again: two complaints, one household.
    desk.wait(hours=1)
    again = xiaozhou.hears(room="６栋１单元1803室", phone="13911110002", contact_name="高太太", problem="又鼓了一块")
    desk.tick()
    assert desk.complaint(again).household_count == 1

    # The desk is restarted in the night; on Sunday the second home calls. Two households are no group.
    desk.live(until=desk.clock.now() + timedelta(hours=8), step=timedelta(minutes=30))
    desk.restart()
    for code, login in ((DutyRoleCode.CS_SUPERVISOR, "lin"), (DutyRoleCode.ENGINEERING, "zhou")):
        ShiftFactory(
            role=DutyRoleFactory(code=code),
            person=getattr(cast, login),
            starts_at=desk.clock.now(),
            ends_at=desk.clock.now() + timedelta(days=2),
        )
    xiaozhou = desk.seat(cast.xiaozhou)
    second = xiaozhou.hears(room="6-1-1903", phone="13911110003", contact_name="孙女士", problem="窗边墙皮起泡")
    desk.tick()
    assert desk.session.scalars(select(GroupCase)).all() == []
    assert desk.complaint(second).level is Severity.GENERAL

    # The third home: the group stands, everybody is of level 1, the leader's phone rings once for it.
    desk.wait(minutes=20)
    third = xiaozhou.hears(room="7栋0602", phone="13911110004", contact_name="何先生", problem="厨房外墙发霉")
    desk.tick()
    desk.session.rollback()
    group = desk.session.scalars(select(GroupCase)).one()
    reader = desk.seat(cast.auditor)
    for number in (first, again, second, third):
        complaint = desk.complaint(number)
        assert (complaint.household_count, complaint.level) == (3, Severity.MAJOR), number
        assert EventKind.GROUP_JOINED in desk.story(number)
        assert group.number in reader.sees(number)
    assert desk.complaint(first).severity is Severity.MAJOR, "what was graded is raised"
    assert EventKind.REGRADED in desk.story(first)

    # The third call began as a case of level 1: its first answer is due at once, and two must acknowledge.
    third_answer = next(clock for clock in desk.complaint(third).clocks if clock.kind is ClockKind.FIRST_ANSWER)
    assert third_answer.due_at - third_answer.started_at == timedelta(minutes=30)

    # So is that of whoever called before and has no answer yet; a home that was answered is owed no second one.
    for number in (again, second):
        answers = [clock for clock in desk.complaint(number).clocks if clock.kind is ClockKind.FIRST_ANSWER]
        ended, sooner = sorted(answers, key=lambda clock: clock.id)
        assert (ended.state, sooner.started_at) == (ClockState.CANCELLED, desk.clock.now()), number
        assert sooner.due_at == desk.clock.now() + timedelta(minutes=30) < ended.due_at, number

    for _ in range(3):  # One message a minute to a phone.
        desk.wait(minutes=1)
    assert len(desk.phone(cast.lin, about=group.number)) == 1
    assert desk.phone(cast.zhou, about=f"{first}等级升为一级") != [], "who handles a member is told"
    assert desk.phone(cast.zhou, about=third) and desk.phone(cast.lin, about=third)

    # Their own numbers, customers and clocks stay; the first answer of the first home was given and stays given.
    assert len({desk.complaint(number).customer_id for number in (first, again, second, third)}) == 4
    answered = next(clock for clock in desk.complaint(first).clocks if clock.kind is ClockKind.FIRST_ANSWER)
    assert answered.stopped_at is not None

    # One note to all, one message to all who handle one.
    lin = desk.seat(cast.lin)
    lin.does("acknowledge", third)
    desk.seat(cast.zhou).does("acknowledge", third)
    page = f"/groups/{group.number}"
    assert lin.client.send(f"{page}/note", {"text": "厂家周一上午逐户闭水试验"}, page=page).status_code == 302
    assert lin.client.send(f"{page}/message", {"text": "统一由客服主管答复"}, page=page).status_code == 302
    for _ in range(2):
        desk.wait(minutes=1)
    for number in (first, again, second, third):
        words = reader.sees(number)
        assert "厂家周一上午逐户闭水试验" in words and "统一由客服主管答复" in words
    assert desk.phone(cast.zhou, about=group.number) == [f"【安心桥】{group.number}群诉有新通知，请登录系统查看。"]

    # The third home turns out to be something else. Taken out by hand it stays out, also after a restart.
    lin.does("group", third, reason="是自家改管道打穿的")
    desk.restart()
    xiaozhou = desk.seat(cast.xiaozhou)
    fourth = xiaozhou.hears(room="7栋0702", phone="13911110005", contact_name="李先生", problem="书房外墙渗水")
    desk.tick()
    assert desk.complaint(third).household_count == 1
    assert [desk.complaint(number).household_count for number in (first, again, second, fourth)] == [3, 3, 3, 3]
    shown = soup_of(desk.seat(cast.lin).client.get(page)).get_text(" ", strip=True)
    assert "是自家改管道打穿的" in shown and fourth in shown
