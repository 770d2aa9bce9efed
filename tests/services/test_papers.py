"""Papers: every word is on them, pages are numbered, and nothing a customer writes breaks them (A-11, N17)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from services import papers
from services.papers import Bars, Block, Facts, Heading, Paper, Signatures, Table, Wording, Words
from tests import printed

WORDING = Wording("第 {page} 页 / 共 {pages} 页", "……（另有 {count} 字见电子档案）", "校验值", "以上内容")


def paper(*blocks: Block, **more: object) -> Paper:
    return replace(Paper("维修服务卡", "W-2611-0001", "滨江壹号", "安心桥", blocks, WORDING), **more)


def pages_of(drawn: papers.Printed) -> list[str]:
    return printed.pages(drawn.content)


def test_everything_that_is_said_stands_on_the_page(now: datetime) -> None:
    drawn = papers.render(
        paper(
            Heading("一、计划"),
            Facts([("客户", "郑丽华"), ("手机", "")]),
            Table(["项目", "金额"], [["瓷砖", "1,100.00"], ["合计", "1,100.00"]], (3, 1), (1,), is_summed=True),
            Words("保修至 2028-11-22。"),
            Bars([("质量", 3, "3 件"), ("工期", 0, "0 件")]),
            Signatures(["客户签字"]),
        ),
        now=now,
    )
    (text,) = pages_of(drawn)
    said = (
        "维修服务卡",
        "W-2611-0001",
        "一、计划",
        "郑丽华",
        "瓷砖",
        "1,100.00",
        "保修至2028-11-22。",
        "3件",
        "客户签字",
        "第1页/共1页",
    )
    assert [each for each in said if each not in text] == []


def test_a_table_over_many_pages_repeats_its_head_and_numbers_the_pages(now: datetime) -> None:
    rows = [[f"第{number}条", "联系了客户"] for number in range(300)]
    drawn = papers.render(paper(Table(["时间点", "事"], rows, (1, 3))), now=now)
    texts = pages_of(drawn)
    assert drawn.pages == len(texts) > 5
    assert all("时间点" in text for text in texts)
    assert [f"第{n}页/共{len(texts)}页" in text for n, text in enumerate(texts, 1)] == [True] * len(texts)
    assert all(f"第{number}条" in "".join(texts) for number in range(300))


def test_a_row_that_no_page_can_hold_goes_on_on_the_next_one(now: datetime) -> None:
    drawn = papers.render(paper(Table(["一", "二"], [["甲", "字" * 9000 + "完"]], (1, 3))), now=now)
    texts = pages_of(drawn)
    assert drawn.pages > 2 and sum(text.count("字") for text in texts) == 9000 and "完" in "".join(texts)


@pytest.mark.parametrize("text", ["百万字的投诉" * 170_000, "\n".join("行" * 500_000), "x" * 1_000_000])
def test_a_million_characters_are_cut_with_a_word_on_what_is_missing(text: str, now: datetime) -> None:
    drawn = papers.render(paper(Words(text)), now=now)
    assert drawn.pages < 30
    assert "字见电子档案" in pages_of(drawn)[-1]


def test_what_the_font_cannot_draw_is_named(now: datetime) -> None:
    drawn = papers.render(paper(Facts([("内容", "漏水😡\u200d\ufe0f了\x00")])), now=now)
    assert "漏水[poutingface]了" in pages_of(drawn)[0]


def test_the_same_paper_is_the_same_file_and_its_checksum_stands_on_it(now: datetime) -> None:
    sealed = paper(Facts([("客户", "郑丽华")]), is_sealed=True)
    assert papers.render(sealed, now=now) == papers.render(sealed, now=now)
    assert papers.checksum(sealed) in pages_of(papers.render(sealed, now=now))[0]


def test_one_other_character_is_another_checksum() -> None:
    first, second = (paper(Facts([("金额", amount)])) for amount in ("¥500.00", "¥600.00"))
    assert papers.checksum(first) != papers.checksum(second)
    assert papers.checksum(first) == papers.checksum(paper(Facts([("金额", "¥500.00")])))
