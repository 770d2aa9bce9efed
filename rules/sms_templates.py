"""Templates of an SMS: fixed words with typed places, fit to be approved by a provider and to be filled in at night.

A template is checked once, when a manager writes it: it knows only the variables its message brings, says nothing that
a provider of notices refuses, and stays short even when every variable is as long as it may be. Filling it in never
fails: what does not fit is cut by the rule of its variable and reported.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from rules import sms_parts, sms_text, texts
from rules.message_kinds import KINDS
from rules.refusals import Refusal
from rules.sms_values import CHINESE
from rules.vocabulary import N_, MessageLanguage, NotificationKind, Term

MOST_PARTS = 2
"""Parts of the longest text a template may lead to."""

CODE = "code"
"""What the receiver types to answer. The sentence that it stands in is left out where there is none."""


class Form(Term):
    """What a variable holds, and what becomes of a value that is too long."""

    WORDS = "words", N_("Words; the end is cut off")
    WHOLE = "whole", N_("A number, a code or a time; left out when it does not fit")
    COUNT = "count", N_("A count; what is too high becomes more than 999")
    LINK = "link", N_("An address of the desk itself; left out when it is anything else")


@dataclass(frozen=True)
class Variable:
    """A typed place in a text: its meaning, its form, the UTF-16 units of its longest value, and an example.

    Where an English value needs more room, or another example, it has its own.
    """

    label: str
    form: Form
    longest: int
    example: str
    english: tuple[int, str] | None = None

    def longest_in(self, language: MessageLanguage) -> int:
        """UTF-16 units of the longest value in that language."""
        return self.longest if language is CHINESE or self.english is None else self.english[0]

    def example_in(self, language: MessageLanguage) -> str:
        """A value as it may stand in a text of that language."""
        return self.example if language is CHINESE or self.english is None else self.english[1]


VARIABLES: Mapping[str, Variable] = MappingProxyType(
    {
        "number": Variable(N_("Number of the complaint"), Form.WHOLE, 12, "C-2611-0231"),
        "numbers": Variable(
            N_("Numbers of up to three complaints"),
            Form.WHOLE,
            39,
            "C-2611-0231、C-2611-0232",
            (44, "C-2611-0231, C-2611-0232"),
        ),
        "code": Variable(N_("Code for the answer"), Form.WHOLE, 5, "A0238"),
        "count": Variable(N_("How many"), Form.COUNT, 4, "3"),
        "open": Variable(N_("How many complaints are open"), Form.COUNT, 4, "12"),
        "overdue": Variable(N_("How many of them are overdue"), Form.COUNT, 4, "2"),
        "today": Variable(N_("How many fall due today"), Form.COUNT, 4, "5"),
        "words": Variable(N_("A few words"), Form.WORDS, 6, "已更换", (24, "pipe replaced")),
        "role": Variable(N_("Duty role"), Form.WORDS, 6, "客服主管", (13, "CS supervisor")),
        "clock": Variable(N_("Clock"), Form.WORDS, 9, "联系客户", (14, "first answer")),
        "level": Variable(N_("Level"), Form.WORDS, 4, "一级", (7, "level 1")),
        "decision": Variable(N_("Decision"), Form.WORDS, 11, "已生效", (18, "in force")),
        "due": Variable(N_("Moment by which something is due"), Form.WHOLE, 12, "11月24日08:30", (12, "24 Nov 08:30")),
        "start": Variable(
            N_("Moment at which something begins"), Form.WHOLE, 12, "11月24日08:00", (12, "24 Nov 08:00")
        ),
        "time": Variable(N_("Length of time"), Form.WHOLE, 12, "15分钟", (12, "15 minutes")),
        "hours": Variable(
            N_("From when to when"), Form.WHOLE, 20, "11月24日22:00至25日08:00", (28, "24 Nov 22:00 to 25 Nov 08:00")
        ),
        "change": Variable(
            N_("Hours before and after a change"),
            Form.WHOLE,
            47,
            "11月24日08:00至16:00改为11月25日08:00至16:00",
            (78, "24 Nov 08:00 to 16:00 becomes 25 Nov 08:00 to 16:00"),
        ),
        "channel": Variable(N_("Name of the channel"), Form.WORDS, 16, "aliyun"),
        "password": Variable(N_("Code to prove a number"), Form.WHOLE, 6, "402913"),
        "link": Variable(
            N_("Address of the customer's page"), Form.LINK, 72, "https://desk.example.com/c/0aBcDeFgHiJkLmNoPqRsTu"
        ),
    }
)


@dataclass(frozen=True)
class Filled:
    """A text with its values: the names of those that did not fit and of those that were not given."""

    text: str
    cut: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Preview:
    """A text as it will arrive, part by part, and how many parts it has when every value is as long as it may be."""

    parts: tuple[str, ...]
    most_parts: int


def variables(template: str) -> tuple[str, ...]:
    """The names of a template's places, each once, in the order of the text."""
    return tuple(dict.fromkeys(_PLACE.findall(template)))


