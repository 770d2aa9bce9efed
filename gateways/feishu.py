"""A Feishu (飞书) or Lark group robot with a signing secret.

It cannot mention by number: ``open_ids`` says who is who. Somebody who is not in it is called by mentioning everybody,
since a message that mentions nobody makes no sound at night.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from gateways import attempts, robots, web, wording
from gateways.base import Fate, Finding, Message, Verdict
from rules.vocabulary import ChannelKind

_LARGEST: Final = 18_000
"""Bytes of a text; a whole request may have 20 KB."""

_EVERYBODY: Final = "all"

DIALECT: Final = robots.Dialect(
    code="code",
    words="msg",
    wait=timedelta(minutes=1),  # 5 a second and 100 a minute; crowded at full and half hours
    too_fast=frozenset({"11232"}),
    account=frozenset({"19001", "19021", "19022", "19024"}),  # no such robot; sign, address or keyword refused
)


@dataclass(frozen=True)
class FeishuSettings:
    """A robot's address without its token, its token, its signing secret ('' for none), and open ids by E.164 number.

    ``timeout`` in seconds.
    """

    name: str
    token: str = field(repr=False)
    secret: str = field(default="", repr=False)
    open_ids: Mapping[str, str] = field(default_factory=dict, repr=False)
    url: str = "https://open.feishu.cn/open-apis/bot/v2/hook"
    timeout: float = 10


class Feishu:
    """One robot in one group."""

    kind = ChannelKind.ROBOT

    def __init__(self, settings: FeishuSettings) -> None:
        self.name = settings.name
        self._settings = settings

    def send(self, message: Message) -> Verdict:
        """Say it once to the group, mentioning the recipient."""
        return attempts.attempt(lambda: self._ask(message), DIALECT.read)

    def find(self, message: Message, provider_id: str) -> Finding:
        """A robot has no such question."""
        return Finding(Fate.CANNOT_SAY)

    def _ask(self, message: Message) -> web.Page:
        body: dict[str, object] = {"msg_type": "text", "content": {"text": self._text(message)}}
        if self._settings.secret:
            timestamp = str(int(message.at.timestamp()))
            body |= {"timestamp": timestamp, "sign": signature(self._settings.secret, timestamp)}
        url = f"{self._settings.url}/{quote(self._settings.token, safe='')}"
        return robots.post(url, body, timeout=self._settings.timeout)

    def _text(self, message: Message) -> str:
        whom = self._settings.open_ids.get(message.phone, _EVERYBODY)
        # "<" would begin a mention: nobody who words a complaint may call the whole group.
        harmless = wording.under_signature(message).replace("<", "＜")
        return f"<at user_id={quoteattr(whom)}></at> {robots.fitting(harmless, _LARGEST)}"


def signature(secret: str, timestamp: str) -> str:
    """Feishu's signature of a moment in seconds: moment and secret are the key, and nothing is signed with it."""
    return b64encode(hmac.digest(f"{timestamp}\n{secret}".encode(), b"", hashlib.sha256)).decode()
