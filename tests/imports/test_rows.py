"""Every row ends as it must: the two exports that the company gave us, and our own with every trap in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rules.import_rows import Column
from rules.vocabulary import RowOutcome
from services.import_reports import Line, Report
from tests.imports import exports
from tests.imports.exports import HOTLINE, SAMPLES, SHOP, Case, cells_of, csv_file, row, xlsx_file
from tests.query_count import queries

Judged = Callable[..., Report]


def ending(line: Line) -> Case:
    """How a line ended, in the words of the expected files."""
    if line.intake is None:
        return Case({}, line.outcome, line.faults[0].column)
    field = "repeat" if line.repeats else ""
    return Case({}, line.outcome, field, line.intake.phone.number, f"{line.intake.first_word_at:%Y-%m-%dT%H:%M:%SZ}")


def endings(report: Report) -> dict[int, Case]:
    return {line.row.number: ending(line) for line in report.lines}


def expected(cases: list[Case]) -> dict[int, Case]:
    return {number: case._replace(cells={}) for number, case in enumerate(cases, start=2)}


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig"])
def test_every_row_of_a_csv_ends_as_it_must(judged: Judged, encoding: str) -> None:
    report = judged(csv_file(cells_of(HOTLINE), encoding=encoding))
    assert endings(report) == expected(HOTLINE)


def test_every_row_of_a_workbook_ends_as_it_must(judged: Judged) -> None:
    report = judged(xlsx_file(cells_of(SHOP)), "shop.xlsx")
    assert endings(report) == expected(SHOP)


@pytest.mark.skipif(not SAMPLES.exists(), reason="the samples do not stand beside the project")
@pytest.mark.parametrize("sample", ["hotline_2026-10.csv", "shop_2026-10.xlsx"])
def test_every_row_of_the_samples_ends_as_their_readme_says(judged: Judged, sample: str) -> None:
    report = judged((SAMPLES / sample).read_bytes(), sample)
    wanted = {
        int(row["row"]): Case({}, row["outcome"], row["field"], row["phone_e164"], row["first_word_at_utc"])
        for row in exports.expected_of(sample)
    }
    assert endings(report) == wanted


def test_blank_rows_are_left_out_and_the_others_keep_their_numbers(judged: Judged) -> None:
    blank: dict[Column, Any] = dict.fromkeys(Column, "")
    spaces: dict[Column, Any] = dict.fromkeys(Column, " \u3000\u200b")
    content = csv_file([row(REF="A1"), blank, spaces, row(REF="A2")])
    assert [line.row.number for line in judged(content).lines] == [2, 5]


def test_columns_may_stand_in_another_order(judged: Judged) -> None:
    turned = [*reversed(exports.HEADINGS)]
    content = exports.csv_lines([turned, [*reversed(exports.lines([row()])[0])]])
    assert endings(judged(content)) == expected(HOTLINE[:1]) | {2: ending(judged(csv_file([row()])).lines[0])}


def test_cells_left_out_at_the_end_of_a_line_are_empty(judged: Judged) -> None:
    line = exports.lines([row()])[0]
    report = judged(exports.csv_lines([exports.HEADINGS, line[:9], ["A2", *line[1:5]]]))
    assert [line.outcome for line in report.lines] == [RowOutcome.ACCEPTED, RowOutcome.REFUSED]


def test_a_row_with_more_cells_than_headings_is_refused_as_a_row(judged: Judged) -> None:
    line = exports.lines([row()])[0]
    report = judged(exports.csv_lines([exports.HEADINGS, [*line, "多出来的"], [*line, "", " "]]))
    assert [line.outcome for line in report.lines] == [RowOutcome.REFUSED, RowOutcome.ACCEPTED]
    assert report.lines[0].faults[0].column == ""


def test_all_that_is_wrong_with_a_row_is_said_at_once_in_the_order_of_the_columns(judged: Judged) -> None:
    report = judged(csv_file([row(PHONE="x", NAME=" ", CHANNEL="")]))
    assert [fault.column for fault in report.lines[0].faults] == ["客户姓名", "联系电话", "渠道"]


def test_a_number_whose_row_was_refused_may_come_again_in_the_same_file(judged: Judged) -> None:
    report = judged(csv_file([row(PHONE="没留"), row()]))
    assert [line.outcome for line in report.lines] == [RowOutcome.REFUSED, RowOutcome.ACCEPTED]


def test_a_duplicate_is_one_even_where_something_else_is_wrong_with_it(judged: Judged, written: Judged) -> None:
    written(csv_file([row()]))
    assert judged(csv_file([row(PHONE="没留", NAME="")])).lines[0].outcome is RowOutcome.DUPLICATE


def test_a_text_that_no_database_keeps_is_refused_with_its_column(judged: Judged) -> None:
    report = judged(csv_file([row()]) + csv_file([row(REF="A\0"), row(REF="B", DEMAND="\0")])[len(csv_file([])) :])
    assert [ending(line).field for line in report.lines] == ["", "工单号", "客户诉求"]


def test_ten_thousand_rows_are_judged_with_a_handful_of_questions(judged: Judged) -> None:
    rows = (row(REF=f"A{n}", PHONE=f"138{n:08}", CONTRACT=f"ZX{n % 50}") for n in range(10_000))
    content = csv_file(rows)
    with queries() as seen:
        report = judged(content)
    assert report.count(RowOutcome.ACCEPTED) == 10_000
    assert len(seen) < 40
