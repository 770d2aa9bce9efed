"""Filters above the list of a million messages, each so that the best index answers it.

SQLite does not know how rare a word is: given two indexes it takes either. Where one condition leaves a handful of
messages, the others are written so that they cannot be looked up.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, select

from admin_views.filters import ChoiceFilter, Filter, FlagFilter, PersonFilter, WordFilter, unindexed
from models import Notification
from rules.message_kinds import KINDS
from rules.vocabulary import MessageClass, NotificationKind, NotificationState
from services import channels, search

FEW = 1000
"""So many messages are sorted in no time."""

COMMON_STATES = frozenset(
    {
        NotificationState.ACCEPTED,
        NotificationState.DELIVERED,
        NotificationState.CANCELLED,
        NotificationState.BUNDLED,
    }
)
"""Where messages end; in every other state there are few."""

Asked = Mapping[str, str]


class _Yielding(Filter):
    """A filter that leaves the index to the state's, where that has few messages."""

    def conditions(self, asked: Asked) -> list[ColumnElement[bool]]:
        """What the query must fulfil."""
        if not is_rare(asked):
            return super().conditions(asked)
        yielding = copy.copy(self)
        yielding.column = unindexed(self.column)
        return super(_Yielding, yielding).conditions(asked)


class KindFilter(_Yielding, WordFilter):
    """Which message it is."""


class ReceiverFilter(_Yielding, PersonFilter):
    """One of the company's people."""


class ClassFilter(WordFilter):
    """The class of a message; a rare one by its kinds, which have an index."""

    _RARE = frozenset(MessageClass) - {MessageClass.DUTY, MessageClass.STAFF}

    def conditions(self, asked: Asked) -> list[ColumnElement[bool]]:
        """Of this class."""
        word = self._words.get(asked.get(self.key, "").strip())
        if word in self._RARE and not is_rare(asked):
            return [Notification.kind.in_([kind for kind, each in KINDS.items() if each.message_class is word])]
        return super().conditions(asked)


class DrillFilter(FlagFilter):
    """For practice or in earnest; drills have a kind of their own, which has an index."""

    def condition(self, value: str) -> list[ColumnElement[bool]]:
        """Yes or no."""
        return [Notification.kind == NotificationKind.DRILL] if value == "1" else super().condition(value)


class ChannelFilter(ChoiceFilter):
    """The channel that sent it: one that is configured, or whatever else is asked for."""

    def __init__(self, key: str, label: Any) -> None:
        super().__init__(key, Notification.channel, {}, label)

    def options(self) -> Sequence[tuple[str, str]]:
        """Their names, in the order of fail-over."""
        return [(channel.name, channel.name) for channel in channels.configured()]

    def conditions(self, asked: Asked) -> list[ColumnElement[bool]]:
        """Sent by it; looked up where that helps."""
        name = asked.get(self.key, "").strip()[:32].replace("\x00", "")
        if not name:
            return []
        sent = select(Notification.id).where(Notification.channel == name)
        is_looked_up = self.is_alone(asked) or (not is_rare(asked) and search.capped_count(sent, FEW) <= FEW)
        return [(Notification.channel if is_looked_up else unindexed(Notification.channel)) == name]

    def is_alone(self, asked: Asked) -> bool:
        """Whether nothing else is asked for: then the list goes by when it sent, which its index knows."""
        return bool(asked.get(self.key, "").strip()) and not any(asked.get(key) for key in _OTHERS)


_OTHERS = ("view", "search", "state", "kind", "message_class", "person", "is_drill", "created_at_from", "created_at_to")


def is_rare(asked: Asked) -> bool:
    """Whether the state that is asked for has few messages."""
    state = asked.get("state", "").strip()
    return bool(asked.get("view")) or (state in set(NotificationState) - COMMON_STATES)
