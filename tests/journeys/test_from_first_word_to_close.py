"""The whole main job as one story: recorded, unanswered, escalated, taken, graded, compensated, kept, closed."""

from __future__ import annotations

from decimal import Decimal
from http import HTTPStatus

import pytest
from flask import Flask
from sqlalchemy import func, select

from models import Clock, Compensation, Complaint, HistoryIsFinal, Notification, Promise, Shift, TimelineEvent
from rules.escalation import DutyRoleCode
from rules.vocabulary import (
    ClockKind,
    ClockState,
    CompensationStatus,
    EscalationCause,
    EventKind,
    ResponsibilityKind,
    Severity,
    Status,
)
from services import responsibilities
from tests.cast import Cast
from tests.client import soup_of
from tests.factories import CustomerFactory, ProjectFactory
from tests.journeys.conftest import Desk, typed

OnDuty = dict[DutyRoleCode, Shift]


def test_from_the_first_word_to_the_customers_yes(desk: Desk, cast: Cast, on_duty: OnDuty, app: Flask) -> None:
    customer = CustomerFactory(name="宋文博", phone="+8613900139004", phone_tail="9004")
    project = ProjectFactory(
        contract_no="ZX2026-0018", customer=customer, daily_delay_rate=Decimal(100), project_manager=cast.zhao
    )

    # 1 and 2. 小周 takes the call: the first word was four minutes ago, everything is read back.
    first_word_at = desk.clock.now()
    desk.clock.forward(minutes=4)
    intake = desk.seat(cast.xiaozhou)
    found = intake.client.send("/intake/lookup", {"phone": "139 0013 9004"}, page="/intake/")
    assert "宋文博" in found.get_data(as_text=True)
    number = intake.record(
        channel="hotline",
        first_word_at=typed(first_word_at),
        contact_name="宋文博",
        phone="139 0013 9004",
        community="阳光里",
        room="11栋2402",
        project_id=str(project.id),
        category="delay",
        stage="construction",
        problem="说好上周五完工，今天油漆还没开始，已经误了 5 天",
        impact="月底退租，家具没处放",
        demand="给一个准日子，误的天数照合同算",
        household_count="1",
        delay_days="5",
        is_read_back="y",
        promise_text="22:30 前由工程负责人回电",
        promise_due_at=typed(first_word_at.replace(minute=30)),
    )
    complaint = desk.complaint(number)
    assert (complaint.first_word_at, complaint.recorded_at) == (first_word_at, desk.clock.now())
    assert complaint.project_id == project.id
    assert complaint.read_back_at is not None
    assert complaint.first_responder_id == cast.xiaozhou.id

    # 3. The contact clock runs from the first word; the engineer on duty gets the SMS.
    assert _clock(complaint, ClockKind.CONTACT).due_at == first_word_at.replace(minute=30)
    desk.tick()
    assert desk.phone(cast.zhou, about=number) == [
        f"【安心桥】{number}新投诉待您接单，22:30前须联系客户，请登录系统处理。"
    ]
    assert f"{number}新投诉待您接单" in soup_of(intake.client.get("/inbox/")).get_text()

    # 5. Nobody acknowledges for ten minutes: the clock escalates by itself, the leader's phone rings.
    desk.wait(minutes=9, seconds=59)
    assert desk.phone(cast.lin, about=number) == []
    desk.wait(seconds=1)
    assert desk.phone(cast.lin, about=number)[0].startswith(f"【安心桥】{number}已升级到您")
    assert [step.cause for step in desk.complaint(number).escalations] == [EscalationCause.UNANSWERED]

    # 4. The leader takes it on the page, reaches the customer, and the clock stops with the time kept.
    lin = desk.seat(cast.lin)
    assert "acknowledge" in lin.buttons(number)
    desk.clock.forward(minutes=2)
    lin.does("acknowledge", number)
    assert "acknowledge" not in lin.buttons(number)
    too_late = desk.seat(cast.zhou).tries("acknowledge", number)
    assert too_late.status_code == HTTPStatus.CONFLICT
    desk.clock.forward(minutes=6)
    lin.does(
        "contact",
        number,
        method="phone",
        purpose="first_answer",
        is_reached="y",
        summary="已致歉，逐日对过误工，今晚给赶工表",
    )
    contact = _clock(desk.complaint(number), ClockKind.CONTACT)
    assert contact.state is ClockState.MET
    assert (contact.stopped_at - contact.started_at).total_seconds() == 22 * 60

    # 4. Triage: the level with its reason, one lead, cooperators.
    desk.clock.forward(minutes=5)
    no_reason = lin.tries("grade", number, severity="3", reason=" ", side="construction", lead=cast.zhao.id)
    assert no_reason.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    lin.does(
        "grade",
        number,
        severity="3",
        reason="延误 5 天，未超过 10 天",
        side="construction",
        lead=cast.zhao.id,
        cooperators=[cast.zhou.id, cast.he.id],
    )
    complaint = desk.complaint(number)
    assert (complaint.status, complaint.severity) == (Status.HANDLING, Severity.GENERAL)
    assert _clock(complaint, ClockKind.TRIAGE).state is ClockState.MET
    assert [(part.kind, part.person_id) for part in responsibilities.current(complaint)] == [
        (ResponsibilityKind.LEAD, cast.zhao.id),
        (ResponsibilityKind.COOPERATOR, cast.zhou.id),
        (ResponsibilityKind.COOPERATOR, cast.he.id),
    ]
    lin.does("assign", number, to=cast.zhao.id, reason="项目经理主责")

    # 5. Anyone allowed escalates, with a reason; the next step of the ladder is called.
    zhao = desk.seat(cast.zhao)
    assert zhao.tries("escalate", number, reason="").status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    zhao.does("escalate", number, reason="油工今晚全部被调走，需要工程总监协调")
    desk.tick()
    complaint = desk.complaint(number)
    assert (complaint.escalation_level, complaint.acknowledged_at) == (2, None)
    assert desk.phone(cast.zhou, about=number)[-1].startswith(f"【安心桥】{number}已升级到您")
    desk.seat(cast.zhou).does("acknowledge", number)

    # 7. Five days × 100 yuan, offered by one, approved by another, paid with a proof.
    desk.clock.forward(hours=12)
    zhao.does(
        "compensate", number, kind="transfer", basis="delay", amount="", delay_days="5", reason="误工 5 天，客户选转账"
    )
    compensation = desk.session.scalars(select(Compensation)).one()
    assert (compensation.amount, compensation.daily_rate) == (Decimal("500.00"), Decimal("100.00"))
    desk.tick()
    assert desk.phone(cast.lin, about=number)[-1] == f"【安心桥】{number}有补偿待审批，请登录系统处理。"
    approver = desk.seat(cast.approver)
    desk.clock.forward(hours=1)
    approver.decides("approve", number, note="与施工日志一致")
    desk.clock.forward(hours=2)
    desk.seat(cast.zhao).decides("accept", number, note="客户电话里同意，选转账")
    desk.clock.forward(hours=1)
    desk.seat(cast.approver).decides("pay", number, proof="网银回单 2291")
    assert desk.session.scalars(select(Compensation)).one().status is CompensationStatus.PAID

    # The promise is kept, the work done, the customer agrees.
    promise = desk.session.scalars(select(Promise)).one()
    zhao.client.send(f"/complaints/{number}/promises/{promise.id}/keep", page=f"/complaints/{number}")
    assert desk.session.scalars(select(Promise.kept_at)).one() == desk.clock.now()
    desk.clock.forward(days=3)
    assert zhao.tries("close", number, agreement="客户满意").status_code == HTTPStatus.CONFLICT
    zhao.does("resolve", number, resolution="油漆完成，误工款已到账")
    desk.clock.forward(days=1)
    zhao.does("close", number, agreement="客户说算得清楚，没意见")
    assert desk.complaint(number).status is Status.CLOSED

    # 8. The timeline tells all of it, and the page shows it.
    assert desk.story(number) == [
        EventKind.RECORDED,
        EventKind.PROMISED,
        EventKind.NOTIFIED,
        EventKind.ESCALATED,
        EventKind.NOTIFIED,
        EventKind.ACKNOWLEDGED,
        EventKind.CONTACT_LOGGED,
        EventKind.CLOCK_STOPPED,
        EventKind.CLOCK_STOPPED,
        EventKind.CLOCK_STOPPED,
        EventKind.RESPONSIBILITY,
        EventKind.GRADED,
        EventKind.CLOCK_STOPPED,
        EventKind.ASSIGNED,
        EventKind.NOTIFIED,
        EventKind.ESCALATED,
        EventKind.NOTIFIED,
        EventKind.NOTIFIED,
        EventKind.NOTIFIED,
        EventKind.NOTIFIED,
        EventKind.PROMISE_DUE,
        EventKind.NOTIFIED,
        EventKind.ACKNOWLEDGED,
        EventKind.COMPENSATION,
        EventKind.NOTIFIED,
        EventKind.NOTIFIED,
        EventKind.NOTIFIED,
        EventKind.COMPENSATION,
        EventKind.CLOCK_STOPPED,
        EventKind.COMPENSATION,
        EventKind.COMPENSATION,
        EventKind.PROMISE_KEPT,
        EventKind.RESOLVED,
        EventKind.CLOSED,
        EventKind.CLOCK_STOPPED,
        EventKind.CLOCK_STOPPED,
    ]
    page = desk.seat(cast.auditor).sees(number)
    for words in ("周小雨", "林晓", "赵磊", "钱进", "油工今晚全部被调走", "¥500.00", "客户说算得清楚，没意见"):
        assert words in page

    _try_to_erase(desk, cast, number, app)


