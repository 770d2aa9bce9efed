"""Where lines end: nothing is lost, nothing is too wide, no line begins with a full stop (N17)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rules.line_breaks import wrap


def one(character: str) -> float:
    return 1 if character.isascii() else 2


def test_chinese_breaks_between_any_two_characters_but_never_before_a_full_stop() -> None:
    assert wrap("客厅的砖空了。", 12, one) == ["客厅的砖空", "了。"]


def test_a_number_and_a_latin_word_stay_whole() -> None:
    assert wrap("合同 HT-2026-01 号", 14, one) == ["合同", "HT-2026-01 号"]


def test_what_is_wider_than_the_line_is_taken_apart() -> None:
    assert wrap("a" * 25, 10, one) == ["a" * 10, "a" * 10, "a" * 5]


def test_an_opening_bracket_goes_with_what_it_opens() -> None:
    assert wrap("甲乙丙（丁）", 8, one) == ["甲乙丙", "（丁）"]


def test_line_ends_of_the_text_are_kept_and_nothing_is_one_empty_line() -> None:
    assert wrap("一\n\n二", 10, one) == ["一", "", "二"]
    assert wrap("", 10, one) == [""]


@given(st.text(alphabet="客厅砖ab1 ，。（）-\n", max_size=200), st.integers(4, 30))
def test_no_line_is_too_wide_and_no_character_is_lost(text: str, width: int) -> None:
    lines = wrap(text, width, one)
    assert all(sum(map(one, line)) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())
