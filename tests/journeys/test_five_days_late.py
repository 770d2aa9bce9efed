"""A delay as the plan counts it (D-17): every day with its cause and proof, days won back by two crews, and what is
owed: 5 days × ¥100 = ¥500 off the final payment, in the open; a word to the customer every day.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from http import HTTPStatus

import pytest
from werkzeug.test import TestResponse

from extensions import COMPANY_ZONE
from models import Project, Shift
from rules.compensation import CompensationAction
from rules.escalation import DutyRoleCode
from rules.vocabulary import CompensationStatus, EventKind, Status
from seed.demo import pictures
from tests.cast import Cast
from tests.client import soup_of
from tests.factories import CustomerFactory, ProjectFactory
from tests.journeys.conftest import Desk, Seat, about, fields_of, proof_of

OnDuty = dict[DutyRoleCode, Shift]
CUSTOMER = "+8613900139004"


@pytest.fixture
def project(cast: Cast) -> Project:
    """¥100 for every day, as the contract says."""
    customer = CustomerFactory(name="宋文博", phone=CUSTOMER, phone_tail="9004")
    return ProjectFactory(customer=customer, daily_delay_rate=Decimal(100), project_manager=cast.zhao)


@pytest.fixture
def number(desk: Desk, cast: Cast, on_duty: OnDuty, project: Project) -> str:
    """Recorded, called back, graded, in 赵磊's hands."""
    number = desk.seat(cast.xiaozhou).hears(
        contact_name="宋文博",
        phone="139 0013 9004",
        project_id=str(project.id),
        category="delay",
        problem="说好上周五完工，现在还在贴砖",
        impact="月底退租",
        demand="给一个准日子，误的天数照合同算",
        delay_days="9",
    )
    lin = desk.seat(cast.lin)
    lin.does("contact", number, method="phone", purpose="first_answer", is_reached="y", summary="今晚逐日对清误工")
    lin.does("grade", number, severity="3", reason="延误未超过 10 天", side="construction", lead=cast.zhao.id)
    lin.does("assign", number, to=cast.zhao.id, reason="项目经理主责")
    desk.seat(cast.zhao).does("acknowledge", number)
    return number


