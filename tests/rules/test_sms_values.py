"""Values in an SMS: kept as what they mean, said in the reader's language, each within its place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import sms_values
from rules.escalation import REQUIRED_DUTY_ROLE, DutyRoleCode, Target, Whom
from rules.sms_templates import VARIABLES, fit
from rules.sms_values import change, hours, length, level, moment, say
from rules.swaps import OPEN, SwapState
from rules.vocabulary import Category, ClockKind, MessageLanguage, Severity

CHINESE, ENGLISH = MessageLanguage.CHINESE, MessageLanguage.ENGLISH
MORNING = datetime(2026, 11, 24, 8)


def both(name: str, value: str) -> tuple[str, str]:
    return say(name, value, CHINESE), say(name, value, ENGLISH)


@pytest.mark.parametrize(
    ("end", "chinese", "english"),
    [
        pytest.param(datetime(2026, 11, 24, 16), "11月24日08:00至16:00", "24 Nov 08:00 to 16:00", id="the same day"),
        pytest.param(
            datetime(2026, 11, 25, 0), "11月24日08:00至25日00:00", "24 Nov 08:00 to 25 Nov 00:00", id="midnight"
        ),
        pytest.param(datetime(2026, 12, 1, 8), "11月24日08:00至1日08:00", "24 Nov 08:00 to 1 Dec 08:00", id="a week"),
    ],
)
def test_hours_are_said_shortly(end: datetime, chinese: str, english: str) -> None:
    assert both("hours", hours(MORNING, end)) == (chinese, english)


@pytest.mark.parametrize(
    ("before", "after", "count", "chinese", "english"),
    [
        (MORNING, datetime(2026, 11, 25, 9), 1, "11月24日08:00改为11月25日09:00", "24 Nov 08:00 becomes 25 Nov 09:00"),
        (MORNING, None, 1, "取消11月24日08:00", "cancelled: 24 Nov 08:00"),
        (None, MORNING, 1, "新增11月24日08:00", "new: 24 Nov 08:00"),
        (None, MORNING, 5, "新增11月24日08:00等5班", "new: 24 Nov 08:00 and 4 more"),
    ],
)
def test_what_became_of_a_time(
    before: datetime | None, after: datetime | None, count: int, chinese: str, english: str
) -> None:
    kept = change(moment(before) if before else "", moment(after) if after else "", count=count)
    assert both("change", kept) == (chinese, english)


def test_what_became_of_several_hours() -> None:
    first, second = hours(MORNING, MORNING + timedelta(hours=8)), hours(MORNING, MORNING + timedelta(hours=16))
    assert both("change", change(first, second, count=2)) == (
        "11月24日08:00至16:00改为11月24日08:00至25日00:00等2班",
        "24 Nov 08:00 to 16:00 becomes 24 Nov 08:00 to 25 Nov 00:00 and 1 more",
    )


@pytest.mark.parametrize(
    ("time", "chinese", "english"),
    [
        (timedelta(0), "1分钟", "1 minute"),
        (timedelta(minutes=-5), "1分钟", "1 minute"),
        (timedelta(minutes=119), "119分钟", "119 minutes"),
        (timedelta(minutes=120), "2小时", "2 hours"),
        (timedelta(hours=47), "47小时", "47 hours"),
        (timedelta(hours=48), "2天", "2 days"),
    ],
)
def test_a_length_of_time_in_the_largest_unit_that_says_enough(time: timedelta, chinese: str, english: str) -> None:
    assert both("time", length(time)) == (chinese, english)


@pytest.mark.parametrize(
    ("name", "words", "said"),
    [
        ("role", {*DutyRoleCode, *Target} - {Target.REQUIRED_ROLE, Target.DUTY_ROLE}, sms_values.ROLES),
        ("clock", set(ClockKind), sms_values.CLOCKS),
        ("level", {level(severity) for severity in Severity}, sms_values.LEVELS),
        ("decision", set(SwapState) - set(OPEN), sms_values.DECISIONS),
    ],
)
def test_every_word_of_the_desk_is_said_in_every_language(
    name: str, words: set[str], said: Mapping[str, sms_values.Said]
) -> None:
    assert said.keys() == words
    for word in words:
        for language in MessageLanguage:
            worded = say(name, word, language)
            assert worded not in ("", word) or language is ENGLISH
            assert fit(name, worded, language) == worded


@pytest.mark.parametrize("language", MessageLanguage)
def test_the_longest_times_fit_their_places(language: MessageLanguage) -> None:
    longest = hours(datetime(2026, 12, 30, 22, 30), datetime(2026, 12, 31, 6, 30))
    values = {
        "hours": longest,
        "change": change(longest, longest, count=128),
        "time": length(timedelta(minutes=119)),
        "start": moment(datetime(2026, 12, 30, 22, 30)),
        "due": moment(datetime(2026, 12, 30, 22, 30)),
    }
    for name, value in values.items():
        worded = say(name, value, language)
        assert worded != value
        assert fit(name, worded, language) == worded


def test_a_call_names_the_role_in_charge() -> None:
    assert sms_values.post(Whom(Target.REQUIRED_ROLE), REQUIRED_DUTY_ROLE[Category.DESIGN]) == "design"
    assert sms_values.post(Whom(Target.LEADER), DutyRoleCode.DESIGN) == "leader"


@pytest.mark.parametrize(
    "value", ["", "C-2611-0231", "22:30", "2026-02-30T08:00", "2026-13-01T08:00", "PT", ">*1", "60%"]
)
def test_what_is_none_of_it_stands_as_it_is(value: str) -> None:
    for language in MessageLanguage:
        assert value in say("start", value, language) or value == ">*1"


@given(st.sampled_from(sorted(VARIABLES)), st.text(max_size=80), st.sampled_from(MessageLanguage))
def test_saying_never_fails(name: str, value: str, language: MessageLanguage) -> None:
    assert isinstance(say(name, value, language), str)
