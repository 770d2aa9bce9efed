"""Refused rows go back in a file of the same form, harmless in Excel, and come in again unchanged once corrected."""

from __future__ import annotations

import io
from collections.abc import Callable

import openpyxl
import pytest

from rules.import_rows import Column
from rules.vocabulary import RowOutcome
from services import import_reports, spreadsheets
from services.import_reports import Report
from tests.imports.exports import SHOP, cells_of, csv_file, row, xlsx_file

TEXTS = ["=1+1", "'=1", "''+86", "-1", "@x", "\t=1", "'普通", "+86-177-7776-3170", "普通", '一\r\n二,"三"', "😡𠮷"]


def returned(content: bytes, report: Report, name: str) -> bytes:
    faults = {line.row.number: line.faults for line in report.lines if line.outcome is RowOutcome.REFUSED}
    return import_reports.returned_file(
        spreadsheets.read(content, name=name), faults, sentence=lambda fault: fault.message % fault.params
    )


def texts(content: bytes, name: str) -> list[str]:
    return [spreadsheets.text_of(row.cells[Column.PROBLEM]) for row in spreadsheets.read(content, name=name).rows]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_a_csv_comes_back_in_its_encoding_harmless_and_unchanged(judged: Callable[..., Report], encoding: str) -> None:
    content = csv_file([row(REF=f"A{n}", PROBLEM=text, PHONE="x") for n, text in enumerate(TEXTS)], encoding=encoding)
    back = returned(content, judged(content), "x.csv")
    assert back.startswith(b"\xef\xbb\xbf") == (encoding == "utf-8")
    written = back.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    assert "退回栏目,退回原因\r\n" in written
    assert "联系电话,This is not a phone number." in written
    assert not any(line.startswith(("=", "+", "-", "@")) for line in written.replace(",", "\n").split("\n"))
    assert texts(back, "x.csv") == TEXTS
    again = returned(back, judged(back), "x.csv")
    assert again == back


def test_a_workbook_comes_back_with_its_dates_numbers_and_texts(judged: Callable[..., Report]) -> None:
    rows = [row(REF=f"A{n}", PROBLEM=text, NAME="") for n, text in enumerate(TEXTS)] + cells_of(SHOP)
    content = xlsx_file(rows)
    report = judged(content, "x.xlsx")
    back = returned(content, report, "x.xlsx")
    assert texts(back, "x.xlsx")[: len(TEXTS)] == TEXTS
    cell = openpyxl.load_workbook(io.BytesIO(back)).active["I2"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")
    assert len(spreadsheets.read(back, name="x.xlsx").rows) == report.count(RowOutcome.REFUSED)


def test_corrected_rows_are_taken_in(judged: Callable[..., Report], written: Callable[..., Report]) -> None:
    content = csv_file([row(REF="A1", PHONE="没留电话", PROBLEM="=1+1"), row(REF="A2")])
    back = returned(content, written(content), "x.csv").decode("gb18030")
    corrected = back.replace("没留电话", "17777763170").encode("gb18030")
    report = written(corrected)
    assert [line.outcome for line in report.lines] == [RowOutcome.ACCEPTED]
    assert report.lines[0].intake is not None and report.lines[0].intake.problem == "=1+1"


def test_a_row_with_too_many_cells_keeps_them(judged: Callable[..., Report]) -> None:
    content = csv_file([row()]).rstrip() + ",多出来的\r\n".encode("gb18030")
    back = returned(content, judged(content), "x.csv")
    assert "多出来的" in back.decode("gb18030")
    assert judged(back).lines[0].outcome is RowOutcome.REFUSED
