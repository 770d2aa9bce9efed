"""Messages at night: why was nobody told, what happened to the call, and it is sent again with a thumb."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from models import Complaint, Notification
from rules.message_states import MessageEvent
from rules.vocabulary import MessageRelation, NotificationKind, NotificationState, ReplyOutcome
from services import escalations, message_steps
from tests.factories import InboundMessageFactory, NotificationFactory
from tests.stories import recorded

pytestmark = [
    pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True, scope="session"),
    pytest.mark.xdist_group("browser"),
]


@pytest.fixture
def unheard(cast, on_duty, session, clock) -> Complaint:
    """周强's phone never got the call, nor the letter that followed; 林晓 was called next and says that she cannot."""
    complaint = recorded(cast, now=clock.now())
    call = session.scalars(select(Notification).where(Notification.kind == NotificationKind.DUTY_CALL)).one()
    fail(call, clock.now(), channel="aliyun", code="isv.MOBILE_NUMBER_ILLEGAL", words="号码格式错误")
    letter = NotificationFactory(
        person=cast.zhou, complaint=complaint, kind=call.kind, parent=call, relation=MessageRelation.FALLBACK
    )
    fail(letter, clock.now() + timedelta(seconds=5), channel="mail", code="550", words="mailbox unavailable")
    escalations.sweep(now=clock.set(complaint.escalation_due_at))
    second = session.scalars(select(Notification).where(Notification.person == cast.lin)).first()
    second.state, second.delivered_at, second.channel = NotificationState.DELIVERED, clock.now(), "aliyun"
    InboundMessageFactory(notification=second, person=cast.lin, text="0 A0238", outcome=ReplyOutcome.DONE)
    return complaint


def fail(message: Notification, now: Any, *, channel: str, **said: str) -> None:
    message.channel = channel
    for event in (MessageEvent.CLAIM, MessageEvent.ATTEMPT):
        message_steps.move(message, event, now=now)
        message.claim_token = "t"
    message.attempts, message.attempted_at = 1, now
    message.provider_code, message.outcome = said["code"], said["words"]
    message_steps.move(message, MessageEvent.PERMANENT, now=now, **said)


def test_why_nobody_was_told_and_sent_again(sit_down, cast, unheard, session):
    visitor = sit_down(cast.lin)
    assert visitor.page.locator(".home-chains a[href*='/messages/details']").count()
    visitor.assert_fits()
    visitor.go(f"/complaints/{unheard.number}")
    report = visitor.page.locator("#messages details")
    assert report.get_attribute("open") is not None, "somebody was not reached"
    visitor.assert_fits()
    report.locator(".told-message a[href*='/messages/details']").nth(1).click()
    visitor.page.wait_for_url("**/messages/details/**")
    assert visitor.page.locator("#history .alarm-line").count() == 1
    visitor.assert_fits()
    visitor.page.click("[data-dialog=do-send-again]")
    visitor.page.fill("dialog[open] textarea", "电话里说没收到")
    visitor.assert_fits()
    visitor.page.click("dialog[open] .btn-primary")
    visitor.page.wait_for_load_state()
    again = session.scalars(select(Notification).where(Notification.relation == MessageRelation.RESENT)).one()
    assert again.person == cast.zhou and visitor.page.url.endswith(f"id={again.id}")
    visitor.assert_fits()


@pytest.mark.every_screen
def test_the_lists_fit(sit_down, cast, unheard):
    visitor = sit_down(cast.roster)
    for path in ("/messages/", "/messages/?view=undelivered", "/messages/?sent_by=aliyun&created_at_from=2026-11-01"):
        visitor.go(path)
        assert visitor.page.locator("tbody tr").count()
        visitor.assert_fits()
