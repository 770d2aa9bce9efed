"""Reply codes: each once, and no slip of the finger makes one into another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.reply_codes import HOW_MANY, LETTERS, code, is_code, next_code

codes = st.integers(0, HOW_MANY - 1).map(code)

ROWS = ("QWERTYUIOP", "ASDFGHJKL", "ZXCVBNM")
SIDE_BY_SIDE = {
    (one, other)
    for height, row in enumerate(ROWS)
    for place, one in enumerate(row)
    for below, shift in ((height, 1), (height + 1, 0), (height + 1, -1))
    if below < len(ROWS) and 0 <= place + shift < len(ROWS[below])
    for other in [ROWS[below][place + shift]]
}
ON_ONE_KEY = [set("ABC"), set("DEF"), set("GH"), set("JKL"), set("MN"), set("PQRS"), set("TUV"), set("WXYZ")]
LOOK_ALIKE = [
    set(pair) for pair in ("UV", "MN", "EF", "BD", "BP", "DP", "BR", "PR", "CG", "GQ", "KX", "VY", "VW", "HN", "SZ")
]


def mistaken(letter: str) -> set[str]:
    """The letters that are typed or read for this one."""
    beside = {one for pair in SIDE_BY_SIDE if letter in pair for one in pair}
    return {one for group in (beside, *ON_ONE_KEY, *LOOK_ALIKE) if letter in group for one in group} - {letter}


def test_they_count_up_and_begin_again() -> None:
    assert [code(place) for place in (0, 1, 999, 1000)] == ["A0004", "A0012", "A9993", "B0009"]
    assert code(HOW_MANY) == code(0)


def test_all_of_them_are_different() -> None:
    assert len({code(place) for place in range(HOW_MANY)}) == HOW_MANY == 24_000


def test_every_one_is_followed_by_the_next_and_the_last_by_the_first() -> None:
    assert all(next_code(code(place)) == code(place + 1) for place in range(0, HOW_MANY, 97))
    assert next_code(code(HOW_MANY - 1)) == code(0)


@pytest.mark.parametrize("previous", ["", "A0231", "a0004", "Ａ0004", "A00041", "I0004", "A٠٠٠٤", "nonsense"])
def test_after_what_is_no_code_comes_the_first(previous: str) -> None:
    assert not is_code(previous) and next_code(previous) == code(0)


@given(codes)
def test_a_code_is_a_letter_and_four_digits(one: str) -> None:
    assert is_code(one) and one[0] in LETTERS and one[1:].isdigit() and len(one) == 5
    assert not set(one) & set("IO")


@given(codes, st.integers(1, 4), st.integers(1, 9))
def test_a_wrong_digit_makes_no_code(one: str, place: int, off_by: int) -> None:
    digit = (int(one[place]) + off_by) % 10
    assert not is_code(f"{one[:place]}{digit}{one[place + 1 :]}")


@given(codes, st.integers(1, 3))
def test_two_digits_that_changed_places_make_no_code(one: str, place: int) -> None:
    swapped = f"{one[:place]}{one[place + 1]}{one[place]}{one[place + 2 :]}"
    assert swapped == one or not is_code(swapped)


@given(codes)
def test_a_letter_that_is_typed_or_read_for_another_makes_no_code(one: str) -> None:
    assert not [letter for letter in mistaken(one[0]) & set(LETTERS) if is_code(f"{letter}{one[1:]}")]


def test_the_slips_are_those_of_a_keyboard() -> None:
    assert mistaken("G") >= set("TYFHVBCHQ") - {"G"}
    assert mistaken("A") == set("QWSZBC")
