"""What becomes of a swap: one table of states and verbs, read by the services, the pages and the tests."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rules.refusals import Conflict
from rules.vocabulary import N_, Term


class SwapState(Term):
    """Where a swap stands."""

    ASKED = "asked", N_("Waiting for an answer")
    ACCEPTED = "accepted", N_("Waiting for approval")
    DONE = "done", N_("Swapped")
    REFUSED = "refused", N_("Refused by the other side")
    REJECTED = "rejected", N_("Not approved")
    WITHDRAWN = "withdrawn", N_("Withdrawn")
    EXPIRED = "expired", N_("Not settled in time")

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to say something."""
        return self in OPEN


class SwapAction(Term):
    """What can be done about a swap."""

    ACCEPT = "accept", N_("Accept")
    REFUSE = "refuse", N_("Decline")
    APPROVE = "approve", N_("Approve")
    REJECT = "reject", N_("Do not approve")
    WITHDRAW = "withdraw", N_("Withdraw")
    EXPIRE = "expire", N_("Let expire")


OPEN = (SwapState.ASKED, SwapState.ACCEPTED)

TRANSITIONS: Mapping[tuple[SwapState, SwapAction], SwapState] = MappingProxyType(
    {
        (SwapState.ASKED, SwapAction.ACCEPT): SwapState.ACCEPTED,
        (SwapState.ASKED, SwapAction.REFUSE): SwapState.REFUSED,
        (SwapState.ASKED, SwapAction.WITHDRAW): SwapState.WITHDRAWN,
        (SwapState.ASKED, SwapAction.EXPIRE): SwapState.EXPIRED,
        (SwapState.ACCEPTED, SwapAction.APPROVE): SwapState.DONE,
        (SwapState.ACCEPTED, SwapAction.REJECT): SwapState.REJECTED,
        (SwapState.ACCEPTED, SwapAction.WITHDRAW): SwapState.WITHDRAWN,
        (SwapState.ACCEPTED, SwapAction.EXPIRE): SwapState.EXPIRED,
    }
)


def following(state: SwapState, action: SwapAction) -> SwapState:
    """What the swap becomes.

    Raises:
        Conflict: in this state that cannot be done.
    """
    try:
        return TRANSITIONS[state, action]
    except KeyError:
        raise Conflict(N_("This swap is already: %(state)s."), state=state) from None
