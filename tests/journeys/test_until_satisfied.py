"""The customer is asked until satisfied: a bad answer by the link, reopened, solved anew, asked again (N13)."""

from __future__ import annotations

import re
from http import HTTPStatus

from flask import Flask
from sqlalchemy import select

from models import Shift, SmsInboxMessage
from rules.escalation import DutyRoleCode
from rules.vocabulary import EventKind, FollowUpWay, Status
from tests.cast import Cast
from tests.client import DeskClient, soup_of
from tests.conftest import HOME
from tests.journeys.conftest import Desk, Seat

CUSTOMER = "+8613900139005"


def solve(zhou: Seat, number: str, resolution: str) -> None:
    zhou.does("resolve", number, resolution=resolution)


def answer(client: DeskClient, link: str, **said: str) -> str:
    page = soup_of(client.get(link))
    token = page.select_one("input[name=form_token]")
    assert token is not None, page.get_text(" ", strip=True)
    sent = client.post(link, data={"form_token": token["value"], **said})
    assert sent.status_code == HTTPStatus.OK
    return str(soup_of(sent).get_text(" ", strip=True))


def link_on_phone(desk: Desk) -> str:
    """The newest link on the customer's phone, as their browser would open it."""
    desk.session.rollback()
    inbox = select(SmsInboxMessage.text).where(SmsInboxMessage.phone == CUSTOMER).order_by(SmsInboxMessage.id)
    found = [re.search(rf"{HOME}(/c/\S+)", text) for text in desk.session.scalars(inbox)]
    return [match[1] for match in found if match][-1]


def test_asked_by_link_until_satisfied(
    desk: Desk, cast: Cast, on_duty: dict[DutyRoleCode, Shift], public: str, app: Flask
) -> None:
    number = desk.seat(cast.xiaozhou).hears()
    desk.tick()
    zhou = desk.seat(cast.zhou)
    zhou.does("contact", number, method="phone", purpose="talk", is_reached="y", summary="明早上门")
    desk.seat(cast.lin).does(
        "grade", number, severity="3", reason="一户空鼓", side="construction", lead=str(cast.zhou.id)
    )
    desk.clock.forward(hours=20)
    solve(zhou, number, "空鼓砖全部重铺")

    # A day later the phone rings once, in daylight, and the page opens without a login.
    desk.wait(hours=24)
    desk.wait(hours=12)
    link = link_on_phone(desk)
    visitor = app.test_client()
    assert isinstance(visitor, DeskClient)
    thanks = answer(visitor, link, attitude="5", quality="1", efficiency="4", solved="no", words="厨房那边还是空的")
    assert number in thanks
    assert visitor.get(link).status_code == HTTPStatus.NOT_FOUND

    # The same number is open again; 周强, who had it, knows.
    complaint = desk.complaint(number)
    assert (complaint.status, complaint.confirmed_at) == (Status.HANDLING, None)
    desk.tick()
    assert f"{number}客户回访不满意" in desk.phone(cast.zhou, about=number)[-1]
    assert "厨房那边还是空的" in zhou.sees(number)

    # Solved anew, asked anew; now the customer agrees, and it can be closed as agreed.
    desk.clock.forward(hours=30)
    solve(zhou, number, "厨房一并返工")
    desk.wait(hours=24)
    desk.wait(hours=12)
    newer = link_on_phone(desk)
    assert newer != link
    answer(visitor, newer, attitude="5", quality="5", efficiency="4", solved="yes", words="这回好了")
    zhou.does("close", number, agreement="客户在页面上确认满意", way="link")
    complaint = desk.complaint(number)
    assert (complaint.status, complaint.confirmed_way) == (Status.CLOSED, FollowUpWay.LINK)
    told = desk.story(number)
    assert told.count(EventKind.LINK_SENT) == told.count(EventKind.CUSTOMER_WROTE) == 2
    assert told.count(EventKind.REOPENED) == 1
