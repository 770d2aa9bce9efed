"""The signed gateway against another side that was written from its description."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from gateways import signed_http
from gateways.base import ApprovedTemplate, Fate, Finding, Reply, Unreadable, VerdictKind
from gateways.signed_http import SignedHttp, SignedHttpSettings
from tests.gateways.samples import AT, MESSAGE, MESSAGE_ID, PHONE, SECRET, TEXT, is_discreet, message
from tests.gateways.standins import signed_http as standins
from tests.gateways.standins.provider import Fault, Kind, Refused
from tests.gateways.standins.signed_http import ADDRESS, push

RECEIPT = {"id": MESSAGE_ID, "status": "delivered"}
REPLY = {"id": "r-1", "phone": PHONE, "text": "1 A0231"}
NOW = AT.timestamp()


@pytest.fixture
def provider() -> Iterator[standins.SignedHttp]:
    with standins.SignedHttp(SECRET, read_clock=lambda: AT) as standin:
        yield standin


@pytest.fixture
def settings(provider: standins.SignedHttp) -> SignedHttpSettings:
    return SignedHttpSettings(name="own", url=f"{provider.url}{ADDRESS}", secret=SECRET, timeout=5)


@pytest.fixture
def gateway(settings: SignedHttpSettings) -> SignedHttp:
    return SignedHttp(settings, lambda: AT)


def test_the_example_on_the_page_is_right() -> None:
    digest = re.search(r"\b[0-9a-f]{64}\b", signed_http.__doc__ or "")
    assert digest and digest.group() == signed_http.signature("s3cret", "1700000000", b'{"id":"1"}')


class TestSending:
    def test_the_message_arrives_as_the_page_says(self, gateway: SignedHttp, provider: standins.SignedHttp) -> None:
        verdict = gateway.send(MESSAGE)
        assert (verdict.kind, verdict.provider_id) == (VerdictKind.ACCEPTED, "G1")
        assert provider.arrivals[0].said == {
            "id": MESSAGE_ID, "phone": PHONE, "text": TEXT, "signature": "安心桥", "at": "2026-11-22T03:15:30+00:00",
        }  # fmt: skip

    def test_a_template_goes_along(self, gateway: SignedHttp, provider: standins.SignedHttp) -> None:
        gateway.send(message(template=ApprovedTemplate("T9", {"code": "A0231"})))
        assert provider.arrivals[0].said["template"] == {"id": "T9", "variables": {"code": "A0231"}}

    def test_the_same_message_again_goes_out_once(self, gateway: SignedHttp, provider: standins.SignedHttp) -> None:
        provider.next(Fault.DROP)
        assert gateway.send(MESSAGE).kind is VerdictKind.UNKNOWN
        assert gateway.send(message(at=AT + timedelta(minutes=2))).provider_id == "G1"
        assert provider.counts() == {MESSAGE_ID: 1}

    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            (429, VerdictKind.RETRY),
            *((status, VerdictKind.ACCOUNT) for status in (401, 402, 403, 404)),
            *((status, VerdictKind.PERMANENT) for status in (400, 409, 422)),
            *((status, VerdictKind.UNKNOWN) for status in (200, 202, 302, 500, 503)),
        ],
    )
    def test_a_refusal_is_read_by_its_status(
        self, gateway: SignedHttp, provider: standins.SignedHttp, status: int, kind: VerdictKind
    ) -> None:
        provider.next(Refused("E7", f"not to {PHONE}", status))
        verdict = gateway.send(MESSAGE)
        assert verdict.kind is kind and is_discreet(verdict)
        assert verdict.retry_after == (timedelta(seconds=90) if status == 429 else None)
        assert verdict.code == ("E7" if 400 <= status < 500 else f"http_{status}")

    def test_a_wrong_secret_is_the_accounts_trouble(self, settings: SignedHttpSettings) -> None:
        verdict = SignedHttp(replace(settings, secret="wrong"), lambda: AT).send(MESSAGE)
        assert (verdict.kind, verdict.code) == (VerdictKind.ACCOUNT, "bad_signature")

    def test_a_wrong_clock_is_the_accounts_trouble(self, gateway: SignedHttp) -> None:
        assert gateway.send(message(at=AT - timedelta(minutes=6))).code == "bad_time"


class TestFinding:
    @pytest.mark.parametrize("status", ["delivered", "failed", "on_its_way"])
    def test_by_our_own_id(self, gateway: SignedHttp, provider: standins.SignedHttp, status: str) -> None:
        provider.next(Fault.DROP)
        gateway.send(MESSAGE)
        provider.statuses[MESSAGE_ID] = status
        assert gateway.find(MESSAGE, "") == Finding(Fate(status), "G1", "X1", "as asked")

    def test_what_never_arrived_was_never_seen(self, gateway: SignedHttp) -> None:
        assert gateway.find(MESSAGE, "").fate is Fate.NEVER_SEEN

    @pytest.mark.parametrize("fault", [Fault.DROP, Fault.EMPTY, Fault.DEEP, Fault.ERROR_503, Refused("x", status=404)])
    def test_no_clear_answer_is_no_finding(
        self, gateway: SignedHttp, provider: standins.SignedHttp, fault: Fault | Refused
    ) -> None:
        provider.next(fault, on=Kind.QUERY)
        assert gateway.find(MESSAGE, "").fate is Fate.CANNOT_SAY

    def test_an_unknown_status_is_no_finding(self, gateway: SignedHttp, provider: standins.SignedHttp) -> None:
        gateway.send(MESSAGE)
        provider.statuses[MESSAGE_ID] = "cannot_say"
        assert gateway.find(MESSAGE, "").fate is Fate.CANNOT_SAY


class TestPushes:
    def test_a_receipt(self, gateway: SignedHttp) -> None:
        said = {**RECEIPT, "provider_id": "G1", "parts": 2, "at": "2026-11-22T11:15:40+08:00", "code": "DELIVRD"}
        [receipt] = gateway.receipts(push(SECRET, [said], at=NOW))
        assert (receipt.fate, receipt.message_id, receipt.provider_id) == (Fate.DELIVERED, MESSAGE_ID, "G1")
        assert (receipt.parts, receipt.code) == (2, "DELIVRD")
        assert receipt.at == datetime(2026, 11, 22, 3, 15, 40, tzinfo=UTC)

    @pytest.mark.parametrize("at", ["yesterday", "2026-11-22T11:15:40", 7, None, []])
    def test_a_moment_that_is_none_is_left_out(self, gateway: SignedHttp, at: object) -> None:
        assert gateway.receipts(push(SECRET, [{**RECEIPT, "at": at}], at=NOW))[0].at is None

    def test_a_reply(self, gateway: SignedHttp) -> None:
        assert gateway.replies(push(SECRET, [REPLY], at=NOW)) == [Reply("r-1", PHONE, "1 A0231")]

    def test_half_a_character_in_a_reply_can_be_kept(self, gateway: SignedHttp) -> None:
        [reply] = gateway.replies(
            push(SECRET, b'[{"id": "r", "phone": "13800138000", "text": "1\\ud83d\\u0000"}]', at=NOW)
        )
        assert reply.text.encode() and "\0" not in reply.text

    def test_the_same_one_twice_says_the_same(self, gateway: SignedHttp) -> None:
        one = push(SECRET, [RECEIPT], at=NOW)
        assert gateway.receipts(one) == gateway.receipts(one)

    @pytest.mark.parametrize("seconds", [301, -301, 10**9])
    def test_a_replay_from_another_time_is_refused(self, gateway: SignedHttp, seconds: int) -> None:
        with pytest.raises(Unreadable):
            gateway.receipts(push(SECRET, [RECEIPT], at=NOW + seconds))

    @pytest.mark.parametrize("seconds", [300, -299])
    def test_clocks_may_differ_a_little(self, gateway: SignedHttp, seconds: int) -> None:
        assert gateway.receipts(push(SECRET, [RECEIPT], at=NOW + seconds))

    def test_a_forged_or_ruined_one_is_refused(self, gateway: SignedHttp) -> None:
        good = push(SECRET, [RECEIPT], at=NOW)
        for forged in (
            push("guessed", [RECEIPT], at=NOW),
            replace(good, body=good.body.replace(b"delivered", b"failed")),
            replace(good, headers={}),
            replace(good, headers={"X-Signature": "é\udcff", "X-Timestamp": good.headers["x-timestamp"]}),
            push(SECRET, [RECEIPT], at=NOW, timestamp="soon"),
            push(SECRET, [RECEIPT], at=NOW, timestamp="1" * 400),
            push(SECRET, [RECEIPT], at=NOW, timestamp="1" * 5000),
            push(SECRET, [RECEIPT], at=NOW, timestamp=""),
            push(SECRET, b"1" * 1_000_000, at=NOW),
            push(SECRET, b"[" * 60_000, at=NOW),
        ):
            for read in (gateway.receipts, gateway.replies):
                with pytest.raises(Unreadable) as refused:
                    read(forged)
                assert is_discreet(refused.value)

    @pytest.mark.parametrize(
        "said", [[REPLY], [{"id": "1"}], [{**RECEIPT, "status": "never_seen"}], [1], "x", None, {}]
    )
    def test_what_is_no_receipt_is_refused(self, gateway: SignedHttp, said: object) -> None:
        with pytest.raises(Unreadable):
            gateway.receipts(push(SECRET, said, at=NOW))

    @pytest.mark.parametrize(
        "said", [[RECEIPT], [{**REPLY, "phone": "x"}], [{**REPLY, "id": ""}], [None], 7, {"text": 1}]
    )
    def test_what_is_no_reply_is_refused(self, gateway: SignedHttp, said: object) -> None:
        with pytest.raises(Unreadable):
            gateway.replies(push(SECRET, said, at=NOW))

    def test_thanks(self, gateway: SignedHttp) -> None:
        assert gateway.thanks(is_kept=True).body == '{"ok": true}'
        assert gateway.thanks(is_kept=False).status == 503


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*RECEIPT, *REPLY, "at", "parts"]), inner)
    ),
    max_leaves=12,
)


@hypothesis_settings(max_examples=40)
@given(said=json_values)
def test_whatever_is_pushed_is_read_or_refused(said: Any) -> None:
    gateway = SignedHttp(SignedHttpSettings("own", "", SECRET), lambda: AT)
    for read in (gateway.receipts, gateway.replies):
        try:
            assert all(one.provider_id or one.message_id for one in read(push(SECRET, said, at=NOW)))
        except Unreadable:
            continue
