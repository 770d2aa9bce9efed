"""Files that are refused as a whole, each with one sentence, and nothing written."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from datetime import UTC, datetime

import openpyxl
import pytest

from rules.refusals import Refusal
from services import import_reports, spreadsheets
from tests.imports.exports import HEADINGS, csv_file, csv_lines, lines, row, saved, xlsx_file, xlsx_lines

NOW = datetime(2026, 11, 21, 14, tzinfo=UTC)


def zipped(**parts: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def zip_bomb() -> bytes:
    """A workbook whose sheet unpacks to far more than any sheet is."""
    file = io.BytesIO(xlsx_file([row()]))
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings2.xml", b" " * (spreadsheets.MAX_UNPACKED + 1))
    return file.getvalue()


def lying_zip_bomb() -> bytes:
    """The same, claiming to be small: the size stands in the directory, where anybody can write what they like."""
    content = bytearray(zip_bomb())
    size = struct.pack("<I", spreadsheets.MAX_UNPACKED + 1)
    place = content.rfind(size)
    content[place : place + 4] = struct.pack("<I", 10)
    return bytes(content)


def two_sheets() -> bytes:
    workbook = openpyxl.Workbook()
    for sheet in (workbook.active, workbook.create_sheet("十一月")):
        for line in (HEADINGS, *lines([row()])):
            sheet.append(line)
    return saved(workbook)


def with_part(name: str, content: bytes) -> bytes:
    """A workbook with one of its parts replaced."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(xlsx_file([row()]))) as old, zipfile.ZipFile(file, "w") as new:
        for part in old.namelist():
            new.writestr(part, content if part == name else old.read(part))
    return file.getvalue()


ENTITIES = b"".join(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10) for n in range(1, 12))
BILLION_LAUGHS = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "ha">' + ENTITIES + b"]><x>&e11;</x>"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512

REFUSED = {
    "an empty file": (b"", "x.csv", "empty"),
    "a file of blanks": (b" \r\n \r\n", "x.csv", "empty"),
    "headings and no rows": (csv_file([]), "x.csv", "no rows"),
    "headings and blank rows": (csv_lines([HEADINGS, [""] * 12]), "x.csv", "no rows"),
    "a workbook without rows": (xlsx_file([]), "x.xlsx", "no rows"),
    "a missing column": (csv_lines([HEADINGS[:-1], lines([row()])[0]]), "x.csv", "missing: 接听人"),
    "an extra column": (csv_lines([[*HEADINGS, "备注"], lines([row()])[0]]), "x.csv", "not known: 备注"),
    "a column twice": (csv_lines([[*HEADINGS, "小区"], lines([row()])[0]]), "x.csv", "twice: 小区"),
    "other columns": (csv_lines([["姓名", "电话"], ["王", "1"]]), "x.csv", "not the headings"),
    "another encoding": (csv_file([row()], encoding="utf-16"), "x.csv", "encoding"),
    "yet another encoding": (csv_lines([["工單號", "來電時間"], ["A1", "昨天"]], encoding="big5"), "x.csv", "encoding"),
    "half a character": (csv_file([row()], encoding="utf-8")[:-3] + b"\xff\xff", "x.csv", "encoding"),
    "an open quotation mark": (csv_file([row()]) + b'"abc', "x.csv", "quotation mark"),
    "a quotation mark inside a cell": (csv_file([row()]) + b'A1,"abc"d,', "x.csv", "quotation mark"),
    "a workbook with a password": (OLE + "EncryptedPackage".encode("utf-16-le"), "x.xlsx", "password"),
    "the old format": (OLE, "x.xls", "old Excel"),
    "a broken workbook": (xlsx_file([row()])[:-400], "x.xlsx", "broken"),
    "a workbook that is text": (csv_file([row()]), "x.xlsx", "broken"),
    "a zip that is no workbook": (zipped(a=b"a"), "x.xlsx", "broken"),
    "a zip with nothing in it": (zipped(), "x.xlsx", "broken"),
    "a sheet that is no XML": (with_part("xl/worksheets/sheet1.xml", b"<worksheet"), "x.xlsx", "broken"),
    "a sheet that grows while it is read": (with_part("xl/worksheets/sheet1.xml", BILLION_LAUGHS), "x.xlsx", "broken"),
    "a zip bomb": (zip_bomb(), "x.xlsx", "too large"),
    "several sheets with rows": (two_sheets(), "x.xlsx", "Several sheets"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "x.csv", "encoding"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_is_refused_with_a_sentence(case: str) -> None:
    content, name, words = REFUSED[case]
    with pytest.raises(Refusal) as refused:
        import_reports.read(content, name=name, now=NOW)
    assert words in str(refused.value)
    assert refused.value.field == "file"


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "MAX_ROWS", 2)
    rows = [row(REF=f"A{n}") for n in range(3)]
    assert len(spreadsheets.read(csv_file(rows[:2]), name="x.csv").rows) == 2
    with pytest.raises(Refusal, match="more than 2 rows"):
        spreadsheets.read(csv_file(rows), name="x.csv")
    with pytest.raises(Refusal, match="more than 2 rows"):
        spreadsheets.read(xlsx_file(rows), name="x.xlsx")


def test_a_part_that_lies_about_its_size_is_never_unpacked_beyond_it() -> None:
    content = lying_zip_bomb()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as archive,
        archive.open("xl/sharedStrings2.xml") as part,
        pytest.raises((zipfile.BadZipFile, zlib.error)),
    ):
        assert len(part.read()) <= 10


def test_the_size_a_sheet_claims_is_not_believed() -> None:
    old = xlsx_file([row()])
    with zipfile.ZipFile(io.BytesIO(old)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    claimed = sheet.replace(b'<dimension ref="A1:L2"', b'<dimension ref="A1:XFD1048576"')
    assert claimed != sheet
    assert len(spreadsheets.read(with_part("xl/worksheets/sheet1.xml", claimed), name="x.xlsx").rows) == 1


def test_what_a_file_is_counts_not_what_it_is_called() -> None:
    assert len(spreadsheets.read(xlsx_file([row()]), name="x.csv").rows) == 1
    assert len(spreadsheets.read(csv_file([row()]), name="导出").rows) == 1


@pytest.mark.parametrize("make", [csv_lines, xlsx_lines])
def test_a_second_sheet_or_empty_headings_do_no_harm(make: Callable[..., bytes]) -> None:
    content = make([[*HEADINGS, "", ""], [*lines([row()])[0], "", ""]])
    assert not spreadsheets.read(content, name="x").rows[0].overflow
