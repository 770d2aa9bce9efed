"""The outbox: what was sent to whom, what became of it, who may send it again; and what people wrote back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask_babel import force_locale
from sqlalchemy import select

from admin_views import message_words
from models import Notification
from rules.vocabulary import (
    MessageRelation,
    NotificationKind,
    NotificationState,
    ReplyOutcome,
)
from tests.client import soup_of
from tests.factories import (
    ComplaintFactory,
    CustomerFactory,
    InboundMessageFactory,
    NotificationFactory,
    NotificationStepFactory,
)
from tests.query_count import queries

K, S = NotificationKind, NotificationState


def rows(client, url: str) -> int:
    return len(soup_of(client.get(url)).select("tbody tr"))


def lost(cast, now, **more) -> Notification:
    """A call that 周强's phone never got."""
    values = {
        "kind": K.DUTY_CALL,
        "person": cast.zhou,
        "complaint": ComplaintFactory(),
        "state": S.FAILED,
        "attempts": 3,
        "attempted_at": now - timedelta(hours=1),
        "channel": "sms",
        "provider_code": "isv.MOBILE_NUMBER_ILLEGAL",
        "variables": {"number": "C-2611-0001", "due": "22:30", "role": "工程"},
    }
    return NotificationFactory(**{**values, **more})


class TestList:
    def test_every_state_has_its_sentence(self, session, cast, now):
        assert set(message_words._WHY) == set(NotificationState)
        with force_locale("en"):
            for state in NotificationState:
                message = NotificationFactory.build(
                    person=cast.lin, created_at=now, expires_at=now, due_at=now, provider_code=""
                )
                message.state, message.attempts, message.kind = state, 2, K.DUTY_CALL
                assert message_words.why(message)

    def test_numbers_are_masked_and_everything_can_be_asked_for(self, client, cast, now):
        NotificationFactory(person=cast.zhou)
        lost(cast, now, person=cast.lin)
        client.login(cast.analyst)
        text = client.get("/messages/").get_data(as_text=True)
        assert "138****8001" in text and "13800138001" not in text
        for query, count in {
            "": 2,
            "view=undelivered": 1,
            "view=waiting": 1,
            "view=unknown": 0,
            "state=failed&kind=duty_call": 1,
            "message_class=duty": 1,
            "message_class=verification": 1,
            "message_class=customer": 0,
            "sent_by=sms": 1,
            "sent_by=nothing": 0,
            "is_drill=1": 0,
            "is_drill=0": 2,
            f"person={cast.zhou.id}": 1,
            "search=周": 1,
            "state=nonsense": 2,
            "created_at_from=2026-11-21&created_at_to=2026-11-21": 2,
            "created_at_to=2026-11-20": 0,
        }.items():
            assert rows(client, f"/messages/?{query}") == count, query

    def test_a_customer_and_a_complaint_can_be_looked_for(self, client, cast, now):
        customer = CustomerFactory(name="王女士")
        NotificationFactory(person=None, customer=customer, phone=customer.phone, kind=K.APPOINTMENT_MADE)
        call = lost(cast, now, complaint=ComplaintFactory(number="C-2611-0001"))
        client.login(cast.lin)
        assert "王女士" in client.get("/messages/").text
        assert rows(client, f"/messages/?search={customer.phone[-4:]}") == 1
        assert rows(client, f"/messages/?search={call.complaint.number}") == 1

    def test_the_parts_that_providers_took_are_added_up(self, client, cast, now):
        for parts, accepted_at in ((2, now), (1, now), (5, None)):
            NotificationFactory(person=cast.zhou, parts=parts, accepted_at=accepted_at)
        NotificationFactory(person=cast.zhou, parts=7, accepted_at=now, created_at=now - timedelta(days=2), due_at=now)
        client.login(cast.lin)
        cost = lambda query: soup_of(client.get(f"/messages/?{query}")).select_one(".list-cost strong").text  # noqa: E731
        assert cost("") == "3", "those of today"
        assert cost("created_at_from=2026-11-01") == "10"
        assert cost("state=failed") == "0"

    def test_the_number_of_queries_does_not_grow_with_the_messages(self, client, cast):
        client.login(cast.lin)
        NotificationFactory(person=cast.zhou, complaint=ComplaintFactory())
        with queries() as few:
            client.get("/messages/")
        for _ in range(15):
            NotificationFactory(complaint=ComplaintFactory())
            customer = CustomerFactory()
            NotificationFactory(person=None, customer=customer, phone=customer.phone, kind=K.PROGRESS_REPORT)
        with queries() as many:
            client.get("/messages/")
        assert len(many) == len(few)

    @pytest.mark.parametrize(
        "url", ["/messages/new/", "/messages/edit/?id=1", "/messages/delete/", "/messages/action/"]
    )
    def test_nothing_is_written_or_deleted_here(self, client, cast, url):
        message = NotificationFactory(id=1)
        client.login(cast.admin)
        assert client.send(url, {"id": "1", "text": "x"}, page="/messages/").status_code in (403, 404, 405)
        assert message.text.startswith("这是一条")


