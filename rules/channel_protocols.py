"""The ways of sending that the desk knows, each with what it can do and what it must be told.

One table: the settings are read by it, the channels are built by it, and the page of all settings is written from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from rules.throttles import DAY, HOUR, MINUTE, OF_TEMPLATE, Window, smooth
from rules.vocabulary import N_, ChannelKind, MessageClass, Term


class Form(Term):
    """What the value of a variable looks like; a wrong one stops the start."""

    TEXT = "text", "one line"
    SECRET = "secret", "one line; never shown"
    URL = "url", "an address that begins with https:// or http://"
    HOST = "host", "a host's name or address"
    NUMBER = "number", "a whole number"
    SECONDS = "seconds", "seconds"
    SWITCH = "switch", "1 or 0"
    EMAIL = "email", "an e-mail address"
    FILE = "file", "the path of a file"
    CHOICE = "choice", "one of a few words"
    PAIRS = "pairs", "number=id pairs, separated by spaces"


@dataclass(frozen=True)
class Variable:
    """One variable of a channel: ``NAME_`` and ``key``. Without a ``default`` it must be given; '' is a default.

    ``lowest`` and ``highest`` bound a NUMBER or SECONDS; ``choices`` are a CHOICE's words.
    """

    key: str
    meaning: str
    form: Form = Form.TEXT
    default: str | None = None
    lowest: int = 1
    highest: int = 60
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Protocol:
    """One way of sending.

    ``needs_template``: only texts that the provider approved go out. ``can_find``: the provider can be asked what
    became of a message. ``pushes`` are what it brings to the desk. ``needs_public_url``: it is told an address of the
    desk with every message. ``windows`` is what it lets one phone have of one text. ``note`` is what to see to there.
    """

    name: str
    label: str
    kind: ChannelKind
    variables: tuple[Variable, ...] = ()
    needs_template: bool = False
    can_find: bool = False
    pushes: tuple[str, ...] = ()
    needs_public_url: bool = False
    windows: tuple[Window, ...] = ()
    note: str = ""

    @property
    def gives_receipts(self) -> bool:
        """Whether the provider says what became of a message that it took."""
        return RECEIPTS in self.pushes


LONGEST_VARIABLE: Final = "LONGEST_VARIABLE"
RECEIPTS: Final = "receipts"
REPLIES: Final = "replies"
_BOTH: Final = (RECEIPTS, REPLIES)


def _timeout(default: int) -> Variable:
    # Three of these (to connect, to begin, to end) must fit into the lease of a message.
    return Variable("TIMEOUT", "seconds that an answer may take", Form.SECONDS, str(default), highest=15)


_ALIYUN_KEYS: Final = (
    Variable("ACCESS_KEY_ID", "AccessKey ID of a RAM user that may do nothing but send"),
    Variable("ACCESS_KEY_SECRET", "its AccessKey secret", Form.SECRET),
)
_TWILIO_ACCOUNT: Final = (
    Variable("ACCOUNT_SID", "the account's SID (AC…)"),
    Variable("AUTH_TOKEN", "its auth token; webhooks are checked with it", Form.SECRET),
)
_TWILIO_REST: Final = (
    Variable("BASE_URL", "where Twilio listens", Form.URL, "https://api.twilio.com"),
    _timeout(10),
)
_VOICE_WINDOWS: Final = (Window(1, MINUTE), Window(3, 15 * MINUTE), Window(5, HOUR), smooth(15, DAY))
"""Aliyun rings one number once a minute, 5 times an hour and 20 times a day; nobody is rung more often by others."""

_ALL: Final = (
    Protocol("sandbox", N_("Sandbox"), ChannelKind.SMS, can_find=True),
    Protocol(
        "aliyun",
        N_("Aliyun SMS"),
        ChannelKind.SMS,
        (
            *_ALIYUN_KEYS,
            Variable("ENDPOINT", "where Aliyun listens", Form.URL, "https://dysmsapi.aliyuncs.com"),
            _timeout(5),
        ),
        needs_template=True,
        can_find=True,
        pushes=_BOTH,
        windows=OF_TEMPLATE,
    ),
    Protocol(
        "aliyun_voice",
        N_("Aliyun phone calls"),
        ChannelKind.VOICE,
        (
            *_ALIYUN_KEYS,
            Variable("SHOWN_NUMBER", "the number that is shown; empty for Aliyun's common ones", default=""),
            Variable("PLAY_TIMES", "how often the text is read out", Form.NUMBER, "2", 1, 3),
            Variable("PRODUCT_ID", "the kind of call that is asked after", default="11000000300006"),
            Variable("ENDPOINT", "where Aliyun listens", Form.URL, "https://dyvmsapi.aliyuncs.com"),
            _timeout(5),
        ),
        needs_template=True,
        pushes=(RECEIPTS,),
        windows=_VOICE_WINDOWS,
    ),
    Protocol(
        "tencent",
        N_("Tencent Cloud SMS"),
        ChannelKind.SMS,
        (
            Variable("SECRET_ID", "SecretId of a sub-account that may do nothing but send"),
            Variable("SECRET_KEY", "its SecretKey", Form.SECRET),
            Variable("SDK_APP_ID", "the application's SdkAppId"),
            Variable("REGION", "the region that is asked", default="ap-guangzhou"),
            Variable("SHOWS_OUR_ID", "1 where Tencent switched on that queries show SessionContext", Form.SWITCH, "0"),
            Variable(
                LONGEST_VARIABLE,
                "characters that a variable of a template may have; accounts from before 2024 take more than 6",
                Form.NUMBER,
                "6",
                highest=100,
            ),
            Variable("ENDPOINT", "where Tencent listens", Form.URL, "https://sms.tencentcloudapi.com"),
            _timeout(5),
        ),
        needs_template=True,
        can_find=True,
        pushes=_BOTH,
        # One text in 30 seconds; the carriers take ten notices a day. A new account allows two: have it raised.
        windows=(Window(1, MINUTE / 2), smooth(10, DAY)),
        note="A new account lets one number have two messages a day: have it raised in the console before you begin. "
        "It also refuses a variable of more than six characters, such as the number of a complaint: publish words "
        "without {number} and have those approved; the desk registers no others. Texts without an approved version go "
        "by the next channel.",
    ),
    Protocol(
        "twilio",
        N_("Twilio SMS"),
        ChannelKind.SMS,
        (
            *_TWILIO_ACCOUNT,
            Variable("SENDER", "the number that writes (+1…), or a messaging service (MG…)"),
            *_TWILIO_REST,
        ),
        can_find=True,
        pushes=_BOTH,
        needs_public_url=True,
    ),
    Protocol(
        "twilio_voice",
        N_("Twilio phone calls"),
        ChannelKind.VOICE,
        (
            *_TWILIO_ACCOUNT,
            Variable("SENDER", "the number that calls (+1…)"),
            Variable("LANGUAGE", "the language that is spoken", default="cmn-CN"),
            Variable("VOICE", "the voice that speaks", default="Polly.Zhiyu"),
            *_TWILIO_REST,
        ),
        can_find=True,
        pushes=_BOTH,
        needs_public_url=True,
        windows=_VOICE_WINDOWS,
    ),
    Protocol(
        "kannel",
        N_("Kannel / SMPP"),
        ChannelKind.SMS,
        (
            Variable("URL", "where sendsms listens, such as http://127.0.0.1:13013/cgi-bin/sendsms", Form.URL),
            Variable("USERNAME", "the user of group sendsms-user"),
            Variable("PASSWORD", "its password", Form.SECRET),
            Variable("PUSH_KEY", "32 random characters; the same as key= in Kannel's get-url", Form.SECRET),
            Variable("SENDER", "the number that writes; empty where Kannel has it", default=""),
            Variable("SMSC", "the smsc-id to use; empty where Kannel decides", default=""),
            _timeout(10),
        ),
        pushes=_BOTH,
        needs_public_url=True,
        note="Kannel brings replies where `get-url` of its `sms-service` says: the address of the page of channels and"
        " `?key=PUSH_KEY&id=%I&from=%p&text=%b&charset=%C&ts=%T`, with `max-messages = 0`.",
    ),
    Protocol(
        "signed_http",
        N_("Signed HTTP gateway"),
        ChannelKind.SMS,
        (
            Variable("URL", "the gateway's address", Form.URL),
            Variable("SECRET", "32 random characters that both sides sign with", Form.SECRET),
            _timeout(10),
        ),
        can_find=True,
        pushes=_BOTH,
    ),
    Protocol(
        "wecom",
        N_("WeCom group robot"),
        ChannelKind.ROBOT,
        (
            Variable("KEY", "key= of the robot's address", Form.SECRET),
            Variable(
                "URL", "the address without its key", Form.URL, "https://qyapi.weixin.qq.com/cgi-bin/webhook/send"
            ),
            _timeout(10),
        ),
    ),
    Protocol(
        "dingtalk",
        N_("DingTalk group robot"),
        ChannelKind.ROBOT,
        (
            Variable("ACCESS_TOKEN", "access_token= of the robot's address", Form.SECRET),
            Variable("SECRET", "its signing secret (SEC…); empty for none", Form.SECRET, ""),
            Variable("URL", "the address without its token", Form.URL, "https://oapi.dingtalk.com/robot/send"),
            _timeout(10),
        ),
    ),
    Protocol(
        "feishu",
        N_("Feishu / Lark group robot"),
        ChannelKind.ROBOT,
        (
            Variable("TOKEN", "the last part of the robot's address", Form.SECRET),
            Variable("SECRET", "its signing secret; empty for none", Form.SECRET, ""),
            Variable(
                "OPEN_IDS", "who is mentioned by which id: +8613800138000=ou_…; others call everybody", Form.PAIRS, ""
            ),
            Variable("URL", "the address without its token", Form.URL, "https://open.feishu.cn/open-apis/bot/v2/hook"),
            _timeout(10),
        ),
    ),
    Protocol(
        "smtp",
        N_("E-mail"),
        ChannelKind.EMAIL,
        (
            Variable("HOST", "the mail server", Form.HOST),
            Variable("PORT", "its port", Form.NUMBER, "465", 1, 65535),
            Variable(
                "SECURITY", "how the connection is protected", Form.CHOICE, "tls", choices=("tls", "starttls", "none")
            ),
            Variable("SENDER", "the address that writes", Form.EMAIL),
            Variable("USERNAME", "the login; empty for a server that wants none", default=""),
            Variable("PASSWORD", "its password", Form.SECRET, ""),
            Variable("CA_FILE", "certificates of a company's own authority; empty for the system's", Form.FILE, ""),
            _timeout(10),
        ),
    ),
)

PROTOCOLS: Mapping[str, Protocol] = MappingProxyType({protocol.name: protocol for protocol in _ALL})

_TO_STAFF: Final = frozenset({MessageClass.DUTY, MessageClass.STAFF, MessageClass.ALARM})

CARRIES: Mapping[ChannelKind, frozenset[MessageClass]] = MappingProxyType(
    {
        ChannelKind.SMS: frozenset(MessageClass),
        ChannelKind.EMAIL: _TO_STAFF | {MessageClass.ANSWER},
        ChannelKind.ROBOT: _TO_STAFF,
        ChannelKind.VOICE: frozenset({MessageClass.DUTY, MessageClass.ALARM}),
    }
)
"""What may go which way: a code that proves a number goes to that number, and no customer's word into a group chat."""


def protocol_of(channel: str) -> Protocol | None:
    """The protocol that a channel of this name speaks: ``tencent-2`` speaks tencent; None for an unknown one."""
    return PROTOCOLS.get(channel.partition("-")[0])


def prefix(channel: str) -> str:
    """How a channel's variables begin: ``TENCENT_2_``."""
    return f"{channel.upper().replace('-', '_')}_"
