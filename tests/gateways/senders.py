"""The senders of the tests, pointed at their stand-ins, and the messages that they send."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from gateways.aliyun_sms import AliyunSms, AliyunSmsSettings
from gateways.aliyun_voice import AliyunVoice, AliyunVoiceSettings
from gateways.base import ApprovedTemplate, Message, Push
from gateways.tencent_sms import TencentSms, TencentSmsSettings
from tests.gateways.standins import aliyun as aliyun_account
from tests.gateways.standins import tencent as tencent_account
from tests.gateways.standins.aliyun import Aliyun
from tests.gateways.standins.tencent import Tencent

MESSAGE_ID = "0123456789abcdef0123456789abcdef"
PHONE = "+8613800138000"


def message(
    template: str | None = "SMS_1001", variables: Mapping[str, str] | None = None, **fields: Any
) -> Message:  # fmt: skip
    """A message to the desk's Lin, attempted now."""
    if variables is None:
        variables = {"number": "T1024", "due": "22:30"} if template in ("SMS_1001", "1110") else {}
    given = {
        "message_id": MESSAGE_ID,
        "phone": PHONE,
        "text": "T1024新投诉待您接单，22:30前须联系客户，请登录系统处理。",
        "signature": "安心桥",
        "at": datetime.now(UTC),
        "template": ApprovedTemplate(template, variables) if template else None,
    }
    return Message(**(given | fields))


def aliyun_sms(standin: Aliyun, *, timeout: float = 5.0, ahead: timedelta = timedelta(), **changes: Any) -> AliyunSms:
    """The sender of the stand-in's account, its clock ``ahead`` of the real one."""
    given = {
        "name": "aliyun",
        "access_key_id": aliyun_account.KEY_ID,
        "access_key_secret": aliyun_account.SECRET,
        "signature": "安心桥",
        "endpoint": standin.url,
        "timeout": timeout,
    }
    return AliyunSms(AliyunSmsSettings(**(given | changes)), lambda: standin.read_clock() + ahead)


def aliyun_voice(standin: Aliyun, *, timeout: float = 5.0, **changes: Any) -> AliyunVoice:
    """The caller of the stand-in's account."""
    given = {
        "name": "aliyun-voice",
        "access_key_id": aliyun_account.KEY_ID,
        "access_key_secret": aliyun_account.SECRET,
        "endpoint": standin.url,
        "timeout": timeout,
    }
    return AliyunVoice(AliyunVoiceSettings(**(given | changes)), standin.read_clock)


def tencent_sms(
    standin: Tencent, *, timeout: float = 5.0, ahead: timedelta = timedelta(), **changes: Any
) -> TencentSms:  # fmt: skip
    """The sender of the stand-in's application, its clock ``ahead`` of the real one."""
    given = {
        "name": "tencent",
        "secret_id": tencent_account.SECRET_ID,
        "secret_key": tencent_account.SECRET_KEY,
        "sdk_app_id": tencent_account.APP_ID,
        "signature": "安心桥",
        "endpoint": standin.url,
        "timeout": timeout,
        "shows_our_id": standin.shows_session_context,
    }
    return TencentSms(TencentSmsSettings(**(given | changes)), lambda: standin.read_clock() + ahead)


def push(body: object) -> Push:
    """A push as a provider makes it; what is no bytes becomes JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    return Push("POST", "https://desk.example/receipts/secret-path", {}, {"Content-Type": "application/json"}, raw)
