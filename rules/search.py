"""How words become an index, and how a search is read by its shape.

Chinese is indexed by overlapping pairs of characters: most of its words have two, which trigram indexes cannot find
and pairs find exactly. Everything else is indexed by whole words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from rules import addresses, phones
from rules.addresses import Home
from rules.refusals import Refusal

MAX_TOKENS = 2000
"""What is kept of a text, and what is read of a search: enough for a call, an end to the endless."""
MAX_QUERY = 100
MAX_QUERY_TOKENS = 24
LONGEST_TOKEN = 40
SHORT = 3
"""A number of so many digits means itself when it is marked, not the beginning of a longer one."""

_CJK = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = re.compile(rf"[{_CJK}]+|[0-9a-z]+")
_IS_CJK = re.compile(rf"[{_CJK}]")


def fold(text: str) -> str:
    """Full-width and half-width, capitals and small letters: one form for all."""
    return unicodedata.normalize("NFKC", text).lower()


# --- the index -------------------------------------------------------------------------------------------------------


def index_text(text: str) -> str:
    """What is kept of a text for searching: its tokens in the order they occur, separated by blanks.

    The order is kept so that neighbours stay neighbours: words that stood together are found together.
    """
    kept: list[str] = []
    for run in _runs(text):
        kept.extend(_cut(run))
        if len(kept) >= MAX_TOKENS:
            break
    return " ".join(kept[:MAX_TOKENS])


def tokens(text: str) -> list[str]:
    """The index words of a text, each once, in the order they occur."""
    return list(dict.fromkeys(index_text(text).split()))


def _runs(text: str) -> list[str]:
    return _RUN.findall(fold(text))


def _cut(run: str) -> list[str]:
    """Pairs of Chinese characters (a lone one stays alone), anything else as it is."""
    if not _IS_CJK.match(run):
        return [run[:LONGEST_TOKEN]]
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]


# --- the words of a search -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Words:
    """What a text must hold: every one of ``tokens``, and ``phrases`` word for word in its index text.

    A phrase begins or ends with a blank where a token begins or ends there; the index text has one around it.
    """

    tokens: tuple[str, ...]
    phrases: tuple[str, ...]


def words(text: str) -> Words:
    """Read the words that somebody looks for; blanks separate words that may stand anywhere.

    A lone Chinese character at the edge of a word may be half of a pair in the text, so it is looked for in the
    phrase and not in the index.
    """
    needed: dict[str, None] = {}
    phrases: list[str] = []
    for word in fold(text[:MAX_QUERY]).split():
        runs = _RUN.findall(word)
        if not runs:
            continue
        opens, closes = _is_lone(runs[0]), _is_lone(runs[-1])
        inner = runs[opens : len(runs) - closes] if len(runs) > 1 else ([] if opens else runs)
        cut = [token for run in runs for token in _cut(run)]
        inner_cut = [token for run in inner for token in _cut(run)]
        # A single letter, digit or character stands in every other text; the phrase is checked anyway.
        telling = [token for token in inner_cut if len(token) > 1] or inner_cut
        needed.update(dict.fromkeys(telling))
        if len(cut) > 1 or opens:
            phrases.append(f"{'' if opens else ' '}{' '.join(cut)}{'' if closes else ' '}")
    return Words(tuple(needed)[:MAX_QUERY_TOKENS], tuple(phrases))


def _is_lone(run: str) -> bool:
    return len(run) == 1 and bool(_IS_CJK.match(run))


def marked(text: str, query: str) -> Iterator[tuple[str, bool]]:
    """The text in pieces, each with whether it is one of the query's words; signs inside a word do not matter."""
    # Folding must not move the places of the characters: one that would become several stays as it is.
    folded = "".join(one if len(one := fold(character)) == 1 else character for character in text)
    patterns = [_pattern(runs) for word in fold(query[:MAX_QUERY]).split() if (runs := _RUN.findall(word))]
    end = 0
    for match in re.finditer("|".join(patterns), folded) if patterns else ():
        if match.start() > end:
            yield text[end : match.start()], False
        yield text[match.start() : match.end()], True
        end = match.end()
    if end < len(text):
        yield text[end:], False


