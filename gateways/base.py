"""What every way of sending an SMS looks like from inside the desk."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class VerdictKind(StrEnum):
    """What became of one attempt.

    UNKNOWN is the honest answer to a dropped connection: the provider may have the message, so it is asked before
    anything is sent again.
    """

    ACCEPTED = "accepted"
    RETRY = "retry"
    PERMANENT = "permanent"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Verdict:
    """The provider's answer: its kind, its id for the message, its code and its words."""

    kind: VerdictKind
    provider_id: str = ""
    code: str = ""
    words: str = ""


@dataclass(frozen=True)
class Message:
    """What is sent: our own id (the provider echoes it), the E.164 number, the text without signature."""

    message_id: str
    phone: str
    text: str
    signature: str


class Gateway(Protocol):
    """A way to send. ``send`` makes one attempt without retrying by itself."""

    name: str

    def send(self, message: Message) -> Verdict:
        """Make one attempt."""
        ...

    def find(self, message_id: str) -> bool | None:
        """Whether the provider has the message; None when it cannot be asked."""
        ...
