"""Twilio's messages and calls against a stand-in that checks what Twilio checks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateways import twilio
from gateways.base import Fate, Finding, Push, Unreadable, VerdictKind
from gateways.twilio import TwilioAccount
from gateways.twilio_sms import TwilioSms
from gateways.twilio_voice import TwilioVoice, TwilioVoiceSettings
from tests.gateways.samples import AT, MESSAGE, MESSAGE_ID, PHONE, SECRET, TEXT, is_discreet, message
from tests.gateways.standins.provider import Fault, Kind, Refused
from tests.gateways.standins.twilio import ACCOUNT_SID, Twilio, row, signed, webhook

CALLBACK = "https://desk.example/pushes/k3y/receipts"
REPLIES = "https://desk.example/pushes/k3y/replies?a=1&b=2"
SID = "SM00000000000000000000000000000000"


@pytest.fixture
def provider() -> Iterator[Twilio]:
    with Twilio(SECRET, read_clock=lambda: AT) as standin:
        yield standin


@pytest.fixture
def account(provider: Twilio) -> TwilioAccount:
    return TwilioAccount(
        name="twilio", account_sid=ACCOUNT_SID, auth_token=SECRET, sender="+15005550006", callback_url=CALLBACK,
        base_url=provider.url, timeout=5,
    )  # fmt: skip


@pytest.fixture
def sms(account: TwilioAccount) -> TwilioSms:
    return TwilioSms(account)


@pytest.fixture
def voice(provider: Twilio) -> TwilioVoice:
    settings = TwilioVoiceSettings(
        name="voice", account_sid=ACCOUNT_SID, auth_token=SECRET, sender="+15005550006", callback_url=CALLBACK,
        replies_url=REPLIES, base_url=provider.url, timeout=5,
    )  # fmt: skip
    return TwilioVoice(settings)


class TestSending:
    def test_the_text_goes_out_under_its_signature_and_our_id_with_the_address_of_the_receipts(
        self, sms: TwilioSms, provider: Twilio
    ) -> None:
        verdict = sms.send(MESSAGE)
        assert (verdict.kind, verdict.provider_id) == (VerdictKind.ACCEPTED, SID)
        said = provider.arrivals[0].said
        assert said["To"] == PHONE and said["Body"] == f"【安心桥】{TEXT}" and said["From"] == "+15005550006"
        assert said["StatusCallback"] == f"{CALLBACK}?id={MESSAGE_ID}"

    def test_a_messaging_service_sends_in_place_of_a_number(self, account: TwilioAccount, provider: Twilio) -> None:
        TwilioSms(replace(account, sender="MG0123")).send(MESSAGE)
        assert provider.arrivals[0].said["MessagingServiceSid"] == "MG0123" and "From" not in provider.arrivals[0].said

    def test_an_address_that_has_a_query_keeps_it(self, account: TwilioAccount) -> None:
        assert replace(account, callback_url=f"{CALLBACK}?x=1").callback(MESSAGE).endswith(f"?x=1&id={MESSAGE_ID}")

    @pytest.mark.parametrize(
        ("phone", "kind"),
        [
            ("+15005550001", VerdictKind.PERMANENT),
            ("+15005550002", VerdictKind.PERMANENT),
            ("+15005550003", VerdictKind.ACCOUNT),
            ("+15005550004", VerdictKind.PERMANENT),
            ("+15005550009", VerdictKind.PERMANENT),
        ],
    )
    def test_a_magic_number_is_refused_as_documented_and_not_repeated(
        self, sms: TwilioSms, phone: str, kind: VerdictKind
    ) -> None:
        verdict = sms.send(message(phone=phone))
        assert verdict.kind is kind and verdict.code.startswith("21")
        assert phone.removeprefix("+") not in verdict.words

    @pytest.mark.parametrize(
        ("refusal", "kind"),
        [
            (Refused("20429", "Too Many Requests", 429), VerdictKind.RETRY),
            (Refused("21611", "This 'From' number has exceeded the maximum of queued messages"), VerdictKind.RETRY),
            (Refused("20005", "Account not active", 401), VerdictKind.ACCOUNT),
            (Refused("20003", "Permission Denied", 403), VerdictKind.ACCOUNT),
            (Refused("21660", "Mismatch between the 'From' number and the account"), VerdictKind.ACCOUNT),
            (Refused("21617", "The concatenated message body exceeds the 1600 character limit"), VerdictKind.PERMANENT),
            (Refused("29999", "Something new"), VerdictKind.PERMANENT),
            (Refused("20500", "Internal Server Error", 500), VerdictKind.UNKNOWN),
        ],
    )
    def test_a_refusal_is_read_by_its_code(
        self, sms: TwilioSms, provider: Twilio, refusal: Refused, kind: VerdictKind
    ) -> None:
        provider.next(refusal)
        assert sms.send(MESSAGE).kind is kind

    def test_a_wrong_token_is_the_accounts_trouble(self, account: TwilioAccount) -> None:
        verdict = TwilioSms(replace(account, auth_token="wrong")).send(MESSAGE)
        assert (verdict.kind, verdict.code) == (VerdictKind.ACCOUNT, "20003")

    def test_a_call_reads_the_text_out_and_waits_for_a_key(self, voice: TwilioVoice, provider: Twilio) -> None:
        verdict = voice.send(message(text='阳台漏水 <b>& "急"'))
        assert verdict.kind is VerdictKind.ACCEPTED and verdict.provider_id.startswith("CA")
        gather = ElementTree.fromstring(provider.arrivals[0].said["Twiml"])[0]
        assert (gather.tag, gather.get("action"), gather.get("numDigits")) == ("Gather", REPLIES, "1")
        assert gather[0].text == '安心桥。阳台漏水 <b>& "急"' and gather[0].get("loop") == "2"

    def test_a_call_without_an_address_for_keys_asks_for_none(self, provider: Twilio) -> None:
        settings = TwilioVoiceSettings(
            name="v", account_sid=ACCOUNT_SID, auth_token=SECRET, sender="+1", callback_url="x", base_url=provider.url
        )
        TwilioVoice(settings).send(MESSAGE)
        assert ElementTree.fromstring(provider.arrivals[0].said["Twiml"])[0].tag == "Say"


class TestFinding:
    @pytest.mark.parametrize(
        ("status", "fate"),
        [
            ("queued", Fate.ON_ITS_WAY),
            ("sent", Fate.ON_ITS_WAY),
            ("a state of next year", Fate.ON_ITS_WAY),
            ("delivered", Fate.DELIVERED),
            ("undelivered", Fate.FAILED),
            ("canceled", Fate.FAILED),
        ],
    )
    def test_by_its_sid(self, sms: TwilioSms, provider: Twilio, status: str, fate: Fate) -> None:
        sid = sms.send(MESSAGE).provider_id
        provider.statuses[sid] = status
        found = sms.find(MESSAGE, sid)
        assert (found.fate, found.provider_id) == (fate, sid)
        assert found.code == ("30003" if status == "undelivered" else status)

    def test_by_its_words_where_the_answer_was_lost(self, sms: TwilioSms, provider: Twilio) -> None:
        provider.next(Fault.DROP)
        assert sms.send(MESSAGE).kind is VerdictKind.UNKNOWN
        assert sms.find(MESSAGE, "") == Finding(Fate.ON_ITS_WAY, SID, "queued")

    def test_even_behind_the_words_of_a_trial_account(self, sms: TwilioSms, provider: Twilio) -> None:
        provider.trial = "Sent from your Twilio trial account - "
        sms.send(MESSAGE)
        assert sms.find(MESSAGE, "").fate is Fate.ON_ITS_WAY

    def test_what_never_arrived_was_never_seen(self, sms: TwilioSms) -> None:
        assert sms.find(MESSAGE, "") == Finding(Fate.NEVER_SEEN)

    @pytest.mark.parametrize(
        "stranger",
        [
            row("SMother", AT, "【安心桥】another message"),
            row("SMearlier", AT - timedelta(minutes=10), f"【安心桥】{TEXT}"),
            row("SMinbound", AT, f"【安心桥】{TEXT}", direction="inbound"),
        ],
    )
    def test_another_message_is_not_taken_for_ours(
        self, sms: TwilioSms, provider: Twilio, stranger: dict[str, object]
    ) -> None:
        provider.strangers.append(stranger)
        assert sms.find(MESSAGE, "").fate is Fate.NEVER_SEEN

    def test_clocks_that_differ_a_little_do_not_hide_it(self, sms: TwilioSms, provider: Twilio) -> None:
        provider.strangers.append(row("SMours", AT - timedelta(seconds=20), f"【安心桥】{TEXT}"))
        assert sms.find(MESSAGE, "").provider_id == "SMours"

    def test_a_row_without_a_readable_date_may_be_ours(self, sms: TwilioSms, provider: Twilio) -> None:
        provider.strangers.append({**row("SMours", AT, f"【安心桥】{TEXT}"), "date_created": "soon"})
        assert sms.find(MESSAGE, "").provider_id == "SMours"

    def test_of_two_alike_the_first_since_the_attempt_is_ours(self, sms: TwilioSms, provider: Twilio) -> None:
        for sid, second in (("SMlater", 9), ("SMfirst", 1)):
            provider.strangers.append(row(sid, AT + timedelta(seconds=second), f"【安心桥】{TEXT}"))
        assert sms.find(MESSAGE, "").provider_id == "SMfirst"

    def test_a_list_too_full_to_end_says_nothing(self, sms: TwilioSms, provider: Twilio) -> None:
        provider.strangers += [row(f"SM{n}", AT, "other words") for n in range(120)]
        assert sms.find(MESSAGE, "").fate is Fate.CANNOT_SAY

    @pytest.mark.parametrize(
        "fault", [Fault.DROP, Fault.GARBAGE, Fault.DEEP, Fault.ERROR_500, Refused("20404", "", 404)]
    )
    @pytest.mark.parametrize("sid", ["", SID])
    def test_no_clear_answer_is_no_finding(
        self, sms: TwilioSms, provider: Twilio, fault: Fault | Refused, sid: str
    ) -> None:
        provider.always(fault, on=Kind.QUERY)
        assert sms.find(MESSAGE, sid).fate is Fate.CANNOT_SAY

    def test_a_call_is_found_by_its_number(self, voice: TwilioVoice, provider: Twilio) -> None:
        provider.strangers.append(row("CAbefore", AT - timedelta(minutes=10), ""))
        assert voice.find(MESSAGE, "").fate is Fate.NEVER_SEEN
        sid = voice.send(MESSAGE).provider_id
        provider.statuses[sid] = "busy"
        assert voice.find(MESSAGE, "") == Finding(Fate.FAILED, sid, "busy")


URL = f"{CALLBACK}?id={MESSAGE_ID}"
STATUS = {"MessageSid": SID, "MessageStatus": "delivered", "To": PHONE, "AccountSid": ACCOUNT_SID, "ErrorCode": ""}
INCOMING = {"MessageSid": "SM9", "From": PHONE, "To": "+15005550006", "Body": "1 A0231 好的 + & ="}


class TestPushes:
    def test_a_receipt_brings_our_id_back(self, sms: TwilioSms) -> None:
        [receipt] = sms.receipts(webhook(SECRET, URL, STATUS))
        assert receipt.fate is Fate.DELIVERED
        assert (receipt.message_id, receipt.provider_id, receipt.phone) == (MESSAGE_ID, SID, PHONE)

    def test_a_failure_brings_its_code(self, sms: TwilioSms) -> None:
        push = webhook(SECRET, URL, {**STATUS, "MessageStatus": "undelivered", "ErrorCode": "30003"})
        [receipt] = sms.receipts(push)
        assert (receipt.fate, receipt.code) == (Fate.FAILED, "30003")

    def test_the_same_one_twice_says_the_same(self, sms: TwilioSms) -> None:
        push = webhook(SECRET, URL, STATUS)
        assert sms.receipts(push) == sms.receipts(push)

    def test_a_reply_comes_as_it_was_written(self, sms: TwilioSms) -> None:
        [reply] = sms.replies(webhook(SECRET, REPLIES, INCOMING))
        assert (reply.provider_id, reply.phone, reply.text) == ("SM9", PHONE, "1 A0231 好的 + & =")

    def test_a_key_pressed_during_a_call_is_a_reply_of_the_one_called(self, voice: TwilioVoice) -> None:
        [reply] = voice.replies(webhook(SECRET, REPLIES, {"CallSid": "CA1", "Digits": "1", "To": PHONE}))
        assert (reply.provider_id, reply.phone, reply.text) == ("CA1", PHONE, "1")

    @pytest.mark.parametrize(
        ("status", "fate"), [("completed", Fate.DELIVERED), ("no-answer", Fate.FAILED), ("ringing", Fate.ON_ITS_WAY)]
    )
    def test_a_calls_end_is_its_receipt(self, voice: TwilioVoice, status: str, fate: Fate) -> None:
        [receipt] = voice.receipts(webhook(SECRET, URL, {"CallSid": "CA1", "CallStatus": status, "To": PHONE}))
        assert (receipt.fate, receipt.message_id) == (fate, MESSAGE_ID)

    @pytest.mark.parametrize("signed_url", [URL.replace("example/", "example:443/"), URL])
    def test_the_port_may_or_may_not_be_signed(self, sms: TwilioSms, signed_url: str) -> None:
        assert sms.receipts(webhook(SECRET, URL, STATUS, signed_url=signed_url))

    def forged(self) -> Iterator[Push]:
        good = webhook(SECRET, URL, STATUS)
        yield webhook("another token", URL, STATUS)
        yield replace(good, headers={})
        yield replace(good, headers={"X-Twilio-Signature": "\udcffé" * 5})
        yield replace(good, body=good.body.replace(b"delivered", b"failed"))
        yield replace(good, body=good.body + b"&ErrorCode=1")
        yield replace(good, url=URL.replace(MESSAGE_ID, "f" * 32))
        yield replace(good, body=b"\xff\xfe")
        yield replace(good, body=b"")
        yield replace(good, body=b"a=" + b"1" * 1_000_000)
        yield replace(good, body=b"&".join(b"a%d=1" % n for n in range(5000)))

    def test_a_forged_or_ruined_one_is_refused_without_repeating_it(self, sms: TwilioSms, voice: TwilioVoice) -> None:
        for push in self.forged():
            for read in (sms.receipts, sms.replies, voice.receipts, voice.replies):
                with pytest.raises(Unreadable) as refused:
                    read(push)
                assert is_discreet(refused.value)

    @pytest.mark.parametrize(
        "form", [{}, {"MessageSid": "SM1"}, {"From": PHONE, "MessageSid": "SM1"}, {"CallSid": "CA1"}]
    )
    def test_a_signed_push_of_something_else_is_refused(
        self, sms: TwilioSms, voice: TwilioVoice, form: dict[str, str]
    ) -> None:
        for read in (sms.receipts, sms.replies, voice.receipts, voice.replies):
            with pytest.raises(Unreadable):
                read(webhook(SECRET, URL, form))

    def test_thanks_are_an_empty_document(self, sms: TwilioSms, voice: TwilioVoice) -> None:
        for gateway in (sms, voice):
            assert gateway.thanks(is_kept=True).body == "<Response/>"
            assert gateway.thanks(is_kept=True).media_type == "text/xml"
            assert (gateway.thanks(is_kept=True).status, gateway.thanks(is_kept=False).status) == (200, 503)


def test_the_signature_is_that_of_twilios_own_example() -> None:
    """From "Webhooks security": what the libraries of every language are tested with."""
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert twilio.signature("12345", url, list(form.items())) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


@given(form=st.dictionaries(st.text(min_size=1), st.text(), max_size=6), token=st.text(min_size=1, max_size=40))
def test_any_form_is_signed_as_described(form: dict[str, str], token: str) -> None:
    assert twilio.signature(token, URL, list(form.items())) == signed(token, URL, form)
