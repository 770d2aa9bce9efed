"""Write ``docs/messages.md`` from the tables in ``rules/``: ``python -m docs.messages``. A test compares the two."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

from rules import quiet_hours, sms_text, throttles
from rules.message_kinds import FIRST, KINDS, LATER, NORMAL, URGENT, MessageKind
from rules.settings import SETTINGS, SettingKey
from rules.throttles import Window
from rules.vocabulary import MessageClass, MessageLanguage, NotificationKind

PAGE = Path(__file__).with_name("messages.md")

K = NotificationKind
WHO: Mapping[NotificationKind, tuple[str, str]] = MappingProxyType(
    {
        K.DUTY_CALL: (
            "Whoever stands at the first step of the chain, as soon as a complaint is recorded.",
            "complaint, moment of the call, person",
        ),
        K.ESCALATION: (
            "Whoever the next step of the chain calls: nobody answered in time, a clock breached, a lease lapsed, the "
            "button was pressed, or nobody of the step before could be reached. A repeated step calls again.",
            "escalation, person",
        ),
        K.ASSIGNED: ("Whom a complaint was handed to by somebody else.", "escalation, person"),
        K.LEASE_LAPSED: ("Who had the complaint and showed no progress; the chain goes on.", "lapse, person"),
        K.NOBODY_ON_DUTY: ("The leader, where a post that a step calls is empty.", "escalation, person"),
        K.LEVEL_RAISED: ("The leader, who has the complaint and its lead, when its level rises.", "level, person"),
        K.GROUP_OPENED: ("The leader, when households become a group complaint.", "group, person"),
        K.MEETING_CALLED: ("Everybody named for a triage meeting, when it begins.", "meeting, person"),
        K.CLOCK_WARNING: ("Whom the policy names, at 50 % and at 80 % of a clock.", "clock, step, person"),
        K.CLOCK_BREACHED: ("Whom the policy names, when a clock ran out; the chain may call.", "clock, step, person"),
        K.CLOCK_OVERRUN: ("Whom the policy names, so long after a clock ran out.", "clock, step, person"),
        K.CHAIN_REPAIRED: ("The leader, when the auditor found chains that stood still.", "finding, person"),
        K.GROUP_MESSAGE: ("The handlers of a group complaint, when somebody writes to all of them.", "word, person"),
        K.HANDOVER_WAITING: ("Who takes over, when their shift begins.", "handover"),
        K.HANDOVER_LATE: ("The leader, when a handover was not accepted within 15 minutes.", "handover, person"),
        K.CUSTOMER_SILENT: ("The first responder, when the customer hears nothing.", "wait, person"),
        K.PROMISE_DUE: ("Who has the complaint, before a promise falls due.", "promise"),
        K.COMPENSATION_TO_DECIDE: ("The approvers, when a compensation was proposed.", "compensation, person"),
        K.SHIFT_REMINDER: ("Who is really on duty, an hour before (a setting).", "role, beginning, person"),
        K.SHIFT_TOMORROW: ("Who is on duty tomorrow, from 18:00 on the day before.", "day, person"),
        K.SHIFT_CHANGED: ("Whose hours on duty somebody else changed.", "change, person"),
        K.ROSTER_GAP: ("The leader, before a role stands empty.", "role, gap, person"),
        K.SWAP_REQUESTED: ("Who is asked to take a duty.", "swap, person"),
        K.SWAP_TO_APPROVE: ("Who plans the shifts, when a swap needs approval.", "swap, person"),
        K.SWAP_DECIDED: ("Who asked for the swap, when it is settled.", "swap, person"),
        K.VISIT_TOMORROW: (
            "Who goes to the customer, from 18:00 on the day before; whoever has the complaint where that person left "
            "or is on leave by then.",
            "appointment, person",
        ),
        K.VISIT_SOON: ("The same, two hours before.", "appointment, person"),
        K.VISIT_CHANGED: (
            "Who goes to the customer, when somebody else agrees on it, moves it or calls it off, or the complaint "
            "is over.",
            "appointment, step, person",
        ),
        K.APPOINTMENT_MADE: ("The customer, when an appointment is agreed on.", "appointment"),
        K.APPOINTMENT_TOMORROW: (
            "The customer, from 18:00 on the day before, unless they heard of it within the hour.",
            "appointment",
        ),
        K.APPOINTMENT_SOON: ("The customer, two hours before, unless that is at night.", "appointment"),
        K.APPOINTMENT_CHANGED: (
            "The customer, when the time is another or nobody comes, as far as they knew of it.",
            "appointment, step",
        ),
        K.PROGRESS_REPORT: ("The customer, when somebody reports how far the work is.", "complaint, minute"),
        K.FOLLOW_UP_LINK: (
            "The customer, when a follow-up falls due: the link to the page with status, promises and the questions.",
            "follow-up",
        ),
        K.FOLLOW_UP_DUE: ("Who asks customers, when one is to be asked by phone.", "follow-up, person"),
        K.CUSTOMER_DISSATISFIED: ("The leader, when a customer is not satisfied.", "follow-up, person"),
        K.WATER_TEST_OVER: ("The inspector, when the water has stood for 24 hours.", "finding"),
        K.STATEMENT_TO_APPROVE: ("Who may approve what is said outward.", "statement, person"),
        K.MALICE_TO_DECIDE: ("Legal counsel, when somebody suspects bad faith.", "suspicion, person"),
        K.ACTION_DUE: ("The owner of a corrective action, the day before it is due.", "action"),
        K.MORNING_DIGEST: (
            "At 8:00 the leader (all complaints) and whoever has some (their own); nothing open, nothing sent.",
            "day, person",
        ),
        K.BUNDLE: ("Whoever would get several calls at once: one message for all of them.", "the bundle"),
        K.ANSWER: ("Who wrote back, at once.", "reply"),
        K.VERIFICATION: ("Who wants to prove a number.", "the code"),
        K.CHANNEL_ALARM: ("The administrators, when a provider refuses the account.", "channel, trouble, person"),
        K.DRILL: ("Everybody on duty when a duty manager starts a drill.", "drill, person"),
        K.TEST: ("Who presses the test button of a channel.", "the test"),
    }
)
"""Who gets it when, and what makes two of them the same message."""

PRIORITIES = {FIRST: "first", URGENT: "urgent", NORMAL: "normal", LATER: "later"}


def text() -> str:
    """The whole page."""
    return "\n".join(
        [
            "# The messages",
            "",
            "Written from the tables in `rules/` by `python -m docs.messages`; change the table, not this page.",
            *_section("Which there are", _kinds()),
            *_section("At which hours, and how many a phone takes", _classes()),
            *_section("The shipped words", _words()),
            "",
            "Each is sent once for what stands under “once for”: that is its deduplication key, unique in the outbox.",
            "It is asked once more at the moment of sending whether anybody still needs it.",
            "",
            "A call of the duty group that was accepted and not confirmed within "
            f"{SETTINGS[SettingKey.FALLBACK_MINUTES].default} minutes, or of which nobody knows whether it was sent, "
            "takes the next channel as well; where no channel is left, the chain goes on at once. "
            "Customers get an SMS and nothing else. A drill falls back on nothing.",
            "",
            "## What a reply can do",
            "",
            "`1` takes the complaint, `2` escalates it, `3` passes it on to the next on duty, `0` says that one "
            "cannot; the code behind it (`1 A0231`) is needed where more than one message waits for an answer. "
            "Each is answered by an SMS to the number and stands on the timeline in that person's name.",
            "",
            "The number that an SMS seems to come from can be forged. So a reply only ever acts on a call that waits "
            "for that very number, it can neither read nor change anything else, and the answer goes to the real "
            "phone: whoever did not write reads that somebody did, and takes it back on the screen. A code narrows it "
            "further, since only the phone knows it. Where that is not enough, let the provider's pushes come from "
            "its own addresses alone (`PUSH_ALLOW_…`).",
            "",
            "The follow-up by a link is not sent yet: it needs the page that the link opens.",
            "",
        ]
    )


def _section(title: str, lines: Iterable[str]) -> list[str]:
    return ["", f"## {title}", "", *lines]


def _kinds() -> Iterator[str]:
    yield _row("message", "class", "priority", "who gets it when", "once for", "of use for", "goes with", "answerable")
    yield _line(8)
    for name, kind in KINDS.items():
        who, once = WHO[name]
        yield _row(
            name.label,
            kind.message_class.label,
            PRIORITIES[kind.priority],
            who,
            once,
            _use(name, kind),
            kind.family,
            "yes" if kind.is_answerable else "",
        )


_UNTIL_IT_BEGINS = frozenset(
    {
        K.VISIT_TOMORROW,
        K.VISIT_SOON,
        K.VISIT_CHANGED,
        K.APPOINTMENT_MADE,
        K.APPOINTMENT_TOMORROW,
        K.APPOINTMENT_SOON,
        K.APPOINTMENT_CHANGED,
        K.SHIFT_REMINDER,
        K.SHIFT_TOMORROW,
    }
)
_UNTIL_THE_END = frozenset({K.DRILL})


def _use(name: NotificationKind, kind: MessageKind) -> str:
    if name in _UNTIL_IT_BEGINS:
        return "until it begins"
    if name in _UNTIL_THE_END:
        return "until the drill is over"
    if kind.lives is not None:
        return _length(kind.lives)
    return f"{_length(timedelta(minutes=SETTINGS[SettingKey.NOTIFICATION_EXPIRY_MINUTES].default))} (a setting)"


def _classes() -> Iterator[str]:
    yield _row("class", "hours", "per phone at most")
    yield _line(3)
    for message_class in MessageClass:
        windows = ", ".join(map(_window, throttles.OF_CLASS[message_class]))
        yield _row(message_class.label, _hours(message_class), windows)
    yield _row("all together", "", ", ".join(map(_window, throttles.ALTOGETHER)))


def _hours(message_class: MessageClass) -> str:
    hours = quiet_hours.HOURS[message_class]
    if hours is None:
        return "any hour"
    urgent = ", urgent ones at any hour" if hours.yields_to_urgency else ""
    return f"{hours.opens:%H:%M}–{hours.closes:%H:%M}{urgent}"


def _window(window: Window) -> str:
    return f"{window.count} in {_length(window.length)}"


def _words() -> Iterator[str]:
    yield _row("message", "Chinese", "English")
    yield _line(3)
    for name in KINDS:
        texts = (sms_text.shipped(name, language) for language in MessageLanguage)
        yield _row(name.label, *(f"`{each}`" for each in texts))


def _length(length: timedelta) -> str:
    minutes = int(length.total_seconds()) // 60
    if minutes % 1440 == 0:
        return f"{minutes // 1440} d"
    return f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _line(count: int) -> str:
    return f"|{' --- |' * count}"


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
