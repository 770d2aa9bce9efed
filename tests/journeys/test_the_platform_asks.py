"""A customer turns to the 12315 platform (D-12, G-08, N16): ten working days, one voice outward that one person writes
and another approves, and nothing is closed before the platform has its answer.
"""

from __future__ import annotations

from http import HTTPStatus

from models import Shift
from rules.escalation import DutyRoleCode
from rules.vocabulary import ClockKind, ClockState, Severity, Status
from services import outward, statements
from tests.cast import Cast
from tests.client import soup_of
from tests.journeys.conftest import Desk, Seat, about, typed

OnDuty = dict[DutyRoleCode, Shift]
VOICE = "正在核实，48 小时内上门，结果当面答复业主"


def test_one_voice_and_an_answer_within_ten_working_days(desk: Desk, cast: Cast, on_duty: OnDuty) -> None:
    xiaozhou, zhou = desk.seat(cast.xiaozhou), desk.seat(cast.zhou)
    number = xiaozhou.hears()
    said = {"method": "phone", "purpose": "first_answer", "is_reached": "y", "summary": "后天上门"}
    zhou.does("contact", number, **said)
    zhou.does("grade", number, severity="3", reason="一户空鼓", side="construction", lead=cast.zhou.id)

    # Saturday night the platform's notice comes in: ten working days from Monday on, and the level follows.
    asked = {"body": "consumer_hotline", "reference": "12315-20261121-7", "course": "要求返工并答复"}
    xiaozhou.works("outward", "enter", number, came_at=typed(desk.clock.now()), **asked)
    complaint = desk.complaint(number)
    (case,) = outward.of(complaint)
    assert (typed(case.due_at)[:10], complaint.level) == ("2026-12-04", Severity.URGENT)
    assert any("12315-20261121-7" in step for step in zhou.is_to_do(number))
    twice = xiaozhou.attempts("outward", "enter", number, came_at=typed(desk.clock.now()), **asked)
    assert twice.status_code == HTTPStatus.CONFLICT

    # One writes what is said, nobody reads it before another has approved it, then everybody does.
    roster = desk.seat(cast.roster)
    roster.works("outward", "statement", number, words=VOICE)
    assert "approve" not in roster.offers("outward", number), "not one's own"
    (draft,) = statements.of(desk.complaint(number))
    own = roster.client.send(f"/complaints/{number}/outward/approve/{draft.id}", page="/password")
    assert own.status_code == HTTPStatus.CONFLICT
    assert VOICE not in _beside(xiaozhou, number)
    desk.tick()
    assert len(desk.phone(cast.approver, about=number)) == 1
    desk.seat(cast.approver).works("outward", "approve", number)
    for seat in (xiaozhou, zhou):
        assert VOICE in _beside(seat, number)

    # Solved in our view; not closed before the platform has its result, which not everybody gives.
    zhou.does("resolve", number, resolution="空鼓砖全部重铺")
    early = zhou.tries("close", number, agreement="客户满意", way="phone")
    assert early.status_code == HTTPStatus.CONFLICT
    assert "12315-20261121-7" in about(early)
    result = {"way": "和解", "result": "重铺完成，业主撤回诉求"}
    refused = xiaozhou.client.send(f"/complaints/{number}/outward/end/{case.id}", result, page="/password")
    assert refused.status_code == HTTPStatus.FORBIDDEN
    roster.works("outward", "end", number, **result)
    zhou.does("close", number, agreement="客户满意", way="phone")
    complaint = desk.complaint(number)
    (clock,) = (clock for clock in complaint.clocks if clock.kind is ClockKind.OUTWARD)
    assert (complaint.status, clock.state) == (Status.CLOSED, ClockState.MET)


def _beside(seat: Seat, number: str) -> str:
    """What stands beside the complaint for everybody who is asked about it."""
    aside = soup_of(seat.client.get(f"/complaints/{number}")).select_one("aside")
    assert aside is not None
    return str(aside.get_text(" ", strip=True))
