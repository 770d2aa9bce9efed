"""How an SMS is measured: how many parts are billed, and where the text is cut between them.

Within China every character counts one unit, an ASCII letter too: 70 fit into a single part, 67 into each of several.
Abroad a text of GSM 7-bit letters alone holds 160, or 153 each; any other is measured as in China. The signature stands
in front and counts. What a reader sees as one character is never cut: no emoji, no flag, no letter with its accents. So
the count may be one higher than the bill of a provider that cuts anywhere, and never lower.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from rules.refusals import Refusal
from rules.vocabulary import N_

LONGEST = 500
"""Units of the longest text a provider takes, signature included."""

MAINLAND = "+86"

_GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_7_DOUBLED = frozenset("|^€{}[]~\\\f")

_JOINER = "\u200d"
_SKINS = range(0x1F3FB, 0x1F400)
_TAGS = range(0xE0020, 0xE0080)
_FLAG_LETTERS = range(0x1F1E6, 0x1F200)
_HANGUL_ENDINGS = range(0x1160, 0x1200)


@dataclass(frozen=True)
class Alphabet:
    """How a text is put into parts: the units that a single part holds, those of each of several, what a text costs."""

    alone: int
    joined: int
    cost: Callable[[str], int]


def units(text: str) -> int:
    """UTF-16 units: what a part is measured in; an emoji counts two."""
    return sum(2 if sign > "\uffff" else 1 for sign in text)


UCS_2 = Alphabet(70, 67, units)
GSM_7 = Alphabet(160, 153, lambda text: sum(2 if sign in _GSM_7_DOUBLED else 1 for sign in text))


def count(text: str, signature: str = "", *, number: str = MAINLAND) -> int:
    """How many parts the text is with its signature ('' for none), sent to ``number`` (E.164)."""
    return len(split(text, signature, number=number))


def split(text: str, signature: str = "", *, number: str = MAINLAND) -> list[str]:
    """The parts as they arrive, the signature in front of the first; put together they are the whole text."""
    whole = signed(text, signature)
    alphabet = alphabet_of(whole, number)
    if alphabet.cost(whole) <= alphabet.alone:
        return [whole]
    return _cut(whole, alphabet)


def signed(text: str, signature: str) -> str:
    """The text as it arrives; the provider puts the signature in front. Halves of one character become the one."""
    whole = f"【{signature}】{text}" if signature else text
    return whole.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def alphabet_of(whole: str, number: str) -> Alphabet:
    """What a text to this number is measured in; a single Chinese character makes all of it UCS-2."""
    is_plain = not number.startswith(MAINLAND) and all(sign in _GSM_7 or sign in _GSM_7_DOUBLED for sign in whole)
    return GSM_7 if is_plain else UCS_2


def check(text: str, signature: str = "", *, field: str = "text") -> None:
    """Refuse what no provider would take.

    Raises:
        Refusal: with its signature the text is longer than ``LONGEST`` units.
    """
    if units(signed(text, signature)) > LONGEST:
        raise Refusal(
            N_("An SMS has %(longest)s characters at most, its signature included."), field=field, longest=LONGEST
        )


def shorten(text: str, most: int) -> str:
    """As much of the text's beginning as fits into ``most`` UTF-16 units without cutting a character."""
    return next(_filled(characters(text), most, units), "")


def characters(text: str) -> Iterator[str]:
    """What a reader sees as single characters: a letter with its accents, an emoji with its skin, a family, a flag."""
    begun = ""
    for sign in text:
        if begun and not _continues(begun, sign):
            yield begun
            begun = ""
        begun += sign
    if begun:
        yield begun


def _continues(begun: str, sign: str) -> bool:
    """Whether the sign belongs to the character that was begun."""
    code, before = ord(sign), begun[-1]
    return (
        sign == _JOINER
        or before == _JOINER
        or unicodedata.category(sign).startswith("M")
        or code in _SKINS
        or code in _TAGS
        or (code in _FLAG_LETTERS and len(begun) == 1 and ord(begun) in _FLAG_LETTERS)
        or (code in _HANGUL_ENDINGS and unicodedata.category(before) == "Lo")
        or begun + sign == "\r\n"
    )


def _cut(whole: str, alphabet: Alphabet) -> list[str]:
    """Fill each part as far as it goes; what is longer than a part is no character, and is cut between its signs."""
    pieces = (
        piece
        for character in characters(whole)
        for piece in (character if alphabet.cost(character) > alphabet.joined else [character])
    )
    return list(_filled(pieces, alphabet.joined, alphabet.cost))


def _filled(pieces: Iterable[str], room: int, cost: Callable[[str], int]) -> Iterator[str]:
    """The pieces in as few boxes of so much room as their order allows."""
    box, used = "", 0
    for piece in pieces:
        size = cost(piece)
        if used + size > room:
            yield box
            box, used = "", 0
        box, used = box + piece, used + size
    yield box