class TestPage:
    def test_the_history_says_who_when_which_channel_and_the_providers_words(self, client, cast, now):
        call = lost(cast, now)
        NotificationStepFactory(notification=call)
        NotificationStepFactory(
            notification=call,
            state=S.FAILED,
            channel="aliyun",
            code="isv.MOBILE_NUMBER_ILLEGAL",
            words="号码<b>不对</b>",
            actor=cast.lin,
        )
        client.login(cast.auditor)
        page = client.get(f"/messages/details/?id={call.id}")
        line = soup_of(page).select("#history li")[-1].get_text(" ", strip=True)
        for words in ("22:00:00", "aliyun", "林晓", "isv.MOBILE_NUMBER_ILLEGAL 号码<b>不对</b>"):
            assert words in line
        assert "13800138001" not in page.text and "138****8001" in page.text
        assert call.complaint.number in page.text
        assert client.get("/messages/details/?id=99999999999999999999").status_code == 404

    def test_a_code_is_for_its_receiver_alone(self, client, cast):
        secret = NotificationFactory(person=cast.zhou, kind=K.VERIFICATION, text="验证码 482913")
        client.login(cast.admin)
        assert "482913" not in client.get(f"/messages/details/?id={secret.id}").text
        assert "482913" not in client.get("/messages/").text

    def test_what_belongs_together_is_linked(self, client, cast, now):
        call = lost(cast, now)
        other = NotificationFactory(
            person=cast.zhou, parent=call, relation=MessageRelation.FALLBACK, complaint=call.complaint, channel="mail"
        )
        bundle = NotificationFactory(
            person=cast.zhou, kind=K.BUNDLE, variables={"count": "2", "numbers": "", "all": ""}
        )
        member = NotificationFactory(person=cast.zhou, state=S.BUNDLED, bundle=bundle)
        client.login(cast.lin)

        def linked(message) -> set[str]:
            page = soup_of(client.get(f"/messages/details/?id={message.id}"))
            return {a["href"].rpartition("=")[2] for a in page.select("aside .rows a")}

        assert linked(call) == {str(other.id)} and linked(other) == {str(call.id)}
        assert linked(bundle) == {str(member.id)} and linked(member) == {str(bundle.id)}

    def test_what_was_written_back_stands_there(self, client, cast, now):
        call = lost(cast, now, state=S.DELIVERED, answered_at=now, answer="acknowledge")
        InboundMessageFactory(
            notification=call, person=cast.zhou, text="1 A0238", outcome=ReplyOutcome.DONE, words="已接单"
        )
        client.login(cast.lin)
        text = soup_of(client.get(f"/messages/details/?id={call.id}")).get_text(" ", strip=True)
        assert "1 A0238" in text and "已接单" in text

    def test_the_number_of_queries_does_not_grow_with_the_history(self, client, cast, now):
        call = lost(cast, now)
        NotificationStepFactory(notification=call, actor=cast.lin)
        NotificationFactory(person=cast.zhou, parent=call, relation=MessageRelation.FALLBACK)
        InboundMessageFactory(notification=call, person=cast.zhou)
        client.login(cast.lin)
        with queries() as few:
            client.get(f"/messages/details/?id={call.id}")
        for _ in range(10):
            NotificationStepFactory(notification=call, actor=cast.zhao)
            NotificationFactory(parent=call, relation=MessageRelation.FALLBACK, complaint=ComplaintFactory())
            InboundMessageFactory(notification=call, person=cast.zhou)
        with queries() as many:
            client.get(f"/messages/details/?id={call.id}")
        assert len(many) <= len(few)


