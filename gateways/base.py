"""What every way of sending a message looks like from inside the desk.

A gateway makes one attempt and says honestly what became of it. It keeps nothing, retries nothing and knows no
database; which gateway is asked, when, and how often is the business of the services. What is personal or secret is in
no ``repr``, since those end up in logs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from rules.vocabulary import ChannelKind


class VerdictKind(StrEnum):
    """What became of one attempt.

    Only ACCEPTED and UNKNOWN may mean that the message goes out. UNKNOWN is the honest answer to a connection that was
    lost after the request left: the provider is asked before anything is sent again. RETRY: not sent, later it may be.
    ACCOUNT: not sent, and nothing else will be either until somebody looks after the account. PERMANENT: not sent, and
    this message never will be on this channel.
    """

    ACCEPTED = "accepted"
    RETRY = "retry"
    ACCOUNT = "account"
    PERMANENT = "permanent"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Verdict:
    """The provider's answer: its kind, its id for the message, its code and its own words.

    ``retry_after`` is how long it wants to be left alone with this number; None leaves that to the desk.
    """

    kind: VerdictKind
    provider_id: str = ""
    code: str = ""
    words: str = ""
    retry_after: timedelta | None = None


@dataclass(frozen=True)
class ApprovedTemplate:
    """The text as the provider approved it: its id there, and our variables in the order of the text."""

    provider_id: str
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Message:
    """What is sent.

    ``message_id`` is our own id (32 hex digits), given to the provider wherever it takes one; ``phone`` is E.164,
    ``email`` '' where there is none; ``text`` is the whole text without signature, ``signature`` stands without 【】.
    ``template`` is None where the channel takes free text. ``at`` is when the attempt begins, aware UTC.
    """

    message_id: str
    phone: str = field(repr=False)
    text: str = field(repr=False)
    signature: str
    at: datetime
    email: str = field(default="", repr=False)
    template: ApprovedTemplate | None = None


class Fate(StrEnum):
    """What a provider knows of a message when it is asked."""

    DELIVERED = "delivered"
    FAILED = "failed"
    ON_ITS_WAY = "on_its_way"
    NEVER_SEEN = "never_seen"
    CANNOT_SAY = "cannot_say"


@dataclass(frozen=True)
class Finding:
    """The answer to a question about one message; CANNOT_SAY where the provider has no such question, or no answer."""

    fate: Fate
    provider_id: str = ""
    code: str = ""
    words: str = ""


@dataclass(frozen=True)
class Receipt:
    """A provider's word on a message that it accepted; ``fate`` is DELIVERED, FAILED or ON_ITS_WAY.

    ``message_id`` is our own id where the provider gives it back, otherwise ''; ``at`` is when it happened, aware UTC.
    """

    fate: Fate
    provider_id: str = ""
    message_id: str = ""
    phone: str = field(default="", repr=False)
    code: str = ""
    words: str = ""
    at: datetime | None = None
    parts: int | None = None


@dataclass(frozen=True)
class Reply:
    """What somebody wrote back: the provider's id of it (unique), the number in E.164, the words as they came."""

    provider_id: str
    phone: str = field(repr=False)
    text: str = field(repr=False)
    at: datetime | None = None


@dataclass(frozen=True)
class Push:
    """A request that a provider made to the desk; ``url`` is the whole address as the provider called it."""

    method: str
    url: str = field(repr=False)
    query: Mapping[str, str] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Unreadable(Exception):
    """A push that is forged, or that is none of this provider's; its text says why, without personal data."""


@dataclass(frozen=True)
class Answer:
    """What the provider wants to hear after a push; ``body`` as ``media_type``."""

    status: int
    body: str
    media_type: str = "application/json"


class Gateway(Protocol):
    """One configured channel. ``name`` is the channel's own name, since two may speak the same protocol."""

    name: str
    kind: ChannelKind

    def send(self, message: Message) -> Verdict:
        """Make one attempt within the configured time-out. Raises nothing: what went wrong is the verdict."""
        ...

    def find(self, message: Message, provider_id: str) -> Finding:
        """Ask what became of a message; ``provider_id`` is '' where the answer to the attempt was lost."""
        ...


class Speaks(Protocol):
    """A channel whose provider calls the desk with receipts and replies."""

    def receipts(self, push: Push) -> Sequence[Receipt]:
        """Read the receipts of a push.

        Raises:
            Unreadable: it is forged or no push of receipts.
        """
        ...

    def replies(self, push: Push) -> Sequence[Reply]:
        """Read the replies of a push.

        Raises:
            Unreadable: it is forged or no push of replies.
        """
        ...

    def thanks(self, *, is_kept: bool) -> Answer:
        """What to answer: that it was kept, or that it should come again."""
        ...
