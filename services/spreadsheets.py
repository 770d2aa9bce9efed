"""Spreadsheets: read an export's file, CSV or workbook, into rows, and write refused rows back in the same form.

A file that is none, or not the kind that is meant, is refused as a whole with one sentence.
"""

from __future__ import annotations

import csv
import io
import logging
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from typing import Any

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from rules.import_rows import Cell, Column, ReasonColumn, Row, is_blank, positions, reason_positions, text_of
from rules.refusals import Refusal
from rules.vocabulary import N_

MAX_ROWS = 10_000
MAX_COLUMNS = 64
MAX_UNPACKED = 64 * 1024 * 1024
"""How large a workbook may be once unpacked, in bytes; far above any honest export of ``MAX_ROWS``."""

MAX_PARTS = 500
"""How many files a workbook may consist of."""

csv.field_size_limit(MAX_UNPACKED)  # An endless text is refused with its row and column, not with the whole file.

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_BOM = "utf-8-sig"
_SHEET_TITLE = "登记表"
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_MASKED_FORMULA = re.compile(r"''*[=+\-@\t\r]")
_log = logging.getLogger(__name__)


class Form(StrEnum):
    """The forms an export comes in, by the end of the file's name."""

    CSV = ".csv"
    XLSX = ".xlsx"


@dataclass(frozen=True)
class Sheet:
    """An export's rows and the form they came in; ``encoding`` is '' for a workbook."""

    form: Form
    encoding: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Returned:
    """A refused row, with the column's heading and the reason as an operator reads them."""

    row: Row
    column: str
    reason: str


def read(content: bytes, *, name: str) -> Sheet:
    """The rows of a file, blank ones left out; every row keeps the number it has in the file.

    Raises:
        Refusal: the file is empty, broken, protected, too large, in another encoding, or no such export.
    """
    if not content.strip():
        raise Refusal(N_("The file is empty."), field="file")
    if content.startswith(_OLE):
        raise _protected_or_old(content)
    is_workbook = content.startswith(_ZIP)
    if not is_workbook and name.lower().endswith((".xlsx", ".xlsm", ".xls")):
        raise _broken_workbook()
    sheet = _read_workbook(content) if is_workbook else _read_csv(content)
    if not sheet.rows:
        raise Refusal(N_("The file has headings but no rows."), field="file")
    return sheet


def write_returned(returned: Iterable[Returned], *, form: Form, encoding: str) -> bytes:
    """A file of refused rows to correct and hand in again: the export's columns, then the column and the reason."""
    headings = [*Column, *ReasonColumn]
    lines = [
        [*(item.row.cells[column] for column in Column), item.column, item.reason, *item.row.overflow]
        for item in returned
    ]
    return _write_workbook(headings, lines) if form is Form.XLSX else _write_csv(headings, lines, encoding)


def _rows(lines: Iterator[Sequence[Cell]]) -> Iterator[Row]:
    """Rows by their headings. Cells left out at the end of a line are empty: Excel drops trailing separators."""
    headings = next(lines, ())
    places = positions(headings)
    read_or_ignored = {*places.values(), *reason_positions(headings)}
    count = 0
    for number, line in enumerate(lines, start=2):
        if all(is_blank(cell) for cell in line):
            continue
        count += 1
        if count > MAX_ROWS:
            raise Refusal(N_("The file has more than %(most)s rows; please split it."), field="file", most=MAX_ROWS)
        cells = {column: line[place] if place < len(line) else None for column, place in places.items()}
        overflow = (cell for place, cell in enumerate(line) if place not in read_or_ignored)
        yield Row(number, cells, tuple(cell for cell in overflow if not is_blank(cell)))


# --- CSV -------------------------------------------------------------------------------------------------------------


def _read_csv(content: bytes) -> Sheet:
    text, encoding = _decode(content)
    lines: Iterator[list[str]] = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        headings = next(lines, [])
        if reason_positions(headings):
            lines = ([_unmasked(cell) for cell in line] for line in lines)
        return Sheet(Form.CSV, encoding, tuple(_rows(_chain(headings, lines))))
    except csv.Error as error:
        _log.info("a CSV file could not be read: %s", error)
        raise Refusal(
            N_("The file is no proper CSV: a quotation mark is not closed or stands in the middle of a cell."),
            field="file",
        ) from error


def _chain(headings: Sequence[Cell], lines: Iterator[list[str]]) -> Iterator[Sequence[Cell]]:
    yield headings
    yield from lines


