"""What becomes of a message: one table of states and events, read by the services, the pages and the tests.

Whatever is known of a message only grows: a receipt may overtake the verdict of the attempt, come twice or come last,
and the message ends the same. DELIVERED beats FAILED beats ACCEPTED; only a message that was put into a bundle has no
receipts of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rules.refusals import Conflict
from rules.vocabulary import N_, NotificationState, Term


class MessageEvent(Term):
    """What happens to a message. Those that a provider tells of have the values of its verdicts and fates."""

    CLAIM = "claim", N_("Taken by a worker")
    RELEASE = "release", N_("Put back unsent")
    ATTEMPT = "attempt", N_("Attempt begins")
    GIVE_UP = "give_up", N_("No more attempts")
    EXPIRE = "expire", N_("Its time is over")
    CANCEL = "cancel", N_("No longer needed")
    BUNDLE = "bundle", N_("Goes out with others")
    ACCEPTED = "accepted", N_("Accepted by the provider")
    RETRY = "retry", N_("Refused for now")
    ACCOUNT = "account", N_("Refused: trouble with the account")
    PERMANENT = "permanent", N_("Refused for good")
    UNKNOWN = "unknown", N_("No answer")
    NEVER_SEEN = "never_seen", N_("The provider has nothing of it")
    ON_ITS_WAY = "on_its_way", N_("The provider has it")
    DELIVERED = "delivered", N_("Delivered")
    FAILED = "failed", N_("Not delivered")


RECEIPTS = frozenset({MessageEvent.ON_ITS_WAY, MessageEvent.DELIVERED, MessageEvent.FAILED})
"""What a provider tells of a message that it took, whenever it likes."""

VERDICTS = frozenset(
    {
        MessageEvent.ACCEPTED,
        MessageEvent.RETRY,
        MessageEvent.ACCOUNT,
        MessageEvent.PERMANENT,
        MessageEvent.UNKNOWN,
    }
)
"""What an attempt may come to."""

FINISHED = frozenset(
    {
        NotificationState.DELIVERED,
        NotificationState.FAILED,
        NotificationState.EXPIRED,
        NotificationState.CANCELLED,
        NotificationState.BUNDLED,
    }
)
"""Nothing is done about these any more; ACCEPTED waits for its receipt and UNKNOWN for an answer."""

Row = Mapping[MessageEvent, NotificationState]

_DROPPED: Row = {
    MessageEvent.CANCEL: NotificationState.CANCELLED,
    MessageEvent.EXPIRE: NotificationState.EXPIRED,
    MessageEvent.BUNDLE: NotificationState.BUNDLED,
}
_TOLD: Row = {
    MessageEvent.ON_ITS_WAY: NotificationState.ACCEPTED,
    MessageEvent.FAILED: NotificationState.FAILED,
    MessageEvent.DELIVERED: NotificationState.DELIVERED,
}
"""What a receipt says where nothing is settled: even what was put back went out after all."""


def _stays(state: NotificationState, *events: MessageEvent) -> Row:
    return dict.fromkeys(events, state)


_ROWS: Mapping[NotificationState, Row] = {
    NotificationState.QUEUED: {
        MessageEvent.CLAIM: NotificationState.CLAIMED,
        **_DROPPED,
        **_TOLD,
    },
    NotificationState.CLAIMED: {
        MessageEvent.RELEASE: NotificationState.QUEUED,
        MessageEvent.ATTEMPT: NotificationState.ATTEMPTED,
        MessageEvent.GIVE_UP: NotificationState.FAILED,
        **_DROPPED,
        **_TOLD,
    },
    NotificationState.ATTEMPTED: {
        MessageEvent.ACCEPTED: NotificationState.ACCEPTED,
        MessageEvent.RETRY: NotificationState.QUEUED,
        MessageEvent.ACCOUNT: NotificationState.QUEUED,
        MessageEvent.PERMANENT: NotificationState.FAILED,
        MessageEvent.UNKNOWN: NotificationState.UNKNOWN,
        MessageEvent.GIVE_UP: NotificationState.FAILED,
        **_TOLD,
    },
    NotificationState.UNKNOWN: {
        MessageEvent.ACCEPTED: NotificationState.ACCEPTED,
        MessageEvent.NEVER_SEEN: NotificationState.QUEUED,
        **_TOLD,
    },
    # From here on a verdict comes after its receipt and adds nothing, except that a refusal for good is a failure.
    NotificationState.ACCEPTED: {
        **_stays(NotificationState.ACCEPTED, *VERDICTS, MessageEvent.NEVER_SEEN),
        MessageEvent.PERMANENT: NotificationState.FAILED,
        **_TOLD,
    },
    NotificationState.FAILED: {
        **_stays(NotificationState.FAILED, *VERDICTS, MessageEvent.NEVER_SEEN, *RECEIPTS),
        MessageEvent.DELIVERED: NotificationState.DELIVERED,
    },
    NotificationState.DELIVERED: _stays(NotificationState.DELIVERED, *VERDICTS, MessageEvent.NEVER_SEEN, *RECEIPTS),
    # What was dropped was not sent as far as anybody knew; that it arrived is the truth all the same.
    NotificationState.EXPIRED: {
        **_stays(NotificationState.EXPIRED, *RECEIPTS),
        MessageEvent.DELIVERED: NotificationState.DELIVERED,
    },
    NotificationState.CANCELLED: {
        **_stays(NotificationState.CANCELLED, *RECEIPTS),
        MessageEvent.DELIVERED: NotificationState.DELIVERED,
    },
    NotificationState.BUNDLED: _stays(NotificationState.BUNDLED, *RECEIPTS),
}

TRANSITIONS: Mapping[tuple[NotificationState, MessageEvent], NotificationState] = MappingProxyType(
    {(state, event): then for state, row in _ROWS.items() for event, then in row.items()}
)


def following(state: NotificationState, event: MessageEvent) -> NotificationState:
    """What the message becomes; a receipt is never refused.

    Raises:
        Conflict: in this state that cannot happen, since somebody else was first.
    """
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise Conflict(N_("This message is already: %(state)s."), state=state) from None
