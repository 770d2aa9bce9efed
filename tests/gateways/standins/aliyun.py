"""Aliyun as its pages describe it: ACS3 signatures, SendSms, QuerySendDetails, SingleCallByTts."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, quote
from zoneinfo import ZoneInfo

from tests.gateways.standins.provider import Arrival, Kind, Refused, Request, Response, StandIn

SHANGHAI = ZoneInfo("Asia/Shanghai")
KEY_ID = "LTAI5tStandInKeyId"
SECRET = "StandInSecret-never-in-a-log"
SIGNATURE = "安心桥"
TEMPLATES: Mapping[str, frozenset[str]] = {"SMS_1001": frozenset({"number", "due"}), "SMS_1002": frozenset()}
TTS_TEMPLATES: Mapping[str, frozenset[str]] = {"TTS_1001": frozenset({"number"})}

_AUTHORIZATION = re.compile(r"ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})")
_MUST_BE_SIGNED = {
    "host",
    "x-acs-action",
    "x-acs-version",
    "x-acs-date",
    "x-acs-signature-nonce",
    "x-acs-content-sha256",
}
_DOMESTIC = re.compile(r"(?:\+86|0086|86)?(1[3-9]\d{9})")


class Aliyun(StandIn):
    """SMS and calls of one account; ``statuses`` and ``states`` say what became of a message by its provider's id."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.statuses: dict[str, int] = {}
        self.states: dict[str, str] = {}
        self.strangers: list[dict[str, Any]] = []
        """Rows of other messages to the same numbers, newest first, before ours."""
        self._nonces: set[str] = set()

    def kind_of(self, request: Request) -> Kind:
        return Kind.QUERY if request.headers.get("x-acs-action", "").startswith("Query") else Kind.SEND

    def refusal(self, request: Request, refused: Refused) -> Response:
        said = {"Code": refused.code, "Message": refused.words or refused.code, "RequestId": "8906582E-6722"}
        return Response(said, refused.status)

    def answer(self, request: Request) -> Response:
        self._verify(request)
        actions = {
            "SendSms": self._send_sms,
            "QuerySendDetails": self._query_send_details,
            "SingleCallByTts": self._single_call_by_tts,
            "QueryCallDetailByCallId": self._query_call_detail,
        }
        action = actions.get(request.headers["x-acs-action"])
        if action is None or request.headers["x-acs-version"] != "2017-05-25":
            raise Refused("InvalidAction.NotFound", "Specified api is not found.", 404)
        said = {"Code": "OK", "Message": "OK", "RequestId": "8906582E-6722", **action(request.parameters)}
        return Response(said)

    def _verify(self, request: Request) -> None:
        """As "V3 request body & signature mechanism" describes it, from the bytes of the request itself."""
        match = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
        if not match:
            raise Refused("IncompleteSignature", "The request signature does not conform to the standards.", 400)
        key_id, names, signature = match.groups()
        if key_id != KEY_ID:
            raise Refused("InvalidAccessKeyId.NotFound", "Specified access key is not found.", 404)
        signed = names.split(";")
        given = {name for name in request.headers if name.startswith("x-acs-") or name in ("host", "content-type")}
        if signed != sorted(signed) or not set(signed) >= _MUST_BE_SIGNED or given - set(signed):
            raise Refused("IncompleteSignature", "Headers are missing in the signature.", 400)
        payload = hashlib.sha256(request.body).hexdigest()
        lines = "".join(f"{name}:{request.headers[name].strip()}\n" for name in signed)
        canonical = f"{request.method}\n{request.path}\n{_canonical(request.raw_query)}\n{lines}\n{names}\n{payload}"
        to_sign = "ACS3-HMAC-SHA256\n" + hashlib.sha256(canonical.encode()).hexdigest()
        expected = hmac.new(SECRET.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
        if expected != signature or request.headers["x-acs-content-sha256"] != payload:
            raise Refused("SignatureDoesNotMatch", f"Specified signature is not matched. server sign: {to_sign}", 400)
        dated = datetime.strptime(request.headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        if abs(dated - self.read_clock()) > timedelta(minutes=15):
            raise Refused("InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.", 400)
        nonce = request.headers["x-acs-signature-nonce"]
        if nonce in self._nonces:
            raise Refused("SignatureNonceUsed", "Specified signature nonce was used already.", 400)
        self._nonces.add(nonce)

    def _send_sms(self, said: Mapping[str, str]) -> dict[str, Any]:
        number = _number(said.get("PhoneNumbers", ""))
        if said.get("SignName") != SIGNATURE:
            raise Refused("isv.SMS_SIGNATURE_ILLEGAL", "该账号下找不到对应签名")
        _check_variables(TEMPLATES, said.get("TemplateCode", ""), said.get("TemplateParam"), "isv.SMS_TEMPLATE_ILLEGAL")
        return {"BizId": self._keep(number, said, "^0")}

    def _single_call_by_tts(self, said: Mapping[str, str]) -> dict[str, Any]:
        number = _number(said.get("CalledNumber", ""))
        _check_variables(TTS_TEMPLATES, said.get("TtsCode", ""), said.get("TtsParam"), "isv.TTS_TEMPLATE_ILLEGAL")
        if not 1 <= len(said.get("OutId", "").encode()) <= 15 or said.get("PlayTimes") not in ("1", "2", "3"):
            raise Refused("isv.INVALID_PARAMETERS", "参数异常")
        return {"CallId": self._keep(number, said, "^10281378")}

    def _keep(self, number: str, said: Mapping[str, str], ending: str) -> str:
        provider_id = f"9006197469364{len(self.arrivals):05}{ending}"
        self.keep(Arrival(said.get("OutId", ""), number, provider_id, dict(said), self.read_clock()))
        return provider_id

    def _query_send_details(self, said: Mapping[str, str]) -> dict[str, Any]:
        number, day, size = _number(said["PhoneNumber"]), said["SendDate"], int(said["PageSize"])
        if not 1 <= size <= 50 or not re.fullmatch(r"\d{8}", day):
            raise Refused("isv.INVALID_PARAMETERS", "参数异常")
        rows = [*self.strangers, *(self._row(arrival) for arrival in reversed(self.shown()) if arrival.phone == number)]
        rows = [row for row in rows if row["SendDate"][:10].replace("-", "") == day]
        first = (int(said["CurrentPage"]) - 1) * size
        # The pages call the total a number; what comes is a text.
        return {"TotalCount": str(len(rows)), "SmsSendDetailDTOs": {"SmsSendDetailDTO": rows[first : first + size]}}

    def _row(self, arrival: Arrival) -> dict[str, Any]:
        status = self.statuses.get(arrival.provider_id, 1)
        row = row_of(arrival.at, arrival.message_id, status)
        return {**row, "PhoneNum": arrival.phone.removeprefix("+86"), "TemplateCode": arrival.said["TemplateCode"]}

    def _query_call_detail(self, said: Mapping[str, str]) -> dict[str, Any]:
        if said["ProdId"] != "11000000300006":
            return {}
        asked = datetime.fromtimestamp(int(said["QueryDate"]) / 1000, UTC)
        for arrival in self.shown():
            in_time = timedelta(minutes=-1) <= arrival.at - asked < timedelta(days=1)
            if arrival.provider_id == said["CallId"] and in_time and arrival.provider_id in self.states:
                state = self.states[arrival.provider_id]
                details = {"caller": "0571****5678", "state": state, "stateDesc": state, "callee": arrival.phone}
                return {"Data": json.dumps(details)}
        return {}


def row_of(at: datetime, out_id: str, status: int = 3) -> dict[str, Any]:
    """A line of QuerySendDetails."""
    return {
        "SendDate": f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}",
        "OutId": out_id,
        "SendStatus": status,
        "ErrCode": "DELIVERED" if status == 3 else "",
        "Content": "【安心桥】…",
    }


def _number(text: str) -> str:
    if match := _DOMESTIC.fullmatch(text):
        return f"+86{match[1]}"
    if re.fullmatch(r"[2-9]\d{6,14}", text):
        return f"+{text}"
    raise Refused("isv.MOBILE_NUMBER_ILLEGAL", f"{text}无效号码")


def _check_variables(known: Mapping[str, frozenset[str]], code: str, given: str | None, unknown: str) -> None:
    if code not in known:
        raise Refused(unknown, "模板不合法(不存在或被拉黑)")
    try:
        variables = json.loads(given) if given is not None else {}
    except ValueError:
        raise Refused("isv.INVALID_JSON_PARAM", "参数格式错误，请修改为字符串值") from None
    if not all(isinstance(value, str) for value in variables.values()):
        raise Refused("isv.INVALID_JSON_PARAM", "参数格式错误，请修改为字符串值")
    if known[code] - set(variables):
        raise Refused("isv.TEMPLATE_MISSING_PARAMETERS", "模板变量缺少对应参数值")
    if any("://" in value for value in variables.values()):
        raise Refused("isv.PARAM_NOT_SUPPORT_URL", "变量不支持传入URL")


def _canonical(raw_query: str) -> str:
    """The parameters as the server understood them, encoded as it wants them: another encoding does not match."""
    pairs = sorted(parse_qsl(raw_query, keep_blank_values=True, strict_parsing=bool(raw_query)))
    return "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in pairs)
