"""Aliyun SMS: what is sent, what each refusal means, and how a message whose answer was lost is found again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from gateways.base import Fate, VerdictKind
from tests.gateways.senders import MESSAGE_ID, PHONE, aliyun_sms, message
from tests.gateways.standins.aliyun import Aliyun, row_of
from tests.gateways.standins.provider import Fault, Kind, Refused

LATE_IN_SHANGHAI = datetime(2026, 11, 21, 15, 59, 59, tzinfo=UTC)
"""Saturday, one second before midnight there."""


@pytest.fixture
def aliyun() -> Iterator[Aliyun]:
    with Aliyun() as standin:
        yield standin


def test_a_message_is_accepted_with_aliyuns_id(aliyun: Aliyun) -> None:
    verdict = aliyun_sms(aliyun).send(message())
    assert (verdict.kind, verdict.code) == (VerdictKind.ACCEPTED, "OK")
    assert [arrival.provider_id for arrival in aliyun.arrivals] == [verdict.provider_id]


def test_our_id_goes_along_and_the_variables_are_texts(aliyun: Aliyun) -> None:
    aliyun_sms(aliyun).send(message())
    said = aliyun.arrivals[0].said
    assert (said["OutId"], said["PhoneNumbers"], said["SignName"]) == (MESSAGE_ID, "13800138000", "安心桥")
    assert json.loads(said["TemplateParam"]) == {"number": "T1024", "due": "22:30"}


def test_a_template_without_variables_gets_none(aliyun: Aliyun) -> None:
    assert aliyun_sms(aliyun).send(message("SMS_1002")).kind is VerdictKind.ACCEPTED
    assert "TemplateParam" not in aliyun.arrivals[0].said


def test_a_message_may_bring_its_own_signature_and_one_without_has_the_accounts(aliyun: Aliyun) -> None:
    gateway = aliyun_sms(aliyun)
    assert gateway.send(message(signature="")).kind is VerdictKind.ACCEPTED
    assert gateway.send(message(signature="别家")).code == "isv.SMS_SIGNATURE_ILLEGAL"


def test_a_number_abroad_is_written_with_its_country(aliyun: Aliyun) -> None:
    assert aliyun_sms(aliyun).send(message(phone="+85251234567")).kind is VerdictKind.ACCEPTED
    assert aliyun.arrivals[0].said["PhoneNumbers"] == "85251234567"


@pytest.mark.parametrize("awkward", ["&+/~*'()!", "a b", "=&?#%2F", "【安心】", "👷🏽", '"\\\n'])
def test_awkward_variables_arrive_as_they_are(aliyun: Aliyun, awkward: str) -> None:
    verdict = aliyun_sms(aliyun).send(message(variables={"number": awkward, "due": ""}))
    assert verdict.kind is VerdictKind.ACCEPTED
    assert json.loads(aliyun.arrivals[0].said["TemplateParam"])["number"] == awkward


def test_a_text_without_an_approved_template_is_not_even_tried(aliyun: Aliyun) -> None:
    verdict = aliyun_sms(aliyun).send(message(None))
    assert (verdict.kind, verdict.code) == (VerdictKind.PERMANENT, "no_template")
    assert not aliyun.requests


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"number": "T1024"}, "isv.TEMPLATE_MISSING_PARAMETERS"),
        ({"number": "https://x.example", "due": ""}, "isv.PARAM_NOT_SUPPORT_URL"),
    ],
)
def test_wrong_variables_are_refused_with_a_200(aliyun: Aliyun, variables: dict[str, str], code: str) -> None:
    verdict = aliyun_sms(aliyun).send(message(variables=variables))
    assert (verdict.kind, verdict.code) == (VerdictKind.PERMANENT, code)
    assert not aliyun.arrivals


THROTTLED = ["isv.BUSINESS_LIMIT_CONTROL", "Throttling", "Throttling.User", "Throttling.Api"]
ACCOUNT = [
    "isv.DAY_LIMIT_CONTROL",
    "isv.MONTH_LIMIT_CONTROL",
    "isv.OUT_OF_SERVICE",
    "isv.AMOUNT_NOT_ENOUGH",
    "isv.ACCOUNT_ABNORMAL",
    "isv.PRODUCT_UN_SUBSCRIPT",
    "isp.RAM_PERMISSION_DENY",
    "isv.DENY_IP_RANGE",
    "isv.SIGN_STATE_ILLEGAL",
    "isv.SMS_SIGN_ILLEGAL",
    "SignatureDoesNotMatch",
    "InvalidAccessKeyId.NotFound",
    "InvalidAccessKeyId.Inactive",
    "InvalidTimeStamp.Expired",
    "Forbidden.RAM",
]
PERMANENT = [
    "isv.MOBILE_NUMBER_ILLEGAL",
    "isv.SMS_TEMPLATE_ILLEGAL",
    "isv.SMS_SIGNATURE_ILLEGAL",
    "isv.SMS_SIGNATURE_SCENE_ILLEGAL",
    "isv.TEMPLATE_MISSING_PARAMETERS",
    "isv.INVALID_JSON_PARAM",
    "isv.PARAM_LENGTH_LIMIT",
    "isv.PARAM_NOT_SUPPORT_URL",
    "isv.BLACK_KEY_CONTROL_LIMIT",
    "isv.SMS_CONTENT_ILLEGAL",
    "isv.EXTEND_CODE_ERROR",
    "isv.DOMESTIC_NUMBER_NOT_SUPPORTED",
    "isv.SOMETHING_NEW",
    "MissingPhoneNumbers",
]
UNKNOWN = ["isp.SYSTEM_ERROR", "isp.SOMETHING_NEW", "ServiceUnavailable", "InternalError", "SignatureNonceUsed", "Odd"]
RULED = [
    *((code, VerdictKind.RETRY) for code in THROTTLED),
    *((code, VerdictKind.ACCOUNT) for code in ACCOUNT),
    *((code, VerdictKind.PERMANENT) for code in PERMANENT),
    *((code, VerdictKind.UNKNOWN) for code in UNKNOWN),
]


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize(("code", "kind"), RULED)
def test_each_code_has_its_verdict(aliyun: Aliyun, code: str, kind: VerdictKind, status: int) -> None:
    aliyun.next(Refused(code, "说明", status))
    verdict = aliyun_sms(aliyun).send(message())
    assert (verdict.kind, verdict.code, verdict.words) == (kind, code, "说明")
    assert verdict.provider_id == ""
    assert len(aliyun.requests) == 1


@pytest.mark.parametrize(
    ("words", "wait"),
    [
        ("触发分钟级流控Permits:1", timedelta(seconds=45)),
        ("触发小时级流控Permits:5", timedelta(minutes=17, seconds=45)),
        ("触发天级流控Permits:40", timedelta(days=1)),
        ("触发号码天级流控Permits:50", timedelta(days=1)),
        ("frequency limit", None),
    ],
)
def test_a_limited_number_is_left_alone_for_as_long_as_aliyun_counts(words: str, wait: timedelta | None) -> None:
    moment = datetime(2026, 11, 21, 14, 42, 15, tzinfo=UTC)
    with Aliyun(read_clock=lambda: moment) as aliyun:
        aliyun.next(Refused("isv.BUSINESS_LIMIT_CONTROL", words))
        verdict = aliyun_sms(aliyun).send(message())
    assert (verdict.kind, verdict.retry_after) == (VerdictKind.RETRY, wait)


def test_a_refusal_that_names_the_number_does_not_hand_it_on(aliyun: Aliyun) -> None:
    verdict = aliyun_sms(aliyun).send(message(phone="+8612345678901"))
    assert verdict.code == "isv.MOBILE_NUMBER_ILLEGAL"
    assert "无效号码" in verdict.words
    assert "12345678901" not in repr(verdict)


# --- finding it again ---


def test_a_message_whose_answer_was_lost_is_found_by_our_id(aliyun: Aliyun) -> None:
    gateway, sent = aliyun_sms(aliyun), message()
    aliyun.next(Fault.DROP)
    assert gateway.send(sent).kind is VerdictKind.UNKNOWN
    assert gateway.find(sent, "").fate is Fate.ON_ITS_WAY


def test_a_message_that_never_arrived_is_known_never_to_have_been_seen(aliyun: Aliyun) -> None:
    gateway, sent = aliyun_sms(aliyun), message()
    aliyun.next(Fault.LOSE)
    assert gateway.send(sent).kind is VerdictKind.UNKNOWN
    assert gateway.find(sent, "").fate is Fate.NEVER_SEEN


def test_a_refused_message_was_never_seen(aliyun: Aliyun) -> None:
    gateway, sent = aliyun_sms(aliyun), message("SMS_0000")
    assert gateway.send(sent).kind is VerdictKind.PERMANENT
    assert gateway.find(sent, "").fate is Fate.NEVER_SEEN


@pytest.mark.parametrize(
    ("status", "fate"), [(1, Fate.ON_ITS_WAY), (2, Fate.FAILED), (3, Fate.DELIVERED), (9, Fate.ON_ITS_WAY)]
)
def test_each_status_is_a_fate(aliyun: Aliyun, status: int, fate: Fate) -> None:
    gateway, sent = aliyun_sms(aliyun), message()
    provider_id = gateway.send(sent).provider_id
    aliyun.statuses[provider_id] = status
    assert gateway.find(sent, "").fate is fate
    finding = gateway.find(sent, provider_id)
    assert (finding.fate, finding.provider_id) == (fate, provider_id)
    assert finding.code == ("DELIVERED" if fate is Fate.DELIVERED else "")


def test_another_message_to_the_same_number_is_not_ours(aliyun: Aliyun) -> None:
    gateway = aliyun_sms(aliyun)
    gateway.send(message(message_id="f" * 32))
    assert gateway.find(message(), "").fate is Fate.NEVER_SEEN


@pytest.mark.parametrize("others", [49, 50, 99, 100, 130])
def test_a_message_is_found_behind_pages_of_others(aliyun: Aliyun, others: int) -> None:
    gateway, sent = aliyun_sms(aliyun), message()
    aliyun.strangers = [row_of(sent.at, f"other-{number}") for number in range(others)]
    assert gateway.find(sent, "").fate is Fate.NEVER_SEEN
    gateway.send(sent)
    assert gateway.find(sent, "").fate is Fate.ON_ITS_WAY


def test_an_endless_list_proves_nothing(aliyun: Aliyun) -> None:
    sent = message()
    aliyun.strangers = [row_of(sent.at, f"other-{number}") for number in range(1001)]
    assert aliyun_sms(aliyun).find(sent, "").fate is Fate.CANNOT_SAY


@pytest.mark.parametrize(("clocks_differ_by", "day"), [(timedelta(0), "20261121"), (timedelta(seconds=2), "20261122")])
def test_a_message_of_midnight_is_found_on_shanghais_day_whichever_it_became(
    clocks_differ_by: timedelta, day: str
) -> None:
    with Aliyun(read_clock=lambda: LATE_IN_SHANGHAI + clocks_differ_by) as aliyun:
        gateway, sent = aliyun_sms(aliyun), message(at=LATE_IN_SHANGHAI)
        gateway.send(sent)
        assert gateway.find(sent, "").fate is Fate.ON_ITS_WAY
        asked = [request.parameters.get("SendDate") for request in aliyun.requests]
    assert asked == [None, "20261121", "20261122"]
    assert day in asked


def test_at_noon_one_day_is_asked_for(aliyun: Aliyun) -> None:
    noon = datetime(2026, 11, 21, 4, tzinfo=UTC)
    with Aliyun(read_clock=lambda: noon) as at_noon:
        aliyun_sms(at_noon).find(message(at=noon), "")
        assert [request.parameters["SendDate"] for request in at_noon.requests] == ["20261121"]


def test_a_list_that_lags_denies_what_it_has_so_the_desk_must_wait(aliyun: Aliyun) -> None:
    gateway, sent = aliyun_sms(aliyun), message()
    aliyun.next(Fault.DROP)
    gateway.send(sent)
    aliyun.lag = float("inf")
    assert gateway.find(sent, "").fate is Fate.NEVER_SEEN
    aliyun.lag = 0
    assert gateway.find(sent, "").fate is Fate.ON_ITS_WAY


def test_what_was_accepted_is_not_denied_by_a_list_that_lags(aliyun: Aliyun) -> None:
    gateway, sent = aliyun_sms(aliyun), message()
    provider_id = gateway.send(sent).provider_id
    aliyun.lag = float("inf")
    assert gateway.find(sent, provider_id).fate is Fate.CANNOT_SAY


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.SLOW])
def test_a_question_without_a_whole_answer_proves_nothing(aliyun: Aliyun, fault: Fault) -> None:
    aliyun.always(fault, on=Kind.QUERY)
    assert aliyun_sms(aliyun).find(message(), "").fate is Fate.CANNOT_SAY


@pytest.mark.parametrize("code", ["isv.OUT_OF_SERVICE", "Throttling.User", "isp.SYSTEM_ERROR"])
def test_a_refused_question_proves_nothing(aliyun: Aliyun, code: str) -> None:
    aliyun.always(Refused(code), on=Kind.QUERY)
    finding = aliyun_sms(aliyun).find(message(), "")
    assert (finding.fate, finding.words) == (Fate.CANNOT_SAY, code)


def test_a_second_page_that_is_refused_proves_nothing_unless_the_first_had_it(aliyun: Aliyun) -> None:
    gateway, sent = aliyun_sms(aliyun), message()
    aliyun.strangers = [row_of(sent.at, f"other-{number}") for number in range(60)]
    served = aliyun._query_send_details

    def first_page_only(said: dict[str, str]) -> dict[str, object]:
        if said["CurrentPage"] != "1":
            raise Refused("Throttling.User", status=400)
        return served(said)

    aliyun._query_send_details = first_page_only
    assert gateway.find(sent, "").fate is Fate.CANNOT_SAY
    aliyun.strangers.insert(0, row_of(sent.at, MESSAGE_ID, 3))
    assert gateway.find(sent, "").fate is Fate.DELIVERED


@pytest.mark.parametrize(
    "answer",
    [
        {"TotalCount": None},
        {"TotalCount": "many"},
        {"TotalCount": True},
        {"SmsSendDetailDTOs": None},
        {"SmsSendDetailDTOs": []},
        {"SmsSendDetailDTOs": {"SmsSendDetailDTO": {}}},
        {"SmsSendDetailDTOs": {"SmsSendDetailDTO": ["row"]}},
        {"TotalCount": "3", "SmsSendDetailDTOs": {"SmsSendDetailDTO": []}},
    ],
)
def test_a_list_that_cannot_be_read_proves_nothing(aliyun: Aliyun, answer: dict[str, object]) -> None:
    good = {"TotalCount": "0", "SmsSendDetailDTOs": {"SmsSendDetailDTO": []}}
    aliyun._query_send_details = lambda said: {**good, **answer}
    assert aliyun_sms(aliyun).find(message(), "").fate is Fate.CANNOT_SAY


def test_odd_rows_of_others_do_not_matter_and_an_odd_status_of_ours_still_says_that_it_is_there(aliyun: Aliyun) -> None:
    rows = [{"OutId": None}, {"OutId": 7}, {"OutId": {}}, {"OutId": MESSAGE_ID, "SendStatus": [3]}]
    answer = {"TotalCount": 4, "SmsSendDetailDTOs": {"SmsSendDetailDTO": rows}}
    aliyun._query_send_details = lambda said: answer
    assert aliyun_sms(aliyun).find(message(), "").fate is Fate.ON_ITS_WAY


def test_of_two_that_went_out_the_better_fate_counts(aliyun: Aliyun) -> None:
    gateway, sent = aliyun_sms(aliyun), message()
    failed, delivered = gateway.send(sent).provider_id, gateway.send(sent).provider_id
    aliyun.statuses = {failed: 2, delivered: 3}
    assert gateway.find(sent, "").fate is Fate.DELIVERED


def test_what_is_older_than_aliyuns_memory_is_not_asked_for(aliyun: Aliyun) -> None:
    sent = message(at=datetime.now(UTC) - timedelta(days=30))
    assert aliyun_sms(aliyun).find(sent, "").fate is Fate.CANNOT_SAY
    assert not aliyun.requests


def test_the_number_asked_for_is_the_number_sent_to(aliyun: Aliyun) -> None:
    aliyun_sms(aliyun).find(message(phone=PHONE), "")
    assert aliyun.requests[0].parameters["PhoneNumber"] == "13800138000"