def offered(kind: NotificationKind) -> tuple[str, ...]:
    """What a message of this kind can say, in the order of the shipped text; the code only where a reply acts."""
    said = (name for texts_ in sms_text.TEXTS.values() for name in variables(texts_[kind]) if name != CODE)
    return (*dict.fromkeys(said), *([CODE] if KINDS[kind].is_answerable else []))


def check(
    template: str,
    *,
    known: Collection[str],
    signature: str,
    language: MessageLanguage = CHINESE,
    field: str = "text",
) -> None:
    """Refuse a template that a provider would, or that could not be filled in.

    ``known`` are the variables its message brings; ``signature`` stands without 【】.

    Raises:
        Refusal: with the first fault, beside ``field``.
    """
    texts.check_given(template, N_("Write the text."), field=field, longest=sms_parts.LONGEST)
    if _CONTROL.search(template):
        raise Refusal(N_("The text has a line break, or a sign that cannot be shown."), field=field)
    _check_places(template, known, field)
    _check_words(template, field)
    if sms_parts.count(_at_its_longest(template, language), signature) > MOST_PARTS:
        raise Refusal(
            N_("With the longest values the text takes more than %(parts)s parts; shorten it."),
            field=field,
            parts=MOST_PARTS,
        )


def fill(template: str, values: Mapping[str, str], language: MessageLanguage = CHINESE) -> Filled:
    """Put the values in. Never fails: what does not fit is cut, what is not there stays empty, and both are told."""
    names = variables(template)
    fitting = {name: fit(name, values.get(name, ""), language) for name in names}
    said = template if fitting.get(CODE) else without_code(template)
    return Filled(
        _PLACE.sub(lambda place: fitting[place[1]], said),
        cut=tuple(name for name in names if fitting[name] != values.get(name, "")),
        missing=tuple(name for name in names if name not in values),
    )


def without_code(template: str) -> str:
    """The text for somebody who has no code to answer with; all of it where nothing else would be left."""
    rest = _HOW_TO_ANSWER.sub("", template).strip()
    return rest or template


def fit(name: str, value: str, language: MessageLanguage = CHINESE) -> str:
    """The value as it may stand in its place: within its length, without 【】, links, mobile numbers or line breaks."""
    variable = VARIABLES.get(name, _UNHEARD_OF)
    if variable.form is Form.LINK:  # The one place where a link may stand: it is read by what it is, not cleaned.
        return _whole(value, variable.longest, language) if _OWN_LINK.fullmatch(value) else ""
    return _FITTING[variable.form](_harmless(value), variable.longest_in(language), language)


def sentence(text: str, longest: int) -> str:
    """A whole sentence of the desk's own that is sent as it is, as far as it may stand in an SMS at all."""
    return sms_parts.shorten(_harmless(text), longest)


def preview(
    template: str, signature: str, values: Mapping[str, str] | None = None, language: MessageLanguage = CHINESE
) -> Preview:
    """What will arrive, with examples for the values that are not given."""
    examples = {name: VARIABLES[name].example_in(language) for name in variables(template) if name in VARIABLES}
    text = fill(template, {**examples, **(values or {})}, language).text
    longest = sms_parts.count(_at_its_longest(template, language), signature)
    return Preview(tuple(sms_parts.split(text, signature)), longest)


def _harmless(value: str) -> str:
    plain = _UNFIT.sub("", value[: sms_parts.LONGEST].encode("utf-8", "ignore").decode())
    folded = _folded(plain)
    return "" if _LINK.search(folded) or _MOBILE.search(folded) else plain


_PLACE = re.compile(r"\{([^{}]*)\}")
_UNFIT = re.compile(r"[【】\[\]{}\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060\ufeff]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\ufeff\ufffd]")
_UNHEARD_OF = Variable("", Form.WORDS, 6, "")
_HOW_TO_ANSWER = re.compile(r"[^。！？!?.；;]*\{code\}[^。！？!?.；;]*[。！？!?.；;]?")
_BRACKETS = ("[", "]")
_INVISIBLE = re.compile(r"[\u200b-\u200f\u2060\ufeff]")

