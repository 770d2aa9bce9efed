"""The chain of whys as the plan tells it (G-07): late delivery, a carrier without room, a peak that nobody forecast.

Room is booked beforehand, and months later the desk itself has counted whether that helped.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from http import HTTPStatus

import pytest

from extensions import COMPANY_ZONE
from models import CorrectiveAction, RootCause, Shift
from rules.escalation import DutyRoleCode
from rules.vocabulary import ActionEffect, EventKind, ReviewState, Status
from seed.demo import pictures
from tests.cast import Cast
from tests.client import soup_of
from tests.factories import ComplaintFactory, ReviewFactory
from tests.journeys.conftest import Desk, about, proof_of

OnDuty = dict[DutyRoleCode, Shift]
CHAIN = (
    ("瓷砖晚到六天", "送货单日期"),
    ("承运商月底没有车", "承运商短信"),
    ("高峰订货没有提前预估", "订货台账"),
)
"""What happened, and what proves it."""


@pytest.fixture
def number(desk: Desk, cast: Cast, on_duty: OnDuty) -> str:
    """A matter of level 1 that is solved, in our view."""
    number = desk.seat(cast.xiaozhou).hears(category="delay", problem="瓷砖晚到，全屋停工", delay_days="12")
    lin = desk.seat(cast.lin)
    lin.does("contact", number, method="phone", purpose="first_answer", is_reached="y", summary="道歉，当晚给排期")
    lin.does("grade", number, severity="1", reason="全屋停工，延误超过 10 天", side="construction", lead=cast.zhao.id)
    lin.does("assign", number, to=cast.zhao.id, reason="项目经理主责")
    zhao = desk.seat(cast.zhao)
    zhao.does("acknowledge", number)
    zhao.does("resolve", number, resolution="瓷砖到齐，两班轮换赶回四天")
    return number


def test_why_is_asked_until_the_company_can_change_the_answer(desk: Desk, cast: Cast, number: str) -> None:
    zhao, analyst = desk.seat(cast.zhao), desk.seat(cast.analyst)
    zhao.does("attach", number, evidence=proof_of(pictures.receipt()))
    (slip,) = desk.complaint(number).evidence

    # Level 1 is not finished without its cause.
    refused = zhao.tries("close", number, agreement="客户满意", way="phone")
    assert refused.status_code == HTTPStatus.CONFLICT
    assert desk.complaint(number).status is Status.RESOLVED

    # Three whys, the first with the slip itself; whoever writes one down does not verify it.
    analyst.works("review", "begin", number)
    for answer, proof in CHAIN:
        evidence = {"evidence_id": slip.id} if answer == CHAIN[0][0] else {}
        analyst.works("review", "why", number, answer=answer, proof=proof, **evidence)
    cause = _cause_named(desk, "process.forecast")
    ending = {"root_cause_id": cause, "lessons": "月底高峰前两周预估"}
    early = analyst.attempts("review", "finish", number, **ending)
    assert early.status_code == HTTPStatus.UNPROCESSABLE_ENTITY, about(early)
    assert "verify" not in analyst.offers("review", number)
    for _why in CHAIN:
        zhao.works("review", "verify", number)
    analyst.works("review", "finish", number, **ending)
    zhao.does("close", number, agreement="客户说排期有准了", way="phone")
    assert desk.complaint(number).status is Status.CLOSED

    # What is done about it outlives the complaint: its owner is told the day before, and says when it is done.
    today = _today(desk)
    decided = {"due_on": today + timedelta(days=10), "check_on": today + timedelta(days=100)}
    analyst.works("review", "action", number, words="与两家备用车队签年度框架", owner=cast.zhao.id, **decided)
    desk.live(until=desk.clock.now() + timedelta(days=9, hours=12), step=timedelta(hours=12))
    assert len([text for text in desk.phone(cast.zhao, about=number) if f"{decided['due_on']:%m-%d}" in text]) == 1
    assert number in desk.seat(cast.zhao).client.get("/corrective-actions/").text
    desk.seat(cast.zhao).works("review", "done", number, done_words="两家已签，月底各留三车")
    done_at = desk.clock.now()

    # With this one the same cause came five times in the months before, and once after: the desk counts by itself.
    for days in (-80, -60, -40, -20, 30):
        _the_same_again(desk, done_at + timedelta(days=days))
    desk.clock.set(done_at + timedelta(days=91))
    desk.tick()
    (action,) = desk.session.query(CorrectiveAction).all()
    assert (action.count_before, action.count_after, action.effect) == (5, 1, ActionEffect.WORKED)

    # The report of the whole chain, for the next meeting.
    report = soup_of(desk.seat(cast.auditor).client.get(f"/complaints/{number}/review/report")).get_text(
        " ", strip=True
    )
    for words in (*(word for pair in CHAIN for word in pair), "月底高峰前两周预估", "与两家备用车队签年度框架"):
        assert words in report
    assert desk.story(number).count(EventKind.REVIEW) >= 8


def _cause_named(desk: Desk, code: str) -> int:
    return int(desk.session.query(RootCause.id).filter_by(code=code).scalar())


def _today(desk: Desk) -> date:
    return desk.clock.now().astimezone(COMPANY_ZONE).date()


def _the_same_again(desk: Desk, at: datetime) -> None:
    """Another complaint whose review found the same cause."""
    cause_id = _cause_named(desk, "process.forecast")
    complaint = ComplaintFactory(first_word_at=at, recorded_at=at)
    ReviewFactory(complaint=complaint, state=ReviewState.DONE, root_cause_id=cause_id, ended_at=at, begun_at=at)
    desk.session.commit()
