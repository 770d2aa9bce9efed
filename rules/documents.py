"""Policy documents: JSON that a person edited, read with one sentence for whatever makes no sense.

A field is named like the form's own: ``targets-2-amount`` is the amount of the third target.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from enum import Enum
from typing import Any, TypeVar

from rules import texts
from rules.refusals import Refusal
from rules.vocabulary import N_

LONGEST_ID = 40

Word = TypeVar("Word", bound=Enum)


def rows(document: Mapping[str, Any], name: str, *, most: int, at: str = "") -> list[Mapping[str, Any]]:
    """The rows of a table; ``at`` is where the document stands inside another.

    Raises:
        Refusal: it is no table, or it has more than ``most`` rows.
    """
    found, field = document.get(name, []), f"{at}-{name}" if at else name
    if not isinstance(found, list) or not all(isinstance(row, Mapping) for row in found):
        raise Refusal(N_("This is no table of rules."), field=field)
    if len(found) > most:
        raise Refusal(N_("At most %(most)s rows."), field=field, most=most)
    return found


def own_id(row: Mapping[str, Any], *, at: str) -> str:
    """What a row is called, in this version and in the next ones.

    Raises:
        Refusal: it has no name, or an endless one.
    """
    given = row.get("id")
    own = given if isinstance(given, str) else ""
    texts.check_given(own, N_("Every row needs a name of its own."), field=f"{at}-id", longest=LONGEST_ID)
    return own


def check_ids(ids: Iterable[str], table: str) -> None:
    """Refuse two rows of one name.

    Raises:
        Refusal: as said; beside the later one.
    """
    seen: set[str] = set()
    for place, own in enumerate(ids):
        if own in seen:
            raise Refusal(N_("Every row needs a name of its own."), field=f"{table}-{place}-id")
        seen.add(own)


def word(vocabulary: type[Word], value: Any, *, field: str) -> Word:
    """One word of a vocabulary; True is no 1.

    Raises:
        Refusal: it is none.
    """
    if not isinstance(value, bool):
        with suppress(ValueError):
            return vocabulary(value)
    raise Refusal(N_("This is none of the choices."), field=field)


def words(vocabulary: type[Word], values: Any, *, field: str) -> tuple[Word, ...]:
    """Some words of a vocabulary, each once, in the vocabulary's order.

    Raises:
        Refusal: one of them is none.
    """
    if not isinstance(values, list | tuple):
        raise Refusal(N_("This is none of the choices."), field=field)
    chosen = {word(vocabulary, value, field=field) for value in values}
    return tuple(each for each in vocabulary if each in chosen)


def whole(value: Any, *, field: str, lowest: int, highest: int) -> int:
    """A whole number between two bounds, both included.

    Raises:
        Refusal: it is none, or lies outside.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
        raise Refusal(
            N_("A whole number between %(lowest)s and %(highest)s, please."),
            field=field,
            lowest=lowest,
            highest=highest,
        )
    return value
