"""The sandbox's phones: what arrived, what is written back from them, and who may."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from models import InboundMessage, Notification, SmsInboxMessage
from rules.vocabulary import NotificationKind, NotificationState, ReplyOutcome
from services import outbox
from services.channels import configured
from tests.client import soup_of
from tests.factories import (
    ComplaintFactory,
    InboundMessageFactory,
    NotificationFactory,
    SmsInboxMessageFactory,
)
from tests.stories import recorded


class TestPhones:
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


class TestWritingBack:
    @pytest.fixture
    def rung(self, cast, on_duty, session, now, clock):
        """周强's phone shows the call to a complaint."""
        complaint = recorded(cast, now=now)
        session.commit()
        outbox.dispatch(fleet=configured(), clock=clock.now)
        return complaint

    def write(self, client, who, text, *, name="周强"):
        client.login(who)
        form = next(
            phone for phone in soup_of(client.get("/inbox/")).select(".handset") if name in phone.get_text()
        ).select_one("form.handset-reply")
        return client.send(form["action"], {"text": text}, page="/inbox/", follow_redirects=True)

    def test_acts_as_a_real_reply_and_the_answer_arrives_on_the_phone(self, client, cast, session, rung, clock):
        clock.forward(seconds=20)
        assert self.write(client, cast.lin, "1").status_code == 200
        session.expire_all()
        assert rung.acknowledged_by is cast.zhou
        clock.forward(minutes=2)
        outbox.dispatch(fleet=configured(), clock=clock.now)
        bubbles = [bubble.get_text(strip=True) for bubble in soup_of(client.get("/inbox/?q=周强")).select(".bubble")]
        assert bubbles[0] == f"【安心桥】{rung.number}您已接单。" and bubbles[1] == "1"
        assert rung.number in bubbles[2], "newest first: the answer, the reply, the call"

    def test_what_is_written_back_stands_on_the_other_side_with_its_outcome(self, client, cast, rung):
        page = soup_of(self.write(client, cast.lin, "好的"))
        mine = page.select_one(".bubbles .mine")
        assert "好的" in mine.get_text() and mine.select_one(".bubble-foot span")
        assert "13800138001" not in str(page), "no full number, in no corner of the page"

    @pytest.mark.parametrize("text", ["", "   ", "1" * 501])
    def test_nothing_and_too_much_are_refused_with_a_sentence(self, client, cast, session, rung, text):
        assert self.write(client, cast.lin, text).status_code == 200
        assert session.scalar(select(func.count(InboundMessage.id))) == 0

    def test_only_who_may_send_messages_may_write_in_somebodys_name(self, client, cast, session, rung):
        key = session.scalars(select(SmsInboxMessage.id)).first()
        for who in (cast.auditor, cast.analyst, cast.xiaozhou):
            client.login(who)
            assert not soup_of(client.get("/inbox/")).select("form.handset-reply")
            assert client.send(f"/inbox/{key}/reply", {"text": "1"}, page="/inbox/").status_code == 403
        assert session.scalar(select(func.count(InboundMessage.id))) == 0

    def test_a_phone_that_is_not_there_cannot_write(self, client, cast, session, rung):
        client.login(cast.lin)
        client.send("/inbox/999999/reply", {"text": "1"}, page="/inbox/")
        assert client.send(f"/inbox/{10**100}/reply", {"text": "1"}, page="/inbox/").status_code == 404
        assert session.scalar(select(func.count(InboundMessage.id))) == 0

    def test_real_phones_are_not_looked_into(self, client, cast, now):
        InboundMessageFactory(channel="aliyun", phone=cast.zhou.phone, text="私人的话")
        client.login(cast.lin)
        assert "私人的话" not in client.get("/inbox/").get_data(as_text=True)

    def test_with_a_code(self, client, cast, session, rung):
        message = session.scalars(
            select(Notification).where(
                Notification.kind == NotificationKind.DUTY_CALL,
                Notification.state == NotificationState.ACCEPTED,
            )
        ).one()
        assert message.reply_code and message.reply_code in message.text
        self.write(client, cast.lin, f"1 {message.reply_code}")
        assert session.scalars(select(InboundMessage.outcome)).one() is ReplyOutcome.DONE
