"""The lifecycle: every (status, action) pair has an answer, and the answers are the plan's (D-05)."""

from __future__ import annotations

import itertools

import pytest

from rules.lifecycle import FINISHED, OPEN, TRANSITIONS, actions, next_status
from rules.permissions import ACTION_PERMISSION
from rules.refusals import Conflict
from rules.vocabulary import Action, Status

N, C, H, R, X, V = Status.NEW, Status.CONTACTED, Status.HANDLING, Status.RESOLVED, Status.CLOSED, Status.VOID
_ = None

EXPECTED: dict[Action, tuple[Status | None, ...]] = {
    #                      new  contacted handling resolved closed void
    Action.ACKNOWLEDGE: (N, C, H, _, _, _),
    Action.CONTACT: (C, C, H, R, _, _),
    Action.GRADE: (N, H, H, _, _, _),
    Action.MEET: (N, C, H, _, _, _),
    Action.GROUP: (N, C, H, R, _, _),
    Action.ASSIGN: (N, C, H, _, _, _),
    Action.STAND_DOWN: (N, C, H, _, _, _),
    Action.ESCALATE: (N, C, H, _, _, _),
    Action.NOTE: (N, C, H, R, X, _),
    Action.PROMISE: (N, C, H, _, _, _),
    Action.WITHDRAW_PROMISE: (N, C, H, R, _, _),
    Action.APPOINT: (N, C, H, R, _, _),
    Action.REPORT: (N, C, H, _, _, _),
    Action.ATTACH: (N, C, H, R, X, _),
    Action.COMPENSATE: (N, C, H, R, _, _),
    Action.UPDATE_FACTS: (N, C, H, _, _, _),
    Action.PAUSE: (N, C, H, R, _, _),
    Action.RESUME: (N, C, H, R, _, _),
    Action.RESOLVE: (_, R, R, _, _, _),
    Action.CLOSE: (_, _, _, X, _, _),
    Action.REOPEN: (_, _, _, H, H, _),
    Action.VOID: (V, V, V, _, _, _),
}

PAIRS = [
    pytest.param(status, action, answer, id=f"{status}-{action}")
    for action, answers in EXPECTED.items()
    for status, answer in zip(Status, answers, strict=True)
]


def test_the_expectations_cover_every_action() -> None:
    assert EXPECTED.keys() == set(Action)


@pytest.mark.parametrize(("status", "action", "answer"), PAIRS)
def test_every_pair_leads_where_the_table_says_or_is_refused(
    status: Status, action: Action, answer: Status | None
) -> None:
    if answer is None:
        with pytest.raises(Conflict) as refusal:
            next_status(status, action)
        assert refusal.value.params == {"action": action, "status": status}
        assert action not in actions(status)
    else:
        assert next_status(status, action) is answer
        assert action in actions(status)


def test_every_action_has_a_permission() -> None:
    assert ACTION_PERMISSION.keys() == set(Action)


def test_void_is_final_and_every_other_status_can_be_left() -> None:
    leaving = {status for (status, _action), after in TRANSITIONS.items() if after is not status}
    assert leaving == set(Status) - {Status.VOID}
    assert actions(Status.VOID) == ()


def test_every_status_can_be_reached_from_the_first() -> None:
    reached = {Status.NEW}
    for _round in Status:
        reached |= {after for (status, _action), after in TRANSITIONS.items() if status in reached}
    assert reached == set(Status)


def test_nothing_is_resolved_before_the_customer_was_contacted() -> None:
    for first, second in itertools.product(Action, Action):
        if (Status.NEW, first) in TRANSITIONS and first is not Action.CONTACT:
            after = TRANSITIONS[Status.NEW, first]
            assert TRANSITIONS.get((after, second)) is not Status.RESOLVED


def test_open_and_finished_leave_only_resolved_between_them() -> None:
    assert set(Status) - OPEN - FINISHED == {Status.RESOLVED}
    assert not OPEN & FINISHED


def test_actions_come_in_the_order_of_the_vocabulary() -> None:
    for status in Status:
        assert list(actions(status)) == sorted(actions(status), key=list(Action).index)