_MARKETING = re.compile(
    "促销|优惠|打折|折扣|特价|特惠|抢购|秒杀|满减|立减|返现(?!场)|红包|抽奖|恭喜您?中奖|免费领|点击领取|大礼包|清仓"
    "|discount|coupon|promotion|specialoffer|clearancesale|freegift"
)
_OPTING_OUT = re.compile(
    r"退\s*订|拒\s*收|unsubscribe|opt\W?out"
    r"|(?<![a-z])(?:回复?|reply|text)\s*[“”\"'「]?\s*(?:r|t|td|n|stop(?:all)?)(?![a-z0-9])"
)
_LINK = re.compile(r"https?:|www\.|[a-z0-9-]+\.[a-z]{2,}(?![a-z0-9])|\.(?:中国|公司|网络|网址|手机)")
_OWN_LINK = re.compile(r"https?://[a-z0-9.-]+(?::\d{1,5})?(?:/[A-Za-z0-9_~-]+)+", re.ASCII)
_MOBILE = re.compile(r"(?<!\d)(?:\+?(?:00)?86[\s-]*)?1[3-9](?:[\s\-‐-―−_.·/]*\d){9}(?!\d)")
_CHAT = re.compile(r"微信号|加微信|加v[x信]|qq群|qq号|qq:?\d")


def _check_places(template: str, known: Collection[str], field: str) -> None:
    if "${" in template or "｛" in template or "｝" in template:
        raise Refusal(N_("A variable is written {name}, with plain braces and without $."), field=field)
    rest = _PLACE.sub("", template)
    if "{" in rest or "}" in rest:
        raise Refusal(N_("A brace belongs to no variable; a variable is written {name}."), field=field)
    for name in variables(template):
        if name not in known or name not in VARIABLES:
            raise Refusal(
                N_("This message has no variable “%(name)s”; it has: %(known)s."),
                field=field,
                name=name,
                known=", ".join(sorted(known)),
            )


def _check_words(template: str, field: str) -> None:
    folded = _folded(_PLACE.sub("{}", template))
    for is_in, sentence in _FAULTS:
        if is_in(folded):
            raise Refusal(sentence, field=field)


def _folded(text: str) -> str:
    """The text as a provider's filter reads it: full-width letters as plain ones, small, nothing invisible."""
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text).casefold()).strip()


def _squeezed(folded: str) -> str:
    """Without spaces: no word is hidden by spacing it out."""
    return "".join(folded.split())


def _names_somebody(folded: str) -> bool:
    return bool(_MOBILE.search(folded) or _CHAT.search(_squeezed(folded)))


_FAULTS: tuple[tuple[Callable[[str], object], str], ...] = (
    (re.compile("[【】]").search, N_("The provider puts the signature in front; write no 【】 into the text.")),
    (
        lambda folded: folded.startswith(_BRACKETS) or folded.endswith(_BRACKETS),
        N_("The text must not begin or end with a bracket [ ]."),
    ),
    (_OPTING_OUT.search, N_("A notice says nothing about opting out.")),
    (
        lambda folded: _MARKETING.search(_squeezed(folded)),
        N_("These are words of advertising; providers refuse them in a notice."),
    ),
    (_LINK.search, N_("A notice carries no link.")),
    (
        _names_somebody,
        N_("A notice names no mobile number and no chat account; a landline, 400 or 95 number may stand."),
    ),
)


def _at_its_longest(template: str, language: MessageLanguage) -> str:
    return _PLACE.sub(lambda place: "字" * VARIABLES.get(place[1], _UNHEARD_OF).longest_in(language), template)


def _shortened(value: str, longest: int, language: MessageLanguage) -> str:
    return sms_parts.shorten(value, longest)


def _whole(value: str, longest: int, language: MessageLanguage) -> str:
    """Half a number is another number, and half a time another time: all of it, or nothing."""
    return value if sms_parts.units(value) <= longest else ""


def _counted(value: str, longest: int, language: MessageLanguage) -> str:
    """``12``; where the digits do not fit ``999余``, the highest that does; '' for what is no count."""
    if not (value.isascii() and value.isdigit()):
        return ""
    digits = value.lstrip("0") or "0"
    more = "余" if language is CHINESE else "+"
    return digits if len(digits) <= longest else f"{'9' * (longest - 1)}{more}"


_FITTING: Mapping[Form, Callable[[str, int, MessageLanguage], str]] = MappingProxyType(
    {Form.WORDS: _shortened, Form.WHOLE: _whole, Form.COUNT: _counted, Form.LINK: _whole}
)
