"""What a provider says, as it may be kept and shown: short, on one line, and without anybody's number or address."""

from __future__ import annotations

import re
from typing import Final

from rules import phones

LONGEST_WORDS: Final = 200
LONGEST_TOKEN: Final = 64

_NUMBER: Final = re.compile(r"\+?\d{7,}")
_ADDRESS: Final = re.compile(r"[^\s<>@,;:]+@[^\s<>@,;:]+")
_UNSEEN: Final = re.compile(r"[\s\x00-\x1f\x7f-\x9f\ud800-\udfff]+")


def words(said: object) -> str:
    """The words of an answer. Refusals like to repeat whom they refuse."""
    line = _UNSEEN.sub(" ", str("" if said is None else said)[: 4 * LONGEST_WORDS]).strip()
    return _ADDRESS.sub("…", _NUMBER.sub(lambda match: phones.mask(match.group()), line))[:LONGEST_WORDS]


def token(said: object) -> str:
    """An id, a state or a code, be it given as a text or as a number; '' where it is neither."""
    if type(said) is int:
        return str(said) if abs(said) < 10**LONGEST_TOKEN else ""
    return _UNSEEN.sub("", said)[:LONGEST_TOKEN] if isinstance(said, str) else ""
