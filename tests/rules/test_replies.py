"""Replies: whatever people type, it does what they mean or nothing at all."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import reply_codes, sms_templates
from rules.refusals import Refusal
from rules.replies import LONGEST, WITHOUT_CODE, WORDS, ReplyAction, Said, read

ACKNOWLEDGE, ESCALATE = ReplyAction.ACKNOWLEDGE, ReplyAction.ESCALATE
PASS_ON, CANNOT = ReplyAction.PASS_ON, ReplyAction.CANNOT
OPT_OUT, OPT_IN = ReplyAction.OPT_OUT, ReplyAction.OPT_IN

codes = st.integers(0, reply_codes.HOW_MANY - 1).map(reply_codes.code)
about_one = st.sampled_from([(action, word) for action, words in WORDS.items() for word in words])


@pytest.mark.parametrize(
    ("text", "action", "code"),
    [
        ("1", ACKNOWLEDGE, ""),
        ("2", ESCALATE, ""),
        ("3", PASS_ON, ""),
        ("0", CANNOT, ""),
        ("1 A0238", ACKNOWLEDGE, "A0238"),
        ("1a0238", ACKNOWLEDGE, "A0238"),
        ("2A0238", ESCALATE, "A0238"),
        ("3  a0238 ", PASS_ON, "A0238"),
        ("0\nA0238", CANNOT, "A0238"),
        ("１　Ａ０２３８", ACKNOWLEDGE, "A0238"),
        ("１ａ０２３８", ACKNOWLEDGE, "A0238"),
        ("①A0238", ACKNOWLEDGE, "A0238"),
        ("1，A0238。", ACKNOWLEDGE, "A0238"),
        ("“1 A0238”", ACKNOWLEDGE, "A0238"),
        ("【1】A0238！", ACKNOWLEDGE, "A0238"),
        ("1-A0238", ACKNOWLEDGE, "A0238"),
        ("1 A 0238", ACKNOWLEDGE, "A0238"),
        ("1 A 02 38", ACKNOWLEDGE, "A0238"),
        ("1 AO238", ACKNOWLEDGE, "A0238"),
        ("1 Ao2l8", ACKNOWLEDGE, "A0218"),
        ("1\u200bA0238\ufeff", ACKNOWLEDGE, "A0238"),
        ("A0238 1", ACKNOWLEDGE, "A0238"),
        ("a0238，接单", ACKNOWLEDGE, "A0238"),
        ("A0238升级", ESCALATE, "A0238"),
        ("接单", ACKNOWLEDGE, ""),
        ("接 单 A0238", ACKNOWLEDGE, "A0238"),
        ("接单A0238", ACKNOWLEDGE, "A0238"),
        ("升级", ESCALATE, ""),
        ("升級", ESCALATE, ""),
        ("转", PASS_ON, ""),
        ("「转」a0238", PASS_ON, "A0238"),
        ("不能", CANNOT, ""),
        ("不能接单", CANNOT, ""),
        ("R", OPT_OUT, ""),
        ("r", OPT_OUT, ""),
        ("Ｔ", OPT_OUT, ""),
        ("td", OPT_OUT, ""),
        ("TD 退订", OPT_OUT, ""),
        ("T 退订", OPT_OUT, ""),
        ("退订", OPT_OUT, ""),
        ("退订。", OPT_OUT, ""),
        ("N", OPT_OUT, ""),
        ("Stop", OPT_OUT, ""),
        ("START", OPT_IN, ""),
        ("start!", OPT_IN, ""),
        ("恢复", OPT_IN, ""),
    ],
)
def test_understood(text: str, action: ReplyAction, code: str) -> None:
    assert read(text) == Said(action, code, text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param(" \n\t", id="nothing but spaces"),
        pytest.param("。", id="nothing but a full stop"),
        pytest.param("收到", id="received is not taken"),
        pytest.param("好的", id="all right is not taken"),
        pytest.param("OK", id="OK is not taken"),
        pytest.param("不接单", id="the opposite of a word"),
        pytest.param("不升级", id="the opposite of another"),
        pytest.param("我不能接单吗", id="a question"),
        pytest.param("1?", id="a question mark"),
        pytest.param("10", id="ten"),
        pytest.param("1 2", id="two wishes"),
        pytest.param("12", id="two wishes in one"),
        pytest.param("1.5", id="a fraction"),
        pytest.param("4", id="no such digit"),
        pytest.param("O", id="a letter that looks like a digit"),
        pytest.param("A0238", id="a code alone"),
        pytest.param("A02381", id="a code with a digit too many"),
        pytest.param("1 A023", id="half a code"),
        pytest.param("1 A02388", id="too long a code"),
        pytest.param("1 10238", id="a code without its letter"),
        pytest.param("1 I0238", id="a letter that no code has"),
        pytest.param("1 A0238 A0238", id="two codes"),
        pytest.param("1 A0238 请尽快", id="more words"),
        pytest.param("TD A0238", id="opting out of one message"),
        pytest.param("RA0238", id="the same in one"),
        pytest.param("请退订我的订单", id="a sentence about opting out"),
        pytest.param("不退订", id="not opting out"),
        pytest.param("STOP IT", id="a sentence with stop"),
        pytest.param("2:00", id="a time of day"),
        pytest.param("👍", id="an emoji"),
        pytest.param("1" + " " * 600, id="a digit and endless spaces"),
        pytest.param("1" * 1_000_000, id="a million of them"),
    ],
)
def test_not_understood_and_kept(text: str) -> None:
    assert read(text) == Said(None, "", text[:LONGEST])


def test_what_no_database_can_keep_is_left_out() -> None:
    assert read("1\x00 A0238\ud83d") == Said(None, "", "1 A0238")


@given(st.text() | st.text(st.sampled_from("01 3Aa０接单转TDＲ。\ud83d\x00"), max_size=12))
def test_whatever_is_typed_is_read(text: str) -> None:
    said = read(text)
    assert len(said.words) <= LONGEST and not set(said.words) & set("\x00\ud83d")
    assert said.action is not None or said.code == ""
    assert not said.code or reply_codes.LETTERS.count(said.code[0]) == 1
    assert not (said.code and said.action in WITHOUT_CODE)


@given(about_one, codes, st.sampled_from(["", " ", "　", ", ", "："]), st.booleans(), st.booleans())
def test_every_word_with_every_code_in_small_letters_or_full_width(
    meant: tuple[ReplyAction, str], code: str, separator: str, is_small: bool, is_wide: bool
) -> None:
    action, word = meant
    text = f"{word}{separator}{code}"
    text = text.lower() if is_small else text
    text = text.translate({ord(sign): ord(sign) + 0xFEE0 for sign in text if "!" <= sign <= "~"}) if is_wide else text
    expected = Said(None, "", text) if action in WITHOUT_CODE else Said(action, code, text)
    found = read(text)
    is_word_glued = not separator and word.isascii() and word.isalpha()
    assert found == expected or (is_word_glued and found.action in (action, None))


def test_no_word_means_two_things() -> None:
    words = list(itertools.chain.from_iterable(WORDS.values()))
    assert len(words) == len(set(words)) and words == [word.upper() for word in words]
    assert WORDS.keys() == set(ReplyAction)


def test_the_example_of_a_code_is_one() -> None:
    assert reply_codes.is_code(sms_templates.VARIABLES[sms_templates.CODE].example)


@pytest.mark.parametrize("word", [word for word in WORDS[OPT_OUT] if word.isascii()])
def test_no_template_asks_for_what_opts_out(word: str) -> None:
    with pytest.raises(Refusal):
        sms_templates.check(f"{{number}}，回复{word}。", known={"number"}, signature="安心桥")


def test_every_template_may_ask_for_what_acts() -> None:
    text = "{number}待您接单，回复1 {code}接单，2升级，3转下一位，0不能。"
    sms_templates.check(text, known={"number", "code"}, signature="安心桥")
