"""Templates: what a manager may write, and what becomes of it at night with whatever values there are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import sms_parts, sms_templates, sms_text
from rules.refusals import Refusal
from rules.sms_templates import (
    MOST_PARTS,
    VARIABLES,
    Filled,
    Form,
    check,
    fill,
    fit,
    offered,
    preview,
    sentence,
    variables,
)
from rules.vocabulary import MessageLanguage, NotificationKind

SIGNATURE = "安心桥"
KNOWN = frozenset(VARIABLES)

anything = st.text(st.characters() | st.sampled_from("【】[]{}1380./ \n"), max_size=600)
values = st.dictionaries(st.sampled_from(sorted(VARIABLES)), anything)


def refused(template: str, known: frozenset[str] = KNOWN) -> str:
    with pytest.raises(Refusal) as refusal:
        check(template, known=known, signature=SIGNATURE, field="words")
    assert refusal.value.field == "words"
    return str(refusal.value)


class TestVariables:
    @pytest.mark.parametrize("language", MessageLanguage)
    @pytest.mark.parametrize("name", VARIABLES)
    def test_every_example_fits_its_place(self, name: str, language: MessageLanguage) -> None:
        example = VARIABLES[name].example_in(language)
        assert fit(name, example, language) == example != ""

    def test_they_are_found_in_the_order_of_the_text_each_once(self) -> None:
        assert variables("{number}{clock}，{number}{time}") == ("number", "clock", "time")

    def test_a_message_brings_what_its_shipped_text_says_and_a_code_where_a_reply_acts(self) -> None:
        assert offered(NotificationKind.DUTY_CALL) == ("number", "due", "code")
        assert offered(NotificationKind.CLOCK_WARNING) == ("number", "clock", "time")
        assert offered(NotificationKind.TEST) == ()

    @pytest.mark.parametrize("kind", NotificationKind)
    def test_every_message_brings_only_typed_ones(self, kind: NotificationKind) -> None:
        assert set(offered(kind)) <= VARIABLES.keys()


@pytest.mark.parametrize(
    ("template", "part_of_the_answer"),
    [
        pytest.param("", "Write the text", id="nothing"),
        pytest.param(" \n", "Write the text", id="nothing but spaces"),
        pytest.param("字" * 501, "too long", id="501 characters"),
        pytest.param("请查看\x00", "cannot be kept", id="a NUL"),
        pytest.param("{nummer}新投诉", "no variable “nummer”", id="a variable that nobody knows"),
        pytest.param("{}新投诉", "no variable “”", id="a variable without a name"),
        pytest.param("{编号}新投诉", "no variable “编号”", id="a variable in Chinese"),
        pytest.param("{ number }新投诉", "no variable “ number ”", id="a variable with spaces"),
        pytest.param("{number!r}新投诉", "no variable", id="a conversion"),
        pytest.param("{number.__class__}新投诉", "no variable", id="an attribute"),
        pytest.param("{{number}}新投诉", "brace", id="two braces"),
        pytest.param("{number新投诉", "brace", id="half a variable"),
        pytest.param("number}新投诉", "brace", id="the other half"),
        pytest.param("${number}新投诉", "without $", id="as the provider writes it"),
        pytest.param("｛number｝新投诉", "plain braces", id="full-width braces"),
        pytest.param("【安心桥】{number}新投诉", "signature", id="a signature of its own"),
        pytest.param("{number}新投诉】", "signature", id="half a bracket"),
        pytest.param("[急]{number}新投诉", "bracket", id="a bracket in front"),
        pytest.param("{number}新投诉[急] ", "bracket", id="a bracket at the end"),
        pytest.param("［急］{number}新投诉", "bracket", id="a full-width bracket"),
        pytest.param("{number}新投诉，退订回T", "opting out", id="how to opt out"),
        pytest.param("{number}新投诉，拒收请回复R", "opting out", id="how to refuse"),
        pytest.param("{number}新投诉，回复 Ｒ。", "opting out", id="a full-width R"),
        pytest.param("{number}新投诉，回复“TD”。", "opting out", id="a quoted TD"),
        pytest.param("{number} is waiting. Reply STOP to end", "opting out", id="STOP"),
        pytest.param("{number}已关闭，回访有优惠", "advertising", id="an offer"),
        pytest.param("{number}已关闭，回访有优 惠", "advertising", id="an offer, spaced out"),
        pytest.param("{number}已关闭，回访有优\u200b惠", "advertising", id="an offer with nothing in between"),
        pytest.param("{number} is closed. Special  OFFER", "advertising", id="an offer in English"),
        pytest.param("{number}，请看https://anxinqiao.example/c", "link", id="a link"),
        pytest.param("{number}，请看ｗｗｗ．anxin", "link", id="a full-width link"),
        pytest.param("{number}，请看t.cn/A6x", "link", id="a short link"),
        pytest.param("{number}，请看安心桥.公司", "link", id="a Chinese domain"),
        pytest.param("{number}，请致电13800138000", "mobile", id="a mobile number"),
        pytest.param("{number}，请致电138-0013-8000", "mobile", id="with dashes"),
        pytest.param("{number}，请致电 +86 138 0013 8000", "mobile", id="with its country"),
        pytest.param("{number}，请致电１３８００１３８０００", "mobile", id="in full-width digits"),
        pytest.param("{number}，请加微信anxin", "chat account", id="WeChat"),
        pytest.param("{number}，QQ：12345678", "chat account", id="QQ"),
        pytest.param("{change}{change}{change}，请查看", "more than 2 parts", id="long with its longest values"),
        pytest.param("字" * 130, "more than 2 parts", id="long by itself"),
        pytest.param("{number}\r\n新投诉", "line break", id="two lines"),
        pytest.param("{number}\u202e新投诉", "cannot be shown", id="written backwards"),
    ],
)
def test_refused_with_a_sentence(template: str, part_of_the_answer: str) -> None:
    assert part_of_the_answer in refused(template)


def test_refused_is_what_this_message_does_not_bring() -> None:
    assert "it has: code, number." in refused("{number}已改为{change}", frozenset({"number", "code"}))


@pytest.mark.parametrize(
    "template",
    [
        "{number}新投诉待您接单，回复1 {code}接单，2升级，3转下一位，0不能。",
        "{number}，客服热线400-820-8820，座机021-59254122。",
        "{number}，师傅将返现场，请安排。",
        "{number}将集中奖励处理。",
        "{number}（加急）请查看[详情]。",
        "Complaint {number} is waiting. Please log in, and reply 1 {code} to take it.",
        "Reply now to {number}.",
        "{number}: see the context, then reply.",
        "{number}客户电话见系统，共12345678条。",
        "漏水😀{number}请查看",
        "字" * 129,
    ],
)
def test_fine(template: str) -> None:
    check(template, known=KNOWN, signature=SIGNATURE)


@given(anything | st.text(st.sampled_from("{}[]【】numberR回复1.3800 $"), max_size=80))
def test_whatever_is_written_is_fine_or_refused(template: str) -> None:
    try:
        check(template, known=KNOWN, signature=SIGNATURE)
    except Refusal:
        return
    assert preview(template, SIGNATURE).most_parts <= MOST_PARTS


class TestFitting:
    @pytest.mark.parametrize(
        ("name", "value", "fitting"),
        [
            pytest.param("words", "字" * 500, "字" * 6, id="500 characters in 6"),
            pytest.param("words", "漏水漏水漏😀", "漏水漏水漏", id="an emoji goes whole or not at all"),
            pytest.param("words", "a" * 1_000_000, "aaaaaa", id="a million of them, at once"),
            pytest.param("words", "【急】", "急", id="no signature smuggled in"),
            pytest.param("words", "a\r\nb\x00c", "abc", id="no line breaks"),
            pytest.param("words", "{number}", "number", id="no variable in a value"),
            pytest.param("words", "t.cn/A", "", id="no link"),
            pytest.param("words", "\ud83d半", "半", id="no half a character"),
            pytest.param("number", "C-2611-12345", "C-2611-12345", id="a number that just fits"),
            pytest.param("number", "C-2611-123456", "", id="half a number is another number"),
            pytest.param("due", "2026年11月24日08:30", "", id="half a moment is another moment"),
            pytest.param("numbers", "13800138000", "", id="no mobile number"),
            pytest.param("count", "9999", "9999", id="a count that just fits"),
            pytest.param("count", "10000", "999余", id="a count that is too high"),
            pytest.param("count", "0" * 50 + "7", "7", id="a count with zeros in front"),
            pytest.param("count", "9" * 5000, "999余", id="a count beyond counting"),
            pytest.param("count", "many", "", id="no count"),
            pytest.param("nobody_knows_it", "字" * 50, "字" * 6, id="a variable of an older version"),
            pytest.param("link", "https://d.example/c/a_-~9", "https://d.example/c/a_-~9", id="a link of ours"),
            pytest.param("link", f"https://d.example/c/{'1' * 22}", f"https://d.example/c/{'1' * 22}", id="of digits"),
            pytest.param("link", f"https://{'d' * 60}.example/c/a", "", id="half a link leads nowhere"),
            pytest.param("link", "d.example/c/a", "", id="a link that no phone opens"),
            pytest.param("link", "https://d.example/c/a?x=1", "", id="a link with a question"),
            pytest.param("link", "https://d.example/c/a 【x】", "", id="a link and more"),
            pytest.param("link", "javascript:alert(1)", "", id="no link at all"),
        ],
    )
    def test_a_value(self, name: str, value: str, fitting: str) -> None:
        assert fit(name, value) == fitting

    def test_what_was_cut_and_what_is_missing_is_told(self) -> None:
        filled = fill("{number}{clock}还剩{time}", {"number": "C-2611-0231", "clock": "字" * 10})
        assert filled == Filled(f"C-2611-0231{'字' * 9}还剩", cut=("clock",), missing=("time",))

    @pytest.mark.parametrize(
        ("template", "said"),
        [
            ("{number}待接单。回复1 {code}接单，0不能。", "C-1待接单。"),
            ("{number}待接单。回复1 {code}接单。请尽快。", "C-1待接单。请尽快。"),
            ("{number} waits. Reply 1 {code} to take it. Hurry!", "C-1 waits. Hurry!"),
            ("{number}待接单，回复1 {code}接单。", "C-1待接单，回复1 接单。"),
        ],
    )
    def test_without_a_code_nobody_is_told_how_to_answer(self, template: str, said: str) -> None:
        assert fill(template, {"number": "C-1"}).text == said
        assert fill(template, {"number": "C-1", "code": "A0238"}).text == template.format(number="C-1", code="A0238")

    def test_in_english_there_is_room_for_english_words(self) -> None:
        assert fill("{role}{count}", {"role": "CS supervisor", "count": "10000"}, MessageLanguage.ENGLISH) == Filled(
            "CS supervisor999+", cut=("count",)
        )
        assert fill("{role}", {"role": "CS supervisor"}).text == "CS sup"

    def test_a_whole_sentence_of_the_desk_is_sent_as_far_as_it_may(self) -> None:
        assert sentence("【安心桥】已接单。", 100) == "安心桥已接单。"
        assert sentence("字" * 101, 100) == "字" * 100
        assert sentence("请看t.cn/A6x", 100) == ""

    def test_a_value_is_never_filled_in_again(self) -> None:
        assert fill("{words}", {"words": "{due}", "due": "x"}).text == "due"

    @given(values, st.sampled_from(list(NotificationKind)))
    def test_filling_never_fails_and_never_grows_too_long(self, given_: dict[str, str], kind: NotificationKind) -> None:
        text = fill(sms_text.shipped(kind, MessageLanguage.CHINESE), given_).text
        assert sms_parts.count(text, SIGNATURE) == 1 or kind is NotificationKind.FOLLOW_UP_LINK
        assert not set(text) & set("【】{}\n\x00")

    @given(st.sampled_from(sorted(VARIABLES)), anything)
    def test_what_fits_once_fits_again(self, name: str, value: str) -> None:
        fitting = fit(name, value)
        assert (
            fit(name, fitting) in (fitting, "") if VARIABLES[name].form is Form.COUNT else fit(name, fitting) == fitting
        )
        assert sms_parts.units(fitting) <= VARIABLES[name].longest

    @given(anything, values)
    def test_even_a_template_that_was_never_checked_is_filled_in(self, template: str, given_: dict[str, str]) -> None:
        assert isinstance(fill(template, given_).text, str)


class TestPreview:
    def test_it_shows_the_examples(self) -> None:
        shown = preview("{number}{clock}还剩{time}，请及时处理。", SIGNATURE)
        assert shown.parts == ("【安心桥】C-2611-0231联系客户还剩15分钟，请及时处理。",)
        assert shown.most_parts == 1

    def test_it_shows_given_values_and_where_the_text_is_cut(self) -> None:
        shown = preview("字" * 61 + "😀{number}", SIGNATURE, {"number": "C-2611-9999"})
        assert shown.parts == ("【安心桥】" + "字" * 61, "😀C-2611-9999")
        assert shown.most_parts == 2

    def test_a_draft_that_would_be_refused_has_a_preview_too(self) -> None:
        assert preview("{nummer}新投诉", SIGNATURE).parts == ("【安心桥】新投诉",)


def test_every_form_has_its_rule() -> None:
    assert sms_templates._FITTING.keys() == set(Form)
