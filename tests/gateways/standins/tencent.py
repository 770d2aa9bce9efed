"""Tencent Cloud SMS as its pages describe it: TC3 signatures, SendSms, PullSmsSendStatusByPhoneNumber."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.gateways.standins.provider import Arrival, Kind, Refused, Request, Response, StandIn

SECRET_ID = "AKIDStandInSecretId"
SECRET_KEY = "StandInKey-never-in-a-log"
APP_ID = "1400006666"
SIGNATURE = "安心桥"
TEMPLATES: Mapping[str, int] = {"1110": 2, "1111": 0, "1112": 1}

_AUTHORIZATION = re.compile(
    r"TC3-HMAC-SHA256 Credential=([^/]+)/(\d{4}-\d\d-\d\d)/sms/tc3_request, "
    r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})"
)


class Tencent(StandIn):
    """One application; ``statuses`` says what the carriers reported, by serial number: SUCCESS or FAIL.

    ``shows_session_context`` is what Tencent switches on when asked to.
    """

    def __init__(self, *, shows_session_context: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.shows_session_context = shows_session_context
        self.statuses: dict[str, str] = {}
        self.number_refusals: list[tuple[str, str]] = []
        """Codes and words with which the next numbers are refused inside a good answer."""

    def kind_of(self, request: Request) -> Kind:
        return Kind.QUERY if request.headers.get("x-tc-action", "").startswith("Pull") else Kind.SEND

    def refusal(self, request: Request, refused: Refused) -> Response:
        error = {"Code": refused.code, "Message": refused.words or refused.code}
        return Response({"Response": {"Error": error, "RequestId": "ed93f3cb"}}, refused.status)

    def answer(self, request: Request) -> Response:
        self._verify(request)
        if request.headers.get("x-tc-version") != "2021-01-11" or not request.headers.get("x-tc-region"):
            raise Refused("MissingParameter", "The request is missing a required parameter.")
        actions = {"SendSms": self._send_sms, "PullSmsSendStatusByPhoneNumber": self._pull}
        action = actions.get(request.headers["x-tc-action"])
        if action is None:
            raise Refused("InvalidAction", "The request action is invalid.")
        try:
            said = request.json()
        except ValueError:
            raise Refused("InvalidParameter", "The body is no JSON.") from None
        return Response({"Response": {**action(said), "RequestId": "a0aabda6"}})

    def _verify(self, request: Request) -> None:
        """As "Signature Algorithm v3" describes it, from the bytes of the request itself."""
        match = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
        if not match:
            raise Refused("AuthFailure.InvalidAuthorization", "The Authorization does not conform.")
        secret_id, date, names, signature = match.groups()
        if secret_id != SECRET_ID:
            raise Refused("AuthFailure.SecretIdNotFound", "The SecretId is not found.")
        if not {"content-type", "host"} <= set(names.split(";")):
            raise Refused("AuthFailure.InvalidAuthorization", "content-type and host must be signed.")
        lines = "".join(f"{name}:{request.headers[name].strip().lower()}\n" for name in names.split(";"))
        payload = hashlib.sha256(request.body).hexdigest()
        canonical = f"{request.method}\n{request.path}\n{request.raw_query}\n{lines}\n{names}\n{payload}"
        timestamp = request.headers["x-tc-timestamp"]
        scope = f"{date}/sms/tc3_request"
        to_sign = f"TC3-HMAC-SHA256\n{timestamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        day = _mac(("TC3" + SECRET_KEY).encode(), date)
        expected = _mac(_mac(_mac(day, "sms"), "tc3_request"), to_sign).hex()
        if expected != signature:
            raise Refused("AuthFailure.SignatureFailure", "The provided credentials could not be validated.")
        sent = datetime.fromtimestamp(int(timestamp), UTC)
        if abs((sent - self.read_clock()).total_seconds()) > 300 or f"{sent:%Y-%m-%d}" != date:
            raise Refused("AuthFailure.SignatureExpire", "The signature has expired.")

    def _send_sms(self, said: Mapping[str, Any]) -> dict[str, Any]:
        if said.get("SmsSdkAppId") != APP_ID:
            raise Refused("UnauthorizedOperation.SmsSdkAppIdVerifyFail", "Verification of SmsSdkAppId failed.")
        numbers = said.get("PhoneNumberSet")
        if not isinstance(numbers, list) or not numbers:
            raise Refused("MissingParameter.EmptyPhoneNumberSet", "The number set is empty.")
        return {"SendStatusSet": [self._status(number, said) for number in numbers]}

    def _status(self, number: str, said: Mapping[str, Any]) -> dict[str, Any]:
        code, words = self._fault_of(number, said)
        serial = ""
        if code == "Ok":
            serial = f"2026:53888444541600{len(self.arrivals):05}"
            ours = str(said.get("SessionContext", ""))
            self.keep(Arrival(ours, number, serial, dict(said), self.read_clock()))
        return {
            "SerialNo": serial,
            "PhoneNumber": number,
            "Fee": 1 if serial else 0,
            "SessionContext": said.get("SessionContext", ""),
            "Code": code,
            "Message": words,
            "IsoCode": "CN",
        }

    def _fault_of(self, number: str, said: Mapping[str, Any]) -> tuple[str, str]:
        if self.number_refusals:
            return self.number_refusals.pop(0)
        if not re.fullmatch(r"\+[1-9]\d{6,14}", number):
            return "InvalidParameterValue.IncorrectPhoneNumber", f"{number} is incorrect"
        if said.get("SignName") != SIGNATURE:
            return "FailedOperation.SignatureIncorrectOrUnapproved", "signature is not approved"
        variables = said.get("TemplateParamSet", [])
        if said.get("TemplateId") not in TEMPLATES:
            return "FailedOperation.TemplateIncorrectOrUnapproved", "template is not approved"
        if len(variables) != TEMPLATES[said["TemplateId"]]:
            return "FailedOperation.TemplateParamSetNotMatchApprovedTemplate", "params do not match"
        if any("://" in variable for variable in variables):
            return "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter", "url in a variable"
        if any(len(variable) > 6 for variable in variables):
            return "InvalidParameterValue.TemplateParameterLengthLimit", "a variable is too long"
        return "Ok", "send success"

    def _pull(self, said: Mapping[str, Any]) -> dict[str, Any]:
        if said["Offset"] != 0 or not 1 <= said["Limit"] <= 100 or said["EndTime"] < said["BeginTime"]:
            raise Refused("InvalidParameterValue.OffsetVerifyFail", "The parameters are wrong.")
        if self.read_clock().timestamp() - said["BeginTime"] > 7.1 * 86400:
            raise Refused("InvalidParameterValue.BeginTimeVerifyFail", "Seven days at most.")
        reported = [
            self._report(arrival)
            for arrival in self.shown()
            if arrival.phone == said["PhoneNumber"] and arrival.provider_id in self.statuses
        ]
        return {"PullSmsSendStatusSet": reported[: said["Limit"]]}

    def _report(self, arrival: Arrival) -> dict[str, Any]:
        return {
            "UserReceiveTime": int(arrival.at.timestamp()),
            "CountryCode": "86",
            "SubscriberNumber": arrival.phone.removeprefix("+86"),
            "PhoneNumber": arrival.phone,
            "SerialNo": arrival.provider_id,
            "ReportStatus": self.statuses[arrival.provider_id],
            "Description": "DELIVRD",
            "SessionContext": arrival.message_id if self.shows_session_context else "",
        }


def _mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def as_pushed(body: object) -> bytes:
    """A push's body."""
    return json.dumps(body, ensure_ascii=False).encode()
