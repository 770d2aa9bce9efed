"""The states of a message: every state with every event, and receipts in whatever order they come."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateways.base import Fate, VerdictKind
from rules.message_states import FINISHED, RECEIPTS, TRANSITIONS, VERDICTS, MessageEvent, following
from rules.refusals import Conflict
from rules.vocabulary import NotificationState

QUEUED, CLAIMED, ATTEMPTED = NotificationState.QUEUED, NotificationState.CLAIMED, NotificationState.ATTEMPTED
ACCEPTED, UNKNOWN = NotificationState.ACCEPTED, NotificationState.UNKNOWN
DELIVERED, FAILED, BUNDLED = NotificationState.DELIVERED, NotificationState.FAILED, NotificationState.BUNDLED
EXPIRED, CANCELLED = NotificationState.EXPIRED, NotificationState.CANCELLED

KNOWN = {
    QUEUED: 0,
    CLAIMED: 0,
    ATTEMPTED: 0,
    UNKNOWN: 0,
    EXPIRED: 1,
    CANCELLED: 1,
    ACCEPTED: 1,
    FAILED: 2,
    DELIVERED: 3,
}
"""How much is known of a message; a receipt never makes it less."""

states = st.sampled_from(list(NotificationState))
receipts = st.lists(st.sampled_from(sorted(RECEIPTS)), min_size=1, max_size=6)
reordered = receipts.flatmap(lambda found: st.tuples(st.just(found), st.permutations(found)))


def after(state: NotificationState, events: Iterable[MessageEvent]) -> NotificationState:
    for event in events:
        state = following(state, event)
    return state


@pytest.mark.parametrize(("state", "event"), list(itertools.product(NotificationState, MessageEvent)), ids=str)
def test_every_state_with_every_event(state: NotificationState, event: MessageEvent) -> None:
    if (state, event) in TRANSITIONS:
        assert following(state, event) is TRANSITIONS[state, event]
    else:
        with pytest.raises(Conflict):
            following(state, event)


@pytest.mark.parametrize(
    ("events", "end"),
    [
        pytest.param("claim attempt accepted delivered", DELIVERED, id="as it should be"),
        pytest.param("claim attempt accepted on_its_way failed", FAILED, id="accepted and not delivered"),
        pytest.param("claim attempt permanent", FAILED, id="refused for good"),
        pytest.param("claim attempt retry claim attempt accepted", ACCEPTED, id="the second attempt"),
        pytest.param("claim attempt account claim attempt accepted", ACCEPTED, id="on another channel"),
        pytest.param("claim attempt give_up", FAILED, id="the last attempt refused for now"),
        pytest.param("claim give_up", FAILED, id="no channel takes it"),
        pytest.param("claim release claim cancel", CANCELLED, id="not needed any more when its turn came"),
        pytest.param("claim release", QUEUED, id="the worker died before the attempt"),
        pytest.param("claim bundle", BUNDLED, id="others were waiting too"),
        pytest.param("expire", EXPIRED, id="too late"),
        pytest.param("claim attempt unknown", UNKNOWN, id="nobody can be asked"),
        pytest.param("claim attempt unknown never_seen claim attempt accepted", ACCEPTED, id="asked and sent again"),
        pytest.param("claim attempt unknown never_seen expire", EXPIRED, id="asked, and then too late"),
        pytest.param("claim attempt unknown accepted", ACCEPTED, id="asked and found"),
        pytest.param("claim attempt unknown delivered", DELIVERED, id="the receipt answers the question"),
        pytest.param("claim attempt unknown never_seen delivered", DELIVERED, id="the provider's query lagged"),
        pytest.param("claim attempt delivered accepted", DELIVERED, id="the receipt overtakes the verdict"),
        pytest.param("claim attempt failed accepted", FAILED, id="the bad news overtakes the verdict"),
        pytest.param("claim attempt accepted failed delivered", DELIVERED, id="whoever has it has it"),
        pytest.param("claim attempt accepted delivered failed", DELIVERED, id="in whatever order"),
    ],
)
def test_a_message_s_life(events: str, end: NotificationState) -> None:
    assert after(QUEUED, map(MessageEvent, events.split())) is end


@pytest.mark.parametrize(
    ("state", "event"),
    [
        pytest.param(QUEUED, MessageEvent.ATTEMPT, id="no attempt without a claim"),
        pytest.param(CLAIMED, MessageEvent.CLAIM, id="no claim on what is claimed"),
        pytest.param(CLAIMED, MessageEvent.ACCEPTED, id="no verdict without an attempt"),
        pytest.param(ATTEMPTED, MessageEvent.RELEASE, id="what may have left is not put back unsent"),
        pytest.param(ATTEMPTED, MessageEvent.CANCEL, id="nor cancelled"),
        pytest.param(ATTEMPTED, MessageEvent.EXPIRE, id="nor expired"),
        pytest.param(UNKNOWN, MessageEvent.ATTEMPT, id="what is unknown is not sent again"),
        pytest.param(UNKNOWN, MessageEvent.RETRY, id="nor put back without asking"),
        pytest.param(UNKNOWN, MessageEvent.EXPIRE, id="and stays visible as unknown"),
        *(pytest.param(state, MessageEvent.CLAIM, id=f"{state} is over") for state in sorted(FINISHED | {ACCEPTED})),
    ],
)
def test_what_cannot_happen(state: NotificationState, event: MessageEvent) -> None:
    assert (state, event) not in TRANSITIONS


@given(states, reordered)
def test_the_same_receipts_in_any_order_end_the_same(
    state: NotificationState, orders: tuple[list[MessageEvent], list[MessageEvent]]
) -> None:
    assert after(state, orders[0]) is after(state, orders[1])


@given(st.sampled_from(sorted(VERDICTS)), reordered, st.integers(0, 6))
def test_and_so_does_the_verdict_among_them(
    verdict: MessageEvent, orders: tuple[list[MessageEvent], list[MessageEvent]], place: int
) -> None:
    first, other = orders
    assert after(ATTEMPTED, [verdict, *first]) is after(ATTEMPTED, [*other[:place], verdict, *other[place:]])


@given(reordered, st.integers(0, 6))
def test_and_the_answer_that_the_provider_had_nothing(
    orders: tuple[list[MessageEvent], list[MessageEvent]], place: int
) -> None:
    """It was asked, and the receipt came while it answered."""
    first, other = orders
    events = [*other[:place], MessageEvent.NEVER_SEEN, *other[place:]]
    assert after(UNKNOWN, [MessageEvent.NEVER_SEEN, *first]) is after(UNKNOWN, events)


@given(states, receipts)
def test_the_same_receipt_twice_is_one(state: NotificationState, found: list[MessageEvent]) -> None:
    assert after(state, found) is after(state, [receipt for receipt in found for _ in range(2)])


@given(st.sampled_from(sorted(KNOWN)), st.sampled_from(sorted(RECEIPTS)))
def test_a_receipt_never_makes_less_known(state: NotificationState, receipt: MessageEvent) -> None:
    assert KNOWN[following(state, receipt)] >= KNOWN[state]


@given(receipts)
def test_what_has_a_receipt_is_never_sent_again(found: list[MessageEvent]) -> None:
    for state in (QUEUED, CLAIMED, ATTEMPTED, UNKNOWN):
        assert (after(state, found), MessageEvent.CLAIM) not in TRANSITIONS


@pytest.mark.parametrize("state", sorted(set(NotificationState) - {BUNDLED}))
def test_whatever_was_thought_of_it_what_arrived_has_arrived(state: NotificationState) -> None:
    assert following(state, MessageEvent.DELIVERED) is DELIVERED


def test_every_way_out_of_doubt_leads_to_something() -> None:
    """From every state that is not finished the message can end: none is stuck."""
    for state in set(NotificationState) - FINISHED:
        reached, todo = {state}, [state]
        while todo:
            here = todo.pop()
            found = {then for (was, _), then in TRANSITIONS.items() if was is here} - reached
            reached |= found
            todo += found
        assert reached & FINISHED


def test_a_finished_message_changes_by_receipts_alone() -> None:
    changes = {
        (state, event) for (state, event), then in TRANSITIONS.items() if state in FINISHED and then is not state
    }
    assert {event for _, event in changes} == {MessageEvent.DELIVERED}
    assert {state for state, _ in changes} == {FAILED, EXPIRED, CANCELLED}


def test_what_providers_say_are_events_by_the_same_value() -> None:
    assert {MessageEvent(kind.value) for kind in VerdictKind} == VERDICTS
    fates = {MessageEvent(fate.value) for fate in Fate if fate is not Fate.CANNOT_SAY}
    assert fates == RECEIPTS | {MessageEvent.NEVER_SEEN}
