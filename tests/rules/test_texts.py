"""Texts are kept as they are, except what no database can keep."""

from __future__ import annotations

import pytest

from rules import texts
from rules.refusals import Refusal


@pytest.mark.parametrize("text", ["", "漏水😀𠮷", "=1+1", "<b>粗</b>", "第一行\r\n第二行\t", "\u200b\u202e", "字" * 10])
def test_whatever_people_write_is_kept(text: str) -> None:
    texts.check(text, field="problem", longest=10)


@pytest.mark.parametrize(
    "text", ["字" * 11, "漏\x00水", "半\ud83d", "\udc00个"], ids=["endless", "NUL", "first half", "second half"]
)
def test_endless_texts_and_what_cannot_be_kept_are_refused(text: str) -> None:
    with pytest.raises(Refusal) as refusal:
        texts.check(text, field="problem", longest=10)
    assert refusal.value.field == "problem"


@pytest.mark.parametrize("text", ["", " ", "\u3000\n"])
def test_nothing_but_blanks_is_nothing(text: str) -> None:
    with pytest.raises(Refusal, match="Say it"):
        texts.check_given(text, "Say it.", field="problem")
