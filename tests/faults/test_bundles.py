"""Many calls for one phone: one message takes them in, and whoever dies on the way loses or doubles none of them."""

from __future__ import annotations

import time

import pytest

from rules.vocabulary import NotificationKind, NotificationState
from tests.faults.stage import MESSAGES, Stage
from tests.faults.strikes import FREEZE, KILL, Strike

State = NotificationState

pytestmark = [pytest.mark.timeout(90), pytest.mark.parametrize("provider", ["asked"])]


@pytest.mark.parametrize(
    ("when", "function"),
    [
        ("before", "services.reply_codes:give"),
        ("after", "services.claims:claim"),
        ("after", "services.attempts:begin"),
        ("before", "services.attempts:finish"),
    ],
)
def test_a_bundle_goes_out_once_and_stands_for_all(stage: Stage, when: str, function: str) -> None:
    stage.write_to_one(NotificationKind.DUTY_CALL)
    stage.hire(Strike(KILL, when, function))
    stage.sweep()
    stage.settle()
    bundle, inside = bundle_and_members(stage)
    assert stage.arrivals() == {bundle.public_id: 1}
    assert (bundle.state, len(inside)) == (State.ACCEPTED, MESSAGES)
    assert str(MESSAGES) in bundle.text


def test_a_bundle_names_only_what_nobody_has_when_it_leaves(stage: Stage) -> None:
    stage.write_to_one(NotificationKind.DUTY_CALL)
    frozen = stage.hire(Strike(FREEZE, "after", "services.claims:claim"))
    stage.nudge()
    stage.until_frozen(frozen)
    stage.acknowledge(MESSAGES - 3)
    frozen.thaw()
    stage.until_idle()
    stage.settle()
    bundle, _ = bundle_and_members(stage)
    assert stage.arrivals() == {bundle.public_id: 1}
    assert "3件" in bundle.text and str(MESSAGES) not in bundle.text


def test_a_bundle_of_what_others_have_by_now_does_not_leave(stage: Stage) -> None:
    stage.write_to_one(NotificationKind.DUTY_CALL)
    frozen = stage.hire(Strike(FREEZE, "after", "services.claims:claim"))
    stage.nudge()
    stage.until_frozen(frozen)
    stage.acknowledge(MESSAGES)
    frozen.thaw()
    stage.until_idle()
    stage.settle()
    assert not stage.arrivals()
    assert bundle_and_members(stage)[0].state is State.CANCELLED


def test_what_comes_while_a_bundle_is_under_way_goes_into_the_next(stage: Stage) -> None:
    stage.write_to_one(NotificationKind.DUTY_CALL)
    stage.hire(Strike(KILL, "before", "services.attempts:finish"))
    stage.sweep()
    stage.write_more_to_them(NotificationKind.DUTY_CALL, 3)
    stage.settle()
    sent = [each for each in stage.messages() if each.kind is NotificationKind.BUNDLE]
    assert stage.arrivals() == {each.public_id: 1 for each in sent}
    assert [sum(one.bundle_id == each.id for one in stage.messages()) for each in sent] == [MESSAGES, 3]


def test_four_workers_at_once_keep_to_one_message_a_minute(stage: Stage) -> None:
    stage.write_to_one(NotificationKind.LEVEL_RAISED, count=6)
    workers = [stage.hire(Strike(FREEZE, "before", "services.claims:claim")) for _ in range(4)]
    stage.nudge(times=4)
    for worker in workers:
        stage.until_frozen(worker)
    for worker in workers:
        worker.thaw()
    stage.until_idle()
    assert stage.arrivals().total() == 1
    stage.settle()
    assert sorted(stage.arrivals().values()) == [1] * 6


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_who_plans_sees_what_another_one_is_about_to_send(stage: Stage) -> None:
    """On SQLite nobody else even writes meanwhile."""
    stage.write_to_one(NotificationKind.LEVEL_RAISED, count=1)
    first = stage.hire(Strike(FREEZE, "before", "services.reply_codes:give"))
    stage.nudge()
    stage.until_frozen(first)
    stage.write_more_to_them(NotificationKind.LEVEL_RAISED, 1)
    stage.hire()
    stage.nudge()
    time.sleep(1)  # Long enough for the second one to send, if it did not wait; short of the server's patience.
    first.thaw()
    stage.until_idle()
    stage.sweep()
    assert stage.arrivals().total() == 1
    stage.settle()
    assert sorted(stage.arrivals().values()) == [1, 1]


def bundle_and_members(stage: Stage) -> tuple:
    """The only bundle, and what is in it; nothing else was sent."""
    (bundle,) = [each for each in stage.messages() if each.kind is NotificationKind.BUNDLE]
    inside = [each for each in stage.messages() if each.bundle_id == bundle.id]
    assert len(inside) + 1 == len(stage.messages())
    assert {each.state for each in inside} == {State.BUNDLED}
    return bundle, inside
