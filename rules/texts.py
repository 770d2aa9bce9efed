"""Texts as people write them: everything is kept as it is, except what no database can keep."""

from __future__ import annotations

import re

from rules.refusals import Refusal
from rules.vocabulary import N_

LONGEST = 10_000
"""Characters of the longest text that somebody can be meant to read."""

_CANNOT_BE_KEPT = re.compile("[\x00\ud800-\udfff]")


def check(text: str, *, field: str, longest: int = LONGEST) -> None:
    """Refuse an endless text, and one with NUL or half a character in it.

    Raises:
        Refusal: the text cannot be kept; beside ``field``.
    """
    if len(text) > longest:
        raise Refusal(N_("The text is too long; %(longest)s characters at most."), field=field, longest=longest)
    if _CANNOT_BE_KEPT.search(text):
        raise Refusal(N_("The text contains a character that cannot be kept."), field=field)


def check_given(text: str, sentence: str, *, field: str, longest: int = LONGEST) -> None:
    """Refuse an empty text with ``sentence``, and whatever ``check`` refuses.

    Raises:
        Refusal: the text is empty or cannot be kept; beside ``field``.
    """
    if not text.strip():
        raise Refusal(sentence, field=field)
    check(text, field=field, longest=longest)