def _pattern(runs: list[str]) -> str:
    """One word; letters and digits begin where it begins, and a short number is no part of a longer one."""
    body = rf"[^0-9a-z{_CJK}]*".join(runs)
    begins = "" if _IS_CJK.match(runs[0]) else "(?<![0-9a-z])"
    ends = "" if _IS_CJK.match(runs[-1]) or len(body) > SHORT else "(?![0-9a-z])"
    return begins + body + ends


def excerpt(text: str, query: str, *, length: int = 90) -> str:
    """About ``length`` characters of the text around the query's first word; … where something was left out."""
    text = " ".join(text.split())
    if len(text) <= length:
        return text
    before = 0
    for piece, is_match in marked(text, query):
        if is_match:
            break
        before += len(piece)
    start = max(0, min(before - length // 3, len(text) - length)) if before < len(text) else 0
    end = start + length
    return f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"


# --- the shape of a search -------------------------------------------------------------------------------------------


class Shape(Enum):
    """What the words look like; it decides where they are looked for."""

    NUMBER = "a complaint's number"
    TAIL = "a few digits: the end of a number or of a telephone number"
    PHONE = "a telephone number"
    PHONE_START = "the beginning of a mobile number"
    MASKED_PHONE = "a telephone number as screens show it"
    CODE = "a contract's or another system's number"
    WORDS = "words"
    LONE = "one Chinese character"
    NOTHING = "nothing that could be looked for"


@dataclass(frozen=True)
class Question:
    """A search, read: its shape, what was typed, and ``key``, the form in which its shape is kept.

    The key is C-2611-0231 for a number, E.164 (or its beginning) for a telephone number, capitals for a code and the
    first word of words: a name or a community. ``digits`` are the last four of a masked number or the extension of
    a full one; ``home`` is set where the words name a home, its unit and number '' where they were left out.
    """

    shape: Shape
    text: str
    key: str = ""
    digits: str = ""
    home: Home | None = None


_NUMBER = re.compile(r"(?:C-?)?(\d\d(?:0[1-9]|1[0-2]))-(\d{4,7})|C(\d\d(?:0[1-9]|1[0-2]))(\d{4,7})")
_TAIL = re.compile(r"\d{1,6}")
_PHONE_START = re.compile(r"1\d{6,9}")
_MASKED = re.compile(r"(\d{3})?\*{4}(\d{4})(?:转\**)?")
_CODE = re.compile(r"(?=.*\d)[A-Z0-9][A-Z0-9/_-]{3,39}")
_HOME = re.compile(
    r"(?P<community>\S.*?)\s*(?P<building>[A-Z]?\d{1,4}[A-Z]?(?:栋|幢|号楼|座|号))\s*(?P<rest>[0-9A-Z单元门室号房 -]*)"
)


def read(text: str) -> Question:
    """Tell what somebody looks for by the shape of what they typed."""
    text = addresses.fold("".join(filter(_is_typed, text[:MAX_QUERY])))
    code = text.upper()
    if match := _NUMBER.fullmatch(code):
        return Question(Shape.NUMBER, text, key=f"C-{match[1] or match[3]}-{match[2] or match[4]}")
    if _TAIL.fullmatch(code):
        return Question(Shape.TAIL, text, key=code)
    if match := _MASKED.fullmatch(code):
        return Question(Shape.MASKED_PHONE, text, key=f"+86{match[1] or ''}", digits=match[2])
    if phone := _phone(text):
        return Question(Shape.PHONE, text, key=phone.number, digits=phone.extension)
    if _PHONE_START.fullmatch(code):
        return Question(Shape.PHONE_START, text, key=f"+86{code}")
    if _CODE.fullmatch(code):
        return Question(Shape.CODE, text, key=code)
    return _words_question(text)


def _is_typed(character: str) -> bool:
    """Not a control character nor half a character: no database takes those."""
    return character.isprintable() or character.isspace()


def _words_question(text: str) -> Question:
    found = words(text)
    if not found.tokens and not found.phrases:
        return Question(Shape.NOTHING, text)
    first_word = text.split()[0]
    if not found.tokens:
        return Question(Shape.LONE, text, key=first_word)
    match = _HOME.fullmatch(text.upper())
    if match is None:
        return Question(Shape.WORDS, text, key=first_word)
    home = addresses.parse(match["building"] + match["rest"]) or Home(match["building"], "", "")
    return Question(Shape.WORDS, text, key=match["community"].rstrip(), home=home)


def _phone(text: str) -> phones.Phone | None:
    try:
        return phones.parse(text)
    except Refusal:
        return None
