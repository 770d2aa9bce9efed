"""What became of the attempt to tell somebody something, whatever number of messages and channels it took."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from rules.vocabulary import N_, NotificationState, Term


class Fate(Term):
    """From the best that can be known to the worst."""

    ANSWERED = "answered", N_("Answered")
    REACHED = "reached", N_("Delivered")
    TAKEN = "taken", N_("Accepted, no word of delivery")
    ON_ITS_WAY = "on_its_way", N_("On its way")
    UNCERTAIN = "uncertain", N_("Nobody knows whether it arrived")
    LOST = "lost", N_("Did not arrive")
    SPARED = "spared", N_("Not needed any more")
    UNTOLD = "untold", N_("Could not be told")


UNREACHED = frozenset({Fate.UNCERTAIN, Fate.LOST, Fate.UNTOLD})
"""Somebody has to look after these."""

_FATES: Mapping[NotificationState, Fate] = MappingProxyType(
    {
        NotificationState.DELIVERED: Fate.REACHED,
        NotificationState.ACCEPTED: Fate.TAKEN,
        NotificationState.QUEUED: Fate.ON_ITS_WAY,
        NotificationState.CLAIMED: Fate.ON_ITS_WAY,
        NotificationState.ATTEMPTED: Fate.ON_ITS_WAY,
        NotificationState.UNKNOWN: Fate.UNCERTAIN,
        NotificationState.FAILED: Fate.LOST,
        NotificationState.EXPIRED: Fate.LOST,
        NotificationState.CANCELLED: Fate.SPARED,
        NotificationState.BUNDLED: Fate.SPARED,
    }
)
"""One message by itself. Of a bundled one the bundle says what became of it, and is asked in its place."""

_BEST_FIRST = tuple(Fate)


def fate(states: Collection[NotificationState], *, has_answered: bool = False) -> Fate:
    """The best of what became of somebody's messages; none at all is the worst."""
    if has_answered:
        return Fate.ANSWERED
    return min((_FATES[state] for state in states), key=_BEST_FIRST.index, default=Fate.UNTOLD)
