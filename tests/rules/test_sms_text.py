"""The words of every SMS: short, complete, and nothing a stranger should not read (N18, N19)."""

from __future__ import annotations

import re
import string
from datetime import datetime

import pytest

from rules import sms_parts, sms_text
from rules.escalation import DutyRoleCode
from rules.sms_text import TEMPLATES, render
from rules.vocabulary import NotificationKind, Severity

SIGNATURE = "安心桥"
LONGEST = {
    "number": "C-2611-12345",
    "due": "11月22日 08:30",
    "start": "11月22日 08:30",
    "role": "客户服务主管",
    "clock": "30分钟内联系客户",
    "hours": "12月31日22:30至1日06:30",
    "change": "12月31日22:30至1日06:30改为12月31日23:30至1日07:30等28班",
    "decision": "逾期未定，原值班不变",
    "time": "11月22日 08:30",
    "level": "一级重大",
    "count": "12",
}
HARMLESS = LONGEST.keys()


def test_every_kind_of_message_has_its_words() -> None:
    assert TEMPLATES.keys() == set(NotificationKind)


@pytest.mark.parametrize("kind", NotificationKind)
class TestEveryTemplate:
    def test_its_variables_say_neither_who_nor_where_nor_a_number_to_call(self, kind: NotificationKind) -> None:
        named = {name for _text, name, _spec, _conversion in string.Formatter().parse(TEMPLATES[kind]) if name}
        assert named <= HARMLESS

    def test_it_holds_no_number_and_no_link_of_its_own(self, kind: NotificationKind) -> None:
        assert not re.search(r"\d{5,}|https?:|www\.|小区|栋|单元", TEMPLATES[kind])

    def test_it_fits_one_part_with_the_longest_variables(self, kind: NotificationKind) -> None:
        assert sms_parts.count(render(kind, **LONGEST), SIGNATURE) == 1

    def test_it_makes_sense_without_its_variables(self, kind: NotificationKind) -> None:
        bare = render(kind, **dict.fromkeys(LONGEST, ""))
        assert len(bare) >= 9 and bare.endswith("。")

    def test_it_carries_no_signature_of_its_own(self, kind: NotificationKind) -> None:
        assert "【" not in TEMPLATES[kind]


@pytest.mark.parametrize(
    ("end", "said"),
    [
        pytest.param(datetime(2026, 11, 24, 16), "11月24日08:00至16:00", id="the same day"),
        pytest.param(datetime(2026, 11, 25, 0), "11月24日08:00至25日00:00", id="midnight"),
        pytest.param(datetime(2026, 12, 1, 8), "11月24日08:00至1日08:00", id="a week"),
    ],
)
def test_hours_are_said_shortly(end: datetime, said: str) -> None:
    assert sms_text.hours(datetime(2026, 11, 24, 8), end) == said


@pytest.mark.parametrize(
    ("before", "after", "count", "said"),
    [
        ("A", "B", 1, "A改为B"),
        ("A", "", 1, "取消A"),
        ("", "B", 1, "新增B"),
        ("A", "B", 5, "A改为B等5班"),
    ],
)
def test_what_became_of_somebody_s_hours(before: str, after: str, count: int, said: str) -> None:
    assert sms_text.change(before, after, count=count) == said


def test_every_level_and_role_has_a_word() -> None:
    assert sms_text.LEVEL_WORDS.keys() == set(Severity)
    assert len(DutyRoleCode) == 4
