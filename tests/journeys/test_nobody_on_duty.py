"""Never silence: an empty post is written down and somebody is told (D-03)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from models import Shift
from rules.escalation import DutyRoleCode
from rules.vocabulary import EscalationCause, EventKind, NotificationKind
from tests.cast import Cast
from tests.factories import DutyRoleFactory, ShiftFactory
from tests.journeys.conftest import Desk, typed


def _call(desk: Desk, cast: Cast, category: str) -> str:
    return desk.seat(cast.xiaozhou).record(
        channel="hotline",
        first_word_at=typed(desk.clock.now()),
        contact_name="沈佳怡",
        phone="13900139003",
        community="梧桐苑",
        room="12栋1单元1803",
        category=category,
        problem="次卧窗角裂了一道缝，一支筷子那么长",
        household_count="1",
        delay_days="0",
    )


def test_the_leader_is_told_when_the_post_is_empty(desk: Desk, cast: Cast) -> None:
    ShiftFactory(role=DutyRoleFactory(code=DutyRoleCode.CS_SUPERVISOR), person=cast.lin)
    number = _call(desk, cast, "quality")
    desk.tick()
    complaint = desk.complaint(number)
    assert [(step.cause, step.to_level) for step in complaint.escalations] == [(EscalationCause.NOBODY_ON_DUTY, 1)]
    assert [message.kind for message in complaint.notifications] == [NotificationKind.NOBODY_ON_DUTY]
    assert desk.phone(cast.lin, about=number) == [f"【安心桥】{number}对应岗位工程无人值班，请立即安排。"]
    assert EventKind.NOBODY_ON_DUTY in desk.story(number)


def test_with_nobody_on_duty_at_all_the_supervisors_are_told_and_told_again(desk: Desk, cast: Cast) -> None:
    number = _call(desk, cast, "quality")
    desk.tick()
    assert all(desk.phone(person, about=number) for person in (cast.lin, cast.roster))
    desk.wait(minutes=10)
    desk.wait(minutes=10)
    desk.wait(minutes=30)
    assert desk.complaint(number).escalation_level == 3
    assert len(desk.phone(cast.roster, about=number)) >= 3


def test_whoever_manages_duty_fills_the_gap_and_the_next_step_reaches_the_new_member(desk: Desk, cast: Cast) -> None:
    number = _call(desk, cast, "quality")
    now = desk.clock.now()
    answer = desk.seat(cast.roster).client.send(
        "/roster/new",
        {
            "role": "engineering",
            "person": str(cast.zhou.id),
            "starts_at": typed(now),
            "ends_at": typed(now.replace(hour=23)),
        },
    )
    assert answer.status_code == 302
    assert desk.session.scalars(select(Shift)).one().person_id == cast.zhou.id
    desk.wait(minutes=10)
    desk.wait(minutes=10)
    assert desk.phone(cast.zhou, about=number)[-1].startswith(f"【安心桥】{number}已升级到您")


def test_an_empty_desk_goes_on_calling_through_a_restart_until_somebody_answers(desk: Desk, cast: Cast) -> None:
    number = _call(desk, cast, "quality")
    desk.tick()
    for _round in range(3):
        desk.live(until=desk.clock.now() + timedelta(minutes=30), step=timedelta(minutes=10))
        complaint = desk.complaint(number)
        assert complaint.escalation_due_at is not None and complaint.escalation_due_at > desk.clock.now()
        desk.restart()
    calls = len(desk.phone(cast.roster, about=number))
    assert 3 <= calls <= 12, "told again and again, and no storm"
    assert EventKind.CHAIN_REPAIRED not in desk.story(number), "the auditor found nothing to repair"
    desk.seat(cast.roster).does("acknowledge", number)
    desk.live(until=desk.clock.now() + timedelta(hours=1), step=timedelta(minutes=20))
    assert len([text for text in desk.phone(cast.roster, about=number) if "已升级到您" in text]) <= calls
