"""The stand-ins are as strict as the providers' pages: the official SDK gets through, a forger does not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.sms.v20210111 import models
from tencentcloud.sms.v20210111.sms_client import SmsClient

from gateways import web
from gateways.base import VerdictKind
from tests.gateways.senders import MESSAGE_ID, PHONE, aliyun_sms, message, tencent_sms
from tests.gateways.standins import tencent as account
from tests.gateways.standins.aliyun import Aliyun
from tests.gateways.standins.provider import Fault
from tests.gateways.standins.tencent import Tencent


@pytest.fixture
def aliyun() -> Iterator[Aliyun]:
    with Aliyun() as standin:
        yield standin


@pytest.fixture
def tencent() -> Iterator[Tencent]:
    with Tencent() as standin:
        yield standin


def _sdk(tencent: Tencent, secret_key: str) -> SmsClient:
    http = HttpProfile(protocol="http", endpoint=tencent.url.removeprefix("http://"), reqTimeout=5)
    return SmsClient(Credential(account.SECRET_ID, secret_key), "ap-guangzhou", ClientProfile(httpProfile=http))


def _request() -> models.SendSmsRequest:
    request = models.SendSmsRequest()
    request.from_json_string(
        json.dumps(
            {
                "PhoneNumberSet": [PHONE],
                "SmsSdkAppId": account.APP_ID,
                "SignName": account.SIGNATURE,
                "TemplateId": "1110",
                "TemplateParamSet": ["T1024", "22:30"],
                "SessionContext": MESSAGE_ID,
            }
        )
    )
    return request


def test_tencents_own_sdk_gets_through(tencent: Tencent) -> None:
    answer = _sdk(tencent, account.SECRET_KEY).SendSms(_request())
    assert answer.SendStatusSet[0].Code == "Ok"
    assert tencent.counts() == {MESSAGE_ID: 1}


def test_tencents_own_sdk_with_a_wrong_key_does_not(tencent: Tencent) -> None:
    with pytest.raises(TencentCloudSDKException, match="SignatureFailure"):
        _sdk(tencent, "another key").SendSms(_request())
    assert not tencent.arrivals


def test_our_request_is_our_sdks_request(tencent: Tencent) -> None:
    """What goes over the wire for one message, by the SDK and by us, differs in nothing that Tencent reads."""
    _sdk(tencent, account.SECRET_KEY).SendSms(_request())
    tencent_sms(tencent).send(message("1110"))
    theirs, ours = tencent.requests
    assert ours.json() == theirs.json()
    assert (ours.method, ours.target) == (theirs.method, theirs.target)
    for name in ("content-type", "host", "x-tc-action", "x-tc-version", "x-tc-region"):
        assert ours.headers[name] == theirs.headers[name]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"access_key_secret": "another"}, "SignatureDoesNotMatch"),
        ({"access_key_id": "another"}, "InvalidAccessKeyId.NotFound"),
    ],
)
def test_wrong_keys_are_an_accounts_trouble_at_aliyun(aliyun: Aliyun, changes: dict[str, str], code: str) -> None:
    verdict = aliyun_sms(aliyun, **changes).send(message())
    assert (verdict.kind, verdict.code) == (VerdictKind.ACCOUNT, code)
    assert not aliyun.arrivals


@pytest.mark.parametrize("ahead", [timedelta(minutes=16), timedelta(minutes=-16)])
def test_a_wrong_clock_is_an_accounts_trouble_at_aliyun(aliyun: Aliyun, ahead: timedelta) -> None:
    verdict = aliyun_sms(aliyun, ahead=ahead).send(message())
    assert (verdict.kind, verdict.code) == (VerdictKind.ACCOUNT, "InvalidTimeStamp.Expired")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"secret_key": "another"}, "AuthFailure.SignatureFailure"),
        ({"secret_id": "another"}, "AuthFailure.SecretIdNotFound"),
        ({"sdk_app_id": "1400000000"}, "UnauthorizedOperation.SmsSdkAppIdVerifyFail"),
    ],
)
def test_wrong_keys_are_an_accounts_trouble_at_tencent(tencent: Tencent, changes: dict[str, str], code: str) -> None:
    verdict = tencent_sms(tencent, **changes).send(message("1110"))
    assert (verdict.kind, verdict.code) == (VerdictKind.ACCOUNT, code)
    assert not tencent.arrivals


def test_a_wrong_clock_is_an_accounts_trouble_at_tencent(tencent: Tencent) -> None:
    verdict = tencent_sms(tencent, ahead=timedelta(minutes=6)).send(message("1110"))
    assert (verdict.kind, verdict.code) == (VerdictKind.ACCOUNT, "AuthFailure.SignatureExpire")


def test_a_request_that_somebody_repeats_is_refused_and_a_changed_one_too(aliyun: Aliyun) -> None:
    aliyun_sms(aliyun).send(message())
    seen = aliyun.requests[0]
    again = web.request("POST", aliyun.url + seen.target, headers=seen.headers, timeout=5)
    changed = seen.target.replace("13800138000", "13900139000")
    forged = web.request("POST", aliyun.url + changed, headers=seen.headers, timeout=5)
    assert again.json()["Code"] == "SignatureNonceUsed"
    assert forged.json()["Code"] == "SignatureDoesNotMatch"
    assert aliyun.counts() == {MESSAGE_ID: 1}


def test_an_arrival_is_journalled_before_it_is_answered(tmp_path: Path) -> None:
    with Aliyun(journal=tmp_path / "journal") as aliyun:
        aliyun.next(Fault.SLOW)
        verdict = aliyun_sms(aliyun, timeout=0.2).send(message())
        assert verdict.kind is VerdictKind.UNKNOWN
        assert json.loads((tmp_path / "journal").read_text()) == {"id": MESSAGE_ID, "phone": PHONE}
