"""Settings have defaults that are the plan's and bounds that keep it."""

from __future__ import annotations

import pytest

from rules.refusals import Refusal
from rules.settings import SETTINGS, SettingKey


@pytest.mark.parametrize("key", SettingKey)
class TestEverySetting:
    def test_its_default_lies_within_its_bounds(self, key: SettingKey) -> None:
        rule = SETTINGS[key]
        assert rule.checked(rule.default) == rule.default

    def test_its_bounds_are_allowed_and_what_lies_beyond_is_not(self, key: SettingKey) -> None:
        rule = SETTINGS[key]
        assert [rule.checked(rule.lowest), rule.checked(rule.highest)] == [rule.lowest, rule.highest]
        for beyond in (rule.lowest - 1, rule.highest + 1):
            with pytest.raises(Refusal) as refusal:
                rule.checked(beyond)
            assert refusal.value.field == "value"
            assert refusal.value.params == {"lowest": rule.lowest, "highest": rule.highest}


def test_what_a_policy_says_is_no_setting() -> None:
    """The lengths of the clocks and the waits of the chain stand in versions that are kept (D-02, D-03)."""
    words = ("contact", "triage", "acknowledge", "repeat")
    assert not [key for key in SettingKey if key.value.startswith(words)]
