"""What the desk writes back to a reply: one short sentence for everything that can become of it, in two languages.

No name, no address and nothing about the matter: whoever finds the phone reads it too. A stranger hears less still.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from rules.replies import ReplyAction
from rules.vocabulary import MessageLanguage

LONGEST = 100
"""Characters of the longest answer."""


class Say(StrEnum):
    """What is said."""

    TAKEN = "taken"
    TAKEN_BESIDE_OTHERS = "taken_beside_others"
    ESCALATED = "escalated"
    PASSED_ON = "passed_on"
    CANNOT = "cannot"
    DRILL = "drill"
    DONE_BEFORE = "done_before"
    OTHER_HAS_IT = "other_has_it"
    YOU_HAVE_IT = "you_have_it"
    OVER = "over"
    NOT_ALLOWED = "not_allowed"
    NOBODY_ELSE = "nobody_else"
    NOT_POSSIBLE = "not_possible"
    SOME_OF_THEM = "some_of_them"
    WHICH = "which"
    WHICH_UNSAID = "which_unsaid"
    UNKNOWN_CODE = "unknown_code"
    OF_ANOTHER = "of_another"
    TOO_LATE = "too_late"
    NOTHING_WAITS = "nothing_waits"
    NOT_UNDERSTOOD = "not_understood"
    DRILL_TAKES_ONE = "drill_takes_one"
    STRANGER = "stranger"
    OPTED_OUT = "opted_out"
    DUTY_STILL_CALLS = "duty_still_calls"
    OPTED_IN = "opted_in"


SENTENCES: Mapping[Say, tuple[str, str]] = MappingProxyType(
    {
        Say.TAKEN: ("{about}您已接单。", "{about}: it is yours."),
        Say.TAKEN_BESIDE_OTHERS: (
            "{about}已记录您接单，还须其他人接单。",
            "{about}: noted; others must answer as well.",
        ),
        Say.ESCALATED: ("{about}已升级，正在呼叫上一级。", "{about}: escalated; the next level is called."),
        Say.PASSED_ON: ("{about}已转给下一位，正在呼叫。", "{about}: passed on; the next one is called."),
        Say.CANNOT: ("{about}已记录您无法接单，会有其他人接手。", "{about}: noted that you cannot; others are called."),
        Say.DRILL: ("演练回复已收到，谢谢。", "Your answer to the drill has come, thank you."),
        Say.DONE_BEFORE: ("{about}已按您先前的回复办理。", "{about}: done already, as you replied before."),
        Say.OTHER_HAS_IT: ("{about}已有人接单，不用再接。", "{about}: somebody else has it already."),
        Say.YOU_HAVE_IT: ("{about}您已接单，不用再回复。", "{about}: you have it already."),
        Say.OVER: ("{about}已办结，未作处理。", "{about}: it is over; nothing was done."),
        Say.NOT_ALLOWED: (
            "您的权限不能办理，请致电值班组长。",
            "Your role does not allow this; please call the group's leader.",
        ),
        Say.NOBODY_ELSE: (
            "{about}现在没有其他人可转，请登录系统处理。",
            "{about}: nobody else is there now; please log in.",
        ),
        Say.NOT_POSSIBLE: ("{about}未能办理，请登录系统处理。", "{about}: not possible; please log in."),
        Say.SOME_OF_THEM: (
            "{count}件中{done}件已办理，其余请登录系统查看。",
            "Done for {done} of {count}; please log in for the others.",
        ),
        Say.WHICH: (
            "您有{count}条待回复，请加短信里的编号，如{about}回复{digit} {code}。",
            "{count} messages wait for you; please add the code: {digit} {code} for {about}.",
        ),
        Say.WHICH_UNSAID: (
            "您有{count}条待回复，不知是哪一条，请登录系统处理。",
            "{count} messages wait for you and it is not clear which is meant; please log in.",
        ),
        Say.UNKNOWN_CODE: ("没有编号{code}，请核对短信后重发。", "There is no code {code}; please look again."),
        Say.OF_ANOTHER: ("编号{code}不是发给您的，未作处理。", "Code {code} was not sent to you; nothing was done."),
        Say.TOO_LATE: ("编号{code}已失效，请登录系统查看。", "Code {code} is too old; please log in."),
        Say.NOTHING_WAITS: ("没有等您回复的短信，未作处理。", "Nothing waits for your reply; nothing was done."),
        Say.NOT_UNDERSTOOD: (
            "没有看懂。1接单，2升级，3转下一位，0不能接，后加短信里的编号。",
            "Not understood. 1 take, 2 escalate, 3 pass on, 0 cannot, then the code.",
        ),
        Say.DRILL_TAKES_ONE: ("这是演练，请回复1。", "This is a drill; please reply 1."),
        Say.STRANGER: ("本号码未登记，回复未作处理。", "This number is not known here; nothing was done."),
        Say.OPTED_OUT: ("已停止给您发送短信，需要时请致电客服。", "You will get no more messages."),
        Say.DUTY_STILL_CALLS: (
            "已记录。值班呼叫仍会发给您，请联系管理员。",
            "Noted. Duty calls still come; please talk to an administrator.",
        ),
        Say.OPTED_IN: ("已恢复给您发送短信。", "You will get messages again."),
    }
)
"""Chinese, English."""

DIGITS: Mapping[ReplyAction, str] = MappingProxyType(
    {
        ReplyAction.ACKNOWLEDGE: "1",
        ReplyAction.ESCALATE: "2",
        ReplyAction.PASS_ON: "3",
        ReplyAction.CANNOT: "0",
    }
)
"""What is typed for each, for an example."""


REASONS: Mapping[ReplyAction, str] = MappingProxyType(
    {
        ReplyAction.ESCALATE: "短信回复：请升级",
        ReplyAction.PASS_ON: "短信回复：转下一位",
        ReplyAction.CANNOT: "短信回复：无法接单",
    }
)
"""The reason that stands on the complaint's timeline, where a button would have asked for one."""


def sentence(say: Say, language: MessageLanguage = MessageLanguage.CHINESE, **values: object) -> str:
    """The sentence with its values in it."""
    chinese, english = SENTENCES[say]
    return (english if language is MessageLanguage.ENGLISH else chinese).format(**values)


def about(numbers: list[str], language: MessageLanguage) -> str:
    """What a sentence is about: a complaint by its number, several by how many they are."""
    if len(numbers) == 1:
        return numbers[0]
    return f"{len(numbers)} complaints" if language is MessageLanguage.ENGLISH else f"{len(numbers)}件投诉"
