"""The other side of ``gateways/signed_http.py``, written from its first page alone, as a company would write it."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from gateways.base import Push
from tests.gateways.standins.provider import Arrival, Kind, Refused, Request, Response, StandIn

ADDRESS = "/sms"


class SignedHttp(StandIn):
    """A gateway that keeps its promise: one id goes out once."""

    def __init__(self, secret: str, **options: Any) -> None:
        super().__init__(**options)
        self.secret = secret
        self.statuses: dict[str, str] = {}

    def kind_of(self, request: Request) -> Kind:
        return Kind.QUERY if request.method == "GET" else Kind.SEND

    def refusal(self, request: Request, refused: Refused) -> Response:
        said: dict[str, Any] = {"code": refused.code, "words": refused.words}
        if refused.status == 429:
            said["retry_after"] = 90
        return Response(said, refused.status)

    def answer(self, request: Request) -> Response:
        if request.path != ADDRESS:
            raise Refused("no_such_page", status=404)
        if request.method == "GET":
            self._verify(request, request.parameters["id"].encode())
            return Response(self._status(request.parameters["id"]))
        self._verify(request, request.body)
        said = request.json()
        assert request.headers["idempotency-key"] == said["id"]
        known = next((one for one in self.arrivals if one.message_id == said["id"]), None)
        if known is None:
            known = Arrival(said["id"], said["phone"], f"G{len(self.arrivals) + 1}", said, self.read_clock())
            self.keep(known)
        return Response({"provider_id": known.provider_id})

    def _verify(self, request: Request, content: bytes) -> None:
        timestamp = request.headers["x-timestamp"]
        if request.headers["x-signature"] != sign(self.secret, timestamp, content):
            raise Refused("bad_signature", "the secret is another", 401)
        if abs(int(timestamp) - self.read_clock().timestamp()) > 300:
            raise Refused("bad_time", "more than five minutes", 401)

    def _status(self, message_id: str) -> dict[str, str]:
        for arrival in self.shown():
            if arrival.message_id == message_id:
                status = self.statuses.get(message_id, "on_its_way")
                return {"status": status, "provider_id": arrival.provider_id, "code": "X1", "words": "as asked"}
        return {"status": "never_seen"}


def sign(secret: str, timestamp: str, content: bytes) -> str:
    """As the page says."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + content, hashlib.sha256).hexdigest()


def push(secret: str, said: object, *, at: float, timestamp: str | None = None) -> Push:
    """What the gateway brings to the desk."""
    body = said if isinstance(said, bytes) else json.dumps(said, ensure_ascii=False).encode()
    timestamp = timestamp if timestamp is not None else str(int(at))
    headers = {
        "x-timestamp": timestamp,
        "x-signature": sign(secret, timestamp, body),
        "content-type": "application/json",
    }
    return Push("POST", "https://desk.example/pushes/p4th/receipts", {}, headers, body)
