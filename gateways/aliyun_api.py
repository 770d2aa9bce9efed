"""One question to one of Aliyun's services, and what its answer means; SMS and calls are asked in the same way."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from gateways import aliyun_signature, attempts, web
from gateways.base import Answer, Message, Verdict, VerdictKind
from gateways.codes import Codes, Table
from gateways.untrusted import Record

COMMON_CODES: Final[Table] = {
    VerdictKind.RETRY: ("Throttling*", "isv.BUSINESS_LIMIT_CONTROL"),
    VerdictKind.ACCOUNT: (
        "Forbidden*",
        "IncompleteSignature*",
        "InvalidAccessKeyId*",
        "InvalidSecurityToken*",
        "InvalidTimeStamp*",  # The desk's clock is wrong by more than 15 minutes.
        "NoPermission*",
        "SignatureDoesNotMatch*",
        "isp.RAM_PERMISSION_DENY",
        "isv.ACCOUNT_ABNORMAL",
        "isv.ACCOUNT_NOT_EXISTS",
        "isv.AMOUNT_NOT_ENOUGH",
        "isv.OUT_OF_SERVICE",
        "isv.PRODUCT_UNSUBSCRIBE",
        "isv.PRODUCT_UN_SUBSCRIPT",
    ),
    VerdictKind.PERMANENT: (
        "InvalidParameter*",
        "Missing*",
        "isv.*",  # "The caller's fault" by Aliyun's own grammar.
        "isv.BLACK_KEY_CONTROL_LIMIT",
        "isv.INVALID_JSON_PARAM",
        "isv.INVALID_PARAMETERS",
        "isv.MOBILE_NUMBER_ILLEGAL",
    ),
    VerdictKind.UNKNOWN: (
        "InternalError*",
        "ServiceUnavailable*",
        "SignatureNonceUsed",  # Something on the way sent the request twice: the first may have been taken.
        "isp.*",
        "isp.SYSTEM_ERROR",
    ),
}

_VERSION: Final = "2017-05-25"
_LIMITED: Final = "isv.BUSINESS_LIMIT_CONTROL"
_KEPT: Final = Answer(200, '{"code": 0, "msg": "接收成功"}')
_NOT_KEPT: Final = Answer(503, '{"code": 1, "msg": "暂未接收，请重新推送"}')


@dataclass(frozen=True)
class AliyunAccount:
    """One pair of keys, and the service that is asked with it; ``timeout`` is seconds."""

    name: str
    access_key_id: str
    access_key_secret: str = field(repr=False)
    endpoint: str = ""
    timeout: float = 5.0


class AliyunApi:
    """One of Aliyun's services; ``read_clock`` is the real time of day, which is what a signature is about."""

    def __init__(self, account: AliyunAccount, read_clock: Callable[[], datetime]) -> None:
        self._account = account
        self.read_clock = read_clock

    def ask(self, action: str, parameters: Mapping[str, str]) -> web.Page:
        """Ask once.

        Raises:
            NotSent: nobody could be reached. AnswerLost: no whole answer came back. ValueError: the keys are none.
        """
        account, query = self._account, aliyun_signature.query_string(parameters)
        headers = aliyun_signature.signed_headers(
            action=action,
            version=_VERSION,
            host=urlsplit(account.endpoint).netloc,
            query=query,
            key_id=account.access_key_id,
            secret=account.access_key_secret,
            at=self.read_clock(),
            nonce=uuid.uuid4().hex,
        )
        url = f"{account.endpoint.rstrip('/')}/?{query}"
        return web.request("POST", url, headers=headers, timeout=account.timeout)

    def attempt(self, action: str, parameters: Mapping[str, str], *, codes: Codes, id_field: str) -> Verdict:
        """Make one attempt; ``id_field`` is where the answer holds Aliyun's id."""

        def read(page: web.Page) -> Verdict:
            said = Record(attempts.answer(page))
            code, words = said.token("Code"), said.words("Message")
            if not code:
                return attempts.unclear(page)
            if page.status == 200 and code == "OK":
                return Verdict(VerdictKind.ACCEPTED, said.token(id_field), code, words)
            return Verdict(
                codes.kind_of(code), code=code, words=words, retry_after=_wait(code, words, self.read_clock())
            )

        return attempts.attempt(lambda: self.ask(action, parameters), read)


def dialled(message: Message) -> str:
    """The number as Aliyun writes it: plain inside the country, with its code and without a plus abroad."""
    return message.phone.removeprefix("+86").removeprefix("+")


def thanks(*, is_kept: bool) -> Answer:
    """Anything but a 200 makes Aliyun push again, after one, five and ten minutes."""
    return _KEPT if is_kept else _NOT_KEPT


def _wait(code: str, words: str, at: datetime) -> timedelta | None:
    """How long a number must be left alone: its limits run by the clock's minute and hour, and by 24 hours."""
    if code != _LIMITED:
        return None
    minutes, seconds = at.minute, at.second + at.microsecond / 1e6
    if "分钟" in words:
        return timedelta(minutes=1, seconds=-seconds)
    if "小时" in words:
        return timedelta(hours=1, minutes=-minutes, seconds=-seconds)
    return timedelta(days=1) if "天" in words else None
