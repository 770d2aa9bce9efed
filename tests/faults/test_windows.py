"""Lost: none. Doubled: none. Unknown: only where nobody can be asked, and then it is said."""

from __future__ import annotations

import pytest

from tests.faults import table
from tests.faults.stage import Stage
from tests.faults.windows import LIMITS, WINDOWS, Window

pytestmark = pytest.mark.timeout(90)


@pytest.mark.parametrize("provider", ["asked", "mute"])
@pytest.mark.parametrize("window", WINDOWS, ids=lambda window: window.name)
def test_no_message_is_lost_or_doubled(window: Window, stage: Stage, engine_name: str) -> None:
    window.play(stage)
    outcome = stage.outcome()
    table.write_down(window, engine_name, stage.provider, outcome)
    assert (outcome.lost, outcome.doubled) == (0, 0)
    assert outcome.unknown == (window.in_doubt if stage.provider == "mute" else 0)


@pytest.mark.parametrize("provider", ["asked", "faithful", "mute"])
@pytest.mark.parametrize("window", LIMITS, ids=lambda window: window.name)
def test_what_only_a_provider_can_close_is_known(window: Window, stage: Stage, engine_name: str) -> None:
    window.play(stage)
    outcome = stage.outcome()
    table.write_down(window, engine_name, stage.provider, outcome)
    assert outcome.lost == 0
    assert outcome.doubled == (window.doubled if stage.provider == "asked" else 0)
    assert outcome.unknown == (window.in_doubt if stage.provider == "mute" else 0)
