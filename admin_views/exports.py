"""Lists as files for a spreadsheet: safe to open, readable in Excel, and as large as the list without the memory.

A cell that begins like a formula would be run by the spreadsheet of whoever opens the file; it is put in quotes.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import IO, Any

from flask import Response, request, stream_with_context
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_views.formatters import plain
from extensions import COMPANY_ZONE, db, timepiece

BATCH = 500
XLSX_ROWS = 1_000_000
"""A sheet ends at 1,048,576 rows."""
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""Full-width signs begin a formula too where a spreadsheet speaks Chinese."""
_CHUNK = 64 * 1024
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_UNPRINTABLE = {code: None for code in range(32) if chr(code) not in "\t\n\r"}


def answer(view: Any, kind: str) -> Response:
    """The file of a view's list as the address filters it; ``kind`` is csv or xlsx."""
    rows = _rows(view)
    body = _csv(rows) if kind == "csv" else _xlsx(rows, str(view.name))
    name = f"{view.endpoint}-{timepiece.now().astimezone(COMPANY_ZONE):%Y%m%d-%H%M}.{kind}"
    return Response(
        stream_with_context(body),
        mimetype="text/csv; charset=utf-8" if kind == "csv" else _XLSX,
        headers={"Content-Disposition": f"attachment; filename={name}"},
    )


def harmless(value: Any) -> Any:
    """A cell that no spreadsheet runs: a text that begins like a formula gets a quotation mark in front."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


def _rows(view: Any) -> Iterator[list[Any]]:
    """The heading, then row by row what the list shows, read in batches by a session of its own."""
    arguments = view._get_list_extra_args()
    sort = view._get_column_by_idx(arguments.sort)
    ids = view.statement(arguments.search, request.args)
    order = view.order(sort[0] if sort else None, bool(arguments.sort_desc))
    columns = view._export_columns
    names = [name for name, _ in columns]
    statement = select(view.model).where(view.model.id.in_(ids)).options(*view.eager(names)).order_by(*order)
    yield [str(label) for _, label in columns]
    with Session(db.engine) as session:
        for record in session.scalars(statement.execution_options(yield_per=BATCH)):
            yield [cell(view.export_value(record, name)) for name in names]


def cell(value: Any) -> Any:
    """A value as a spreadsheet takes it: numbers stay numbers, everything else is harmless text."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or hasattr(value, "label"):
        return harmless(plain(value).translate(_UNPRINTABLE))
    return value


def _csv(rows: Iterator[list[Any]]) -> Iterator[bytes]:
    """UTF-8 with the mark that Excel needs to read Chinese."""
    yield "\ufeff".encode()
    for row in rows:
        line = io.StringIO()
        csv.writer(line).writerow(row)
        yield line.getvalue().encode()


def _xlsx(rows: Iterator[Sequence[Any]], title: str) -> Iterator[bytes]:
    """Written row by row into a temporary file, which is then sent in pieces."""
    with tempfile.TemporaryFile() as file:
        _write_workbook(file, rows, title)
        file.seek(0)
        while piece := file.read(_CHUNK):
            yield piece


def _write_workbook(file: IO[bytes], rows: Iterator[Sequence[Any]], title: str) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("".join(character for character in title if character not in r"[]:*?/\ ")[:31] or "1")
    for number, row in enumerate(rows):
        if number > XLSX_ROWS:
            break
        sheet.append([_text_cell(sheet, value) for value in row])
    book.save(file)


def _text_cell(sheet: Any, value: Any) -> Any:
    """A text is marked as one, so that the program never reads it as a formula."""
    if not isinstance(value, str):
        return value
    item = WriteOnlyCell(sheet, value[:32_767])
    item.data_type = "s"
    return item
