"""Households: two complaints of one home count once, however the home was said (N1)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import households
from rules.households import Household
from rules.refusals import Refusal


def homes(*said: tuple[str, int]) -> int:
    return households.count(households.of(room, customer) for room, customer in said)


@pytest.mark.parametrize(
    ("said", "home"),
    [
        ("2栋905", "2//905"),
        ("２幢０９０５室", "2//905"),
        ("2 号楼 905", "2//905"),
        ("02栋905", "2//905"),
        ("2-905", "2//905"),
        ("2-1-905", "2/1/905"),
        ("2栋1单元905", "2/1/905"),
        ("18号楼3门2003", "18/3/2003"),
        ("a座1201", "A//1201"),
        ("东区 顶楼", "~东区顶楼"),
        ("  ", "?"),
        ("", "?"),
    ],
)
def test_a_home_is_the_same_in_whatever_words(said: str, home: str) -> None:
    assert households.of(said, 1).home == home


def test_two_complaints_of_one_home_count_once() -> None:
    assert homes(("2栋905", 1), ("２幢905室", 2), ("2-905", 3)) == 1


def test_three_homes_are_three_households() -> None:
    assert homes(("2栋905", 1), ("2栋906", 1), ("3栋905", 1)) == 3


def test_a_unit_nobody_said_is_any_unit_of_that_building() -> None:
    assert homes(("2栋905", 1), ("2栋1单元905", 2)) == 1
    assert homes(("2栋905", 1), ("2栋1单元905", 2), ("2栋2单元905", 3)) == 2


def test_whoever_named_no_home_counts_once_for_each_file() -> None:
    assert homes(("", 1), ("", 1), ("", 2)) == 2


def test_whoever_named_a_home_once_is_at_home_there() -> None:
    assert homes(("", 1), ("2栋905", 1)) == 1


@pytest.mark.parametrize(
    ("said", "alike"),
    [
        (("2栋905", "2-905", "2栋906"), "2栋905 2-905"),
        (("2栋905", "2栋1单元905"), "2栋905 2栋1单元905"),
        (("2栋905", "2栋1单元905", "2栋2单元905"), "2栋905"),
        (("2栋1单元905", "2栋905", "2栋2单元905"), "2栋1单元905"),
        (("东区 顶楼", "东区顶楼", "西区顶楼", "a/b/c"), "东区 顶楼 东区顶楼"),
    ],
)
def test_what_is_of_one_home_goes_together_and_what_could_be_of_two_goes_alone(
    said: tuple[str, ...], alike: str
) -> None:
    whole = {households.of(room, place) for place, room in enumerate(said)}
    of_first = households.homes(whole)[households.of(said[0], 0)]
    assert {said[household.customer_id] for household in of_first} == {room for room in said if room in alike}


def test_a_file_without_a_home_goes_with_the_one_it_is_at_home_in() -> None:
    nowhere, at_home = Household("?", 1), Household("2//905", 1)
    assert households.homes([nowhere, at_home, Household("?", 2)])[nowhere] == {nowhere, at_home}
    assert households.homes([nowhere, at_home, Household("3//905", 1)])[nowhere] == {nowhere}


_HOUSEHOLDS = st.builds(
    Household, st.sampled_from(["?", "~东区", "2//905", "2/1/905", "2/2/905", "3//905"]), st.integers(1, 3)
)


@given(st.sets(_HOUSEHOLDS))
def test_every_household_goes_with_itself_and_with_one_home_only(said: set[Household]) -> None:
    found = households.homes(said)
    assert set(found) == said
    for household, alike in found.items():
        assert household in alike <= said
        assert households.count(alike) == 1
        assert all(found[other] == alike for other in alike)


def test_words_that_cannot_be_taken_apart_are_compared_as_they_are() -> None:
    assert homes(("东区顶楼", 1), ("东区 顶楼", 2), ("西区顶楼", 3)) == 2


def test_nobody_is_no_household() -> None:
    assert households.count([]) == 0


@given(st.text(max_size=300), st.integers(1, 9))
def test_any_words_make_one_household_that_fits_its_column(said: str, customer: int) -> None:
    household = households.of(said, customer)
    assert 0 < len(household.home) <= households.LONGEST_KEY
    assert households.count([household]) == 1


PLACES = st.builds(
    Household, st.sampled_from(["1//101", "1/1/101", "1/2/101", "2//101", "~顶楼", "?"]), st.integers(1, 4)
)


@given(st.lists(PLACES, max_size=8), PLACES)
def test_one_more_complaint_adds_at_most_one_household_and_order_does_not_matter(
    said: list[Household], more: Household
) -> None:
    before = households.count(said)
    after = households.count([*said, more])
    # A home at last may turn up for a caller who had named none: then two become one, never less.
    assert before <= after <= before + 1
    assert after == households.count(reversed([*said, more]))


def test_a_tag_is_folded_and_short() -> None:
    assert households.tag("  Ｌeak　 A ") == "leak a"
    with pytest.raises(Refusal) as refusal:
        households.tag("渗" * 41)
    assert refusal.value.field == "cause_tag"
