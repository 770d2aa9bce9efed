"""Keys, numbers and texts are in no verdict, no repr, no exception and no line of any log."""

from __future__ import annotations

import logging
import traceback
from dataclasses import fields

import pytest

from gateways import web
from gateways.aliyun_api import AliyunApi
from gateways.base import Push
from tests.gateways import test_lost_answers
from tests.gateways.senders import PHONE, message, push
from tests.gateways.standins import aliyun, tencent
from tests.gateways.standins.provider import Fault, Refused, StandIn
from tests.gateways.test_lost_answers import Case

case = test_lost_answers.case
provider = test_lost_answers.provider

SECRETS = (aliyun.SECRET, tencent.SECRET_KEY, "13800138000", "T1024", "secret-path")


def discreet(said: str) -> bool:
    return not any(secret in said for secret in SECRETS)


@pytest.mark.parametrize("fault", [None, Fault.DROP, Fault.HALF, Fault.GARBAGE, Fault.ERROR_503, Fault.LOSE])
def test_an_attempt_leaves_no_trace_of_what_is_secret(
    case: Case, provider: StandIn, fault: Fault | None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    provider.always(fault)
    sender = case.sender(provider)
    verdict = sender.send(case.message)
    finding = sender.find(case.message, verdict.provider_id or "116^102")
    assert discreet(repr(verdict) + repr(finding) + caplog.text)


def test_headers_that_are_none_are_not_reported_with_the_whole_address(caplog: pytest.LogCaptureFixture) -> None:
    """The HTTP library warns of them, and its warning holds the address with the number in it."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("urllib3.connection").warning("Failed to parse headers (url=%s)", PHONE)
    assert discreet(caplog.text)


def test_a_refusal_that_repeats_everything_is_masked(case: Case, provider: StandIn) -> None:
    provider.next(Refused("isv.MOBILE_NUMBER_ILLEGAL", f"{PHONE} 13800138000 8613800138000 无效"))
    verdict = case.sender(provider).send(case.message)
    assert "无效" in verdict.words
    assert discreet(repr(verdict))


def test_the_settings_and_the_senders_show_no_keys(case: Case, provider: StandIn) -> None:
    sender = case.sender(provider)
    held = list(vars(sender).values())
    inside = [list(vars(value).values()) for value in held if isinstance(value, AliyunApi)]
    assert discreet(repr(sender) + repr(held) + repr(inside))


def test_what_is_sent_and_what_is_pushed_shows_no_person() -> None:
    assert discreet(repr(message()) + repr(push([{"mobile": "13800138000"}])))
    assert {field.name for field in fields(Push) if field.repr} == {"method"}


def test_the_exceptions_of_a_lost_connection_name_no_address() -> None:
    with test_lost_answers.nobody() as endpoint, pytest.raises(web.NotSent) as raised:
        web.request("POST", f"{endpoint}/?PhoneNumbers={PHONE}", timeout=1)
    assert discreet("".join(traceback.format_exception(raised.value)))