def _clock(complaint: Complaint, kind: ClockKind) -> Clock:
    return next(clock for clock in complaint.clocks if clock.kind is kind)


def _try_to_erase(desk: Desk, cast: Cast, number: str, app: Flask) -> None:
    """Nothing can be deleted: not from any page by anybody, and history not even by the code."""
    tables = (Complaint, TimelineEvent, Clock, Compensation, Promise, Notification, Shift)
    before = {table: desk.session.scalar(select(func.count(table.id))) for table in tables}
    admin = desk.seat(cast.admin).client
    ids = {"id": str(desk.complaint(number).id), "rowid": str(desk.complaint(number).id), "action": "delete"}
    for rule in app.url_map.iter_rules():
        if "POST" in (rule.methods or ()) and ("delete" in rule.rule or "action" in rule.rule) and not rule.arguments:
            answer = admin.send(rule.rule, ids, page="/password")
            assert answer.status_code in (302, 403, 404, 405), (rule.rule, answer.status)
    assert admin.delete(f"/complaints/{number}").status_code in (400, 405)
    desk.session.rollback()
    assert {table: desk.session.scalar(select(func.count(table.id))) for table in tables} == before
    line = desk.session.scalars(select(TimelineEvent).limit(1)).one()
    line.note = "nothing of this happened"
    with pytest.raises(HistoryIsFinal):
        desk.session.flush()
    desk.session.rollback()
    desk.session.delete(desk.session.scalars(select(TimelineEvent).limit(1)).one())
    with pytest.raises(HistoryIsFinal):
        desk.session.flush()
    desk.session.rollback()
