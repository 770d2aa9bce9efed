"""Who wants no messages gets none, as far as a customer is meant; of staff it is known, and duty calls still come."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, scoped_session

from extensions import db
from gateways.base import Reply
from models import Complaint, Customer, InboundMessage, Notification, OptOut
from rules.answers import Say, sentence
from rules.vocabulary import EventKind, NotificationKind, ReplyOutcome
from services import notifications, opt_outs, replies
from tests.cast import Cast
from tests.factories import ComplaintFactory, CustomerFactory
from tests.services.conftest import lines

Db = scoped_session[Session]
PHONE = "+8613900139777"


@pytest.fixture
def customer(session: Db) -> Customer:
    """Somebody with a mobile."""
    found: Customer = CustomerFactory(phone=PHONE)
    session.commit()
    return found


@pytest.fixture
def write(session: Db, now: datetime) -> Callable[..., InboundMessage]:
    """Write to the desk."""

    def send(phone: str, text: str) -> InboundMessage:
        count = session.scalar(select(func.count(InboundMessage.id)))
        replies.take("sandbox", [Reply(f"r{count}", phone, text)], now=now)
        return session.scalars(select(InboundMessage).order_by(InboundMessage.id.desc())).first()  # type: ignore[return-value]

    return send


def tell(customer: Customer, now: datetime, complaint: Complaint | None = None) -> Notification | None:
    """Try to send a customer something."""
    count = db.session.scalar(select(func.count(Notification.id)))
    return notifications.queue(
        kind=NotificationKind.PROGRESS_REPORT,
        customer=customer,
        complaint=complaint,
        dedup_key=f"test:{count}",
        now=now,
        words="已更换",
        number="C-2611-0231",
    )


def test_a_wish_stands_until_it_is_taken_back(session: Db, now: datetime) -> None:
    assert opt_outs.opt_out(PHONE, " TD ", now) and not opt_outs.opt_out(PHONE, "TD", now)
    wish = opt_outs.standing(PHONE)
    assert wish is not None and (wish.words, opt_outs.stands(PHONE)) == ("TD", True)
    assert opt_outs.opt_in(PHONE, now + timedelta(hours=1)) and not opt_outs.opt_in(PHONE, now)
    assert not opt_outs.stands(PHONE) and opt_outs.opt_out(PHONE, "R", now + timedelta(hours=2))
    assert session.scalar(select(func.count(OptOut.id))) == 2
    assert opt_outs.standing(None) is None and opt_outs.standing("") is None


@pytest.mark.parametrize("text", ["R", "t", "TD", "退订", "STOP", "拒收", "Ｎ", "TD退订"])
def test_a_customer_is_taken_at_their_word_and_told_once(
    customer: Customer, write: Any, now: datetime, text: str
) -> None:
    assert tell(customer, now) is not None
    inbound = write(PHONE, text)
    assert inbound.outcome is ReplyOutcome.OPTED_OUT
    assert inbound.answer is not None and inbound.answer.text == sentence(Say.OPTED_OUT)
    assert tell(customer, now) is None
    assert write(PHONE, text).answer is None, "who wants no messages gets no second confirmation"


def test_it_stands_on_the_timeline_that_they_cannot_be_told(customer: Customer, write: Any, now: datetime) -> None:
    complaint = ComplaintFactory(customer=customer)
    write(PHONE, "TD")
    assert [line.note for line in lines(complaint, EventKind.REPLIED)] == ["TD"]
    assert tell(customer, now, complaint) is None
    assert lines(complaint, EventKind.NOTIFICATION_FAILED)[0].details["state"] == "opted_out"


def test_start_lets_messages_come_again(customer: Customer, write: Any, now: datetime) -> None:
    write(PHONE, "STOP")
    inbound = write(PHONE, "START")
    assert (inbound.outcome, inbound.answer.text) == (ReplyOutcome.OPTED_IN, sentence(Say.OPTED_IN))
    assert tell(customer, now) is not None


def test_of_staff_it_is_a_wish_and_they_hear_that_duty_still_calls(cast: Cast, write: Any, now: datetime) -> None:
    inbound = write(cast.zhou.phone, "STOP")
    assert (inbound.outcome, inbound.answer.text) == (ReplyOutcome.OPTED_OUT, sentence(Say.DUTY_STILL_CALLS))
    assert opt_outs.stands(str(cast.zhou.phone))
    called = notifications.queue(kind=NotificationKind.TEST, person=cast.zhou, dedup_key="test:call", now=now)
    assert called is not None


def test_a_stranger_may_opt_out_too(write: Any, now: datetime) -> None:
    inbound = write(PHONE, "退订")
    assert inbound.outcome is ReplyOutcome.OPTED_OUT and opt_outs.stands(PHONE)


def test_two_at_once_are_one_wish(at_once: Callable[..., list[Any]], session: Db, now: datetime) -> None:
    opts = at_once(*[lambda: opt_outs.opt_out(PHONE, "TD", now)] * 3)
    assert sorted(opts) == [False, False, True]
    assert session.scalar(select(func.count(OptOut.id))) == 1
