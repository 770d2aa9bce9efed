"""The words of every SMS: short, complete, and nothing a stranger should not read (N18, N19)."""

from __future__ import annotations

import re

import pytest

from rules import sms_parts, sms_templates, sms_text
from rules.message_kinds import KINDS
from rules.sms_templates import CODE, VARIABLES, check, fill, offered, preview, variables, without_code
from rules.sms_text import TEXTS
from rules.vocabulary import MessageLanguage, NotificationKind

SIGNATURE = "安心桥"
CHINESE, ENGLISH = MessageLanguage.CHINESE, MessageLanguage.ENGLISH
ENDS = {CHINESE: "。", ENGLISH: "."}


@pytest.mark.parametrize("language", MessageLanguage)
def test_every_kind_of_message_has_its_words(language: MessageLanguage) -> None:
    assert TEXTS[language].keys() == set(NotificationKind)


@pytest.mark.parametrize("language", MessageLanguage)
@pytest.mark.parametrize("kind", NotificationKind)
class TestEveryText:
    def test_a_manager_might_have_written_it(self, kind: NotificationKind, language: MessageLanguage) -> None:
        check(TEXTS[language][kind], known=offered(kind), signature=SIGNATURE, language=language)

    def test_it_says_neither_who_nor_where_nor_a_number_to_call(
        self, kind: NotificationKind, language: MessageLanguage
    ) -> None:
        assert not re.search(r"\d{5,}|https?:|www\.|小区|栋|单元|【", TEXTS[language][kind])
        assert set(variables(TEXTS[language][kind])) <= VARIABLES.keys() - {"name", "phone", "address", "community"}

    def test_in_chinese_it_fits_one_part_with_the_longest_values(
        self, kind: NotificationKind, language: MessageLanguage
    ) -> None:
        most = preview(TEXTS[language][kind], SIGNATURE, language=language).most_parts
        is_short = language is CHINESE and kind is not NotificationKind.FOLLOW_UP_LINK  # A link is as long as it is.
        assert most == 1 if is_short else most <= sms_templates.MOST_PARTS

    def test_it_makes_sense_without_its_values(self, kind: NotificationKind, language: MessageLanguage) -> None:
        bare = fill(TEXTS[language][kind], {}, language).text
        assert len(bare) >= 6 and bare.endswith(ENDS[language])

    def test_it_says_the_same_in_the_other_language(self, kind: NotificationKind, language: MessageLanguage) -> None:
        assert set(variables(TEXTS[language][kind])) == set(variables(TEXTS[CHINESE][kind]))

    def test_what_can_be_answered_says_how(self, kind: NotificationKind, language: MessageLanguage) -> None:
        assert (CODE in variables(TEXTS[language][kind])) == KINDS[kind].is_answerable

    def test_without_a_code_nothing_is_said_of_answering(
        self, kind: NotificationKind, language: MessageLanguage
    ) -> None:
        bare = without_code(TEXTS[language][kind])
        assert bare.endswith(ENDS[language])
        if kind is not NotificationKind.DRILL:
            assert not re.search("回复|Reply", bare) or kind is NotificationKind.ANSWER


@pytest.mark.parametrize(
    ("values", "said"),
    [
        pytest.param(
            {"number": "C-2611-0231", "due": "22:30", "code": "A0238"},
            "C-2611-0231新投诉待您接单，22:30前须联系客户，请登录系统处理。回复1 A0238接单，0不能接。",
            id="with a code",
        ),
        pytest.param(
            {"number": "C-2611-0231", "due": "22:30"},
            "C-2611-0231新投诉待您接单，22:30前须联系客户，请登录系统处理。",
            id="without one",
        ),
    ],
)
def test_a_call(values: dict[str, str], said: str) -> None:
    assert fill(sms_text.shipped(NotificationKind.DUTY_CALL, CHINESE), values).text == said
    assert sms_parts.count(said, SIGNATURE) == 1
