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


def test_the_two_clocks_are_thirty_minutes() -> None:
    """D-02, D-10."""
    assert SETTINGS[SettingKey.CONTACT_MINUTES].default == SETTINGS[SettingKey.TRIAGE_MINUTES].default == 30


def test_the_contact_clock_can_be_made_shorter_but_never_longer() -> None:
    """D-02."""
    assert SETTINGS[SettingKey.CONTACT_MINUTES].highest == 30


def test_nobody_waits_for_an_acknowledgement_until_the_contact_is_due() -> None:
    assert SETTINGS[SettingKey.ACKNOWLEDGE_MINUTES].default < SETTINGS[SettingKey.CONTACT_MINUTES].default
