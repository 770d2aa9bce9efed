"""Index words: pairs of characters for Chinese, whole words for the rest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.search import MAX_TOKENS, tokens


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("  ，。！", []),
        ("漏", ["漏"]),
        ("漏水", ["漏水"]),
        ("外墙开裂", ["外墙", "墙开", "开裂"]),
        ("客厅漏水，厨房漏水", ["客厅", "厅漏", "漏水", "厨房", "房漏"]),
        ("合同 ZX2026-0107", ["合同", "zx2026", "0107"]),
        ("ＺＸ２０２６", ["zx2026"]),
        ("3栋2单元", ["3", "栋", "2", "单元"]),
        ("𠮷野家", ["𠮷野", "野家"]),
        ("漏水😀严重", ["漏水", "严重"]),
    ],
)
def test_a_text_becomes_its_words(text: str, words: list[str]) -> None:
    assert tokens(text) == words


@given(st.text(max_size=300))
def test_words_come_once_and_are_never_empty(text: str) -> None:
    found = tokens(text)
    assert len(set(found)) == len(found)
    assert all(found) and all(len(word) <= 40 for word in found)


@given(st.text(alphabet="外墙面开裂漏水空鼓", min_size=2, max_size=12), st.integers(0, 10), st.integers(2, 12))
def test_every_part_of_a_chinese_text_is_found_by_its_own_words(text: str, start: int, length: int) -> None:
    part = text[start : start + length]
    if len(part) >= 2:
        assert set(tokens(part)) <= set(tokens(text))


def test_an_endless_text_has_an_end() -> None:
    endless = "".join(chr(0x4E00 + i) for i in range(5000))
    assert len(tokens(endless)) == MAX_TOKENS
    assert len(tokens("a" * 1000)[0]) == 40
