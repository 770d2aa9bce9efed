"""What nobody can be asked about takes a second channel: everybody is told, and by no channel twice."""

from __future__ import annotations

import pytest

from rules.vocabulary import NotificationState
from tests.faults.stage import MESSAGES, THREADS, Stage
from tests.faults.strikes import KILL, Strike
from tests.gateways.standins.provider import Fault

State = NotificationState

pytestmark = [pytest.mark.timeout(90), pytest.mark.parametrize("provider", ["mute"])]


def test_answers_that_were_lost(stage: Stage) -> None:
    stage.second = "asked"
    stage.write()
    stage.misbehave("next", *[Fault.LOSE] * 3)
    stage.settle()
    assert stage.arrivals().total() == MESSAGES - 3
    all_are_told_once(stage, in_doubt=3)


def test_a_worker_that_died_between_the_call_and_its_verdict(stage: Stage) -> None:
    stage.second = "asked"
    stage.write()
    stage.hire(Strike(KILL, "after", "services.attempts:begin"))
    stage.sweep()
    stage.hire(Strike(KILL, "after", "services.outbox:recover"))
    stage.let_leases_run_out()
    stage.sweep()
    stage.settle()
    all_are_told_once(stage, in_doubt=THREADS)


def all_are_told_once(stage: Stage, *, in_doubt: int) -> None:
    """Each message in doubt has one of its own that went the other way."""
    first, second, messages = stage.arrivals(), stage.arrivals("asked"), stage.messages()
    unknown = {each.id for each in messages if each.state is State.UNKNOWN}
    instead = [each for each in messages if each.parent_id in unknown]
    assert len(unknown) == in_doubt
    assert {each.parent_id for each in instead} == unknown
    assert second == {each.public_id: 1 for each in instead}
    assert set(first.values()) == {1}
    assert {each.state for each in messages if each.id not in unknown} == {State.ACCEPTED}
