"""Parts of an SMS: what is billed, and where the text is cut."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import sms_parts
from rules.refusals import Refusal
from rules.sms_parts import GSM_7, LONGEST, UCS_2, characters, count, shorten, split, units

SIGNATURE = "安心桥"
IN_FRONT = units(f"【{SIGNATURE}】")
ABROAD = "+447911123456"

FAMILY = "👨\u200d👩\u200d👧"
SKIN = "👍🏽"
FLAG = "🇨🇳"
KEYCAP = "1\ufe0f\u20e3"
SCOTLAND = "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
ACCENTED = "e\u0301\u0323"
HANGUL = "\u1112\u1161\u11ab"
SINGLE = [FAMILY, SKIN, FLAG, KEYCAP, SCOTLAND, ACCENTED, HANGUL, "😀", "漏", "a", "\r\n"]

texts = st.text(
    st.sampled_from("漏水a0 \u0301\u200d\ufe0f😀👍🏽🇨🇳{€é")
    | st.characters(exclude_categories=["Cs"])  # Halves of a character are a case of their own.
)
clustered = st.lists(st.sampled_from(SINGLE)).map("".join)


class TestInChina:
    @pytest.mark.parametrize(
        ("length", "billed"),
        [
            pytest.param(IN_FRONT, 1, id="nothing but the signature"),
            pytest.param(70, 1, id="70 units fit into one part"),
            pytest.param(71, 2, id="71 units take two"),
            pytest.param(134, 2, id="134 units are two full parts"),
            pytest.param(135, 3, id="135 units take three"),
            pytest.param(201, 3, id="201 units are three full parts"),
            pytest.param(202, 4, id="202 units take four"),
        ],
    )
    def test_parts_are_counted_with_the_signature(self, length: int, billed: int) -> None:
        assert count("字" * (length - IN_FRONT), SIGNATURE) == billed

    def test_a_letter_costs_as_much_as_a_chinese_character(self) -> None:
        assert [count("a" * length) for length in (70, 71)] == [1, 2]

    def test_an_emoji_counts_two_units(self) -> None:
        assert units("漏水😀") == 4
        assert [count("😀" * 32 + "字", SIGNATURE), count("😀" * 33, SIGNATURE)] == [1, 2]

    def test_an_emoji_on_the_border_moves_into_the_next_part_whole(self) -> None:
        assert split("字" * 66 + "😀" + "字" * 10) == ["字" * 66, "😀" + "字" * 10]

    def test_moving_an_emoji_may_cost_a_part(self) -> None:
        text = "字" * 66 + "😀" + "字" * 66
        assert units(text) == 134
        assert [units(part) for part in split(text)] == [66, 67, 1]

    def test_no_text_at_all_is_one_empty_part(self) -> None:
        assert split("") == [""]


class TestAbroad:
    @pytest.mark.parametrize(
        ("text", "billed"),
        [
            pytest.param("a" * 160, 1, id="160 letters fit into one part"),
            pytest.param("a" * 161, 2, id="161 take two"),
            pytest.param("a" * 306, 2, id="306 are two full parts"),
            pytest.param("a" * 307, 3, id="307 take three"),
            pytest.param("€" * 80, 1, id="80 doubled characters fill one part"),
            pytest.param("€" * 81, 2, id="81 doubled ones do not fit"),
            pytest.param("|^€{}[]~\\" + "a" * 142, 1, id="every doubled character counts two"),
            pytest.param("|^€{}[]~\\" + "a" * 143, 2, id="and one more is too many"),
            pytest.param("é@£Ω" + "a" * 156, 1, id="the alphabet has its own accents"),
            pytest.param("ê" + "a" * 69, 1, id="a letter that it lacks: 70"),
            pytest.param("ê" + "a" * 70, 2, id="a letter that it lacks: 71"),
            pytest.param("字" + "a" * 70, 2, id="one Chinese character makes all of it UCS-2"),
        ],
    )
    def test_parts(self, text: str, billed: int) -> None:
        assert count(text, number=ABROAD) == billed

    def test_a_doubled_character_is_never_cut(self) -> None:
        assert split("a" * 152 + "€" + "a" * 20, number=ABROAD) == ["a" * 152, "€" + "a" * 20]

    def test_a_chinese_signature_makes_every_text_ucs_2(self) -> None:
        assert count("a" * 70, SIGNATURE, number=ABROAD) == 2

    def test_hong_kong_is_measured_as_abroad(self) -> None:
        assert count("a" * 160, number="+85291234567") == 1


class TestCharacters:
    @pytest.mark.parametrize("one", SINGLE, ids=ascii)
    def test_what_a_reader_sees_as_one_is_one(self, one: str) -> None:
        assert list(characters(one)) == [one]

    @pytest.mark.parametrize("one", SINGLE, ids=ascii)
    @pytest.mark.parametrize("before", [64, 65, 66, 67, 68])
    def test_and_lies_in_one_part_wherever_it_stands(self, one: str, before: int) -> None:
        assert any(one in part for part in split("字" * before + one + "字" * 20))

    def test_flags_come_in_pairs(self) -> None:
        assert list(characters("🇨🇳🇬🇧🇨")) == ["🇨🇳", "🇬🇧", "🇨"]

    def test_two_halves_of_one_character_become_the_one(self) -> None:
        assert split("字" * 66 + "\ud83d\ude00" + "字" * 10) == ["字" * 66, "😀" + "字" * 10]

    def test_half_a_character_breaks_nothing(self) -> None:
        assert count("\ud83d" * 71) == 2

    def test_a_tower_of_accents_is_cut_between_them(self) -> None:
        tower = "e" + "\u0301" * 200
        assert "".join(split(tower)) == tower and count(tower) == 3

    @given(clustered)
    def test_put_together_they_are_the_text(self, text: str) -> None:
        assert "".join(characters(text)) == text


class TestEveryText:
    @given(texts, st.sampled_from(["", SIGNATURE]), st.sampled_from(["+8613800138000", ABROAD]))
    def test_its_parts_are_the_whole_text_and_each_fits(self, text: str, signature: str, number: str) -> None:
        found = split(text, signature, number=number)
        whole = sms_parts.signed(text, signature)
        alphabet = sms_parts.alphabet_of(whole, number)
        room = alphabet.alone if len(found) == 1 else alphabet.joined
        assert "".join(found) == whole
        assert all(alphabet.cost(part) <= room for part in found)
        assert len(found) == 1 or all(found)

    @given(texts)
    def test_it_costs_no_less_than_its_units_and_little_more(self, text: str) -> None:
        longest = max(map(units, characters(text)), default=1)
        least = -(-units(text) // UCS_2.joined) if units(text) > UCS_2.alone else 1
        assert least <= count(text)
        if longest < UCS_2.joined:
            assert count(text) <= -(-units(text) // (UCS_2.joined - longest + 1)) + 1

    @given(clustered)
    def test_no_character_of_it_is_cut(self, text: str) -> None:
        ends = set(itertools.accumulate(map(len, characters(text))))
        cuts = list(itertools.accumulate(map(len, split(text))))
        assert set(cuts) <= ends | {0}

    @given(texts, st.integers(0, 80))
    def test_shortened_it_is_the_longest_beginning_that_fits(self, text: str, most: int) -> None:
        kept = shorten(text, most)
        rest = next(characters(text[len(kept) :]), "")
        assert text.startswith(kept) and units(kept) <= most
        assert not rest or units(kept + rest) > most

    @given(st.text(max_size=200))
    def test_utf_16_is_what_is_counted(self, text: str) -> None:
        assert units(text) == len(text.encode("utf-16-be")) // 2


def test_every_letter_of_the_gsm_alphabet_is_there_once() -> None:
    assert len(sms_parts._GSM_7) == 127 and len(sms_parts._GSM_7_DOUBLED) == 10
    assert not sms_parts._GSM_7 & sms_parts._GSM_7_DOUBLED
    assert GSM_7.cost("a€") == 3


def test_no_provider_takes_more_than_500_with_the_signature() -> None:
    sms_parts.check("字" * (LONGEST - IN_FRONT), SIGNATURE)
    with pytest.raises(Refusal) as refusal:
        sms_parts.check("字" * (LONGEST - IN_FRONT + 1), SIGNATURE, field="words")
    assert refusal.value.field == "words"
