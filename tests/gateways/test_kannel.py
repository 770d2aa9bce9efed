"""Kannel: what is handed over, what its words mean, and what it brings back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateways.base import Fate, Unreadable, VerdictKind
from gateways.kannel import Kannel, KannelSettings
from tests.gateways.samples import AT, MESSAGE, MESSAGE_ID, PHONE, SECRET, is_discreet, message
from tests.gateways.standins import kannel as standins
from tests.gateways.standins.kannel import from_phone, get, report
from tests.gateways.standins.provider import Fault, Refused

KEY = f"{SECRET}-push"
GET_URL = f"https://desk.example/pushes/p4th/replies?key={KEY}&id=%I&from=%p&text=%b&charset=%C&ts=%T"
DELIVERED = "id:P1 sub:001 dlvrd:001 submit date:2611220315 done date:2611220316 stat:DELIVRD err:000 text:"
UNDELIVERED = "id:P1 sub:001 dlvrd:000 submit date:2611220315 done date:2611220316 stat:UNDELIV err:005 text:"


@pytest.fixture
def provider() -> Iterator[standins.Kannel]:
    with standins.Kannel("desk", SECRET, read_clock=lambda: AT) as standin:
        yield standin


@pytest.fixture
def settings(provider: standins.Kannel) -> KannelSettings:
    return KannelSettings(
        name="kannel", url=f"{provider.url}/cgi-bin/sendsms", username="desk", password=SECRET, push_key=KEY,
        callback_url="https://desk.example/pushes/p4th/receipts", sender="10690000", timeout=5,
    )  # fmt: skip


@pytest.fixture
def kannel(settings: KannelSettings) -> Kannel:
    return Kannel(settings)


@pytest.fixture
def dlr_url(kannel: Kannel, provider: standins.Kannel) -> str:
    kannel.send(MESSAGE)
    return str(provider.arrivals[0].said["dlr-url"])


class TestSending:
    def test_the_text_goes_out_in_ucs2_under_its_signature(self, kannel: Kannel, provider: standins.Kannel) -> None:
        text = "阳台漏水 & 50% + 急 😀\n第二行"
        verdict = kannel.send(message(text=text))
        assert (verdict.kind, verdict.code) == (VerdictKind.ACCEPTED, "0")
        said = provider.arrivals[0].said
        assert said["to"] == PHONE and said["text"] == f"【安心桥】{text}" and said["from"] == "10690000"
        assert provider.arrivals[0].message_id == MESSAGE_ID

    def test_what_kannel_keeps_while_the_centre_is_away_is_accepted(
        self, kannel: Kannel, provider: standins.Kannel
    ) -> None:
        provider.is_connected = False
        verdict = kannel.send(MESSAGE)
        assert (verdict.kind, verdict.code) == (VerdictKind.ACCEPTED, "3")

    @pytest.mark.parametrize(
        ("status", "words", "kind"),
        [
            (503, "Temporal failure, try again later.", VerdictKind.RETRY),
            (403, "Authorization failed for sendsms", VerdictKind.ACCOUNT),
            (404, "Unknown request.", VerdictKind.ACCOUNT),
            (400, "Sender missing and no global set, rejected", VerdictKind.ACCOUNT),
            (403, "Not routable. Do not try again.", VerdictKind.PERMANENT),
            (400, "Empty text and no sender, rejected", VerdictKind.PERMANENT),
            (500, "Sending failed.", VerdictKind.PERMANENT),
            (503, "<html>some proxy</html>", VerdictKind.UNKNOWN),
            (200, "<html>some other server</html>", VerdictKind.UNKNOWN),
            (302, "", VerdictKind.UNKNOWN),
        ],
    )
    def test_an_answer_is_read_by_its_words(
        self, kannel: Kannel, provider: standins.Kannel, status: int, words: str, kind: VerdictKind
    ) -> None:
        provider.next(Refused("", words, status))
        assert kannel.send(MESSAGE).kind is kind

    def test_a_number_without_a_route_is_refused(self, kannel: Kannel) -> None:
        assert kannel.send(message(phone=standins.NOWHERE)).kind is VerdictKind.PERMANENT

    def test_a_wrong_password_is_the_accounts_trouble(self, settings: KannelSettings) -> None:
        assert Kannel(replace(settings, password="wrong")).send(MESSAGE).kind is VerdictKind.ACCOUNT

    def test_kannel_cannot_be_asked(self, kannel: Kannel, provider: standins.Kannel) -> None:
        provider.next(Fault.DROP)
        assert kannel.send(MESSAGE).kind is VerdictKind.UNKNOWN
        assert kannel.find(MESSAGE, "").fate is Fate.CANNOT_SAY


class TestReceipts:
    @pytest.mark.parametrize(
        ("state", "words", "fate", "code"),
        [
            (1, DELIVERED, Fate.DELIVERED, "DELIVRD 000"),
            (2, UNDELIVERED, Fate.FAILED, "UNDELIV 005"),
            (4, "", Fate.ON_ITS_WAY, "4"),
            (8, "ACK/", Fate.ON_ITS_WAY, "8"),
            (16, "NACK/0x00000058/Throttling error", Fate.FAILED, "0x00000058"),
            (34, "", Fate.FAILED, "34"),
            (66, "", Fate.FAILED, "66"),
        ],
    )
    def test_a_report_brings_our_id_back(
        self, kannel: Kannel, dlr_url: str, state: int, words: str, fate: Fate, code: str
    ) -> None:
        [receipt] = kannel.receipts(report(dlr_url, state=state, words=words))
        assert (receipt.fate, receipt.code) == (fate, code)
        assert (receipt.message_id, receipt.provider_id) == (MESSAGE_ID, "P1")
        assert receipt.at == datetime.fromtimestamp(1795317600, UTC)

    def test_the_same_one_twice_says_the_same(self, kannel: Kannel, dlr_url: str) -> None:
        push = report(dlr_url, state=1, words=DELIVERED)
        assert kannel.receipts(push) == kannel.receipts(push)

    def test_words_of_the_centre_that_are_no_text_do_not_hurt(self, kannel: Kannel, dlr_url: str) -> None:
        push = report(dlr_url, state=2)
        [receipt] = kannel.receipts(replace(push, url=push.url.replace("&ans=", "&ans=%ff%fe%00 13800138000")))
        assert receipt.fate is Fate.FAILED and is_discreet(receipt)

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            (MESSAGE_ID, "f" * 32),
            ("mac=", "mac=0"),
            ("mac=", "max="),
            ("mac=", "mac=%C3%A9"),
            ("st=1", "st="),
            ("st=1", "st=one"),
            ("st=1", "st=-1"),
            ("st=1", "st=11111111111111111111"),
            ("?", "?" + "a=1&" * 5000),
            ("?", "?a=" + "1" * 1_000_000 + "&"),
            ("?", "?阳=台&"),
        ],
    )
    def test_a_forged_or_ruined_one_is_refused(self, kannel: Kannel, dlr_url: str, old: str, new: str) -> None:
        push = report(dlr_url, state=1)
        with pytest.raises(Unreadable) as refused:
            kannel.receipts(replace(push, url=push.url.replace(old, new, 1)))
        assert is_discreet(refused.value)

    def test_a_receipt_is_no_reply(self, kannel: Kannel, dlr_url: str) -> None:
        with pytest.raises(Unreadable):
            kannel.replies(report(dlr_url, state=1))


class TestReplies:
    @pytest.mark.parametrize("text", ["1 A0231", "T 退订", "好的，马上到 😀", ""])
    def test_ucs2_comes_as_raw_bytes(self, kannel: Kannel, text: str) -> None:
        push = from_phone(GET_URL, sender=PHONE, text=text.encode("utf-16-be"), charset="UTF-16BE")
        [reply] = kannel.replies(push)
        assert (reply.text, reply.phone, reply.provider_id) == (text, PHONE, "6f8a")
        assert reply.at == datetime.fromtimestamp(1795317600, UTC)

    @pytest.mark.parametrize("charset", ["UTF-8", "WINDOWS-1252", "", "8-BIT", "unicode_escape", "no such thing"])
    def test_plain_letters_come_through_under_any_name(self, kannel: Kannel, charset: str) -> None:
        [reply] = kannel.replies(from_phone(GET_URL, sender="8613800138000", text=b"1 A0231 + ok", charset=charset))
        assert (reply.text, reply.phone) == ("1 A0231 + ok", PHONE)

    def test_half_a_character_does_not_lose_the_rest(self, kannel: Kannel) -> None:
        [reply] = kannel.replies(
            from_phone(GET_URL, sender=PHONE, text="1退".encode("utf-16-be")[:-1], charset="UTF-16BE")
        )
        assert reply.text.startswith("1")

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            (KEY, "guessed"),
            ("key=", "kex="),
            ("id=6f8a", "id="),
            ("from=", "fron="),
            ("from=%2B8613800138000", "from=CMCC"),
            ("text=", "texd="),
        ],
    )
    def test_a_forged_or_ruined_one_is_refused(self, kannel: Kannel, old: str, new: str) -> None:
        push = from_phone(GET_URL, sender=PHONE, text=b"1", charset="UTF-8")
        with pytest.raises(Unreadable) as refused:
            kannel.replies(replace(push, url=push.url.replace(old, new, 1)))
        assert is_discreet(refused.value)

    def test_a_million_characters_are_refused(self, kannel: Kannel) -> None:
        with pytest.raises(Unreadable):
            kannel.replies(from_phone(GET_URL, sender=PHONE, text=b"1" * 1_000_000, charset="UTF-8"))

    def test_nothing_is_said_to_the_phone(self, kannel: Kannel) -> None:
        assert kannel.thanks(is_kept=True).body == kannel.thanks(is_kept=False).body == ""
        assert (kannel.thanks(is_kept=True).status, kannel.thanks(is_kept=False).status) == (200, 503)


@given(query=st.text(max_size=60))
def test_whatever_is_called_is_read_or_refused(query: str) -> None:
    kannel = Kannel(
        KannelSettings(
            name="k", url="", username="", password="", push_key=SECRET, callback_url="https://desk.example/"
        )
    )
    for read in (kannel.receipts, kannel.replies):
        with pytest.raises(Unreadable):
            read(get(f"https://desk.example/?{query}"))
