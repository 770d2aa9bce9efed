"""Telephone numbers as people say and type them (N18)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import phones
from rules.refusals import Refusal

mobiles = st.from_regex(r"138[0-9]{8}", fullmatch=True)


@pytest.mark.parametrize(
    "text",
    [
        "13800138000",
        " 138 0013 8000 ",
        "138-0013-8000",
        "138–0013–8000",
        "+86 138 0013 8000",
        "+8613800138000",
        "(+86)13800138000",
        "0086 13800138000",
        "86-138-0013-8000",
        "013800138000",
        "１３８００１３８０００",
        "＋８６　１３８　００１３　８０００",
    ],
)
def test_one_mobile_number_in_many_forms_is_one_number(text: str) -> None:
    assert phones.parse(text) == phones.Phone("+8613800138000", "", is_mobile=True)


@pytest.mark.parametrize(
    ("text", "number", "extension"),
    [
        ("021-59254122", "+862159254122", ""),
        ("(021) 5925 4122", "+862159254122", ""),
        ("010-88886666", "+861088886666", ""),
        ("400-820-8820", "+864008208820", ""),
        ("021-59254122转8012", "+862159254122", "8012"),
        ("021-59254122 转 8012", "+862159254122", "8012"),
        ("021-59254122分机8012", "+862159254122", "8012"),
        ("021-59254122 ext. 8012", "+862159254122", "8012"),
        ("０２１－５９２５４１２２转８０１２", "+862159254122", "8012"),
    ],
)
def test_a_landline_keeps_its_extension_and_takes_no_sms(text: str, number: str, extension: str) -> None:
    assert phones.parse(text) == phones.Phone(number, extension, is_mobile=False)
    with pytest.raises(Refusal, match="mobile"):
        phones.mobile(text)


def test_a_mobile_number_with_an_extension_takes_no_sms() -> None:
    with pytest.raises(Refusal):
        phones.mobile("13800138000转12")


def test_a_number_from_abroad_is_kept_with_its_country() -> None:
    assert phones.parse("+852 9123 4567") == phones.Phone("+85291234567", "", is_mobile=True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "转8012",
        "没有",
        "微信号abc123",
        "138001380OO",
        "186015048",
        "1380013800",
        "138001380001",
        "13800138000 13900139000",
        "13800138000/13900139000",
        "12315",
        "110",
        "+",
        "+999 12345678",
        "13800138000\x00",
        "1" * 10_000,
        "📱13800138000",
        "=1+1",
    ],
)
def test_what_cannot_be_called_is_refused_beside_its_field(text: str) -> None:
    with pytest.raises(Refusal) as refusal:
        phones.parse(text, field="contact_phone")
    assert refusal.value.field == "contact_phone"


@given(st.text(max_size=60))
def test_any_text_is_a_number_or_a_refusal(text: str) -> None:
    try:
        phone = phones.parse(text)
    except Refusal:
        return
    assert phone.number.startswith("+") and phone.number[1:].isascii() and phone.number[1:].isdigit()
    assert len(phone.number) <= 20 and len(phone.extension) <= 8


@given(mobiles)
def test_a_number_reads_back_from_every_form_the_desk_shows(digits: str) -> None:
    number = phones.mobile(digits)
    assert phones.mobile(number) == number
    assert phones.national(number) == digits


@pytest.mark.parametrize(
    ("number", "dialled"),
    [
        ("+8613800138000", "13800138000"),
        ("+862159254122", "021-59254122"),
        ("+861088886666", "010-88886666"),
        ("+864008208820", "400-8208820"),
        ("+85291234567", "+85291234567"),
    ],
)
def test_a_number_is_shown_as_it_is_dialled(number: str, dialled: str) -> None:
    assert phones.national(number) == dialled


@pytest.mark.parametrize(
    ("number", "extension", "masked"),
    [
        ("+8613800138000", "", "138****8000"),
        ("+862159254122", "8012", "021****4122转****"),
        ("+861059254122", "", "010****4122"),
        ("+864008208820", "", "400****8820"),
        ("+8621123", "", "****1123"),
        ("", "", ""),
    ],
)
def test_a_masked_number_shows_its_last_four_digits(number: str, extension: str, masked: str) -> None:
    assert phones.mask(number, extension) == masked


@given(mobiles)
def test_a_mask_hides_the_middle(digits: str) -> None:
    masked = phones.mask(f"+86{digits}")
    assert masked == f"{digits[:3]}****{digits[-4:]}"


@pytest.mark.parametrize("said", ["138 0013 8000", "021-59254122转806", "+1 650 253 0000"])
def test_a_number_as_it_is_kept_is_the_number_that_was_said(said: str) -> None:
    phone = phones.parse(said)
    assert phones.kept(phone.number, phone.extension) == phone
