"""The values in an SMS: kept as what they mean, said in the language of whoever reads them.

A cause hands over a word of the desk (``DutyRoleCode.DESIGN``), a moment, hours or a length of time; the outbox keeps
it in a form that no language changes, and only the text that is sent has it in words. What is in none of these forms,
such as a number, stands as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from rules.escalation import DutyRoleCode, Target, Whom
from rules.swaps import SwapState
from rules.vocabulary import ClockKind, MessageLanguage, Severity

CHINESE: Final = MessageLanguage.CHINESE

Said = Mapping[MessageLanguage, str]
"""One thing in every language."""


def _said(chinese: str, english: str) -> Said:
    return {MessageLanguage.CHINESE: chinese, MessageLanguage.ENGLISH: english}


ROLES: Mapping[str, Said] = MappingProxyType(
    {
        DutyRoleCode.CS_SUPERVISOR: _said("客服主管", "CS supervisor"),
        DutyRoleCode.ENGINEERING: _said("工程", "engineering"),
        DutyRoleCode.DESIGN: _said("设计", "design"),
        DutyRoleCode.LEGAL: _said("法务", "legal"),
        Target.LEADER: _said("组长", "leader"),
        Target.DUTY_GROUP: _said("值班组", "duty group"),
        Target.MANAGEMENT: _said("值班管理", "duty managers"),
        Target.HANDLER: _said("经办人", "handler"),
        Target.SUPERIOR: _said("经办人上级", "superior"),
        Target.ROLE: _said("指定角色", "chosen role"),
        Target.PERSON: _said("指定人员", "chosen person"),
    }
)
"""Whom a chain calls, and what somebody is on duty as."""

CLOCKS: Mapping[str, Said] = MappingProxyType(
    {
        ClockKind.CONTACT: _said("联系客户", "contact"),
        ClockKind.TRIAGE: _said("定级", "triage"),
        ClockKind.FIRST_ANSWER: _said("首次答复", "first answer"),
        ClockKind.GOLDEN: _said("黄金两小时", "golden 2 hours"),
        ClockKind.ON_SITE: _said("上门查看", "site visit"),
        ClockKind.FORMAL_REPLY: _said("正式答复", "formal reply"),
        ClockKind.REWORK: _said("返工承诺", "rework promise"),
        ClockKind.PROGRESS: _said("当日进度通报", "daily report"),
        ClockKind.COMPENSATION: _said("补偿审批", "compensation"),
        ClockKind.FOLLOW_UP: _said("回访", "follow-up"),
        ClockKind.OUTWARD: _said("对外答复", "outside answer"),
    }
)

LEVELS: Mapping[str, Said] = MappingProxyType(
    {
        str(int(Severity.MAJOR)): _said("一级", "level 1"),
        str(int(Severity.URGENT)): _said("二级", "level 2"),
        str(int(Severity.GENERAL)): _said("三级", "level 3"),
    }
)

DECISIONS: Mapping[str, Said] = MappingProxyType(
    {
        SwapState.DONE: _said("已生效", "in force"),
        SwapState.REFUSED: _said("被对方谢绝", "declined"),
        SwapState.REJECTED: _said("未获批准", "not approved"),
        SwapState.WITHDRAWN: _said("已撤回", "withdrawn"),
        SwapState.EXPIRED: _said("逾期未定，原值班不变", "expired, unchanged"),
    }
)

WORDS: Mapping[str, Mapping[str, Said]] = MappingProxyType(
    {"role": ROLES, "clock": CLOCKS, "level": LEVELS, "decision": DECISIONS}
)
"""The words of the desk, by the variable that holds them."""


def level(severity: Severity) -> str:
    """A level, as a message keeps it."""
    return str(int(severity))


def post(whom: Whom, required: DutyRoleCode) -> str:
    """Whom a chain meant: a duty role by its code, where ``required`` is the one in charge of the complaint."""
    if whom.target is Target.REQUIRED_ROLE:
        return required
    return whom.duty_role if whom.target is Target.DUTY_ROLE else whom.target


def moment(at: datetime) -> str:
    """A moment, given in the time of whoever reads it."""
    return f"{at:%Y-%m-%dT%H:%M}"


def hours(starts_at: datetime, ends_at: datetime) -> str:
    """From when to when, given in the time of whoever reads it."""
    return f"{moment(starts_at)}/{moment(ends_at)}"


def change(before: str, after: str, *, count: int = 1) -> str:
    """What became of somebody's hours, or of a moment; '' for none before or after. Of several, these are the first."""
    return f"{before}>{after}*{count}"


