"""The outbox and the sandbox's phones: what was sent to whom, and what became of it."""

from __future__ import annotations

import pytest
from flask_babel import force_locale

from admin_views.messages import _WHY, why
from models import SmsInboxMessage
from rules.vocabulary import NotificationKind, NotificationState
from tests.client import soup_of
from tests.factories import ComplaintFactory, NotificationFactory, SmsInboxMessageFactory
from tests.query_count import queries


def rows(client, url: str) -> int:
    return len(soup_of(client.get(url)).select("tbody tr"))


class TestOutbox:
    def test_every_state_has_its_sentence(self, session, cast, now):
        assert set(_WHY) == set(NotificationState)
        with force_locale("en"):
            for state in NotificationState:
                message = NotificationFactory.build(
                    person=cast.lin, created_at=now, expires_at=now, next_attempt_at=now
                )
                message.state, message.attempts, message.kind = state, 2, NotificationKind.DUTY_CALL
                assert why(message)

    def test_numbers_are_masked_and_states_can_be_asked_for(self, client, cast):
        NotificationFactory(person=cast.zhou)
        NotificationFactory(person=cast.lin, state=NotificationState.FAILED, outcome="number is not in service")
        client.login(cast.analyst)
        text = client.get("/messages/").get_data(as_text=True)
        assert "138****8001" in text and "13800138001" not in text
        assert "number is not in service" in text
        assert rows(client, "/messages/") == 2
        assert rows(client, "/messages/?view=undelivered") == 1
        assert rows(client, "/messages/?state=failed&kind=test") == 1
        assert rows(client, f"/messages/?person={cast.zhou.id}") == 1
        assert rows(client, "/messages/?search=周") == 1
        assert rows(client, "/messages/?state=nonsense") == 2

    def test_a_message_has_its_page(self, client, cast):
        message = NotificationFactory(person=cast.zhou, complaint=ComplaintFactory())
        client.login(cast.auditor)
        text = client.get(f"/messages/details/?id={message.id}").get_data(as_text=True)
        assert "这是一条测试短信" in text and "13800138001" not in text
        assert client.get("/messages/details/?id=99999999999999999999").status_code == 404

    def test_the_number_of_queries_does_not_grow_with_the_messages(self, client, cast):
        client.login(cast.lin)
        NotificationFactory(person=cast.zhou, complaint=ComplaintFactory())
        with queries() as few:
            client.get("/messages/")
        for _ in range(15):
            NotificationFactory(complaint=ComplaintFactory())
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


class TestInbox:
    @pytest.fixture
    def arrived(self, cast) -> list[SmsInboxMessage]:
        """Two for 周强, the newer one about a complaint; one for a number of nobody."""
        call = NotificationFactory(person=cast.zhou, complaint=ComplaintFactory(number="C-2611-0001"))
        return [
            SmsInboxMessageFactory(phone=cast.zhou.phone, text="【安心桥】first"),
            SmsInboxMessageFactory(phone=cast.zhou.phone, text="【安心桥】second", message_id=call.public_id),
            SmsInboxMessageFactory(phone="+8613900139123", text="【安心桥】third"),
        ]

    def test_each_phone_shows_its_messages_newest_first(self, client, cast, arrived):
        client.login(cast.lin)
        page = soup_of(client.get("/inbox/"))
        phones = page.select(".handset")
        assert len(phones) == 2
        zhou = next(phone for phone in phones if "周强" in phone.get_text())
        assert [bubble.get_text(strip=True)[5:] for bubble in zhou.select(".bubble")] == ["second", "first"]
        assert zhou.select_one("a[href='/complaints/C-2611-0001']")
        assert "13800138001" not in page.get_text()

    @pytest.mark.parametrize(
        ("query", "found"),
        [("周强", 1), ("13800138001", 1), ("+86 138 0013 8001", 1), ("9123", 1), ("nobody", 0), ("%", 0), ("_", 0)],
    )
    def test_a_number_or_a_name_narrows_it_down(self, client, cast, arrived, query, found):
        client.login(cast.lin)
        answer = client.get("/inbox/", query_string={"q": query})
        assert len(soup_of(answer).select(".handset")) == found

    def test_it_refreshes_itself_with_the_same_question(self, client, cast, arrived):
        client.login(cast.lin)
        url = soup_of(client.get("/inbox/", query_string={"q": "9123"})).select_one("[data-refresh]")["data-refresh"]
        piece = client.get(url).get_data(as_text=True)
        assert "third" in piece and "first" not in piece and "<html" not in piece

    def test_what_is_typed_stays_text(self, client, cast):
        SmsInboxMessageFactory(text="<script>alert(1)</script>")
        client.login(cast.lin)
        for query in ("", "<script>", "\x00", "9" * 500):
            answer = client.get("/inbox/", query_string={"q": query})
            assert answer.status_code == 200
            assert "<script>alert" not in answer.get_data(as_text=True)

    def test_without_a_login_nothing_is_seen(self, client, cast, arrived):
        for url in ("/inbox/", "/inbox/phones", "/messages/"):
            assert client.get(url).location.startswith("/login")
        assert client.get("/inbox/phones", headers={"X-Requested-With": "fetch"}).status_code == 401
