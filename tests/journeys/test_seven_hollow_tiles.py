"""The plan's own example to its end (D-04, D-16): hollow tiles on a Saturday night, tapped with the customer the next
morning, relaid in three days, signed for on the phone, asked about, and closed as agreed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus

import pytest

from extensions import COMPANY_ZONE
from models import Clock, Complaint, Shift
from rules.escalation import DutyRoleCode
from rules.vocabulary import (
    AppointmentState,
    ClockKind,
    ClockState,
    EventKind,
    EvidenceUse,
    FollowUpWay,
    Status,
    WorkOrderState,
)
from seed.demo import pictures
from services import inspections, work_orders
from tests.cast import Cast
from tests.factories import CustomerFactory, ProjectFactory
from tests.journeys.conftest import Desk, Seat, about, drawn_name, proof_of, typed
from tests.printed import text

OnDuty = dict[DutyRoleCode, Shift]
_MILESTONES = (
    EventKind.RECORDED,
    EventKind.GRADED,
    EventKind.APPOINTMENT_MADE,
    EventKind.PROMISED,
    EventKind.RESOLVED,
    EventKind.PROMISE_KEPT,
    EventKind.FOLLOWED_UP,
    EventKind.CLOSED,
)


@pytest.fixture
def number(desk: Desk, cast: Cast, on_duty: OnDuty) -> str:
    """Posted at 22:00, called back at 22:15 with a visit for the next morning."""
    posted_at = desk.clock.now()
    desk.clock.forward(minutes=4)
    project = ProjectFactory(customer=CustomerFactory(phone="+8613900139005", phone_tail="9005"))
    number = desk.seat(cast.xiaozhou).hears(
        channel="owners_group", first_word_at=typed(posted_at), project_id=str(project.id)
    )
    desk.tick()
    desk.clock.set(posted_at + timedelta(minutes=15))
    zhou = desk.seat(cast.zhou)
    zhou.does("acknowledge", number)
    said = {"method": "phone", "purpose": "first_answer", "is_reached": "y", "summary": "明早九点半带空鼓锤到场"}
    zhou.does("contact", number, **said)
    zhou.does("grade", number, severity="2", reason="空鼓七块", side="construction", lead=cast.zhao.id)
    visit = {"person": cast.zhou.id, "purpose": "inspection"}
    zhou.does("appoint", number, **visit, starts_at=typed(_on(22, 9, 30)), ends_at=typed(_on(22, 11)))
    desk.tick()
    return number


def test_from_the_hammer_to_the_customers_yes(desk: Desk, cast: Cast, number: str) -> None:
    customer = desk.complaint(number).customer
    desk.clock.set(_on(22, 8, 30))
    desk.tick()
    assert desk.phone(customer) == ["【安心桥】您好，已与您约定11月22日09:30上门，请留人在家，如需改期请致电客服。"]

    # Sunday, 09:30: every tile is tapped with the customer beside, 7 of 42 are hollow, both sides are written down.
    desk.clock.set(_on(22, 9, 30))
    zhou = desk.seat(cast.zhou)
    assert "与客户一起到现场查看" in zhou.is_to_do(number)
    _inspect(zhou, number, cast)
    (seen,) = inspections.of(desk.complaint(number))
    assert seen.appointment is not None
    assert (seen.appointment.state, seen.is_customer_present) == (AppointmentState.KEPT, True)
    assert _clock(desk.complaint(number), ClockKind.ON_SITE).state is ClockState.MET
    assert "16.7" in zhou.reads("inspection", number)

    # Arranged the same day, done in three: the promise has its clock, and a report is due every day.
    plan = {"kind": "rework", "part": "tiling", "cause": "workmanship", "words": "七块地砖起铺，满浆重铺"}
    times = {"planned_start_at": typed(_on(22, 14)), "planned_done_at": typed(_on(25, 14))}
    zhou.works("work", "plan", number, **plan, **times, technician=cast.zhao.id, is_promised="y")
    zhou.does("assign", number, to=cast.zhao.id, reason="当天动工，项目经理盯场")
    (order,) = work_orders.of(desk.complaint(number))
    assert order.is_free, "our workmanship, and the home is not even accepted"
    assert zhou.is_to_do(number) == ["兑现承诺：七块地砖起铺，满浆重铺", f"完成工单{order.number}"]
    assert desk.seat(cast.auditor).offers("work", number) == set(), "who looks on sees no button"
    rework = _clock(desk.complaint(number), ClockKind.REWORK)
    assert (rework.state, rework.due_at) == (ClockState.RUNNING, _on(25, 14))

    desk.clock.set(_on(22, 14))
    zhao = desk.seat(cast.zhao)
    zhao.does("acknowledge", number)
    zhao.works("work", "start", number)
    for day, hour, percent in ((22, 18, 30), (23, 17, 70), (24, 16, 100)):
        desk.clock.set(_on(day, hour - 1, 55))
        zhao.does("report", number, words="铺砖", percent=str(percent), evidence=proof_of(pictures.relaid_tiles()))
        desk.tick()
    reports = desk.phone(customer, about=number)
    assert [words for words in ("铺砖30%", "铺砖70%", "铺砖100%") if words in "".join(reports)] == [
        "铺砖30%",
        "铺砖70%",
        "铺砖100%",
    ]

    # Nothing is closed while the work is open; done without a photo is not confirmed by a name alone.
    zhao.does("resolve", number, resolution="七块全部重铺")
    early = zhao.tries("close", number, agreement="客户满意", way="phone")
    assert early.status_code == HTTPStatus.CONFLICT
    assert f"完成工单{order.number}" in about(early)
    zhao.works("work", "finish", number, words="七块满浆重铺，复敲无空鼓")
    unseen = zhao.attempts("work", "confirm", number, signature=drawn_name())
    assert unseen.status_code == HTTPStatus.UNPROCESSABLE_ENTITY, about(unseen)
    zhao.works("work", "photos", number, use="after", evidence=proof_of(pictures.relaid_tiles()))
    zhao.works("work", "confirm", number, signature=drawn_name())
    (order,) = work_orders.of(desk.complaint(number))
    assert (order.state, order.is_free) == (WorkOrderState.CLOSED, True)
    assert EvidenceUse.SIGNATURE in {item.use for item in order.evidence}
    complaint = desk.complaint(number)
    assert [promise.is_open for promise in complaint.promises] == [False]
    assert _clock(complaint, ClockKind.REWORK).state is ClockState.MET

    # The next day somebody else asks how it was: not 赵磊, who did it.
    desk.clock.set(_on(25, 18))
    desk.tick()
    assert "answer" not in zhao.offers("follow-up", number)
    xiaozhou = desk.seat(cast.xiaozhou)
    assert xiaozhou.is_to_do(number) == ["回访客户（第1次）。"]
    scores = {"attitude": "5", "quality": "5", "efficiency": "4", "is_solved": "y", "words": "修得认真"}
    xiaozhou.works("follow-up", "answer", number, way="phone", **scores)
    complaint = desk.complaint(number)
    assert complaint.confirmed_way is FollowUpWay.PHONE
    zhao.does("contact", number, method="visit", purpose="formal_reply", is_reached="y", summary="书面答复已签收")
    zhao.does("close", number, agreement="客户说修得认真，没有别的要求", way="phone")

    complaint = desk.complaint(number)
    assert complaint.status is Status.CLOSED
    assert {clock.state for clock in complaint.clocks} <= {ClockState.MET, ClockState.CANCELLED}
    assert EventKind.CLOCK_BREACHED not in desk.story(number)
    told = [kind for kind in desk.story(number) if kind in _MILESTONES]
    assert told == list(_MILESTONES)
    paper = text(zhao.client.get(f"/papers/work-orders/{order.number}/report.pdf", buffered=True).data)
    assert order.number in paper and "七块满浆重铺，复敲无空鼓" in paper


def _inspect(zhou: Seat, number: str, cast: Cast) -> None:
    """Begun, tapped, photographed; ended with what both say and the customer's name."""
    zhou.works("inspection", "begin", number, inspector=cast.zhou.id, is_customer_present="y", words="客厅地砖")
    zhou.works("inspection", "tiles", number, part="tiling", place="客厅靠阳台", tapped="42", hollow="7")
    zhou.works("inspection", "photos", number, side="ours", evidence=proof_of(pictures.hollow_tiles()))
    sides = {"conclusion": "七块确认空鼓", "our_side": "背浆不足", "customers_side": "铺的当天就听到响"}
    zhou.works("inspection", "end", number, **sides, signature=drawn_name())


def _on(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=COMPANY_ZONE)


def _clock(complaint: Complaint, kind: ClockKind) -> Clock:
    return max((clock for clock in complaint.clocks if clock.kind is kind), key=lambda clock: clock.id)
