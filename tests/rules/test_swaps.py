"""What becomes of a swap: every state with every verb."""

from __future__ import annotations

import itertools

import pytest

from rules.refusals import Conflict
from rules.swaps import OPEN, TRANSITIONS, SwapAction, SwapState, following


@pytest.mark.parametrize(("state", "action"), list(itertools.product(SwapState, SwapAction)), ids=str)
def test_every_state_with_every_verb(state: SwapState, action: SwapAction) -> None:
    if (state, action) in TRANSITIONS:
        assert following(state, action) is TRANSITIONS[state, action]
    else:
        with pytest.raises(Conflict):
            following(state, action)


def test_what_is_settled_stays_settled() -> None:
    assert {state for state, _ in TRANSITIONS} == set(OPEN) == {state for state in SwapState if state.is_open}


def test_every_open_swap_can_be_withdrawn_and_expires() -> None:
    for state in OPEN:
        assert following(state, SwapAction.WITHDRAW) is SwapState.WITHDRAWN
        assert following(state, SwapAction.EXPIRE) is SwapState.EXPIRED


def test_nothing_is_swapped_without_the_other_side() -> None:
    """Only what was accepted can be approved."""
    assert {state for (state, _), then in TRANSITIONS.items() if then is SwapState.DONE} == {SwapState.ACCEPTED}