def _decode(content: bytes) -> tuple[str, str]:
    """The text and its encoding. UTF-8 is tried first: hardly any Chinese text in GB18030 is valid UTF-8 by chance."""
    if not content.startswith(_UTF16) and b"\0" not in content.partition(b"\n")[0]:
        for encoding in (_BOM, "gb18030"):
            try:
                return content.decode(encoding), encoding
            except UnicodeDecodeError:
                continue
    raise Refusal(
        N_("The file's encoding is neither UTF-8 nor GB18030; save it in Excel as “CSV UTF-8”."), field="file"
    )


def _write_csv(headings: Sequence[Cell], lines: Iterable[Sequence[Cell]], encoding: str) -> bytes:
    """UTF-8 always gets its mark, or Excel would take it for GB18030."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(headings)
    writer.writerows([_masked(text_of(cell)) for cell in line] for line in lines)
    return file.getvalue().encode(encoding)


def _masked(text: str) -> str:
    """An apostrophe before what a spreadsheet program would run as a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def _unmasked(text: str) -> str:
    """The text without the apostrophe that ``_masked`` put there."""
    return text[1:] if _MASKED_FORMULA.match(text) else text


# --- workbooks -------------------------------------------------------------------------------------------------------


def _read_workbook(content: bytes) -> Sheet:
    _check_size(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of extensions it leaves out; the cells are all there.
        try:
            workbook = openpyxl.load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
            rows = tuple(_rows(_lines(_only_sheet(workbook))))
        except Refusal:
            raise
        except Exception as error:  # A broken workbook makes openpyxl and the XML parser fail in any way there is.
            _log.info("a workbook could not be read: %r", error)
            raise _broken_workbook() from error
    return Sheet(Form.XLSX, "", rows)


def _check_size(content: bytes) -> None:
    """Look at the sizes a workbook declares before a byte is unpacked; zipfile never unpacks more than declared."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise _broken_workbook() from error
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise Refusal(N_("The workbook is too large once unpacked."), field="file")


def _only_sheet(workbook: Any) -> Any:
    """The sheet with the export's headings; a second one would be left out silently, so it is refused."""
    sheets = workbook.worksheets
    ours = [sheet for sheet in sheets if Column.REF in _headings(sheet)]
    if len(ours) > 1:
        raise Refusal(
            N_("Several sheets hold rows (%(names)s); keep one per file."),
            field="file",
            names="、".join(sheet.title for sheet in ours),
        )
    return (ours or sheets)[0]


def _headings(sheet: Any) -> set[str]:
    return {text_of(cell).strip() for cell in next(_lines(sheet), ())}


def _lines(sheet: Any) -> Iterator[Sequence[Cell]]:
    sheet.reset_dimensions()  # The size a file claims would make openpyxl fill in every empty cell of it.
    for line in sheet.iter_rows(max_col=MAX_COLUMNS):
        cells = [_cell(cell) for cell in line]
        while cells and cells[-1] is None:
            cells.pop()
        yield cells


def _cell(cell: Any) -> Cell:
    """A cell's value. A formula is the text it is written as; a date without a time of day stays a date."""
    value = cell.value
    if isinstance(value, datetime):
        has_time = value.time() != time() or "h" in cell.number_format.lower()
        return value if has_time else value.date()
    if isinstance(value, str):
        return value.replace("_x000D_", "\r")
    if value is None or isinstance(value, int | float):
        return value
    return str(getattr(value, "text", value))


def _write_workbook(headings: Sequence[Cell], lines: Iterable[Sequence[Cell]]) -> bytes:
    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet(_SHEET_TITLE)
    for line in (headings, *lines):
        sheet.append([_text_cell(sheet, cell) if isinstance(cell, str) else cell for cell in line])
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def _text_cell(sheet: Any, text: str) -> Any:
    """Text that stays text, whatever it begins with."""
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("\ufffd", str(text)).replace("\r", "_x000D_"))
    cell.data_type = "s"
    cell.quotePrefix = bool(_FORMULA.match(text))
    return cell


def _broken_workbook() -> Refusal:
    return Refusal(N_("The file is no workbook, or it is broken; open it in Excel and save it again."), field="file")


def _protected_or_old(content: bytes) -> Refusal:
    if _ENCRYPTED in content:
        return Refusal(N_("The workbook is protected by a password; save it without one."), field="file")
    return Refusal(N_("This is the old Excel format; save it as .xlsx."), field="file")