def test_every_day_has_its_cause_and_five_are_paid(desk: Desk, cast: Cast, project: Project, number: str) -> None:
    zhao = desk.seat(cast.zhao)
    assert zhao.is_to_do(number) == ["逐日查明延误原因"]
    _enter_what_was_lost(zhao, number, first=date(2026, 11, 2))
    assert "延误11天 − 客户自身2天 − 赶回0天 = 应补9天" in zhao.reads("disputes", number)

    # Two crews in shifts, two hours more a day, and a word to the customer on each of the days.
    plan = {"words": "两班轮换，每天加两小时", "crews": "2", "more_hours": "2", "days": "4", "done_on": "2026-11-25"}
    zhao.works("disputes", "plan", number, **plan)
    said = _report_every_day(desk, zhao, number)
    assert [text.split("：")[-1].split("。")[0] for text in desk.phone(project.customer, about=number)] == said

    # The plan's day has come: four days are won back, five are owed.
    assert "赶工计划已到期：请登记赶回天数或制定新计划" in zhao.is_to_do(number)
    won = {"first_on": "2026-11-22", "last_on": "2026-11-25", "days": "4", "words": "两班轮换抢回"}
    zhao.works("disputes", "won-back", number, **won)
    ledger = zhao.reads("disputes", number)
    assert "延误11天 − 客户自身2天 − 赶回4天 = 应补5天" in ledger
    assert "5 应补天数 × ¥100.00 合同每日标准 = ¥500.00" in ledger
    assert zhao.is_to_do(number) == ["为延误5天提出补偿"]

    # The offer begins with what the ledger says; the customer chose the final payment. Its maker does not decide on it.
    shown = soup_of(zhao.client.get(f"/complaints/{number}/money/?open=offer")).select_one("#do-offer form")
    offer = fields_of(shown)
    assert (offer["delay_days"], offer["kind"], offer["basis"]) == ("5", ["off_final_payment"], ["delay"])
    zhao.works("money", "offer", number, **{**offer, "reason": "客户选择抵尾款"})
    (offered,) = desk.complaint(number).compensations
    assert (offered.delay_days, offered.amount, offered.status) == (5, Decimal("500.00"), CompensationStatus.OFFERED)
    assert zhao.is_to_do(number) == ["抵尾款 ¥500.00：待审批"]
    assert _steps(zhao, offered.id) == {"withdraw"}
    own = _takes(zhao, offered.id, "approve")
    assert own.status_code == HTTPStatus.CONFLICT, about(own)
    assert "不能批准自己提出的补偿" in about(own)
    desk.tick()
    assert desk.phone(cast.lin, about=number)[-1] == f"【安心桥】{number}有补偿待审批，请登录系统处理。"

    # 钱进 approves, the customer says yes, and only then is there something to pay.
    approver = desk.seat(cast.approver)
    assert _steps(approver, offered.id) == {"approve", "refuse", "withdraw"}
    assert _takes(approver, offered.id, "pay", proof="尾款结算单").status_code == HTTPStatus.CONFLICT
    approver.decides("approve", number, note="逐日有据")
    assert zhao.is_to_do(number) == ["抵尾款 ¥500.00：征求客户意见"]
    zhao.decides("accept", number, note="客户电话里说算得清楚，抵尾款")

    # Resolved in our view, but nothing is closed while it is not paid.
    zhao.does("contact", number, method="visit", purpose="formal_reply", is_reached="y", summary="交付，逐日明细已签收")
    zhao.does("resolve", number, resolution="4 天赶回，5 天按合同补偿")
    unpaid = zhao.tries("close", number, agreement="客户没有别的要求", way="phone")
    assert unpaid.status_code == HTTPStatus.CONFLICT
    assert "抵尾款 ¥500.00：待支付或交付" in about(unpaid)
    assert _takes(approver, offered.id, "pay", proof=" ").status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    approver.decides("pay", number, proof="尾款结算单 2026-118", evidence=proof_of(pictures.receipt()))
    zhao.does("close", number, agreement="客户说算得清楚，没有别的要求", way="phone")

    # Every step stands there, with who took it; the daily clock was met each time and nothing runs any more.
    complaint = desk.complaint(number)
    assert (complaint.status, complaint.compensations[0].status) == (Status.CLOSED, CompensationStatus.PAID)
    assert [(step.by and step.by.login, step.step) for step in complaint.compensations[0].decisions] == [
        ("zhao", CompensationAction.OFFER),
        ("approver", CompensationAction.APPROVE),
        ("zhao", CompensationAction.ACCEPT),
        ("approver", CompensationAction.PAY),
    ]
    assert not [clock for clock in complaint.clocks if clock.is_unstopped]
    assert EventKind.CLOCK_BREACHED not in desk.story(number)
    page = desk.seat(cast.auditor).sees(number)
    for words in ("水泥晚到", "瓦工请假", "两班轮换抢回", "¥500.00", "油漆80%"):
        assert words in page, words


def _report_every_day(desk: Desk, zhao: Seat, number: str) -> list[str]:
    """From Sunday to Wednesday an hour before the report is due; what the customer reads."""
    said = []
    for day, (words, percent) in enumerate((("铺砖", 60), ("铺砖", 100), ("油漆", 50), ("油漆", 80))):
        desk.clock.set(datetime(2026, 11, 22 + day, 17, 0, tzinfo=COMPANY_ZONE))
        zhao.does("report", number, words=words, percent=str(percent), evidence=proof_of(pictures.half_painted_wall()))
        desk.tick()
        said.append(f"{words}{percent}%")
    return said


def _steps(seat: Seat, compensation_id: int) -> set[str]:
    """What somebody can do to it."""
    page = soup_of(seat.client.get(f"/compensation/{compensation_id}"))
    return {str(button["data-dialog"]).removeprefix("do-") for button in page.select("[data-dialog^='do-']")}


def _takes(seat: Seat, compensation_id: int, step: str, **said: str) -> TestResponse:
    """A step that no button offers."""
    page = f"/compensation/{compensation_id}"
    version = soup_of(seat.client.get(page)).select_one("form [name=version]")
    assert version is not None
    return seat.client.send(f"{page}/{step}", {"version": str(version["value"]), **said}, page=page)


def _enter_what_was_lost(zhao: Seat, number: str, *, first: date) -> None:
    """Day by day with what shows it: cement 2, the tiler away 3, rain 4; two days the customer took for themselves."""
    for cause, days, words in (
        ("material", 2, "水泥晚到"),
        ("labour", 3, "瓦工请假"),
        ("weather", 4, "连日下雨，外墙停工"),
        ("customer", 2, "业主改选地砖"),
    ):
        shown = {"words": words, "evidence": proof_of(pictures.receipt())}
        zhao.works("disputes", "lost", number, cause=cause, **_days(first, days), **shown)
        first += timedelta(days=days)


def _days(first: date, count: int) -> dict[str, str]:
    return {"first_on": str(first), "last_on": str(first + timedelta(days=count - 1))}
