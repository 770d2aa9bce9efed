"""What people type back: a digit or a word, and the code of the message they mean.

``1 A0238`` in every form in which a tired person types it; anything else means nothing and is kept as it came.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from rules.reply_codes import LETTERS
from rules.vocabulary import N_, Term

LONGEST: Final = 500
"""Characters of a reply that are kept."""


class ReplyAction(Term):
    """What a reply asks for."""

    ACKNOWLEDGE = "acknowledge", N_("Acknowledge")
    ESCALATE = "escalate", N_("Escalate")
    PASS_ON = "pass_on", N_("Pass on to the next on duty")
    CANNOT = "cannot", N_("Cannot take it")
    OPT_OUT = "opt_out", N_("No more messages")
    OPT_IN = "opt_in", N_("Messages again")


WORDS: Mapping[ReplyAction, tuple[str, ...]] = MappingProxyType(
    {
        ReplyAction.ACKNOWLEDGE: ("1", "接单", "接單", "已接单", "我接", "我接单", "ACK"),
        ReplyAction.ESCALATE: ("2", "升级", "升級", "请升级", "ESCALATE"),
        ReplyAction.PASS_ON: ("3", "转", "轉", "转交", "转单", "转下一位", "PASS"),
        ReplyAction.CANNOT: ("0", "不能", "不能接", "不能接单", "无法接单", "接不了", "CANNOT"),
        ReplyAction.OPT_OUT: (
            *("R", "T", "TD", "N", "退订", "退訂", "R退订", "T退订", "TD退订", "N退订", "拒收"),
            *("STOP", "STOPALL", "UNSUBSCRIBE"),
        ),
        ReplyAction.OPT_IN: ("START", "UNSTOP", "恢复", "恢復", "恢复接收"),
    }
)
"""What may be typed for each, in capitals; as a whole, so that 不接单 is not taken for 接单."""

WITHOUT_CODE = frozenset({ReplyAction.OPT_OUT, ReplyAction.OPT_IN})
"""Wishes about all messages, not about one."""


@dataclass(frozen=True)
class Said:
    """A reply as the desk understands it: None asks for nothing. ``code`` is '' where none was typed.

    ``words`` is what came, as far as a database can keep it.
    """

    action: ReplyAction | None
    code: str
    words: str


def read(text: str) -> Said:
    """Understand a reply, whatever it is; never fails."""
    words = _CANNOT_BE_KEPT.sub("", text[: LONGEST * 2])[:LONGEST]
    plain = _plain(text) if len(text) <= LONGEST else ""
    found = _VERB_FIRST.fullmatch(plain) or _CODE_FIRST.fullmatch(plain)
    if found is None:
        return Said(None, "", words)
    action, code = _ACTIONS[found["verb"]], _as_code(found["code"] or "")
    return Said(None, "", words) if code and action in WITHOUT_CODE else Said(action, code, words)


_CANNOT_BE_KEPT = re.compile("[\x00\ud800-\udfff]")
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufe0f\ufeff]")
_SEPARATORS = re.compile(r"[\s,.:;!~、。“”‘’\"'「」『』()【】\[\]<>《》#*_—-]+")
_BESIDE_CHINESE = re.compile("(?<=[\u4e00-\u9fff]) | (?=[\u4e00-\u9fff])")
_READ_AS_DIGITS = str.maketrans("OIL", "011")

_ACTIONS = {word: action for action, words in WORDS.items() for word in words}
_VERB = "(?P<verb>" + "|".join(sorted(map(re.escape, _ACTIONS), key=len, reverse=True)) + ")"
_CODE = f"(?P<code>[{LETTERS}](?: ?[0-9OIL]){{4}})"
_VERB_FIRST = re.compile(f"{_VERB}(?: ?{_CODE})?")
_CODE_FIRST = re.compile(f"{_CODE}(?: |(?![0-9])){_VERB}")


def _plain(text: str) -> str:
    """Capitals and plain digits, one space for whatever separates."""
    folded = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).upper()
    return _BESIDE_CHINESE.sub("", _SEPARATORS.sub(" ", folded).strip())


def _as_code(typed: str) -> str:
    """The code that is meant: O and I are no letters of codes, so they and l are digits."""
    return f"{typed[:1]}{typed[1:].replace(' ', '').translate(_READ_AS_DIGITS)}"
