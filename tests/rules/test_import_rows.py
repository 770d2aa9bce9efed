"""How the cells of an export are read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.import_rows import Cell, Column, Row, channel_of, is_blank, moment, phone_of, positions, read, text_of
from rules.refusals import Refusal
from rules.vocabulary import Channel

SHANGHAI = ZoneInfo("Asia/Shanghai")
HEADINGS = [column.value for column in Column]


@pytest.mark.parametrize(
    "cell",
    [
        "2026-10-06 17:36",
        "2026-10-06 17:36:00",
        "2026/10/6 17:36",
        "2026.10.06 17:36",
        "2026年10月6日17时36分",
        "2026年10月6日 17点36分0秒",
        "２０２６－１０－０６　１７：３６",
        " 2026-10-06T17:36 ",
        "2026/10/6 下午5:36",
        "2026/10/6下午 5:36",
        "2026/10/6 5:36 PM",
        "2026/10/6 5:36:00 pm",
        datetime(2026, 10, 6, 17, 36),
        datetime(2026, 10, 6, 17, 35, 59, 999_600),
        datetime(2026, 10, 6, 17, 36, 0, 400_000),
        46301.733333333334,
    ],
)
def test_a_moment_is_read_in_every_form_that_occurs(cell: Cell) -> None:
    assert moment(cell) == datetime(2026, 10, 6, 17, 36)


@pytest.mark.parametrize(
    ("cell", "hour"), [("上午12:05", 0), ("上午 9:05", 9), ("下午12:05", 12), ("12:05 am", 0), ("12:05 PM", 12)]
)
def test_a_clock_of_twelve_hours_is_understood(cell: str, hour: int) -> None:
    assert moment(f"2026-10-06 {cell}") == datetime(2026, 10, 6, hour, 5)


@pytest.mark.parametrize(
    "cell",
    [
        "",
        " ",
        None,
        "昨天下午",
        "2026-10-06",
        "2026-13-45 10:00",
        "2026-02-29 10:00",
        "2026-10-06 24:00",
        "2026-10-06 23:60",
        "2026-10-06 13:00 PM",
        "2026-10-061:36",
        "26-10-06 17:36",
        "0001-01-01 00:00",
        datetime(2026, 10, 6).date(),
        datetime(9999, 12, 31, 23, 59, 59, 999_999),
        46301,
        46301.0,
        20261006.5,
        "2026-10-06 17:36" * 1000,
    ],
)
def test_anything_else_is_refused(cell: Cell) -> None:
    with pytest.raises(Refusal) as refused:
        moment(cell)
    assert len(str(refused.value)) < 150


@given(st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)))
def test_a_moment_that_was_written_down_comes_back(at: datetime) -> None:
    at = at.replace(microsecond=0)
    assert moment(f"{at:%Y-%m-%d %H:%M:%S}") == at
    assert moment(at + timedelta(microseconds=1)) == at


@given(st.one_of(st.text(), st.integers(), st.floats(), st.datetimes(), st.none()))
def test_no_cell_breaks_the_reading(cell: Cell) -> None:
    row = Row(2, dict.fromkeys(Column, cell))
    call, faults = read(row, zone=SHANGHAI)
    assert (call is None) == bool(faults)


@pytest.mark.parametrize(
    "cell", [18648888996, 18648888996.0, "18648888996.0", "１８６４８８８８９９６", " 186 4888 8996"]
)
def test_a_phone_is_read_however_the_file_holds_it(cell: Cell) -> None:
    assert phone_of(cell).number == "+8618648888996"


@pytest.mark.parametrize(
    "cell", ["1.8648888996E+10", 1.5, "18648888996.5", "没留电话", "", None, "13800138000/13900139000"]
)
def test_what_is_no_phone_is_refused(cell: Cell) -> None:
    with pytest.raises(Refusal):
        phone_of(cell)


@pytest.mark.parametrize(
    ("cell", "channel"),
    [
        ("４００热线", Channel.HOTLINE),
        (" 官 网 ", Channel.WEBSITE),
        ("微信公众号", Channel.WECHAT),
        ("专属顾问", Channel.ADVISER),
        ("门店", Channel.SHOP),
        ("业主群", Channel.OWNERS_GROUP),
        (12345, Channel.AUTHORITY),
    ],
)
def test_a_channel_is_known_by_the_words_that_occur(cell: Cell, channel: Channel) -> None:
    assert channel_of(cell) is channel


def test_an_unknown_channel_is_told_which_ones_are_known() -> None:
    with pytest.raises(Refusal, match=r"飞鸽传书.*400热线、官网"):
        channel_of("飞鸽传书")


def test_a_call_keeps_what_was_said_and_folds_what_identifies() -> None:
    cells: dict[Column, Cell] = dict.fromkeys(Column, " ｘ ")
    cells |= {
        Column.FIRST_WORD: "2026-10-06 17:36",
        Column.PHONE: 18648888996,
        Column.CHANNEL: "官网",
        Column.CONTRACT: "zx2026－1",
    }
    call, faults = read(Row(2, cells), zone=SHANGHAI)
    assert not faults and call is not None
    assert call.first_word_at == datetime(2026, 10, 6, 9, 36, tzinfo=UTC)
    assert (call.ref, call.community, call.room, call.contract_no) == ("x", "x", "x", "ZX2026-1")
    assert (call.problem, call.impact, call.demand) == (" ｘ ", " ｘ ", " ｘ ")
    assert (call.name, call.answered_by) == ("ｘ", "ｘ")


@pytest.mark.parametrize(("cell", "text"), [(802, "802"), (802.0, "802"), (8.5, "8.5"), (None, ""), (True, "True")])
def test_a_number_is_read_as_a_person_reads_it(cell: Cell, text: str) -> None:
    assert text_of(cell) == text


def test_invisible_characters_are_blank() -> None:
    assert is_blank("\u3000\u200b\ufeff\t\n")
    assert not is_blank("\u200d字")


class TestHeadings:
    def test_stand_where_they_stand(self) -> None:
        turned = [*reversed(HEADINGS)]
        assert positions(turned)[Column.REF] == len(Column) - 1

    def test_may_be_followed_by_empty_ones_and_our_own(self) -> None:
        assert len(positions([*HEADINGS, "", None, "退回栏目", "退回原因"])) == len(Column)

    @pytest.mark.parametrize(
        ("headings", "words"),
        [
            (HEADINGS[1:], "missing: 工单号"),
            ([*HEADINGS, "备注"], "not known: 备注"),
            ([*HEADINGS, "小区"], "twice: 小区"),
            (["a", "b"], "not the headings"),
            ([], "not the headings"),
        ],
    )
    def test_must_be_the_exports(self, headings: list[str], words: str) -> None:
        with pytest.raises(Refusal, match=words):
            positions(headings)
