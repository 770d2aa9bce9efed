"""Index words: pairs of characters for Chinese, whole words for the rest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.search import MAX_QUERY_TOKENS, MAX_TOKENS, Shape, excerpt, index_text, marked, read, tokens, words


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


@pytest.mark.parametrize(
    ("text", "tokens", "phrases"),
    [
        ("漏水", ("漏水",), ()),
        ("外墙 漏水", ("外墙", "漏水"), ()),
        ("外墙开裂", ("外墙", "墙开", "开裂"), (" 外墙 墙开 开裂 ",)),
        ("编号54321", ("编号", "54321"), (" 编号 54321 ",)),
        ("漏3处", ("3",), ("漏 3 处",)),
        ("18栋3单元", ("18", "单元"), (" 18 栋 3 单元 ",)),
        ("漏", (), ("漏",)),
        ("漏 水管", ("水管",), ("漏",)),
        ("%_ 😀", (), ()),
    ],
)
def test_a_search_says_which_tokens_and_which_neighbours(text: str, tokens: tuple, phrases: tuple) -> None:
    found = words(text)
    assert (found.tokens, found.phrases) == (tokens, phrases)


@given(st.text(alphabet="外墙开裂漏水a1 ，", min_size=1, max_size=40), st.integers(0, 40), st.integers(1, 12))
def test_what_stands_in_a_text_is_found_in_its_index(text: str, start: int, length: int) -> None:
    whole_words = text[start : start + length].split()
    kept = f" {index_text(text)} "
    for word in whole_words:
        if all(character in "外墙开裂漏水" for character in word):
            needed = words(word)
            assert set(needed.tokens) <= set(kept.split())
            assert all(phrase in kept for phrase in needed.phrases)


def test_an_endless_search_has_an_end() -> None:
    assert len(words("".join(chr(0x4E00 + i) for i in range(5000))).tokens) == MAX_QUERY_TOKENS


@pytest.mark.parametrize(
    ("text", "shape", "key"),
    [
        ("C-2611-0231", Shape.NUMBER, "C-2611-0231"),
        ("2611-10231", Shape.NUMBER, "C-2611-10231"),
        ("2613-0231", Shape.CODE, "2613-0231"),
        ("0231", Shape.TAIL, "0231"),
        ("7", Shape.TAIL, "7"),
        ("13800138000", Shape.PHONE, "+8613800138000"),
        ("０２１－５９２５４１２２", Shape.PHONE, "+862159254122"),
        ("1380013", Shape.PHONE_START, "+861380013"),
        ("138****8000", Shape.MASKED_PHONE, "+86138"),
        ("zx2026-0107", Shape.CODE, "ZX2026-0107"),
        ("HL26100001", Shape.CODE, "HL26100001"),
        ("王女士 漏水", Shape.WORDS, "王女士"),
        ("梧桐苑2期18栋", Shape.WORDS, "梧桐苑2期"),
        ("王", Shape.LONE, "王"),
        ("…", Shape.NOTHING, ""),
    ],
)
def test_a_search_is_read_by_its_shape(text: str, shape: Shape, key: str) -> None:
    question = read(text)
    assert (question.shape, question.key) == (shape, key)


@given(st.text(max_size=200))
def test_anything_typed_can_be_read(text: str) -> None:
    question = read(text)
    assert all(character.isprintable() for character in question.text)


@pytest.mark.parametrize(
    ("text", "query", "found"),
    [
        ("客厅漏水，漏水严重", "漏水", ["漏水", "漏水"]),
        ("型号ＡＢＣ12", "abc12", ["ＡＢＣ12"]),
        ("梧桐苑 18栋3单元", "梧桐苑18栋", ["梧桐苑 18栋"]),
        ("11块瓷砖，编号1001", "1", []),
        ("ZX2026-0107", "zx2026-01", ["ZX2026-01"]),
        ("漏水", "", []),
    ],
)
def test_the_words_are_marked_where_they_stand(text: str, query: str, found: list[str]) -> None:
    assert [piece for piece, is_match in marked(text, query) if is_match] == found


@given(st.text(max_size=60), st.text(max_size=20))
def test_marking_and_cutting_lose_nothing(text: str, query: str) -> None:
    assert "".join(piece for piece, _ in marked(text, query)) == text
    assert excerpt(text, query, length=30).strip("…") in " ".join(text.split())


def test_an_excerpt_shows_the_word() -> None:
    assert "漏水" in excerpt("啊" * 300 + "漏水" + "啊" * 300, "漏水", length=40)
    assert excerpt("短", "漏水") == "短"
