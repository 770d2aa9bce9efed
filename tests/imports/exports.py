"""Exports as a hotline and a shop hand them in, made here with every trap that the real ones have."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl

from config import PROJECT_DIR
from rules.import_rows import Column

SAMPLES = PROJECT_DIR.parent / "shared" / "data"
"""The two real-looking exports, where they stand beside the project."""

HEADINGS = [column.value for column in Column]

GOOD = {
    Column.REF: "HL26100001",
    Column.FIRST_WORD: "2026-10-06 17:36",
    Column.NAME: "刘伟",
    Column.PHONE: "177 7776 3170",
    Column.COMMUNITY: "龙湖天街公寓",
    Column.ROOM: "1栋1单元2101",
    Column.CONTRACT: "",
    Column.CHANNEL: "官网",
    Column.PROBLEM: "主卫做完防水后楼下邻居反映顶棚渗水,面积约0.6平方米",
    Column.IMPACT: "楼下已停用卫生间",
    Column.DEMAND: "两天内查明漏点并赔偿楼下",
    Column.ANSWERED_BY: "小林",
}


class Case(NamedTuple):
    """A row and how it must end; ``field`` is a heading, or "repeat" for an accepted row that is one."""

    cells: dict[Column, Any]
    outcome: str
    field: str = ""
    phone: str = ""
    first_word_at: str = ""


def row(**cells: Any) -> dict[Column, Any]:
    """A good row with some cells changed: ``row(PHONE="没留电话")``."""
    return GOOD | {Column[name]: cell for name, cell in cells.items()}


def lines(rows: Iterable[dict[Column, Any]]) -> list[list[Any]]:
    return [[cells[column] for column in Column] for cells in rows]


def csv_file(
    rows: Iterable[dict[Column, Any]], *, encoding: str = "gb18030", headings: Sequence[str] = HEADINGS
) -> bytes:
    return csv_lines([list(headings), *lines(rows)], encoding=encoding)


def csv_lines(table: Iterable[Sequence[Any]], *, encoding: str = "gb18030") -> bytes:
    file = io.StringIO(newline="")
    csv.writer(file).writerows(table)
    return file.getvalue().encode(encoding)


def xlsx_file(rows: Iterable[dict[Column, Any]], *, headings: Sequence[str] = HEADINGS) -> bytes:
    return xlsx_lines([list(headings), *lines(rows)])


def xlsx_lines(table: Iterable[Sequence[Any]]) -> bytes:
    """One sheet; text that begins with = is text, as the hotline's program writes it."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = "登记表"
    for at, cells in enumerate(table, start=1):
        for place, value in enumerate(cells, start=1):
            cell = sheet.cell(at, place, value)
            if isinstance(value, str):
                cell.value = value.replace("\r", "_x000D_")  # as Excel keeps it
                cell.data_type = "s"
    return saved(workbook)


def saved(workbook: openpyxl.Workbook) -> bytes:
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


_AT = "2026-10-06T09:36:00Z"
_PHONE = "+8617777763170"


def _accepted(ref: int, *, e164: str = _PHONE, at: str = _AT, field: str = "", **cells: Any) -> Case:
    return Case(row(REF=f"HL{ref:08}", **cells), "accepted", field, e164, at)


def _other(number: int) -> str:
    """A mobile number nobody else has, so that the row is no repeat."""
    return f"1391234{number:04}"


HOTLINE = [
    _accepted(1),
    _accepted(2, FIRST_WORD="2026-10-02 05:33:07", PHONE=_other(2), e164="+8613912340002", at="2026-10-01T21:33:07Z"),
    _accepted(
        3, FIRST_WORD="2026/10/8 13:35", PHONE="+86-139-1234-0003", e164="+8613912340003", at="2026-10-08T05:35:00Z"
    ),
    Case(row(REF="HL00000004", PHONE="186015048"), "refused", "联系电话"),
    _accepted(5, FIRST_WORD="2026.10.05 09:27", PHONE="021-59254122", e164="+862159254122", at="2026-10-05T01:27:00Z"),
    _accepted(
        6, FIRST_WORD="2026年10月6日9时5分", PHONE="021-62973169转8012", e164="+862162973169", at="2026-10-06T01:05:00Z"
    ),
    _accepted(
        7,
        FIRST_WORD="２０２６－１０－０７ ０７：０１",
        PHONE="１３９１２３４０００７",
        e164="+8613912340007",
        at="2026-10-06T23:01:00Z",
    ),
    Case(row(REF="HL00000008", PHONE="没留电话"), "refused", "联系电话"),
    Case(row(REF="HL00000009", PROBLEM="   "), "refused", "问题描述"),
    Case(row(REF="HL00000010", FIRST_WORD="昨天下午"), "refused", "来电时间"),
    Case(row(REF="HL00000011", FIRST_WORD="2026-13-45 10:00"), "refused", "来电时间"),
    Case(row(REF="HL00000012", FIRST_WORD="2031-01-01 09:00"), "refused", "来电时间"),
    Case(row(REF="HL00000013", NAME=""), "refused", "客户姓名"),
    Case(row(REF="HL00000014", CHANNEL="飞鸽传书"), "refused", "渠道"),
    Case(row(REF=""), "refused", "工单号"),
    Case(row(REF="HL00000001", DEMAND="再催一次"), "duplicate", "工单号"),
    Case(row(REF=" ＨＬ０００００００１"), "duplicate", "工单号"),
    _accepted(18, FIRST_WORD="2026-10-06 18:16", field="repeat", at="2026-10-06T10:16:00Z"),
    _accepted(19, PROBLEM='=HYPERLINK("http://x","点我")', PHONE=_other(19), e164="+8613912340019"),
    _accepted(20, PROBLEM="<script>alert(1)</script> 墙纸起泡", PHONE=_other(20), e164="+8613912340020"),
    _accepted(21, PROBLEM="地板翘起😡𠮷字号瓷砖", PHONE=_other(21), e164="+8613912340021"),
    _accepted(22, PROBLEM="裂缝," * 900, PHONE=_other(22), e164="+8613912340022"),
    _accepted(23, CONTRACT="ZX1999-9999", PHONE=_other(23), e164="+8613912340023"),
    Case(row(REF="HL00000024", PROBLEM="裂" * 10_001), "refused", "问题描述"),
    Case(row(REF="HL00000025", NAME="刘" * 65), "refused", "客户姓名"),
]
"""Every trap of the hotline's export, with how each row must end."""

SHOP = [
    *HOTLINE,
    _accepted(
        30, FIRST_WORD=datetime(2026, 10, 5, 9, 5), PHONE=13912340030, e164="+8613912340030", at="2026-10-05T01:05:00Z"
    ),
    _accepted(
        31,
        FIRST_WORD=datetime(2026, 10, 5, 9, 4, 59, 999_600),
        PHONE=13912340031.0,
        e164="+8613912340031",
        at="2026-10-05T01:05:00Z",
    ),
    _accepted(32, ROOM=802, PHONE=_other(32), e164="+8613912340032"),
]
"""The same in a workbook, with dates that are dates and phones that are numbers."""


def cells_of(cases: Iterable[Case]) -> list[dict[Column, Any]]:
    return [case.cells for case in cases]


def expected_of(sample: str) -> list[dict[str, str]]:
    """What the README's file says about each row of a sample."""
    with Path(SAMPLES / f"{sample.partition('.')[0]}.expected.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
