"""The words of every SMS: fixed sentences with one short code, no full name, no address, no phone (N18, N19).

Each text still makes sense without its variables, and none says more than a stranger who finds the phone may read.
Sent in Chinese; the signature is put in front by the provider.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rules.vocabulary import NotificationKind, Severity

TEMPLATES: Mapping[NotificationKind, str] = MappingProxyType(
    {
        NotificationKind.DUTY_CALL: "{number}新投诉待您接单，{due}前须联系客户，请登录系统处理。",
        NotificationKind.ESCALATION: "{number}已升级到您，请立即接单并联系客户。",
        NotificationKind.NOBODY_ON_DUTY: "{number}对应岗位{role}无人值班，请立即安排。",
        NotificationKind.ASSIGNED: "{number}已转交给您，请登录系统接单。",
        NotificationKind.CLOCK_BREACHED: "{number}{clock}已超时，请立即处理。",
        NotificationKind.LEVEL_RAISED: "{number}等级升为{level}，请立即处理。",
        NotificationKind.MEETING_CALLED: "{number}研判会现在开始，请立即入会，限时10分钟。",
        NotificationKind.SHIFT_REMINDER: "您的{role}值班{start}开始，请保持手机畅通。",
        NotificationKind.SHIFT_CHANGED: "您的{role}值班有变动，请登录系统查看。",
        NotificationKind.PROMISE_DUE: "{number}有承诺{due}到期，请按时兑现。",
        NotificationKind.COMPENSATION_TO_DECIDE: "{number}有补偿待审批，请登录系统处理。",
        NotificationKind.TEST: "这是一条测试短信，收到即表示通道正常。",
    }
)

LEVEL_WORDS: Mapping[Severity, str] = MappingProxyType(
    {Severity.MAJOR: "一级", Severity.URGENT: "二级", Severity.GENERAL: "三级"}
)

ONE_PART = 70
EACH_OF_SEVERAL = 67


def render(kind: NotificationKind, **variables: str) -> str:
    """The text of a message, without the signature."""
    return TEMPLATES[kind].format(**variables)


def units(text: str) -> int:
    """UCS-2 units: what a part is measured in; an emoji counts two."""
    return len(text.encode("utf-16-be")) // 2


def parts(text: str, signature: str) -> int:
    """How many parts the provider will bill: 70 units fit into one, 67 into each of several; 【】 counts."""
    length = units(f"【{signature}】{text}")
    return 1 if length <= ONE_PART else -(-length // EACH_OF_SEVERAL)
