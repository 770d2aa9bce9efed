"""What goes wrong between the desk and a provider, for every gateway over HTTP alike."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateways import web
from gateways.base import Fate, Gateway, VerdictKind
from gateways.dingtalk import Dingtalk, DingtalkSettings
from gateways.feishu import Feishu, FeishuSettings
from gateways.kannel import Kannel, KannelSettings
from gateways.signed_http import SignedHttp, SignedHttpSettings
from gateways.twilio import TwilioAccount
from gateways.twilio_sms import TwilioSms
from gateways.twilio_voice import TwilioVoice, TwilioVoiceSettings
from gateways.wecom import Wecom, WecomSettings
from tests.gateways import samples
from tests.gateways.samples import AT, MESSAGE, SECRET, is_discreet, message
from tests.gateways.standins import kannel, robots, signed_http, twilio
from tests.gateways.standins.provider import Fault, Kind, StandIn

CALLBACK = f"https://desk.example/pushes/{SECRET}/receipts"
TIMEOUT = 0.15
"""Seconds: long enough for loopback under load where an answer is expected, short for one that never comes."""


def far_end(name: str) -> StandIn:
    makers: dict[str, Callable[[], StandIn]] = {
        "twilio-sms": lambda: twilio.Twilio(SECRET, read_clock=lambda: AT),
        "twilio-voice": lambda: twilio.Twilio(SECRET, read_clock=lambda: AT),
        "kannel": lambda: kannel.Kannel("desk", SECRET, read_clock=lambda: AT),
        "signed-http": lambda: signed_http.SignedHttp(SECRET, read_clock=lambda: AT),
        "wecom": lambda: robots.Wecom(SECRET, read_clock=lambda: AT),
        "dingtalk": lambda: robots.Dingtalk(SECRET, SECRET, read_clock=lambda: AT),
        "feishu": lambda: robots.Feishu(SECRET, SECRET, read_clock=lambda: AT),
    }
    return makers[name]()


def gateway_at(name: str, url: str, timeout: float = 5, secret: str = SECRET) -> Gateway:
    account = {
        "name": name, "account_sid": twilio.ACCOUNT_SID, "auth_token": secret, "sender": "+15005550006",
        "callback_url": CALLBACK, "base_url": url, "timeout": timeout,
    }  # fmt: skip
    makers: dict[str, Callable[[], Gateway]] = {
        "twilio-sms": lambda: TwilioSms(TwilioAccount(**account)),
        "twilio-voice": lambda: TwilioVoice(TwilioVoiceSettings(**account, replies_url=CALLBACK)),
        "kannel": lambda: Kannel(
            KannelSettings(name, f"{url}/cgi-bin/sendsms", "desk", secret, secret, CALLBACK, timeout=timeout)
        ),
        "signed-http": lambda: SignedHttp(SignedHttpSettings(name, f"{url}/sms", secret, timeout), lambda: AT),
        "wecom": lambda: Wecom(WecomSettings(name, secret, f"{url}/cgi-bin/webhook/send", timeout)),
        "dingtalk": lambda: Dingtalk(DingtalkSettings(name, secret, secret, f"{url}/robot/send", timeout)),
        "feishu": lambda: Feishu(
            FeishuSettings(name, secret, secret, {samples.PHONE: SECRET}, f"{url}/open-apis/bot/v2/hook", timeout)
        ),
    }
    return makers[name]()


NAMES = ["twilio-sms", "twilio-voice", "kannel", "signed-http", "wecom", "dingtalk", "feishu"]


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def provider(name: str) -> Iterator[StandIn]:
    with far_end(name) as standin:
        yield standin


def test_half_a_character_stops_nobody(name: str, provider: StandIn) -> None:
    assert gateway_at(name, provider.url).send(message(text="急\ud83d")).kind is VerdictKind.ACCEPTED


def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_one_attempt_is_one_request(name: str, provider: StandIn) -> None:
    assert gateway_at(name, provider.url).send(MESSAGE).kind is VerdictKind.ACCEPTED
    assert len(provider.requests) == len(provider.arrivals) == 1


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.SLOW])
def test_an_answer_that_does_not_come_whole_leaves_it_unknown(name: str, provider: StandIn, fault: Fault) -> None:
    provider.next(fault)
    verdict = gateway_at(name, provider.url).send(MESSAGE)
    assert len(provider.requests) == 1
    assert verdict.kind is VerdictKind.UNKNOWN and is_discreet(verdict)


def test_a_slow_answer_is_not_waited_for(name: str, provider: StandIn) -> None:
    provider.next(Fault.SLOW)
    assert gateway_at(name, provider.url, timeout=TIMEOUT).send(MESSAGE).kind is VerdictKind.UNKNOWN
    assert len(provider.requests) == 1


def test_nobody_at_home_means_that_it_was_not_sent(name: str) -> None:
    verdict = gateway_at(name, f"http://127.0.0.1:{closed_port()}").send(MESSAGE)
    assert (verdict.kind, verdict.code) == (VerdictKind.RETRY, "not_reached")


@pytest.mark.parametrize("url", ["http://[", "http://127.0.0.1:99999", "http://127.0.0.1:port"])
def test_an_address_that_is_none_is_not_reached(name: str, url: str) -> None:
    assert gateway_at(name, url).send(MESSAGE).kind in (VerdictKind.RETRY, VerdictKind.ACCOUNT)


@pytest.mark.parametrize("secret", ["密钥", "line\nbreak", "half \ud83d", "\0"])
def test_a_secret_that_is_none_raises_nothing(name: str, provider: StandIn, secret: str) -> None:
    assert gateway_at(name, provider.url, secret=secret).send(MESSAGE).kind is not VerdictKind.ACCEPTED


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.SLOW])
def test_a_question_without_a_whole_answer_is_no_finding(name: str, provider: StandIn, fault: Fault) -> None:
    provider.always(fault, on=Kind.QUERY)
    assert gateway_at(name, provider.url).find(MESSAGE, "").fate is Fate.CANNOT_SAY
    assert gateway_at(name, f"http://127.0.0.1:{closed_port()}").find(MESSAGE, "x").fate is Fate.CANNOT_SAY


def test_nothing_personal_and_no_secret_is_logged_or_shown(
    name: str, provider: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    gateway = gateway_at(name, provider.url)
    provider.next(Fault.ERROR_500)
    verdicts = [gateway.send(MESSAGE), gateway.send(MESSAGE), gateway.send(message(phone="+15005550001"))]
    findings = [gateway.find(MESSAGE, ""), gateway.find(MESSAGE, "x")]
    settings = [value for key, value in vars(gateway).items() if key != "_read_clock"]
    assert is_discreet(gateway, *settings, *verdicts, *findings, MESSAGE, caplog.text)


WORDS = ["sid", "status", "code", "message", "errcode", "errmsg", "msg", "provider_id", "retry_after", "messages"]
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["0", "ok"])
answers: st.SearchStrategy[Any] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner), max_leaves=8
)
bodies = answers.map(lambda said: json.dumps(said).encode()) | st.binary(max_size=40)


@given(status=st.integers(100, 599), body=bodies)
def test_whatever_a_provider_answers_is_a_verdict_and_a_finding(status: int, body: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(web, "request", lambda *given, **named: web.Page(status, body))
        for name in NAMES:
            gateway = gateway_at(name, "http://127.0.0.1")
            verdict = gateway.send(MESSAGE)
            assert verdict.kind is not VerdictKind.ACCEPTED or 200 <= status < 300
            for provider_id in ("", "x"):
                assert gateway.find(MESSAGE, provider_id).fate in Fate
