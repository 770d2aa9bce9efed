"""Tencent Cloud SMS: what is sent, what each refusal means, and how little its answers to questions prove."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from tencentcloud.sms.v20210111 import errorcodes

from gateways.base import Fate, VerdictKind
from gateways.tencent_sms import CODES, WAITS
from tests.gateways.senders import MESSAGE_ID, PHONE, message, tencent_sms
from tests.gateways.standins.provider import Fault, Kind, Refused
from tests.gateways.standins.tencent import Tencent


@pytest.fixture
def tencent() -> Iterator[Tencent]:
    with Tencent() as standin:
        yield standin


@pytest.fixture
def telling() -> Iterator[Tencent]:
    """An account for which Tencent switched on that the pull shows our id."""
    with Tencent(shows_session_context=True) as standin:
        yield standin


def test_a_message_is_accepted_with_tencents_id(tencent: Tencent) -> None:
    verdict = tencent_sms(tencent).send(message("1110"))
    assert (verdict.kind, verdict.code) == (VerdictKind.ACCEPTED, "Ok")
    assert [arrival.provider_id for arrival in tencent.arrivals] == [verdict.provider_id]


def test_our_id_goes_along_and_the_variables_stand_in_the_order_of_the_text(tencent: Tencent) -> None:
    tencent_sms(tencent).send(message("1110"))
    said = tencent.arrivals[0].said
    assert (said["SessionContext"], said["PhoneNumberSet"]) == (MESSAGE_ID, [PHONE])
    assert said["TemplateParamSet"] == ["T1024", "22:30"]


def test_a_template_without_variables_gets_none(tencent: Tencent) -> None:
    assert tencent_sms(tencent).send(message("1111")).kind is VerdictKind.ACCEPTED


@pytest.mark.parametrize("awkward", ["&+/~*", "a b", "【】", "👷🏽", '"\\'])
def test_awkward_variables_arrive_as_they_are(tencent: Tencent, awkward: str) -> None:
    verdict = tencent_sms(tencent).send(message("1110", {"number": awkward, "due": ""}))
    assert verdict.kind is VerdictKind.ACCEPTED
    assert tencent.arrivals[0].said["TemplateParamSet"] == [awkward, ""]


def test_a_text_without_an_approved_template_is_not_even_tried(tencent: Tencent) -> None:
    verdict = tencent_sms(tencent).send(message(None))
    assert (verdict.kind, verdict.code) == (VerdictKind.PERMANENT, "no_template")
    assert not tencent.requests


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (message("9999"), "FailedOperation.TemplateIncorrectOrUnapproved"),
        (message("1110", {"number": "T1024"}), "FailedOperation.TemplateParamSetNotMatchApprovedTemplate"),
        (message("1110", {"a": "七个汉字的变量", "b": ""}), "InvalidParameterValue.TemplateParameterLengthLimit"),
        (message("1110", {"a": "x://", "b": ""}), "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter"),
        (message("1110", signature="别家"), "FailedOperation.SignatureIncorrectOrUnapproved"),
    ],
)
def test_a_number_that_is_refused_in_a_good_answer_is_refused(tencent: Tencent, sent: object, code: str) -> None:
    verdict = tencent_sms(tencent).send(sent)
    assert (verdict.kind, verdict.code, verdict.provider_id) == (VerdictKind.PERMANENT, code, "")
    assert not tencent.arrivals


THROTTLED = [
    "LimitExceeded.PhoneNumberThirtySecondLimit",
    "LimitExceeded.PhoneNumberOneHourLimit",
    "LimitExceeded.PhoneNumberDailyLimit",
    "LimitExceeded.PhoneNumberSameContentDailyLimit",
    "LimitExceeded.DeliveryFrequencyLimit",
    "RequestLimitExceeded",
    "RequestLimitExceeded.IPLimitExceeded",
]
ACCOUNT = [
    "LimitExceeded.AppDailyLimit",
    "LimitExceeded.AppMainlandChinaDailyLimit",
    "LimitExceeded.DailyLimit",
    "FailedOperation.InsufficientBalanceInSmsPackage",
    "UnauthorizedOperation.ServiceSuspendDueToArrears",
    "UnauthorizedOperation.RequestIpNotInWhitelist",
    "UnauthorizedOperation.SdkAppIdIsDisabled",
    "AuthFailure.SignatureFailure",
    "AuthFailure.SignatureExpire",
]
PERMANENT = [
    "InvalidParameterValue.IncorrectPhoneNumber",
    "InvalidParameterValue.ContentLengthLimit",
    "InvalidParameterValue.SomethingNew",
    "FailedOperation.ContainSensitiveWord",
    "FailedOperation.TemplateIncorrectOrUnapproved",
    "FailedOperation.SignatureIncorrectOrUnapproved",
    "FailedOperation.TemplateParamSetNotMatchApprovedTemplate",
    "FailedOperation.PhoneNumberInBlacklist",
    "FailedOperation.MarketingSendTimeConstraint",
    "UnsupportedOperation",
    "UnsupportedOperation.UnsupportedRegion",
    "MissingParameter.EmptyPhoneNumberSet",
]
UNKNOWN = [
    "InternalError.SendAndRecvFail",
    "InternalError.Timeout",
    "InternalError.OtherError",
    "InternalError",
    "SomethingNew",
]
RULED = [
    *((code, VerdictKind.RETRY) for code in THROTTLED),
    *((code, VerdictKind.ACCOUNT) for code in ACCOUNT),
    *((code, VerdictKind.PERMANENT) for code in PERMANENT),
    *((code, VerdictKind.UNKNOWN) for code in UNKNOWN),
]


@pytest.mark.parametrize(("code", "kind"), RULED)
def test_each_code_has_its_verdict_be_it_of_the_request_or_of_the_number(
    tencent: Tencent, code: str, kind: VerdictKind
) -> None:
    gateway = tencent_sms(tencent)
    tencent.next(Refused(code, "in plain words"))
    of_the_request = gateway.send(message("1110"))
    tencent.number_refusals = [(code, "in plain words")]
    of_the_number = gateway.send(message("1110"))
    assert of_the_request == of_the_number
    assert (of_the_number.kind, of_the_number.code, of_the_number.words) == (kind, code, "in plain words")
    assert of_the_number.retry_after == WAITS.get(code)
    assert not tencent.arrivals


def test_the_table_speaks_of_every_code_that_the_sdk_knows() -> None:
    known = [value for name, value in vars(errorcodes).items() if name.isupper()]
    assert len(known) > 70
    assert [code for code in known if not CODES.entry_of(code)] == []


def test_a_refusal_that_names_the_number_does_not_hand_it_on(tencent: Tencent) -> None:
    tencent.number_refusals = [("InvalidParameterValue.IncorrectPhoneNumber", f"{PHONE} is incorrect")]
    assert "13800138000" not in repr(tencent_sms(tencent).send(message("1110")))


# --- finding it again ---


def test_without_any_id_to_look_for_nothing_is_asked_and_nothing_said(tencent: Tencent) -> None:
    gateway, sent = tencent_sms(tencent), message("1110")
    tencent.next(Fault.DROP)
    assert gateway.send(sent).kind is VerdictKind.UNKNOWN
    assert gateway.find(sent, "").fate is Fate.CANNOT_SAY
    assert len(tencent.requests) == 1


@pytest.mark.parametrize(("status", "fate"), [("SUCCESS", Fate.DELIVERED), ("FAIL", Fate.FAILED)])
def test_by_tencents_id_a_report_is_found(tencent: Tencent, status: str, fate: Fate) -> None:
    gateway, sent = tencent_sms(tencent), message("1110")
    provider_id = gateway.send(sent).provider_id
    tencent.statuses[provider_id] = status
    finding = gateway.find(sent, provider_id)
    assert (finding.fate, finding.provider_id, finding.words) == (fate, provider_id, "DELIVRD")


def test_by_our_id_a_report_is_found_where_tencent_shows_it(telling: Tencent) -> None:
    gateway, sent = tencent_sms(telling), message("1110")
    telling.next(Fault.DROP)
    gateway.send(sent)
    serial = telling.arrivals[0].provider_id
    telling.statuses[serial] = "SUCCESS"
    finding = gateway.find(sent, "")
    assert (finding.fate, finding.provider_id) == (Fate.DELIVERED, serial)


def test_what_no_carrier_reported_yet_is_never_called_never_seen(telling: Tencent) -> None:
    gateway, sent = tencent_sms(telling), message("1110")
    telling.next(Fault.DROP)
    gateway.send(sent)
    assert gateway.find(sent, "").fate is Fate.CANNOT_SAY


def test_a_report_of_another_message_is_not_ours(telling: Tencent) -> None:
    gateway = tencent_sms(telling)
    other = gateway.send(message("1110", message_id="f" * 32)).provider_id
    telling.statuses[other] = "SUCCESS"
    assert gateway.find(message("1110"), "").fate is Fate.CANNOT_SAY
    assert gateway.find(message("1110"), "2026:1").fate is Fate.CANNOT_SAY


def test_an_account_that_was_thought_to_show_our_id_and_does_not_proves_nothing(tencent: Tencent) -> None:
    gateway = tencent_sms(tencent, shows_our_id=True)
    serial = gateway.send(message("1110")).provider_id
    tencent.statuses[serial] = "SUCCESS"
    assert gateway.find(message("1110"), "").fate is Fate.CANNOT_SAY


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.SLOW])
def test_a_question_without_a_whole_answer_proves_nothing(telling: Tencent, fault: Fault) -> None:
    telling.always(fault, on=Kind.QUERY)
    assert tencent_sms(telling).find(message("1110"), "").fate is Fate.CANNOT_SAY


def test_a_refused_question_proves_nothing(telling: Tencent) -> None:
    telling.always(Refused("RequestLimitExceeded"), on=Kind.QUERY)
    assert tencent_sms(telling).find(message("1110"), "2026:1").fate is Fate.CANNOT_SAY


@pytest.mark.parametrize("statuses", [None, {}, "x", [1], [None], [{"SerialNo": 5}], [{"SerialNo": ["2026:1"]}]])
def test_a_list_that_cannot_be_read_proves_nothing(telling: Tencent, statuses: object) -> None:
    telling._pull = lambda said: {"PullSmsSendStatusSet": statuses}
    assert tencent_sms(telling).find(message("1110"), "2026:1").fate is Fate.CANNOT_SAY


def test_a_report_that_is_neither_success_nor_failure_is_on_its_way(telling: Tencent) -> None:
    row = {"SerialNo": "2026:1", "ReportStatus": "WAITING"}
    telling._pull = lambda said: {"PullSmsSendStatusSet": [row]}
    assert tencent_sms(telling).find(message("1110"), "2026:1").fate is Fate.ON_ITS_WAY


def test_what_is_older_than_tencents_memory_is_not_asked_for(telling: Tencent) -> None:
    sent = message("1110", at=datetime.now(UTC) - timedelta(days=7))
    assert tencent_sms(telling).find(sent, "2026:1").fate is Fate.CANNOT_SAY
    assert not telling.requests
