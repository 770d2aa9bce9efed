"""Channels: the configured ways of sending, in their order, and which of them takes a message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask import current_app

from gateways.base import Gateway
from models import Notification
from rules import backoff
from rules.channel_protocols import CARRIES, Protocol
from rules.throttles import Window
from rules.vocabulary import ChannelKind, MessageClass, MessageRelation
from services import chains, channel_conditions

SANDBOX = "sandbox"
"""The protocol whose far end is the desk itself."""

SOON = timedelta(seconds=5)
"""When a message looks again at a channel that is just being tried after its rest."""


@dataclass(frozen=True)
class Channel:
    """One configured way of sending; ``windows`` are the provider's own caps for one phone.

    ``longest_variable`` is how many characters it takes in one variable of a template; None where it sets no limit.
    """

    name: str
    protocol: str
    kind: ChannelKind
    gateway: Gateway = field(repr=False)
    signature: str
    needs_template: bool
    can_find: bool
    gives_receipts: bool
    windows: tuple[Window, ...]
    longest_variable: int | None = None

    @classmethod
    def of(
        cls, protocol: Protocol, *, name: str, signature: str, gateway: Gateway, longest_variable: int | None = None
    ) -> Channel:
        """A channel that can do what its protocol can."""
        return cls(
            name=name,
            protocol=protocol.name,
            kind=protocol.kind,
            gateway=gateway,
            signature=signature,
            needs_template=protocol.needs_template,
            can_find=protocol.can_find,
            gives_receipts=protocol.gives_receipts,
            windows=protocol.windows,
            longest_variable=longest_variable,
        )


class Channels:
    """The channels in the order of fail-over; ``orders`` has the classes of messages with an order of their own.

    ``for_drills`` is a sandbox that takes what tells of a complaint that is played, where no channel is one.
    """

    def __init__(
        self,
        channels: Sequence[Channel],
        orders: Mapping[MessageClass, Sequence[str]] | None = None,
        *,
        for_drills: Channel | None = None,
    ) -> None:
        self._named = {channel.name: channel for channel in channels}
        self._for_drills = for_drills
        self._orders = {
            message_class: tuple(self._named[name] for name in names) for message_class, names in (orders or {}).items()
        }

    def __iter__(self) -> Iterator[Channel]:
        return iter(self._named.values())

    def __len__(self) -> int:
        return len(self._named)

    def named(self, name: str) -> Channel | None:
        """The channel of this name; None when it is configured no more."""
        channel = self._named.get(name)
        if channel is None and self._for_drills is not None and self._for_drills.name == name:
            return self._for_drills
        return channel

    def drills(self) -> tuple[Channel, ...]:
        """Where complaints that are played may be told of: in the sandbox, and nowhere else (N15)."""
        sandboxes = tuple(channel for channel in self if channel.protocol == SANDBOX)
        return sandboxes or ((self._for_drills,) if self._for_drills is not None else ())

    def order(self, message_class: MessageClass) -> tuple[Channel, ...]:
        """Every channel for messages of a class, the first choice first, without those that never carry them."""
        channels = self._orders.get(message_class, tuple(self._named.values()))
        return tuple(channel for channel in channels if message_class in CARRIES[channel.kind])


def configured() -> Channels:
    """The channels of the running app (``channel_setup.init_app``)."""
    channels: Channels = current_app.extensions["channels"]
    return channels


def choose(channels: Channels, notification: Notification, *, now: datetime) -> Channel | None:
    """The first channel that works now, has not failed with this message, and can reach its receiver.

    Of one whose rest is over only a few messages at a time find out whether it works again.
    """
    for channel in _left(channels, notification):
        if channel_conditions.lets_through(channel.name, now=now):
            return channel
    return None


def others_left(channels: Channels, notification: Notification, *, now: datetime) -> bool:
    """Whether a channel that was not tried may take the message soon; one that waits for a person does not count."""
    conditions = channel_conditions.standing()
    return any(not conditions[channel.name].is_stopped for channel in _left(channels, notification))


def looks_again_at(channels: Channels, notification: Notification, *, now: datetime) -> datetime | None:
    """When a message that no channel takes now looks again, since one rests or is stopped; None where none is left."""
    conditions = channel_conditions.standing()
    latest = now + backoff.ACCOUNT_PAUSE
    looks = [conditions[channel.name].until or latest for channel in _left(channels, notification)]
    return min(max(min(looks), now + SOON), latest) if looks else None


def _left(channels: Channels, notification: Notification) -> Iterator[Channel]:
    """The channels that could take it, whatever their condition, in their order."""
    tried = notification.channels_tried or ()
    order = channels.drills() if notification.is_of_played_complaint else channels.order(notification.message_class)
    for channel in order:
        if channel.name not in tried and _reaches(channel, notification):
            yield channel


def _reaches(channel: Channel, notification: Notification) -> bool:
    """Whether the receiver has what the channel needs; only the company's own people are reached but by SMS."""
    if channel.kind is ChannelKind.SMS:
        return bool(notification.phone)
    person = notification.person
    if person is None:
        return False
    if channel.kind is ChannelKind.EMAIL:
        return bool(person.email)
    return channel.kind is ChannelKind.ROBOT or _deserves_a_call(notification)


def _deserves_a_call(notification: Notification) -> bool:
    """A phone rings where another way did not work, or at the end of a chain."""
    if notification.relation is MessageRelation.FALLBACK:
        return True
    escalation, complaint = notification.escalation, notification.complaint
    if escalation is None or complaint is None:
        return False
    chain = chains.followed(complaint)
    return chain is not None and escalation.to_level >= chain.last
