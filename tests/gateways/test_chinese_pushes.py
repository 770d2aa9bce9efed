"""Aliyun's and Tencent's pushes: read as they are documented, and as no honest provider would write them."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

import pytest

from gateways.aliyun_sms import AliyunSms, AliyunSmsSettings
from gateways.aliyun_voice import AliyunVoice, AliyunVoiceSettings
from gateways.base import Answer, Fate, Receipt, Reply, Speaks, Unreadable
from gateways.tencent_sms import TencentSms, TencentSmsSettings
from tests.gateways.senders import MESSAGE_ID, PHONE, push


def _never() -> datetime:
    raise AssertionError("a push needs no clock")


ALIYUN = AliyunSms(AliyunSmsSettings("aliyun", "id", "secret"), _never)
VOICE = AliyunVoice(AliyunVoiceSettings("aliyun-voice", "id", "secret"), _never)
TENCENT = TencentSms(TencentSmsSettings("tencent", "id", "secret"), _never)

ALIYUN_RECEIPT = {
    "phone_number": "13800138000",
    "send_time": "2026-11-22 00:30:00",
    "report_time": "2026-11-22 00:30:05",
    "success": True,
    "err_code": "DELIVERED",
    "err_msg": "用户接收成功",
    "sms_size": "1",
    "biz_id": "900619746936498440^0",
    "out_id": MESSAGE_ID,
}
ALIYUN_REPLY = {
    "phone_number": "13800138000",
    "send_time": "2026-11-22 00:31:00",
    "content": "1 A0231",
    "sign_name": "安心桥",
    "dest_code": "0231",
    "sequence_id": 1234567890,
}
VOICE_RECEIPT = {
    "call_id": "116012354148^10281378",
    "originate_time": "2026-11-22 00:29:50",
    "ring_time": "",
    "start_time": "",
    "end_time": "2026-11-22 00:30:05",
    "caller": "02166668888",
    "callee": "13800138000",
    "duration": "10",
    "status_code": "200000",
    "status_msg": "执行完成",
    "hangup_direction": "用户",
    "out_id": MESSAGE_ID[:15],
}
TENCENT_RECEIPT = {
    "user_receive_time": "2026-11-22 00:30:05",
    "nationcode": "86",
    "mobile": "13800138000",
    "report_status": "SUCCESS",
    "errmsg": "DELIVRD",
    "description": "用户短信送达成功",
    "sid": "2019:538884445416123",
}
TENCENT_REPLY = {
    "extend": "",
    "mobile": "13800138000",
    "nationcode": "86",
    "sign": "安心桥",
    "text": "1 A0231",
    "time": 1795278660,
}
RECEIPTS: list[tuple[Speaks, dict[str, Any]]] = [
    (ALIYUN, ALIYUN_RECEIPT),
    (VOICE, VOICE_RECEIPT),
    (TENCENT, TENCENT_RECEIPT),
]
REPLIES: list[tuple[Speaks, dict[str, Any]]] = [(ALIYUN, ALIYUN_REPLY), (TENCENT, TENCENT_REPLY)]
HALF_PAST_MIDNIGHT = datetime(2026, 11, 21, 16, 30, 5, tzinfo=UTC)
"""In Shanghai, of the 22nd."""

# --- as documented ---


def test_a_receipt_of_aliyun() -> None:
    assert ALIYUN.receipts(push([ALIYUN_RECEIPT])) == [
        Receipt(
            Fate.DELIVERED,
            provider_id="900619746936498440^0",
            message_id=MESSAGE_ID,
            phone=PHONE,
            code="DELIVERED",
            words="用户接收成功",
            at=HALF_PAST_MIDNIGHT,
            parts=1,
        )
    ]


def test_a_receipt_of_a_call() -> None:
    assert VOICE.receipts(push([VOICE_RECEIPT])) == [
        Receipt(
            Fate.DELIVERED,
            provider_id="116012354148^10281378",
            message_id=MESSAGE_ID[:15],
            phone=PHONE,
            code="200000",
            words="执行完成",
            at=HALF_PAST_MIDNIGHT,
        )
    ]


def test_a_receipt_of_tencent_which_brings_no_id_of_ours() -> None:
    assert TENCENT.receipts(push([TENCENT_RECEIPT])) == [
        Receipt(
            Fate.DELIVERED,
            provider_id="2019:538884445416123",
            phone=PHONE,
            code="DELIVRD",
            words="用户短信送达成功",
            at=HALF_PAST_MIDNIGHT,
        )
    ]


@pytest.mark.parametrize(
    ("speaks", "failed"),
    [
        (ALIYUN, ALIYUN_RECEIPT | {"success": False, "err_code": "MK:0001"}),
        (ALIYUN, ALIYUN_RECEIPT | {"success": "false"}),
        (VOICE, VOICE_RECEIPT | {"status_code": "200003"}),
        (TENCENT, TENCENT_RECEIPT | {"report_status": "FAIL", "errmsg": "MK:0001"}),
    ],
)
def test_a_receipt_of_a_failure(speaks: Speaks, failed: dict[str, Any]) -> None:
    assert speaks.receipts(push([failed]))[0].fate is Fate.FAILED


def test_a_reply_through_aliyun() -> None:
    at = datetime(2026, 11, 21, 16, 31, tzinfo=UTC)
    assert ALIYUN.replies(push([ALIYUN_REPLY])) == [Reply("1234567890", PHONE, "1 A0231", at)]


def test_a_reply_through_tencent_comes_alone_and_gets_an_id_that_a_repetition_shares() -> None:
    (reply,) = TENCENT.replies(push(TENCENT_REPLY))
    assert (reply.phone, reply.text, reply.at) == (PHONE, "1 A0231", datetime(2026, 11, 21, 16, 31, tzinfo=UTC))
    assert TENCENT.replies(push([TENCENT_REPLY])) == [reply]
    later = TENCENT.replies(push(TENCENT_REPLY | {"time": 1795278661}))[0]
    other = TENCENT.replies(push(TENCENT_REPLY | {"mobile": "13900139000"}))[0]
    assert len({reply.provider_id, later.provider_id, other.provider_id}) == 3


def test_a_reply_through_aliyun_without_a_number_of_its_own_is_not_lost() -> None:
    bare = {key: value for key, value in ALIYUN_REPLY.items() if key != "sequence_id"}
    (reply,) = ALIYUN.replies(push([bare]))
    assert reply.provider_id and ALIYUN.replies(push([bare])) == [reply]


@pytest.mark.parametrize("text", ["", "  ", "１　Ａ０２３１", "退订", "1\r\nA0231", "👷🏽" * 30])
def test_the_words_of_a_reply_come_as_they_were_written(text: str) -> None:
    assert ALIYUN.replies(push([ALIYUN_REPLY | {"content": text}]))[0].text == text
    assert TENCENT.replies(push(TENCENT_REPLY | {"text": text}))[0].text == text


def test_both_are_thanked_as_they_wish_and_asked_to_come_again() -> None:
    kept = [ALIYUN.thanks(is_kept=True), VOICE.thanks(is_kept=True), TENCENT.thanks(is_kept=True)]
    assert [json.loads(answer.body) for answer in kept] == [
        {"code": 0, "msg": "接收成功"},
        {"code": 0, "msg": "接收成功"},
        {"result": 0, "errmsg": "OK"},
    ]
    lost: list[Answer] = [gateway.thanks(is_kept=False) for gateway in (ALIYUN, VOICE, TENCENT)]
    assert {answer.status for answer in kept} == {200} and {answer.status for answer in lost} == {503}
    assert all(next(iter(json.loads(answer.body).values())) != 0 for answer in lost)


# --- several, strange, too much ---


@pytest.mark.parametrize(("speaks", "good"), RECEIPTS)
def test_several_receipts_come_in_one_push_in_their_order(speaks: Speaks, good: dict[str, Any]) -> None:
    field = next(name for name in ("biz_id", "call_id", "sid") if name in good)
    several = [good | {field: f"id-{number}"} for number in range(100)]
    read = speaks.receipts(push(several))
    assert [receipt.provider_id for receipt in read] == [f"id-{number}" for number in range(100)]


@pytest.mark.parametrize(("speaks", "good"), RECEIPTS)
def test_fields_that_nobody_knows_do_not_matter(speaks: Speaks, good: dict[str, Any]) -> None:
    more = good | {"new": {"deep": [1, None]}, "": 0, "数": "字"}
    assert speaks.receipts(push([more])) == speaks.receipts(push([good]))


def test_numbers_come_as_texts_and_texts_as_numbers() -> None:
    odd = {"phone_number": 13800138000, "sms_size": 1, "biz_id": 900619746936498440, "success": "true", "err_code": 0}
    (receipt,) = ALIYUN.receipts(push([ALIYUN_RECEIPT | odd]))
    assert (receipt.phone, receipt.parts, receipt.provider_id) == (PHONE, 1, "900619746936498440")
    assert (receipt.fate, receipt.code) == (Fate.DELIVERED, "0")


@pytest.mark.parametrize("number", ["13800138000", "8613800138000", "+8613800138000", "008613800138000"])
def test_a_number_is_the_same_number_in_whatever_form(number: str) -> None:
    assert ALIYUN.receipts(push([ALIYUN_RECEIPT | {"phone_number": number}]))[0].phone == PHONE


@pytest.mark.parametrize(
    ("country", "number", "e164"),
    [
        ("86", "13800138000", PHONE),
        ("+86", "13800138000", PHONE),
        ("", "13800138000", PHONE),
        ("852", "51234567", "+85251234567"),
        ("1", "2025550123", "+12025550123"),
        ("86", "+8613800138000", PHONE),
        (86, 13800138000, PHONE),
        ("86", "138****8000", ""),
    ],
)
def test_tencent_writes_the_country_apart(country: object, number: object, e164: str) -> None:
    receipt = TENCENT.receipts(push([TENCENT_RECEIPT | {"nationcode": country, "mobile": number}]))[0]
    assert receipt.phone == e164


@pytest.mark.parametrize(
    "wrong", [None, [], {}, "x", 3, "2026-13-01 00:00:00", "0001-01-01 00:00:00", 10**30, -1, True]
)
def test_a_date_that_is_none_is_left_open(wrong: object) -> None:
    assert ALIYUN.receipts(push([ALIYUN_RECEIPT | {"report_time": wrong}]))[0].at in (
        None,
        datetime(1970, 1, 1, 0, 0, 3, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"success": None},
        {"success": 2},
        {"success": "yes"},
        {"success": [True]},
        {"out_id": None, "biz_id": None},
        {"out_id": [], "biz_id": {}},
        {"out_id": "", "biz_id": True},
    ],
)
def test_a_receipt_that_says_nothing_is_none(wrong: dict[str, object]) -> None:
    with pytest.raises(Unreadable):
        ALIYUN.receipts(push([ALIYUN_RECEIPT | wrong]))


@pytest.mark.parametrize("wrong", [{"report_status": "MAYBE"}, {"report_status": None}, {"sid": ""}, {"sid": ["x"]}])
def test_a_status_that_says_nothing_is_none(wrong: dict[str, object]) -> None:
    with pytest.raises(Unreadable):
        TENCENT.receipts(push([TENCENT_RECEIPT | wrong]))


@pytest.mark.parametrize(("speaks", "good"), REPLIES)
@pytest.mark.parametrize("wrong", [{"phone_number": "10086", "mobile": "abc"}, {"phone_number": None, "mobile": None}])
def test_a_reply_of_nobody_is_none(speaks: Speaks, good: dict[str, Any], wrong: dict[str, object]) -> None:
    with pytest.raises(Unreadable):
        speaks.replies(push([good | wrong]))


def test_what_cannot_be_read_does_not_take_the_rest_along_and_is_spoken_of(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    read = ALIYUN.receipts(push([ALIYUN_RECEIPT, {"phone_number": "13900139000"}, ALIYUN_RECEIPT]))
    assert len(read) == 2
    assert caplog.messages == ["Left out 1 of 3 objects of a push: this is no receipt"]


@pytest.mark.parametrize(("speaks", "good"), RECEIPTS)
def test_receipts_are_no_replies(speaks: Speaks, good: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        speaks.replies(push([good]))


@pytest.mark.parametrize(("speaks", "good"), REPLIES)
def test_replies_are_no_receipts(speaks: Speaks, good: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        speaks.receipts(push([good]))


NO_PUSHES = [
    b"",
    b"null",
    b"7",
    b'"text"',
    b"[1]",
    b"[[]]",
    b"[null]",
    b"{",
    b"not json",
    b"\xff\xfe",
    b"[" * 60_000,
    b"9" * 60_000,
    b"a=1&b=2",
    b"<xml/>",
    b'[{"phone_number": NaN}]',
]


@pytest.mark.parametrize("speaks", [ALIYUN, VOICE, TENCENT])
@pytest.mark.parametrize("body", NO_PUSHES, ids=range(len(NO_PUSHES)))
def test_what_is_no_push_is_unreadable_and_nothing_else(speaks: Speaks, body: bytes) -> None:
    with pytest.raises(Unreadable):
        speaks.receipts(push(body))
    with pytest.raises(Unreadable):
        speaks.replies(push(body))


def test_an_empty_list_is_a_push_of_nothing() -> None:
    assert ALIYUN.receipts(push([])) == [] == TENCENT.replies(push([]))


@pytest.mark.parametrize("speaks", [ALIYUN, VOICE, TENCENT])
def test_a_megabyte_is_refused(speaks: Speaks) -> None:
    endless = push([ALIYUN_RECEIPT | VOICE_RECEIPT | TENCENT_RECEIPT | ALIYUN_REPLY | {"text": "1" * 1024 * 1024}])
    for read in (speaks.receipts, speaks.replies):
        with pytest.raises(Unreadable):
            read(endless)


def test_long_words_are_cut_and_nothing_comes_that_no_database_takes() -> None:
    odd = {"err_msg": "x\0\ud800 13800138000 a@b.example\n" + "长" * 5000, "err_code": "c" * 500, "out_id": "o\0" * 500}
    (receipt,) = ALIYUN.receipts(push(json.dumps([ALIYUN_RECEIPT | odd]).encode()))
    assert len(receipt.words) == 200 and len(receipt.code) == 64 and len(receipt.message_id) == 64
    assert "13800138000" not in receipt.words and "a@b" not in receipt.words
    text = {"content": "1\0\ud800" + "长" * 9000}
    (reply,) = ALIYUN.replies(push(json.dumps([ALIYUN_REPLY | text]).encode()))
    assert len(reply.text) == 2000
    for said in (receipt.words, receipt.message_id, reply.text):
        assert "\0" not in said and said.encode("utf-8")


ODD = [
    None, True, False, 0, -1, 10**40, 1.5, float("inf"), "", " ", "x", "\0", "\ud800", "9" * 5000, "９９", "true",
    [], [None], {}, {"a": []},
]  # fmt: skip


@pytest.mark.parametrize(("speaks", "good"), [*RECEIPTS, *REPLIES])
def test_no_value_of_any_field_makes_trouble(speaks: Speaks, good: dict[str, Any]) -> None:
    for field in good:
        for value in ODD:
            body = json.dumps([good | {field: value}]).encode()
            for read in (speaks.receipts, speaks.replies):
                try:
                    (one,) = read(push(body))
                except Unreadable:
                    continue
                assert f"{one}{one.phone}{getattr(one, 'text', '')}".encode()
                assert len(one.provider_id) <= 64
