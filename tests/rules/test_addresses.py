"""Homes as people write them (N1)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.addresses import Home, fold, parse


@pytest.mark.parametrize(
    ("text", "home"),
    [
        ("18栋3单元2003", Home("18栋", "3单元", "2003")),
        ("18栋 3单元 2003室", Home("18栋", "3单元", "2003")),
        ("１８栋３单元２００３", Home("18栋", "3单元", "2003")),
        ("5幢2门301", Home("5幢", "2门", "301")),
        ("18号楼2003室", Home("18号楼", "", "2003")),
        ("18栋-2003", Home("18栋", "", "2003")),
        ("3B栋1204", Home("3B栋", "", "1204")),
        ("B2栋101", Home("B2栋", "", "101")),
        ("A座1203", Home("A座", "", "1203")),
    ],
)
def test_a_home_is_told_apart_into_building_unit_and_number(text: str, home: Home) -> None:
    assert parse(text) == home


@pytest.mark.parametrize("text", ["", "2003", "18栋", "18-3-2003", "小区门口", "18栋3单元", "18栋3单元2003隔壁", "🏠"])
def test_what_cannot_be_told_apart_stays_words(text: str) -> None:
    assert parse(text) is None


@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    parse(text)
    assert fold(fold(text)) == fold(text)


def test_two_ways_to_type_a_place_are_one() -> None:
    assert fold("　梧桐苑　１期 ") == fold("梧桐苑 1期") == "梧桐苑 1期"
