"""The outbox: what was sent to whom, and what became of it."""

from __future__ import annotations

import pytest
from flask_babel import force_locale

from admin_views.messages import _WHY, why
from rules.vocabulary import NotificationKind, NotificationState
from tests.client import soup_of
from tests.factories import ComplaintFactory, NotificationFactory
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
