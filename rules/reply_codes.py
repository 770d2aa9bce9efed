"""Reply codes: what stands for one message when somebody answers it.

A letter, three digits that count, and one that proves the others. A wrong digit, two that changed places, or the
neighbour of the letter on a keyboard make no code at all, least of all somebody else's.
"""

from __future__ import annotations

import re
from typing import Final

LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without I and O, which read as 1 and 0."""

_DIGITS = 3
_PER_LETTER = 10**_DIGITS

HOW_MANY: Final = len(LETTERS) * _PER_LETTER
"""Codes before they begin again."""

_WELL_FORMED = re.compile(f"[{LETTERS}][0-9]{{4}}")
_KEYBOARD = "QWERTYUPASDFGHJKLZXCVBNM"
_PROOF = (  # Damm's table: no two digits may change places unnoticed.
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)


def code(place: int) -> str:
    """The code at a place of the sequence, counted from 0; after the last they begin again."""
    letter, number = divmod(place % HOW_MANY, _PER_LETTER)
    counted = f"{LETTERS[letter]}{number:0{_DIGITS}d}"
    return f"{counted}{_proof(counted)}"


def next_code(previous: str) -> str:
    """The code that follows; the first one after '' or anything else that is no code."""
    if not is_code(previous):
        return code(0)
    return code(LETTERS.index(previous[0]) * _PER_LETTER + int(previous[1:-1]) + 1)


def is_code(text: str) -> bool:
    """Whether such a code can have been given; a slip of the finger makes none."""
    return bool(_WELL_FORMED.fullmatch(text)) and int(text[-1]) == _proof(text[:-1])


def _proof(counted: str) -> int:
    """The last digit. Letters that lie side by side begin in different rows."""
    row = _KEYBOARD.index(counted[0]) % len(_PROOF)
    for digit in counted[1:]:
        row = _PROOF[row][int(digit)]
    return row
