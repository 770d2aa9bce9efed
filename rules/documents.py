"""Policy documents: JSON that a person edited, read with one sentence for whatever makes no sense.

A field is named like the form's own: ``targets-2-amount`` is the amount of the third target.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, TypeVar

from rules.refusals import Refusal
from rules.vocabulary import N_

Word = TypeVar("Word", bound=Enum)


def rows(document: Mapping[str, Any], name: str, *, most: int) -> list[Mapping[str, Any]]:
    """The rows of a table.

    Raises:
        Refusal: it is no table, or it has more than ``most`` rows.
    """
    found = document.get(name, [])
    if not isinstance(found, list) or not all(isinstance(row, Mapping) for row in found):
        raise Refusal(N_("This is no table of rules."), field=name)
    if len(found) > most:
        raise Refusal(N_("At most %(most)s rows."), field=name, most=most)
    return found


def word(vocabulary: type[Word], value: Any, *, field: str) -> Word:
    """One word of a vocabulary.

    Raises:
        Refusal: it is none.
    """
    try:
        return vocabulary(value)
    except ValueError:
        raise Refusal(N_("This is none of the choices."), field=field) from None


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
