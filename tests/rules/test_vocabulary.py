"""The words: every one has a value that is kept and a label that is shown."""

from __future__ import annotations

import inspect
from enum import Enum

import pytest

from rules import compensation, escalation, message_states, permissions, replies, settings, sms_templates, vocabulary
from rules.vocabulary import Severity, Term

MODULES = (vocabulary, escalation, compensation, message_states, permissions, replies, settings, sms_templates)
VOCABULARIES = [
    member
    for module in MODULES
    for member in vars(module).values()
    if inspect.isclass(member)
    and issubclass(member, Term)
    and member is not Term
    and member.__module__ == module.__name__
]


@pytest.mark.parametrize("words", VOCABULARIES, ids=lambda words: words.__name__)
class TestEveryVocabulary:
    def test_every_word_has_an_english_label(self, words: type[Term]) -> None:
        assert all((word.label and word.label.isascii()) or "×" in word.label for word in words)

    def test_no_two_words_share_a_value_or_a_label(self, words: type[Term]) -> None:
        assert len({word.label for word in words}) == len({word.value for word in words}) == len(words.__members__)

    def test_every_value_fits_its_column_and_reads_as_a_plain_word(self, words: type[Term]) -> None:
        assert all(word.value.replace("_", "a").isalpha() and len(word.value) <= 32 for word in words)

    def test_a_word_is_its_value(self, words: type[Term]) -> None:
        assert all(str(word) == word == word.value and words(word.value) is word for word in words)


def test_the_three_levels_are_ordered_gravest_first() -> None:
    assert [int(level) for level in Severity] == [1, 2, 3]
    assert min(Severity) is Severity.MAJOR
    assert {level.label for level in Severity} == {"Level 1 major", "Level 2 urgent", "Level 3 general"}


def test_the_vocabularies_are_all_found() -> None:
    assert len(VOCABULARIES) >= 39
    assert all(issubclass(words, Enum) for words in VOCABULARIES)
