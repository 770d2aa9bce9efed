"""How words become an index: overlapping pairs of characters for Chinese, whole words for the rest.

Most Chinese words have two characters, which trigram indexes cannot find; pairs find them exactly.
"""

from __future__ import annotations

import re
import unicodedata

_CJK = r"㐀-䶿一-鿿豈-﫿\U00020000-\U0003ffff"
_RUN = re.compile(rf"[{_CJK}]+|[0-9a-z]+")
_IS_CJK = re.compile(rf"[{_CJK}]")
MAX_TOKENS = 2000


def tokens(text: str) -> list[str]:
    """The index words of a text, each once, in the order they occur."""
    found: dict[str, None] = {}
    for match in _RUN.finditer(unicodedata.normalize("NFKC", text).lower()):
        run = match.group()
        if _IS_CJK.match(run):
            pairs = [run[i : i + 2] for i in range(len(run) - 1)] or [run]
            found.update(dict.fromkeys(pairs))
        else:
            found[run[:40]] = None
        if len(found) >= MAX_TOKENS:
            break
    return list(found)[:MAX_TOKENS]
