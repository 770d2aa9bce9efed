"""A DingTalk (钉钉) group robot with a signing secret; ``@`` and a mobile number mention its owner."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from gateways import attempts, robots, web, wording
from gateways.base import Fate, Finding, Message, Verdict
from rules import phones
from rules.vocabulary import ChannelKind

_LARGEST: Final = 18_000
"""Bytes of a text; a whole message may have 20,000."""

DIALECT: Final = robots.Dialect(
    code="errcode",
    words="errmsg",
    wait=timedelta(minutes=10),  # 20 messages a minute; who says more is not heard for ten
    too_fast=frozenset({"-1", "130101", "410100", "660026"}),
    account=frozenset(
        # Sign, keyword or address refused; no such token; group dissolved, robot off or gone.
        {"310000", "300001", "300005", "40035", "400013", "400101", "400102", "400106"}
    ),
)


@dataclass(frozen=True)
class DingtalkSettings:
    """A robot's address, its token and its signing secret ('' for none); ``timeout`` in seconds."""

    name: str
    access_token: str = field(repr=False)
    secret: str = field(default="", repr=False)
    url: str = "https://oapi.dingtalk.com/robot/send"
    timeout: float = 10


class Dingtalk:
    """One robot in one group."""

    kind = ChannelKind.ROBOT

    def __init__(self, settings: DingtalkSettings) -> None:
        self.name = settings.name
        self._settings = settings

    def send(self, message: Message) -> Verdict:
        """Say it once to the group, mentioning the recipient."""
        return attempts.attempt(lambda: self._ask(message), DIALECT.read)

    def find(self, message: Message, provider_id: str) -> Finding:
        """A robot has no such question."""
        return Finding(Fate.CANNOT_SAY)

    def _ask(self, message: Message) -> web.Page:
        mobiles = [phones.national(message.phone)] if message.phone else []
        mentions = "".join(f" @{mobile}" for mobile in mobiles)  # DingTalk wants them in the text as well.
        body = {
            "msgtype": "text",
            "text": {"content": robots.fitting(wording.under_signature(message), _LARGEST) + mentions},
            "at": {"atMobiles": mobiles, "isAtAll": False},
        }
        return robots.post(self._url(message.at), body, timeout=self._settings.timeout)

    def _url(self, at: datetime) -> str:
        query = {"access_token": self._settings.access_token}
        if self._settings.secret:
            timestamp = str(int(at.timestamp() * 1000))
            query |= {"timestamp": timestamp, "sign": signature(self._settings.secret, timestamp)}
        return f"{self._settings.url}?{urlencode(query)}"


def signature(secret: str, timestamp: str) -> str:
    """DingTalk's signature of a moment in milliseconds; the secret is the key and signed as well."""
    return b64encode(hmac.digest(secret.encode(), f"{timestamp}\n{secret}".encode(), hashlib.sha256)).decode()
