"""Tencent Cloud SMS: SendSms with our id as SessionContext, a pull of what the carriers said, and its pushes.

The pull lists a message only once its carrier has reported, and shows our id only where Tencent switched that on. So
it can say what became of a message, but never that there was none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from gateways import attempts, tencent_signature, untrusted, web
from gateways.base import (
    Answer,
    Fate,
    Finding,
    Message,
    Push,
    Receipt,
    Reply,
    Unreadable,
    Verdict,
    VerdictKind,
)
from gateways.codes import Codes
from gateways.untrusted import Record
from rules.vocabulary import ChannelKind

CODES: Final = Codes(
    {
        VerdictKind.RETRY: (
            "LimitExceeded.DeliveryFrequencyLimit",
            "LimitExceeded.GlobalSmsSendingRateLimit",
            "LimitExceeded.PhoneNumberDailyLimit",
            "LimitExceeded.PhoneNumberOneHourLimit",
            "LimitExceeded.PhoneNumberSameContentDailyLimit",
            "LimitExceeded.PhoneNumberThirtySecondLimit",
            "RequestLimitExceeded*",
        ),
        VerdictKind.ACCOUNT: (
            "ActionOffline",
            "AuthFailure*",
            "FailedOperation.InsufficientBalanceInSmsPackage",
            "InternalError.RequestTimeException",  # The desk's clock is wrong.
            "InternalError.SigFieldMissing",
            "InternalError.SigVerificationFail",
            "InvalidParameter.AppidAndBizId",
            "InvalidParameterValue.SdkAppIdNotExist",
            "IpInBlacklist",
            "IpNotInWhitelist",
            "LimitExceeded.*",  # The application's or the account's own limits.
            "UnauthorizedOperation*",
        ),
        VerdictKind.PERMANENT: (
            "FailedOperation.*",
            "FailedOperation.ContainSensitiveWord",
            "FailedOperation.MarketingSendTimeConstraint",
            "FailedOperation.PhoneNumberInBlacklist",
            "FailedOperation.SignatureIncorrectOrUnapproved",
            "FailedOperation.TemplateIncorrectOrUnapproved",
            "FailedOperation.TemplateParamSetNotMatchApprovedTemplate",
            "InvalidParameter*",
            "LimitExceeded.AppCountryOrRegionInBlacklist",
            "LimitExceeded.PhoneNumberCountLimit",
            "MissingParameter*",
            "UnsupportedOperation*",
        ),
        VerdictKind.UNKNOWN: (
            "FailedOperation.OtherError",
            "InternalError*",
            "InternalError.OtherError",
            "InternalError.SendAndRecvFail",
            "InternalError.Timeout",
        ),
    }
)

WAITS: Final[Mapping[str, timedelta]] = {
    "LimitExceeded.PhoneNumberDailyLimit": timedelta(days=1),
    "LimitExceeded.PhoneNumberOneHourLimit": timedelta(hours=1),
    "LimitExceeded.PhoneNumberSameContentDailyLimit": timedelta(days=1),
    "LimitExceeded.PhoneNumberThirtySecondLimit": timedelta(seconds=30),
}

_FATES: Final = {"SUCCESS": Fate.DELIVERED, "FAIL": Fate.FAILED}
_REMEMBERED: Final = timedelta(days=7)
_CLOCKS_APART: Final = timedelta(minutes=10)
_LONGEST_LIST: Final = 100
_KEPT: Final = Answer(200, '{"result": 0, "errmsg": "OK"}')
_NOT_KEPT: Final = Answer(503, '{"result": 1, "errmsg": "not kept, push again"}')


@dataclass(frozen=True)
class TencentSmsSettings:
    """One application of one account; ``timeout`` is seconds, ``signature`` stands for messages that bring none.

    ``shows_our_id`` where Tencent switched on that the pull shows SessionContext; it does so on request only.
    """

    name: str
    secret_id: str
    secret_key: str = field(repr=False)
    sdk_app_id: str = ""
    signature: str = ""
    region: str = "ap-guangzhou"
    endpoint: str = "https://sms.tencentcloudapi.com"
    timeout: float = 5.0
    shows_our_id: bool = False


class TencentSms:
    """A channel that sends through Tencent Cloud SMS; ``read_clock`` is the real time of day, which signatures need."""

    kind = ChannelKind.SMS

    def __init__(self, settings: TencentSmsSettings, read_clock: Callable[[], datetime]) -> None:
        self.name = settings.name
        self._settings = settings
        self._read_clock = read_clock

    def send(self, message: Message) -> Verdict:
        """Send once; only approved templates go out here."""
        if message.template is None:
            return Verdict(VerdictKind.PERMANENT, code="no_template")
        question = {
            "PhoneNumberSet": [message.phone],
            "SmsSdkAppId": self._settings.sdk_app_id,
            "SignName": message.signature or self._settings.signature,
            "TemplateId": message.template.provider_id,
            "TemplateParamSet": list(message.template.variables.values()),
            "SessionContext": message.message_id,
        }
        return attempts.attempt(lambda: self._ask("SendSms", question), _verdict)

    def find(self, message: Message, provider_id: str) -> Finding:
        """Look for what a carrier reported, by Tencent's id or, where it is shown, by ours."""
        at, now = message.at - _CLOCKS_APART, self._read_clock()
        if now - at > _REMEMBERED or not (provider_id or self._settings.shows_our_id):
            return Finding(Fate.CANNOT_SAY, provider_id)
        question = {
            "PhoneNumber": message.phone,
            "SmsSdkAppId": self._settings.sdk_app_id,
            "BeginTime": int(at.timestamp()),
            "EndTime": int(now.timestamp()),
            "Offset": 0,  # Anything else is refused: there is one page.
            "Limit": _LONGEST_LIST,
        }

        def read(page: web.Page) -> Finding:
            for status in _listed(page, "PullSmsSendStatusSet"):
                if self._is_ours(status, message, provider_id):
                    return _finding(status)
            return Finding(Fate.CANNOT_SAY, provider_id)

        return attempts.question(lambda: self._ask("PullSmsSendStatusByPhoneNumber", question), read)

    def receipts(self, push: Push) -> Sequence[Receipt]:
        """Read a push of statuses.

        Raises:
            Unreadable: it is none.
        """
        return untrusted.readings(push, _receipt)

    def replies(self, push: Push) -> Sequence[Reply]:
        """Read a push of a reply.

        Raises:
            Unreadable: it is none.
        """
        return untrusted.readings(push, _reply)

    def thanks(self, *, is_kept: bool) -> Answer:
        """What Tencent wants to hear."""
        return _KEPT if is_kept else _NOT_KEPT

    def _ask(self, action: str, question: Mapping[str, object]) -> web.Page:
        body = json.dumps(question).encode()
        headers = tencent_signature.signed_headers(
            service="sms",
            action=action,
            version="2021-01-11",
            region=self._settings.region,
            host=urlsplit(self._settings.endpoint).netloc,
            body=body,
            secret_id=self._settings.secret_id,
            secret_key=self._settings.secret_key,
            at=self._read_clock(),
        )
        url = f"{self._settings.endpoint.rstrip('/')}/"
        return web.request("POST", url, headers=headers, body=body, timeout=self._settings.timeout)

    def _is_ours(self, status: Record, message: Message, provider_id: str) -> bool:
        if provider_id:
            return status.token("SerialNo") == provider_id
        return status.token("SessionContext") == message.message_id


