"""Twilio as its pages describe it: Basic authentication, messages, calls, and its magic numbers for refusals."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit
from xml.etree import ElementTree

from gateways.base import Push
from tests.gateways.standins.provider import Arrival, Kind, Refused, Request, Response, StandIn

ACCOUNT_SID = "AC0123456789abcdef0123456789abcdef"
MAGIC = {
    "+15005550001": ("21211", "The 'To' number +15005550001 is not a valid phone number."),
    "+15005550002": ("21612", "The 'To' phone number: +15005550002, is not currently reachable."),
    "+15005550003": ("21408", "Permission to send an SMS has not been enabled for the region."),
    "+15005550004": ("21610", "Attempt to send to unsubscribed recipient"),
    "+15005550009": ("21614", "'To' number is not a valid mobile number: +15005550009"),
}


class Twilio(StandIn):
    """One account; ``statuses`` says what became of a message by its sid, ``trial`` puts Twilio's words before ours."""

    def __init__(self, auth_token: str, **options: Any) -> None:
        super().__init__(**options)
        self.auth_token = auth_token
        self.statuses: dict[str, str] = {}
        self.strangers: list[dict[str, Any]] = []
        self.trial = ""

    def kind_of(self, request: Request) -> Kind:
        return Kind.QUERY if request.method == "GET" else Kind.SEND

    def refusal(self, request: Request, refused: Refused) -> Response:
        status = refused.status if refused.status != 200 else 400
        said = {"code": int(refused.code), "message": refused.words, "more_info": "https://…", "status": status}
        return Response(said, status)

    def answer(self, request: Request) -> Response:
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        if scheme != "Basic" or b64decode(credentials).decode() != f"{ACCOUNT_SID}:{self.auth_token}":
            raise Refused("20003", "Authenticate", 401)
        _, version, accounts, sid, resource, *rest = request.path.split("/")
        if (version, accounts, sid) != ("2010-04-01", "Accounts", ACCOUNT_SID):
            raise Refused("20404", "The requested resource was not found", 404)
        if request.method == "POST":
            assert request.headers["content-type"] == "application/x-www-form-urlencoded"
            return self._make(resource.removesuffix(".json"), dict(parse_qsl(request.body.decode())))
        if rest:
            return self._one(rest[0].removesuffix(".json"))
        return self._list(resource.removesuffix(".json"), request.parameters)

    def _make(self, resource: str, form: Mapping[str, str]) -> Response:
        if form["To"] in MAGIC:
            raise Refused(*MAGIC[form["To"]])
        if resource == "Calls":
            ElementTree.fromstring(form["Twiml"])  # Malformed TwiML ends the call with an apology.
        own_id = parse_qs(urlsplit(form["StatusCallback"]).query)["id"][0]
        sid = f"{'CA' if resource == 'Calls' else 'SM'}{len(self.arrivals):032x}"
        self.keep(Arrival(own_id, form["To"], sid, {**form, "resource": resource}, self.read_clock()))
        return Response(self._shown(self.arrivals[-1]), 201)

    def _one(self, sid: str) -> Response:
        for arrival in self.shown():
            if arrival.provider_id == sid:
                return Response(self._shown(arrival))
        raise Refused("20404", "The requested resource was not found", 404)

    def _list(self, resource: str, query: Mapping[str, str]) -> Response:
        ours = [one for one in self.shown() if one.phone == query["To"] and one.said["resource"] == resource]
        listed = [*self.strangers, *(self._shown(one) for one in reversed(ours))]
        return Response({resource.lower(): listed[: int(query["PageSize"])], "page": 0})

    def _shown(self, arrival: Arrival) -> dict[str, Any]:
        body = self.trial + arrival.said.get("Body", "")
        return row(arrival.provider_id, arrival.at, body, self.statuses.get(arrival.provider_id, "queued"))


def row(
    sid: str, at: datetime, body: str, status: str = "delivered", direction: str = "outbound-api"
) -> dict[str, Any]:
    """A message or a call as a list shows it."""
    error_code = 30003 if status == "undelivered" else None
    made = format_datetime(at)
    return {
        "sid": sid, "date_created": made, "date_sent": None, "body": body, "status": status,
        "direction": direction, "error_code": error_code,
    }  # fmt: skip


def signed(auth_token: str, url: str, form: Mapping[str, str]) -> str:
    """X-Twilio-Signature as "Validating signatures" describes it, step by step."""
    data = url
    for name in sorted(form):
        data += name + form[name]
    return b64encode(hmac.new(auth_token.encode(), data.encode(), hashlib.sha1).digest()).decode()


def webhook(auth_token: str, url: str, form: Mapping[str, str], *, signed_url: str | None = None) -> Push:
    """A webhook on its way to the desk."""
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "X-Twilio-Signature": signed(auth_token, signed_url or url, form),
    }
    return Push("POST", url, dict(parse_qsl(urlsplit(url).query)), headers, urlencode(form).encode())
