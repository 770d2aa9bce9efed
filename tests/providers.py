"""Providers that tests hold in their hands: they answer from a list and remember what they were handed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from gateways.base import Fate, Finding, Message, Verdict, VerdictKind
from rules.vocabulary import ChannelKind
from services.channels import Channel, Channels

ACCEPTED = Verdict(VerdictKind.ACCEPTED, provider_id="p1", code="OK")


@dataclass
class Provider:
    """A provider's far end. ``knows`` is what it says of every message when it is asked."""

    answers: list[Verdict | BaseException] = field(default_factory=list)
    knows: Fate | Exception = Fate.CANNOT_SAY
    name: str = "test"
    kind: ChannelKind = ChannelKind.SMS
    handed: list[Message] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def send(self, message: Message) -> Verdict:
        """Answer with the next of ``answers``, or accept."""
        self.handed.append(message)
        answer = self.answers.pop(0) if self.answers else replace(ACCEPTED, provider_id=f"p-{len(self.handed)}")
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def find(self, message: Message, provider_id: str) -> Finding:
        """Say what it knows."""
        self.asked.append(message.message_id)
        if isinstance(self.knows, Exception):
            raise self.knows
        return Finding(self.knows)

    @property
    def ids(self) -> list[str]:
        """Our ids of what it was handed, in order."""
        return [message.message_id for message in self.handed]

    @property
    def texts(self) -> list[str]:
        """The words it was handed, in order."""
        return [message.text for message in self.handed]


def fleet_of(*providers: Provider, **more: Any) -> Channels:
    """The desk's channels are these providers, in this order; ``more`` describes each channel."""
    return Channels(tuple(_channels(providers, more)))


def _channels(providers: Iterable[Provider], more: dict[str, Any]) -> Iterable[Channel]:
    for provider in providers:
        described = {
            "protocol": "test",
            "signature": "安心桥",
            "needs_template": False,
            "can_find": True,
            "gives_receipts": False,
            "windows": (),
            **more,
        }
        yield Channel(name=provider.name, kind=provider.kind, gateway=provider, **described)
