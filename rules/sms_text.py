"""The shipped words of every SMS: fixed sentences with short variables, no full name, no address, no phone (N18, N19).

Each text still makes sense without its variables, and none says more than a stranger who finds the phone may read. How
to answer stands in a sentence of its own, which is left out where there is no code (``rules/sms_templates.py``). The
signature is put in front by the provider; values are kept and worded by ``rules/sms_values.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rules.vocabulary import MessageLanguage, NotificationKind

K = NotificationKind

_CHINESE: Mapping[NotificationKind, str] = MappingProxyType(
    {
        K.DUTY_CALL: "{number}新投诉待您接单，{due}前须联系客户，请登录系统处理。回复1 {code}接单，0不能接。",
        K.ESCALATION: "{number}已升级到您，请立即接单并联系客户。回复1 {code}接单，2升级，0不能接。",
        K.NOBODY_ON_DUTY: "{number}对应岗位{role}无人值班，请立即安排。",
        K.ASSIGNED: "{number}已转交给您，请登录系统接单。回复1 {code}接单，0不能接。",
        K.LEASE_LAPSED: "{number}接单后超时无进展，已重新呼叫，请立即处理并登记。回复1 {code}接单，0不能接。",
        K.CHAIN_REPAIRED: "{count}条投诉的呼叫曾中断，已自动恢复，请登录系统查看。",
        K.CLOCK_WARNING: "{number}{clock}还剩{time}，请及时处理。",
        K.CLOCK_BREACHED: "{number}{clock}已超时，请立即处理。",
        K.CLOCK_OVERRUN: "{number}{clock}已超时{time}仍未完成，请立即处理。",
        K.LEVEL_RAISED: "{number}等级升为{level}，请立即处理。",
        K.GROUP_OPENED: "{number}群诉：多户投诉同一问题，请立即登录系统统一处理。",
        K.GROUP_MESSAGE: "{number}群诉有新通知，请登录系统查看。",
        K.CUSTOMER_SILENT: "{number}客户已{time}未收到消息，您是首问责任人，请致电告知进展。",
        K.MEETING_CALLED: "{number}研判会现在开始，请立即入会，限时10分钟。",
        K.SHIFT_REMINDER: "您的{role}值班{start}开始，请保持手机畅通。",
        K.SHIFT_TOMORROW: "您明天有{role}值班，{start}开始，请提前安排。",
        K.SHIFT_CHANGED: "您的{role}值班有变动：{change}。",
        K.ROSTER_GAP: "{role}将无人值班：{hours}，请尽快安排。",
        K.SWAP_REQUESTED: "有人请您代{role}值班：{hours}，请登录系统答复。",
        K.SWAP_TO_APPROVE: "有一项{role}换班待审批：{hours}，请登录系统处理。",
        K.SWAP_DECIDED: "您的{role}换班{hours}：{decision}，请登录系统查看。",
        K.HANDOVER_WAITING: "您的{role}值班已开始，有交接待您确认，请登录系统。",
        K.HANDOVER_LATE: "{role}交接班超时未确认，请登录系统处理。",
        K.PROMISE_DUE: "{number}有承诺{due}到期，请按时兑现。",
        K.COMPENSATION_TO_DECIDE: "{number}有补偿待审批，请登录系统处理。",
        K.VISIT_TOMORROW: "您明天有上门安排：{number}，{start}，地址请登录系统查看。",
        K.VISIT_SOON: "您即将上门：{number}，{start}，请准时到达，地址请登录系统查看。",
        K.VISIT_CHANGED: "{number}上门变动：{change}。",
        K.APPOINTMENT_MADE: "您好，已与您约定{start}上门，请留人在家，如需改期请致电客服。",
        K.APPOINTMENT_TOMORROW: "您好，我们将于明天{start}按约上门，请留人在家，如需改期请致电客服。",
        K.APPOINTMENT_SOON: "您好，我们将于今天{start}按约上门，请留人在家，如有不便请致电客服。",
        K.APPOINTMENT_CHANGED: "上门预约有变动：{change}，如有不便请来电。",
        K.PROGRESS_REPORT: "您好，您反映的问题{number}正在处理，今日进展：{words}。如有疑问请致电客服。",
        K.FOLLOW_UP_LINK: "您反映的问题{number}已处理，请打开 {link} 查看并评价，7天内有效，如未解决请直接告诉我们。",
        K.FOLLOW_UP_DUE: "{number}今日需回访客户，请登录系统登记。",
        K.CUSTOMER_DISSATISFIED: "{number}客户回访不满意，已重新受理，请立即处理。",
        K.WATER_TEST_OVER: "{number}闭水试验已满24小时，请到场查看并登记。",
        K.STATEMENT_TO_APPROVE: "{number}有对外口径待审批，请登录系统处理。",
        K.MALICE_TO_DECIDE: "{number}疑似恶意投诉，待法务审核，请登录系统处理。",
        K.ACTION_DUE: "{number}有整改措施{due}到期，请登录系统登记。",
        K.MORNING_DIGEST: "今日待办：未结{open}件，已超时{overdue}件，今日到期{today}件，请登录系统查看。",
        K.BUNDLE: "{count}件投诉待处理：{numbers}。回复1 {code}全部接单。",
        K.ANSWER: "您的回复已收到，结果请登录系统查看。",
        K.VERIFICATION: "您的手机号验证码为{password}，10分钟内有效，请勿告诉他人。",
        K.CHANNEL_ALARM: "短信通道{channel}发生故障，消息可能无法送达，请立即登录系统查看。",
        K.DRILL: "值班演练：这是一次应答测试，没有真实投诉，请登录系统确认。回复1 {code}确认收到。",
        K.TEST: "这是一条测试短信，收到即表示通道正常。",
    }
)

_ENGLISH: Mapping[NotificationKind, str] = MappingProxyType(
    {
        K.DUTY_CALL: (
            "{number}: new complaint for you. Call the customer by {due}. Reply 1 {code} to take it, 0 if you can't."
        ),
        K.ESCALATION: (
            "{number} was escalated to you. Take it and call the customer now. "
            "Reply 1 {code} to take it, 0 if you can't."
        ),
        K.NOBODY_ON_DUTY: "{number}: nobody is on duty as {role}. Please find somebody now.",
        K.ASSIGNED: "{number} was handed to you. Please log in and take it. Reply 1 {code} to take it, 0 if you can't.",
        K.LEASE_LAPSED: (
            "{number}: no progress since you took it; others are called. Reply 1 {code} to take it, 0 if you can't."
        ),
        K.CHAIN_REPAIRED: "Calls for {count} complaints had stopped and were restored. Please log in and look.",
        K.CLOCK_WARNING: "{number}: {clock} is due in {time}. Please see to it.",
        K.CLOCK_BREACHED: "{number}: {clock} is overdue. Please act now.",
        K.CLOCK_OVERRUN: "{number}: {clock} is overdue by {time}. Please act now.",
        K.LEVEL_RAISED: "{number} was raised to {level}. Please act now.",
        K.GROUP_OPENED: "{number}: several homes complain of the same thing. Please log in and act now.",
        K.GROUP_MESSAGE: "{number}: news about this group complaint. Please log in.",
        K.CUSTOMER_SILENT: "{number}: the customer has heard nothing for {time}. You answer for it; please call them.",
        K.MEETING_CALLED: "{number}: the triage meeting begins now and takes 10 minutes. Please join.",
        K.SHIFT_REMINDER: "Your {role} duty begins {start}. Please keep your phone on.",
        K.SHIFT_TOMORROW: "You have {role} duty tomorrow, from {start}.",
        K.SHIFT_CHANGED: "Your {role} duty changed: {change}.",
        K.ROSTER_GAP: "Nobody will be on duty as {role}: {hours}. Please find somebody.",
        K.SWAP_REQUESTED: "Can you take over {role} duty, {hours}? Please log in and answer.",
        K.SWAP_TO_APPROVE: "A swap of {role} duty waits for you: {hours}. Please log in.",
        K.SWAP_DECIDED: "Your swap of {role} duty, {hours}: {decision}. Please log in.",
        K.HANDOVER_WAITING: "Your {role} duty has begun; a handover waits for you. Please log in.",
        K.HANDOVER_LATE: "The handover of {role} duty was not accepted in time. Please log in.",
        K.PROMISE_DUE: "{number}: a promise is due {due}. Please keep it.",
        K.COMPENSATION_TO_DECIDE: "{number}: a compensation waits for your decision. Please log in.",
        K.VISIT_TOMORROW: "You have a visit tomorrow: {number}, {start}. Please log in for the address.",
        K.VISIT_SOON: "Your visit is soon: {number}, {start}. Please be on time; log in for the address.",
        K.VISIT_CHANGED: "{number}: your visit changed: {change}.",
        K.APPOINTMENT_MADE: "Our visit is planned for {start}. Please be at home; to change it, call us.",
        K.APPOINTMENT_TOMORROW: "We come tomorrow as agreed, {start}. Please be at home; to change it, call us.",
        K.APPOINTMENT_SOON: "We come today as agreed, {start}. Please be at home; if that does not suit, call us.",
        K.APPOINTMENT_CHANGED: "Visit changed: {change}. If that does not suit, call us.",
        K.PROGRESS_REPORT: "We are working on {number}. Today: {words}. If you have questions, please call us.",
        K.FOLLOW_UP_LINK: "{number}: is it solved? Tell us at {link} within 7 days.",
        K.FOLLOW_UP_DUE: "{number}: the customer is to be asked today. Please log in.",
        K.CUSTOMER_DISSATISFIED: "{number}: the customer is not satisfied, it is open again. Please act now.",
        K.WATER_TEST_OVER: "{number}: the water has stood for 24 hours. Please go and read it.",
        K.STATEMENT_TO_APPROVE: "{number}: a statement waits for your approval. Please log in.",
        K.MALICE_TO_DECIDE: "{number}: legal counsel is asked whether it is in bad faith. Please log in.",
        K.ACTION_DUE: "{number}: a corrective action is due {due}. Please log in.",
        K.MORNING_DIGEST: "This morning: {open} open, {overdue} overdue, {today} due today. Please log in.",
        K.BUNDLE: "{count} complaints wait for you: {numbers}. Reply 1 {code} to take all of them.",
        K.ANSWER: "We got your reply. Please log in for what became of it.",
        K.VERIFICATION: "Your code is {password}. It holds for 10 minutes; tell nobody.",
        K.CHANNEL_ALARM: "Channel {channel} is in trouble; messages may not arrive. Please log in and look now.",
        K.DRILL: "Duty drill: a test, no real complaint. Please log in and confirm. Reply 1 {code} to confirm.",
        K.TEST: "This is a test. If you read it, the channel works.",
    }
)

TEXTS: Mapping[MessageLanguage, Mapping[NotificationKind, str]] = MappingProxyType(
    {MessageLanguage.CHINESE: _CHINESE, MessageLanguage.ENGLISH: _ENGLISH}
)
"""What is sent until a manager publishes other words."""

SENTENCE = "sentence"
"""The variable that is a whole answer (``rules/answers.py``); its template is for channels that know only templates."""


def shipped(kind: NotificationKind, language: MessageLanguage) -> str:
    """The text of a kind before anybody published another."""
    return TEXTS[language][kind]
