"""The few numbers a duty manager may change while the desk runs, with their defaults and their bounds."""

from __future__ import annotations

from dataclasses import dataclass

from rules.refusals import Refusal
from rules.vocabulary import N_, Term


class SettingKey(Term):
    """A setting's name and what it means."""

    SHIFT_REMINDER_MINUTES = "shift_reminder_minutes", N_("Minutes before a shift at which its member is reminded")
    PROMISE_REMINDER_MINUTES = "promise_reminder_minutes", N_("Minutes before a promise at which its maker is reminded")
    NOTIFICATION_EXPIRY_MINUTES = "notification_expiry_minutes", N_("Minutes after which an unsent message is dropped")
    FALLBACK_MINUTES = "fallback_minutes", N_("Minutes without a receipt after which a call goes out another way")
    SILENCE_HOURS = "silence_hours", N_("Hours without word to the customer after which the first responder is nudged")
    SWAP_APPROVAL = "swap_approval", N_("Swaps of duty need approval: 1 yes, 0 no")
    ROTATION_HORIZON_DAYS = "rotation_horizon_days", N_("Days ahead for which rotations make their shifts")
    GAP_WARNING_HOURS = "gap_warning_hours", N_("Hours before nobody is on duty at which the leader is told")
    GROUP_WINDOW_DAYS = "group_window_days", N_("Days within which complaints of a community are counted together")


@dataclass(frozen=True)
class SettingRule:
    """A whole number with a default and bounds, both included."""

    default: int
    lowest: int
    highest: int

    def checked(self, value: int) -> int:
        """The value itself.

        Raises:
            Refusal: it lies outside the bounds.
        """
        if not self.lowest <= value <= self.highest:
            raise Refusal(
                N_("The value must lie between %(lowest)s and %(highest)s."),
                field="value",
                lowest=self.lowest,
                highest=self.highest,
            )
        return value


SETTINGS: dict[SettingKey, SettingRule] = {
    SettingKey.SHIFT_REMINDER_MINUTES: SettingRule(60, 5, 1440),
    SettingKey.PROMISE_REMINDER_MINUTES: SettingRule(30, 5, 1440),
    SettingKey.NOTIFICATION_EXPIRY_MINUTES: SettingRule(240, 10, 2880),
    SettingKey.FALLBACK_MINUTES: SettingRule(5, 1, 60),
    SettingKey.SILENCE_HOURS: SettingRule(24, 1, 336),
    SettingKey.SWAP_APPROVAL: SettingRule(1, 0, 1),
    SettingKey.ROTATION_HORIZON_DAYS: SettingRule(28, 7, 92),
    SettingKey.GAP_WARNING_HOURS: SettingRule(24, 1, 336),
    SettingKey.GROUP_WINDOW_DAYS: SettingRule(30, 1, 365),
}