class TestSendingAgain:
    def press(self, client, message, reason="周强说没收到", **more):
        page = f"/messages/details/?id={message.id}"
        return client.send(f"/messages/{message.id}/again", {"reason": reason, **more}, page=page)

    def again(self, session) -> list[Notification]:
        return list(session.scalars(select(Notification).where(Notification.relation == MessageRelation.RESENT)))

    def test_the_button_writes_one_new_message_and_leads_to_it(self, client, cast, session, now):
        call = lost(cast, now)
        client.login(cast.lin)
        answer = self.press(client, call)
        (new,) = self.again(session)
        assert answer.status_code == 302 and answer.location.endswith(f"id={new.id}")
        assert self.press(client, call).status_code == 409
        assert len(self.again(session)) == 1, "a double click makes one"
        assert "周强说没收到" in client.get(f"/complaints/{call.complaint.number}").text

    def test_without_a_reason_the_form_says_so(self, client, cast, session, now):
        call = lost(cast, now)
        client.login(cast.lin)
        answer = self.press(client, call, reason=" ")
        assert answer.status_code == 422
        assert soup_of(answer).select_one("dialog[data-open-now] .field-error")
        assert not self.again(session)

    def test_a_refusal_stands_beside_the_reason(self, client, cast, session, now):
        call = lost(cast, now)
        client.login(cast.lin)
        client.send(f"/complaints/{call.complaint.number}/acknowledge", page="/messages/")
        answer = self.press(client, call)
        assert answer.status_code == 422 and not self.again(session)
        assert soup_of(answer).select_one(".field-error").text

    @pytest.mark.parametrize("who", ["xiaozhou", "analyst", "auditor", "approver"])
    def test_who_may_only_look_has_no_button(self, who, client, cast, session, now):
        call = lost(cast, now)
        client.login(getattr(cast, who))
        assert not soup_of(client.get(f"/messages/details/?id={call.id}")).select("[data-dialog=do-send-again]")
        assert client.send(f"/messages/{call.id}/again", {"reason": "x"}, page="/password").status_code == 403
        assert not self.again(session)

    def test_it_needs_the_token_and_a_post(self, client, cast, session, now):
        call = lost(cast, now)
        client.login(cast.lin)
        assert client.post(f"/messages/{call.id}/again", data={"reason": "x"}).status_code == 400
        assert client.get(f"/messages/{call.id}/again").status_code == 405
        assert not self.again(session)

    def test_a_message_that_does_not_exist(self, client, cast):
        client.login(cast.lin)
        assert client.send("/messages/99999999/again", {"reason": "x"}, page="/password").status_code == 404
        beyond = "/messages/99999999999999999999999/again"
        assert client.send(beyond, {"reason": "x"}, page="/password").status_code == 404


class TestWorkbench:
    def test_what_did_not_arrive_stands_there_for_those_who_may_act(self, client, cast, now):
        call = lost(cast, now)
        client.login(cast.lin)
        assert f"/messages/details/?id={call.id}" in client.get("/").text
        client.login(cast.auditor)
        assert f"/messages/details/?id={call.id}" not in client.get("/").text

    def test_not_what_arrived_another_way_nor_what_is_old(self, client, cast, now):
        call, old = lost(cast, now), lost(cast, now, created_at=now - timedelta(days=1, seconds=1))
        NotificationFactory(person=cast.zhou, parent=call, relation=MessageRelation.FALLBACK, state=S.DELIVERED)
        client.login(cast.lin)
        text = client.get("/").text
        assert f"/messages/details/?id={call.id}" not in text and f"/messages/details/?id={old.id}" not in text
