"""The sandbox provider: accepts everything and lets an inbox page show it as the phone would."""

from __future__ import annotations

from collections.abc import Callable

from gateways.base import Fate, Finding, Message, Verdict, VerdictKind
from rules.vocabulary import ChannelKind


class SandboxGateway:
    """A provider whose far end is a table: ``store`` puts a message there, ``stored`` tells whether it arrived."""

    kind = ChannelKind.SMS

    def __init__(
        self, store: Callable[[Message], None], stored: Callable[[str], bool], *, name: str = "sandbox"
    ) -> None:
        self.name = name
        self._store = store
        self._stored = stored

    def send(self, message: Message) -> Verdict:
        """Deliver at once."""
        self._store(message)
        return Verdict(VerdictKind.ACCEPTED, provider_id=f"sandbox-{message.message_id[:12]}", code="OK")

    def find(self, message: Message, provider_id: str) -> Finding:
        """Whether the message arrived."""
        return Finding(Fate.DELIVERED if self._stored(message.message_id) else Fate.NEVER_SEEN)
