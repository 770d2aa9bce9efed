"""The words of every SMS: fixed sentences with one short code, no full name, no address, no phone (N18, N19).

Each text still makes sense without its variables, and none says more than a stranger who finds the phone may read.
Sent in Chinese; the signature is put in front by the provider.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from rules.escalation import DutyRoleCode, Target, Whom
from rules.swaps import SwapState
from rules.vocabulary import ClockKind, NotificationKind, Severity

TEMPLATES: Mapping[NotificationKind, str] = MappingProxyType(
    {
        NotificationKind.DUTY_CALL: "{number}新投诉待您接单，{due}前须联系客户，请登录系统处理。",
        NotificationKind.ESCALATION: "{number}已升级到您，请立即接单并联系客户。",
        NotificationKind.NOBODY_ON_DUTY: "{number}对应岗位{role}无人值班，请立即安排。",
        NotificationKind.ASSIGNED: "{number}已转交给您，请登录系统接单。",
        NotificationKind.LEASE_LAPSED: "{number}接单后超时无进展，已重新呼叫，请立即处理并登记。",
        NotificationKind.CHAIN_REPAIRED: "{count}条投诉的呼叫曾中断，已自动恢复，请登录系统查看。",
        NotificationKind.CLOCK_WARNING: "{number}{clock}还剩{time}，请及时处理。",
        NotificationKind.CLOCK_BREACHED: "{number}{clock}已超时，请立即处理。",
        NotificationKind.CLOCK_OVERRUN: "{number}{clock}已超时{time}仍未完成，请立即处理。",
        NotificationKind.LEVEL_RAISED: "{number}等级升为{level}，请立即处理。",
        NotificationKind.GROUP_OPENED: "{number}群诉：多户投诉同一问题，请立即登录系统统一处理。",
        NotificationKind.GROUP_MESSAGE: "{number}群诉有新通知，请登录系统查看。",
        NotificationKind.CUSTOMER_SILENT: "{number}客户已{time}未收到消息，您是首问责任人，请致电告知进展。",
        NotificationKind.MEETING_CALLED: "{number}研判会现在开始，请立即入会，限时10分钟。",
        NotificationKind.SHIFT_REMINDER: "您的{role}值班{start}开始，请保持手机畅通。",
        NotificationKind.SHIFT_TOMORROW: "您明天有{role}值班，{start}开始，请提前安排。",
        NotificationKind.SHIFT_CHANGED: "您的{role}值班有变动：{change}。",
        NotificationKind.ROSTER_GAP: "{role}将无人值班：{hours}，请尽快安排。",
        NotificationKind.SWAP_REQUESTED: "有人请您代{role}值班：{hours}，请登录系统答复。",
        NotificationKind.SWAP_TO_APPROVE: "有一项{role}换班待审批：{hours}，请登录系统处理。",
        NotificationKind.SWAP_DECIDED: "您的{role}换班{hours}：{decision}，请登录系统查看。",
        NotificationKind.HANDOVER_WAITING: "您的{role}值班已开始，有交接待您确认，请登录系统。",
        NotificationKind.HANDOVER_LATE: "{role}交接班超时未确认，请登录系统处理。",
        NotificationKind.PROMISE_DUE: "{number}有承诺{due}到期，请按时兑现。",
        NotificationKind.COMPENSATION_TO_DECIDE: "{number}有补偿待审批，请登录系统处理。",
        NotificationKind.TEST: "这是一条测试短信，收到即表示通道正常。",
    }
)

LEVEL_WORDS: Mapping[Severity, str] = MappingProxyType(
    {Severity.MAJOR: "一级", Severity.URGENT: "二级", Severity.GENERAL: "三级"}
)

DUTY_ROLE_WORDS: Mapping[DutyRoleCode, str] = MappingProxyType(
    {
        DutyRoleCode.CS_SUPERVISOR: "客服主管",
        DutyRoleCode.ENGINEERING: "工程",
        DutyRoleCode.DESIGN: "设计",
        DutyRoleCode.LEGAL: "法务",
    }
)

TARGET_WORDS: Mapping[Target, str] = MappingProxyType(
    {
        Target.LEADER: "组长",
        Target.DUTY_GROUP: "值班组",
        Target.MANAGEMENT: "值班管理",
        Target.HANDLER: "经办人",
        Target.SUPERIOR: "经办人上级",
        Target.ROLE: "指定角色",
        Target.PERSON: "指定人员",
    }
)

CLOCK_WORDS: Mapping[ClockKind, str] = MappingProxyType(
    {
        ClockKind.CONTACT: "联系客户",
        ClockKind.TRIAGE: "定级",
        ClockKind.FIRST_ANSWER: "首次答复",
        ClockKind.GOLDEN: "黄金两小时",
        ClockKind.ON_SITE: "上门查看",
        ClockKind.FORMAL_REPLY: "正式答复",
        ClockKind.REWORK: "返工承诺",
        ClockKind.PROGRESS: "当日进度通报",
        ClockKind.COMPENSATION: "补偿审批",
        ClockKind.FOLLOW_UP: "回访",
    }
)

SWAP_WORDS: Mapping[SwapState, str] = MappingProxyType(
    {
        SwapState.DONE: "已生效",
        SwapState.REFUSED: "被对方谢绝",
        SwapState.REJECTED: "未获批准",
        SwapState.WITHDRAWN: "已撤回",
        SwapState.EXPIRED: "逾期未定，原值班不变",
    }
)


def render(kind: NotificationKind, **variables: str) -> str:
    """The text of a message, without the signature."""
    return TEMPLATES[kind].format(**variables)


def post(whom: Whom, required: DutyRoleCode) -> str:
    """Whom a chain meant: a duty role by its name, where ``required`` is the one in charge of the complaint."""
    if whom.target is Target.REQUIRED_ROLE:
        return DUTY_ROLE_WORDS[required]
    return DUTY_ROLE_WORDS[whom.duty_role] if whom.target is Target.DUTY_ROLE else TARGET_WORDS[whom.target]


def hours(starts_at: datetime, ends_at: datetime) -> str:
    """From when to when, given in the company's time; the end says its day only where it is another."""
    end = f"{ends_at:%H:%M}" if starts_at.date() == ends_at.date() else f"{ends_at.day}日{ends_at:%H:%M}"
    return f"{starts_at:%m月%d日%H:%M}至{end}"


def change(before: str, after: str, *, count: int = 1) -> str:
    """What became of somebody's hours; '' for none before or after. Of several, these are the first."""
    several = f"等{count}班" if count > 1 else ""
    if before and after:
        return f"{before}改为{after}{several}"
    return f"新增{after}{several}" if after else f"取消{before}{several}"


def length(time: timedelta) -> str:
    """A length of time in the largest unit that says enough, never less than a minute."""
    minutes = max(1, round(time.total_seconds() / 60))
    if minutes < 120:
        return f"{minutes}分钟"
    return f"{round(minutes / 60)}小时" if minutes < 48 * 60 else f"{round(minutes / 1440)}天"
