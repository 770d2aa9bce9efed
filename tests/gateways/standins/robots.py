"""The robots of WeCom, DingTalk and Feishu as their pages describe them: every refusal is HTTP 200."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from tests.gateways.standins.provider import Arrival, Kind, Refused, Request, Response, StandIn


class Robot(StandIn):
    """A robot knows no ids: what it said is counted by its words. ``secret`` and ``key`` are its own."""

    code, words = "errcode", "errmsg"

    def __init__(self, key: str, secret: str = "", **options: Any) -> None:
        super().__init__(**options)
        self.key, self.secret = key, secret

    def kind_of(self, request: Request) -> Kind:
        return Kind.SEND

    def refusal(self, request: Request, refused: Refused) -> Response:
        return Response({self.code: int(refused.code), self.words: refused.words}, refused.status)

    def hear(self, words: str, said: Mapping[str, Any]) -> Response:
        self.keep(Arrival(words, "", "", said, self.read_clock()))
        return Response({self.code: 0, self.words: "ok"})

    def check_time(self, seconds: float) -> bool:
        return abs(seconds - self.read_clock().timestamp()) <= 3600


class Wecom(Robot):
    """text.content up to 2,048 bytes; mobiles are mentioned."""

    def answer(self, request: Request) -> Response:
        if request.path != "/cgi-bin/webhook/send" or request.parameters.get("key") != self.key:
            raise Refused("93000", "invalid webhook url, hint: [1]")
        said = request.json()
        if said.get("msgtype") != "text":
            raise Refused("40008", "invalid message type")
        content = said["text"]["content"]
        if not content:
            raise Refused("44004", "empty content")
        if len(content.encode()) > 2048:
            raise Refused("40058", "text.content exceed max length 2048")
        assert all(mobile.isdecimal() for mobile in said["text"].get("mentioned_mobile_list", []))
        return self.hear(content, said)


class Dingtalk(Robot):
    """Signed with milliseconds in the query; up to 20,000 bytes."""

    def answer(self, request: Request) -> Response:
        query = request.parameters
        if request.path != "/robot/send" or query.get("access_token") != self.key:
            raise Refused("300005", "token is not exist")
        if self.secret:
            signed = f"{query.get('timestamp')}\n{self.secret}".encode()
            expected = b64encode(hmac.new(self.secret.encode(), signed, hashlib.sha256).digest()).decode()
            if query.get("sign") != expected or not self.check_time(int(query["timestamp"]) / 1000):
                raise Refused("310000", "sign not match, more: [https://ding-doc.dingtalk.com/…]")
        if len(request.body) > 20_000:
            raise Refused("460101", "message too long, exceed 20000 bytes")
        said = request.json()
        assert said["msgtype"] == "text"
        assert all(f"@{mobile}" in said["text"]["content"] for mobile in said["at"]["atMobiles"])
        return self.hear(said["text"]["content"], said)


class Feishu(Robot):
    """Signed with seconds in the body; up to 20 KB; mentions stand in the text."""

    code, words = "code", "msg"

    def answer(self, request: Request) -> Response:
        if request.path != f"/open-apis/bot/v2/hook/{self.key}":
            raise Refused("19001", "param invalid: incoming webhook access token invalid")
        said = request.json()
        if self.secret:
            key = f"{said.get('timestamp')}\n{self.secret}".encode()
            expected = b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()
            if said.get("sign") != expected or not self.check_time(int(said["timestamp"])):
                raise Refused("19021", "sign match fail or timestamp is not within one hour from current time")
        if len(request.body) > 20 * 1024 or said.get("msg_type") != "text":
            raise Refused("9499", "Bad Request")
        return self.hear(said["content"]["text"], said)
