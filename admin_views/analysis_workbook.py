"""The analysis report as a workbook: a sheet for each section, counts and amounts as numbers."""

from __future__ import annotations

import io
from collections.abc import Sequence

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from admin_views.analysis_sections import Section
from admin_views.exports import cell
from services.analysis import Period


def written(period: Period, sections: Sequence[Section]) -> bytes:
    """The file."""
    book = Workbook(write_only=True)
    for section in sections:
        sheet = book.create_sheet("".join(each for each in section.title if each not in r"[]:*?/\ ")[:31])
        lines = [
            [f"{period.first_on} – {period.last_on}"],
            list(section.head),
            *map(list, section.rows),
            [section.words],
        ]
        for line in lines:
            sheet.append([_kept(sheet, value) for value in line])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _kept(sheet: object, value: object) -> object:
    """Numbers stay numbers; a text is marked as one, so that the program never reads it as a formula."""
    plain = value if isinstance(value, float) or value is None else cell(value)
    if not isinstance(plain, str):
        return plain
    item = WriteOnlyCell(sheet, plain)
    item.data_type = "s"
    return item
