"""A shift is swapped an hour before it begins: who is called that night is whoever took it over (DU3, DU5)."""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus

from sqlalchemy import select

from models import Person, Shift, Swap
from rules.escalation import DutyRoleCode
from rules.vocabulary import Role
from services import duty
from tests.cast import Cast
from tests.factories import DutyRoleFactory, PersonFactory, ShiftFactory
from tests.journeys.conftest import Desk, Seat, typed

OnDuty = dict[DutyRoleCode, Shift]


def _swap(desk: Desk, seat: Seat, action: str) -> None:
    desk.session.rollback()
    swap = desk.session.scalars(select(Swap.id)).one()
    answer = seat.client.send(f"/swaps/{swap}/{action}", {"answer": ""}, page="/swaps/")
    assert answer.status_code == HTTPStatus.SEE_OTHER


def test_whoever_took_the_shift_over_is_called(desk: Desk, cast: Cast, on_duty: OnDuty) -> None:
    """周强 stands for engineering from 08:00; at 07:00 陈勇 takes it over; at 09:00 a complaint comes in."""
    chen = PersonFactory(login="chen", name="陈勇", roles=[Role.DUTY], position=cast.zhou.position)
    begins = on_duty[DutyRoleCode.ENGINEERING].ends_at
    ends = begins + timedelta(hours=8)
    ShiftFactory(role=DutyRoleFactory(code=DutyRoleCode.ENGINEERING), person=cast.zhou, starts_at=begins, ends_at=ends)
    desk.live(until=begins - timedelta(hours=1), step=timedelta(hours=3))

    # An hour before: asked, accepted, approved; each is told, and the desk is restarted in between.
    zhou = desk.seat(cast.zhou)
    asked = zhou.client.send(
        "/swaps/new",
        {
            "role": "engineering",
            "starts_at": typed(begins),
            "ends_at": typed(ends),
            "to": str(chen.id),
            "in_return": "",
            "reason": "孩子发烧",
        },
    )
    assert asked.status_code == HTTPStatus.SEE_OTHER
    desk.tick()
    assert any("代工程值班" in text for text in desk.phone(chen))
    _swap(desk, desk.seat(chen), "accept")
    assert _on_duty(begins) == {cast.zhou.id}, "until it is approved the roster stands"
    desk.restart()
    desk.tick()
    _swap(desk, desk.seat(cast.roster), "approve")
    for _ in range(3):  # One message a minute to a phone.
        desk.wait(minutes=1)
    assert _on_duty(begins) == {chen.id}
    assert _on_duty(begins - timedelta(seconds=1)) == {cast.zhou.id}
    for person in (cast.zhou, chen):
        assert any("换班" in text and "已生效" in text for text in desk.phone(person)), person.name

    # The reminder goes to whoever is really on duty.
    reminded_before = len([text for text in desk.phone(cast.zhou) if "值班11月22日08:00开始" in text])
    desk.live(until=begins, step=timedelta(minutes=15))
    assert any("值班11月22日08:00开始" in text for text in desk.phone(chen))
    assert len([text for text in desk.phone(cast.zhou) if "值班11月22日08:00开始" in text]) == reminded_before

    # At 09:00 the customer calls: 陈勇's phone rings, not 周强's.
    desk.wait(hours=1)
    number = desk.seat(cast.xiaozhou).hears()
    desk.tick()
    assert len(desk.phone(chen, about=number)) == 1
    assert desk.phone(cast.zhou, about=number) == []
    assert _on_duty(begins) == {chen.id}, "who was on duty at 08:00 has the same answer for ever"


def _on_duty(at: datetime) -> set[int]:
    return {shift.person_id for shift in duty.on_duty(at=at, role=DutyRoleCode.ENGINEERING)}


def test_a_swap_with_oneself_or_too_late_is_refused(desk: Desk, cast: Cast, on_duty: OnDuty) -> None:
    shift = on_duty[DutyRoleCode.ENGINEERING]
    zhou = desk.seat(cast.zhou)

    def ask(to: Person) -> int:
        fields = {
            "role": "engineering",
            "starts_at": typed(shift.starts_at),
            "ends_at": typed(shift.ends_at),
            "to": str(to.id),
            "in_return": "",
            "reason": "有事",
        }
        return zhou.client.send("/swaps/new", fields).status_code

    assert ask(cast.zhou) == HTTPStatus.UNPROCESSABLE_ENTITY
    assert ask(cast.he) in (HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY), "it began two hours ago"
    desk.session.rollback()
    assert desk.session.scalars(select(Swap)).all() == []