def length(time: timedelta) -> str:
    """A length of time, never less than a minute."""
    return f"PT{max(1, round(time.total_seconds() / 60))}M"


def say(name: str, value: str, language: MessageLanguage = CHINESE) -> str:
    """A variable's value in words; never fails."""
    words = WORDS.get(name, {}).get(value)
    if words is not None:
        return words[language]
    if name == "numbers":
        return value if language is CHINESE else value.replace("、", ", ").replace("等", ", …")
    changed = _CHANGE.fullmatch(value)
    if changed is None:
        return _time(value, language)
    before, after = (_time(changed[part], language) for part in ("before", "after"))
    return _CHANGED[language](before, after, int(changed["count"]))


_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}")
_HOURS = re.compile(f"({_MOMENT.pattern})/({_MOMENT.pattern})")
_LENGTH = re.compile(r"PT(\d{1,9})M")
_TIMES = f"(?:{_HOURS.pattern}|{_MOMENT.pattern})?".replace("(\\d{4}", "(?:\\d{4}")
_CHANGE = re.compile(rf"(?P<before>{_TIMES})>(?P<after>{_TIMES})\*(?P<count>\d{{1,6}})", re.ASCII)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _time(value: str, language: MessageLanguage) -> str:
    """A moment, hours or a length of time in words; anything else as it is."""
    try:
        if _MOMENT.fullmatch(value):
            return _DAY_AND_TIME[language](datetime.fromisoformat(value))
        found = _HOURS.fullmatch(value)
        if found is not None:
            return _HOURS_IN[language](*map(datetime.fromisoformat, found.groups()))
    except ValueError:  # No such day.
        return value
    lasting = _LENGTH.fullmatch(value)
    return _LENGTH_IN[language](int(lasting[1])) if lasting is not None else value


def _chinese_hours(start: datetime, end: datetime) -> str:
    """The end says its day only where it is another."""
    until = f"{end:%H:%M}" if start.date() == end.date() else f"{end.day}日{end:%H:%M}"
    return f"{start:%m月%d日%H:%M}至{until}"


def _english_hours(start: datetime, end: datetime) -> str:
    until = f"{end:%H:%M}" if start.date() == end.date() else _english_moment(end)
    return f"{_english_moment(start)} to {until}"


def _english_moment(at: datetime) -> str:
    return f"{at.day} {_MONTHS[at.month - 1]} {at:%H:%M}"


def _chinese_change(before: str, after: str, count: int) -> str:
    several = f"等{count}班" if count > 1 else ""
    if before and after:
        return f"{before}改为{after}{several}"
    return f"新增{after}{several}" if after else f"取消{before}{several}"


def _english_change(before: str, after: str, count: int) -> str:
    several = f" and {count - 1} more" if count > 1 else ""
    if before and after:
        return f"{before} becomes {after}{several}"
    return f"new: {after}{several}" if after else f"cancelled: {before}{several}"


def _chinese_length(minutes: int) -> str:
    """In the largest unit that says enough."""
    if minutes < 120:
        return f"{minutes}分钟"
    return f"{round(minutes / 60)}小时" if minutes < 48 * 60 else f"{round(minutes / 1440)}天"


def _english_length(minutes: int) -> str:
    if minutes < 120:
        return f"{minutes} minutes" if minutes > 1 else "1 minute"
    return f"{round(minutes / 60)} hours" if minutes < 48 * 60 else f"{round(minutes / 1440)} days"


_DAY_AND_TIME: Mapping[MessageLanguage, Callable[[datetime], str]] = {
    MessageLanguage.CHINESE: lambda at: f"{at:%m月%d日%H:%M}",
    MessageLanguage.ENGLISH: _english_moment,
}
_HOURS_IN: Mapping[MessageLanguage, Callable[[datetime, datetime], str]] = {
    MessageLanguage.CHINESE: _chinese_hours,
    MessageLanguage.ENGLISH: _english_hours,
}
_CHANGED: Mapping[MessageLanguage, Callable[[str, str, int], str]] = {
    MessageLanguage.CHINESE: _chinese_change,
    MessageLanguage.ENGLISH: _english_change,
}
_LENGTH_IN: Mapping[MessageLanguage, Callable[[int], str]] = {
    MessageLanguage.CHINESE: _chinese_length,
    MessageLanguage.ENGLISH: _english_length,
}
