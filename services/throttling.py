"""Throttling: what each phone got lately, and when it may get one more (SM4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select

from extensions import db
from models import Notification
from rules import throttles
from rules.throttles import LOOK_BACK
from rules.vocabulary import ChannelKind, MessageClass, NotificationKind, NotificationState
from services import bulk
from services.channels import Channel, Channels


@dataclass(frozen=True)
class _Sent:
    at: datetime
    message_class: MessageClass
    kind: NotificationKind
    channel: str


class Ledger:
    """What these phones got within the last day, read once for however many messages.

    Counted is what may have gone out: every attempt, and what a worker holds right now; each kind of channel by itself,
    since an SMS takes no place from a letter. Whoever counts must be the only one who does (``claims.claim``), or two
    would both see the last free place.
    """

    def __init__(self, phones: Iterable[str], fleet: Channels, *, now: datetime) -> None:
        self._now = now
        self._kinds = {channel.name: channel.kind for channel in fleet}
        self._sent: defaultdict[str, list[_Sent]] = defaultdict(list)
        for some in bulk.batches(set(phones)):
            self._read(some)

    def _read(self, phones: Sequence[str]) -> None:
        is_held = Notification.state == NotificationState.CLAIMED
        may_be_sent = Notification.state != NotificationState.QUEUED  # What was put back certainly was not.
        was_sent = (Notification.attempted_at > self._now - LOOK_BACK) & may_be_sent
        row = Notification.phone, Notification.attempted_at, Notification.message_class, Notification.kind
        statement = select(*row, Notification.channel).where(Notification.phone.in_(phones), or_(was_sent, is_held))
        for phone, at, message_class, kind, channel in db.session.execute(statement):
            # A clock that ran ahead for a while silences nobody: what is dated in the future counts as sent now.
            self._sent[phone].append(_Sent(min(at or self._now, self._now), message_class, kind, channel))

    def permitted_at(self, notification: Notification, channel: Channel) -> datetime:
        """The earliest moment from now on at which the receiver may get this message through this channel."""
        sent = [each for each in self._sent[notification.phone] if self._kind(each.channel) is channel.kind]
        return throttles.permitted_at(
            notification.message_class,
            self._now,
            of_class=[each.at for each in sent if each.message_class is notification.message_class],
            altogether=[each.at for each in sent],
            of_template=[each.at for each in sent if (each.kind, each.channel) == (notification.kind, channel.name)],
            provider=channel.windows,
        )

    def note(self, notification: Notification, channel: Channel) -> None:
        """Count a message that leaves now."""
        sent = _Sent(self._now, notification.message_class, notification.kind, channel.name)
        self._sent[notification.phone].append(sent)

    def _kind(self, channel: str) -> ChannelKind:
        """What a channel reached people by; one that is configured no more was most likely for SMS."""
        return self._kinds.get(channel, ChannelKind.SMS)
