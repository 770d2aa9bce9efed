"""Aliyun's calls: what is asked for, what each refusal means, and what its answers prove."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from gateways.base import Fate, Unreadable, VerdictKind
from rules.vocabulary import ChannelKind
from tests.gateways.senders import MESSAGE_ID, aliyun_voice, message, push
from tests.gateways.standins.aliyun import Aliyun
from tests.gateways.standins.provider import Fault, Kind, Refused

CALL = message("TTS_1001", {"number": "T1024"})


@pytest.fixture
def aliyun() -> Iterator[Aliyun]:
    with Aliyun() as standin:
        yield standin


def test_a_call_is_accepted_with_aliyuns_id_and_carries_as_much_of_ours_as_fits(aliyun: Aliyun) -> None:
    gateway = aliyun_voice(aliyun)
    verdict = gateway.send(CALL)
    arrival = aliyun.arrivals[0]
    assert gateway.kind is ChannelKind.VOICE
    assert (verdict.kind, verdict.provider_id) == (VerdictKind.ACCEPTED, arrival.provider_id)
    assert (arrival.said["OutId"], arrival.said["CalledNumber"]) == (MESSAGE_ID[:15], "13800138000")
    assert json.loads(arrival.said["TtsParam"]) == {"number": "T1024"}
    assert "CalledShowNumber" not in arrival.said


def test_an_own_number_is_shown_where_there_is_one(aliyun: Aliyun) -> None:
    aliyun_voice(aliyun, shown_number="02166668888").send(CALL)
    assert aliyun.arrivals[0].said["CalledShowNumber"] == "02166668888"


def test_a_text_without_an_approved_template_is_not_even_tried(aliyun: Aliyun) -> None:
    assert aliyun_voice(aliyun).send(message(None)).kind is VerdictKind.PERMANENT
    assert not aliyun.requests


def test_an_unknown_template_is_refused(aliyun: Aliyun) -> None:
    verdict = aliyun_voice(aliyun).send(message("TTS_0000"))
    assert (verdict.kind, verdict.code) == (VerdictKind.PERMANENT, "isv.TTS_TEMPLATE_ILLEGAL")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("isv.BUSINESS_LIMIT_CONTROL", VerdictKind.RETRY),
        ("isv.VOICE_CALL_PERIOD_ERROR", VerdictKind.RETRY),
        ("Throttling.User", VerdictKind.RETRY),
        ("isp.RAM_PERMISSION_DENY", VerdictKind.ACCOUNT),
        ("isv.OUT_OF_SERVICE", VerdictKind.ACCOUNT),
        ("isv.PRODUCT_UN_SUBSCRIPT", VerdictKind.ACCOUNT),
        ("isv.PRODUCT_UNSUBSCRIBE", VerdictKind.ACCOUNT),
        ("isv.AMOUNT_NOT_ENOUGH", VerdictKind.ACCOUNT),
        ("isv.ACCOUNT_NOT_EXISTS", VerdictKind.ACCOUNT),
        ("isv.ACCOUNT_ABNORMAL", VerdictKind.ACCOUNT),
        ("isv.BILLID_NOT_EXIST", VerdictKind.ACCOUNT),
        ("isv.DISPLAY_NUMBER_ILLEGAL", VerdictKind.ACCOUNT),
        ("SignatureDoesNotMatch", VerdictKind.ACCOUNT),
        ("isv.TTS_TEMPLATE_ILLEGAL", VerdictKind.PERMANENT),
        ("isv.TEMPLATE_ILLEGAL", VerdictKind.PERMANENT),
        ("isv.TEMPLATE_PARAMS_ILLEGAL", VerdictKind.PERMANENT),
        ("isv.COMPLAINT_REJECT", VerdictKind.PERMANENT),
        ("isv.BLACK_KEY_CONTROL_LIMIT", VerdictKind.PERMANENT),
        ("isv.MOBILE_NUMBER_ILLEGAL", VerdictKind.PERMANENT),
        ("isv.VOICE_CALL_FAIL", VerdictKind.UNKNOWN),
        ("isp.SYSTEM_ERROR", VerdictKind.UNKNOWN),
    ],
)
def test_each_code_has_its_verdict(aliyun: Aliyun, code: str, kind: VerdictKind) -> None:
    aliyun.next(Refused(code))
    verdict = aliyun_voice(aliyun).send(CALL)
    assert (verdict.kind, verdict.code) == (kind, code)


@pytest.mark.parametrize(
    ("state", "fate"),
    [
        ("200000", Fate.DELIVERED),
        ("200001", Fate.DELIVERED),
        ("200002", Fate.FAILED),
        ("200003", Fate.FAILED),
        ("200005", Fate.FAILED),
        ("200010", Fate.FAILED),
        ("200011", Fate.FAILED),
        ("200101", Fate.ON_ITS_WAY),
        ("502", Fate.FAILED),
    ],
)
def test_a_call_is_found_by_aliyuns_id_and_pushed_alike(aliyun: Aliyun, state: str, fate: Fate) -> None:
    gateway = aliyun_voice(aliyun)
    call_id = gateway.send(CALL).provider_id
    aliyun.states[call_id] = state
    finding = gateway.find(CALL, call_id)
    assert (finding.fate, finding.provider_id, finding.code) == (fate, call_id, state)
    report = {"call_id": call_id, "status_code": state, "out_id": MESSAGE_ID[:15], "callee": "13800138000"}
    receipt = gateway.receipts(push([report]))[0]
    assert (receipt.fate, receipt.provider_id, receipt.message_id) == (fate, call_id, MESSAGE_ID[:15])


def test_a_call_whose_answer_was_lost_cannot_be_asked_after(aliyun: Aliyun) -> None:
    gateway = aliyun_voice(aliyun)
    aliyun.next(Fault.DROP)
    assert gateway.send(CALL).kind is VerdictKind.UNKNOWN
    assert gateway.find(CALL, "").fate is Fate.CANNOT_SAY
    assert len(aliyun.requests) == 1


def test_a_call_that_is_not_listed_yet_proves_nothing(aliyun: Aliyun) -> None:
    gateway = aliyun_voice(aliyun)
    call_id = gateway.send(CALL).provider_id
    assert gateway.find(CALL, call_id).fate is Fate.CANNOT_SAY
    aliyun.states[call_id] = "200000"
    assert aliyun_voice(aliyun, product_id="11010000138001").find(CALL, call_id).fate is Fate.CANNOT_SAY


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.SLOW])
def test_a_question_without_a_whole_answer_proves_nothing(aliyun: Aliyun, fault: Fault) -> None:
    aliyun.always(fault, on=Kind.QUERY)
    assert aliyun_voice(aliyun).find(CALL, "116^102").fate is Fate.CANNOT_SAY


@pytest.mark.parametrize("details", [None, 5, "", "{", "[]", "[" * 100_000, '{"state": {}}', '{"state": null}'])
def test_details_that_cannot_be_read_prove_nothing(aliyun: Aliyun, details: object) -> None:
    aliyun._query_call_detail = lambda said: {"Data": details}
    assert aliyun_voice(aliyun).find(CALL, "116^102").fate is Fate.CANNOT_SAY


def test_calls_bring_no_replies(aliyun: Aliyun) -> None:
    with pytest.raises(Unreadable):
        aliyun_voice(aliyun).replies(push([{"phone_number": "13800138000", "content": "1"}]))
