"""A WeCom (企业微信) group robot: the key in its address is the only secret; a mobile number mentions its owner."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

from gateways import attempts, robots, web, wording
from gateways.base import Fate, Finding, Message, Verdict
from rules import phones
from rules.vocabulary import ChannelKind

_LARGEST: Final = 2048
"""Bytes of a text."""

DIALECT: Final = robots.Dialect(
    code="errcode",
    words="errmsg",
    wait=timedelta(minutes=1),  # 20 messages a minute
    too_fast=frozenset({"-1", "45009", "45033"}),
    account=frozenset({"93000", "93004", "93008"}),  # no such robot, switched off, thrown out of the group
)


@dataclass(frozen=True)
class WecomSettings:
    """A robot's address without its key, and the key; ``timeout`` in seconds."""

    name: str
    key: str = field(repr=False)
    url: str = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send"
    timeout: float = 10


class Wecom:
    """One robot in one group."""

    kind = ChannelKind.ROBOT

    def __init__(self, settings: WecomSettings) -> None:
        self.name = settings.name
        self._settings = settings

    def send(self, message: Message) -> Verdict:
        """Say it once to the group, mentioning the recipient."""
        return attempts.attempt(lambda: self._ask(message), DIALECT.read)

    def find(self, message: Message, provider_id: str) -> Finding:
        """A robot has no such question."""
        return Finding(Fate.CANNOT_SAY)

    def _ask(self, message: Message) -> web.Page:
        text: dict[str, object] = {"content": robots.fitting(wording.under_signature(message), _LARGEST)}
        if message.phone:
            text["mentioned_mobile_list"] = [phones.national(message.phone)]
        url = f"{self._settings.url}?{urlencode({'key': self._settings.key})}"
        return robots.post(url, {"msgtype": "text", "text": text}, timeout=self._settings.timeout)
