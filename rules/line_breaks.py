"""Where a line of Chinese and Latin words may end: between any two Chinese characters, but never before a full stop."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_PIECES = re.compile(r"[\x21-\x7e\u00a0-\u024f]+|\s|.", re.DOTALL)
_NEVER_FIRST = frozenset("，。、；：？！）》」』”’…—·%‰℃,.;:?!)]}")
_NEVER_LAST = frozenset("（《「『“‘([{¥￥$")


def wrap(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """The text in lines that are no wider than ``width``; ``measure`` gives a character's width in the same unit.

    A Latin word or a number stays whole where a line can hold it. An empty text is one empty line.
    """
    return [line for paragraph in text.splitlines() or [""] for line in _lines(paragraph, width, measure)]


def _lines(paragraph: str, width: float, measure: Callable[[str], float]) -> Iterator[str]:
    line, used = "", 0.0
    for piece in _pieces(paragraph, width, measure):
        length = sum(map(measure, piece))
        if line and used + length > width:
            yield line.rstrip()
            line, used = "", 0.0
            if piece.isspace():
                continue
        line, used = line + piece, used + length
    yield line.rstrip()


def _pieces(paragraph: str, width: float, measure: Callable[[str], float]) -> Iterator[str]:
    """What stays together; what is wider than a whole line is taken apart."""
    held = ""
    for piece in _PIECES.findall(paragraph):
        if held and piece[0] not in _NEVER_FIRST and held[-1] not in _NEVER_LAST:
            yield from _whole_or_apart(held, width, measure)
            held = ""
        held += piece
    yield from _whole_or_apart(held, width, measure)


def _whole_or_apart(piece: str, width: float, measure: Callable[[str], float]) -> Iterator[str]:
    if sum(map(measure, piece)) <= width:
        yield piece
    else:
        yield from piece
