"""Our signatures are the official SDKs' signatures, whatever is signed."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

from alibabacloud_openapi_util.client import Client as AliyunSdk
from hypothesis import given
from hypothesis import strategies as st
from tencentcloud.common.abstract_client import AbstractClient as TencentSdk

from gateways import aliyun_signature, tencent_signature

WORDS = st.text(st.characters(codec="utf-8"), max_size=30)
AWKWARD = st.sampled_from(["&+/~*'()!", "a b", "【安心桥】", "%2F", "👷🏽", "a=b&c=d", ""])
NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9._~-]{0,12}", fullmatch=True)
KEYS = st.from_regex(r"[A-Za-z0-9]{1,40}", fullmatch=True)
HOSTS = st.sampled_from(["dysmsapi.aliyuncs.com", "sms.tencentcloudapi.com", "127.0.0.1:9801"])
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


@given(
    parameters=st.dictionaries(NAMES, WORDS | AWKWARD, max_size=8),
    action=NAMES,
    host=HOSTS,
    key_id=KEYS,
    secret=KEYS | WORDS,
    at=MOMENTS,
    nonce=KEYS,
)
def test_aliyuns_sdk_signs_as_we_do(
    parameters: dict[str, str], action: str, host: str, key_id: str, secret: str, at: datetime, nonce: str
) -> None:
    query = aliyun_signature.query_string(parameters)
    ours = aliyun_signature.signed_headers(
        action=action, version="2017-05-25", host=host, query=query, key_id=key_id, secret=secret, at=at, nonce=nonce
    )
    authorization = ours.pop("Authorization")
    request = SimpleNamespace(method="POST", pathname="/", query=parameters, headers=ours)
    payload = ours["x-acs-content-sha256"]
    assert payload == AliyunSdk.hex_encode(AliyunSdk.hash(b"", "ACS3-HMAC-SHA256"))
    theirs = AliyunSdk.get_authorization(request, "ACS3-HMAC-SHA256", payload, key_id, secret)
    assert authorization == theirs


@given(
    body=st.binary(max_size=200) | WORDS.map(str.encode),
    service=st.sampled_from(["sms", "vms"]),
    host=HOSTS,
    secret_id=KEYS,
    secret_key=KEYS | WORDS,
    at=MOMENTS,
)
def test_tencents_sdk_signs_as_we_do(
    body: bytes, service: str, host: str, secret_id: str, secret_key: str, at: datetime
) -> None:
    ours = tencent_signature.signed_headers(
        service=service,
        action="SendSms",
        version="2021-01-11",
        region="ap-guangzhou",
        host=host,
        body=body,
        secret_id=secret_id,
        secret_key=secret_key,
        at=at,
    )
    # The client that their method is called on is not looked at.
    request = SimpleNamespace(method="POST", uri="/", data=body, header=ours)
    day = f"{datetime.fromtimestamp(int(ours['X-TC-Timestamp']), UTC):%Y-%m-%d}"
    theirs = TencentSdk._get_tc3_signature(None, {}, request, day, service, secret_key)
    assert ours["Authorization"] == (
        f"TC3-HMAC-SHA256 Credential={secret_id}/{day}/{service}/tc3_request, "
        f"SignedHeaders=content-type;host, Signature={theirs}"
    )