def _verdict(page: web.Page) -> Verdict:
    """An error of the whole request, or the one status of the one number."""
    response = _response(page)
    error = response.get("Error")
    said = Record(error) if isinstance(error, dict) else next(iter(_listed(page, "SendStatusSet")), Record({}))
    code, words = said.token("Code"), said.words("Message")
    if not code:
        return attempts.unclear(page)
    if page.status == 200 and code == "Ok":
        return Verdict(VerdictKind.ACCEPTED, said.token("SerialNo"), code, words)
    return Verdict(CODES.kind_of(code), code=code, words=words, retry_after=WAITS.get(code))


def _response(page: web.Page) -> Mapping[str, Any]:
    response = attempts.answer(page).get("Response")
    return response if isinstance(response, dict) else {}


def _listed(page: web.Page, name: str) -> list[Record]:
    """The objects of a list in the answer; none where it is no such list."""
    return untrusted.records(_response(page).get(name)) or []


def _finding(status: Record) -> Finding:
    return Finding(
        _FATES.get(status.token("ReportStatus"), Fate.ON_ITS_WAY),
        status.token("SerialNo"),
        words=status.words("Description"),
    )


def _receipt(record: Record) -> Receipt:
    fate, sid = _FATES.get(record.token("report_status")), record.token("sid")
    if fate is None or not sid:
        raise Unreadable("this is no receipt")
    return Receipt(
        fate,
        provider_id=sid,
        phone=_phone(record),
        code=record.token("errmsg"),
        words=record.words("description"),
        at=record.moment("user_receive_time"),
    )


def _reply(record: Record) -> Reply:
    """Tencent numbers no replies: the same words of the same number in the same second are the same reply."""
    phone, text = _phone(record), record.reply("text")
    if not phone or not record.has("text"):
        raise Unreadable("this is no reply")
    return Reply(untrusted.fingerprint(phone, record.text("time"), text), phone, text, record.moment("time"))


def _phone(record: Record) -> str:
    country, number = record.text("nationcode").lstrip("+"), record.text("mobile")
    return untrusted.e164(f"+{country}{number}" if country and not number.startswith("+") else number)
