"""How long each part of the work is under warranty, and who pays (A-02, A-04, N10)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import warranty
from rules.refusals import Refusal
from rules.vocabulary import Coverage, DefectCause, WorkPart
from rules.warranty import SHIPPED, Length, WarrantyPolicy, judge

ACCEPTED = date(2026, 3, 1)
days = st.dates(date(2000, 1, 1), date(2060, 12, 31))


def on(found_on: date, part: WorkPart = WorkPart.TILING, **more: Any) -> warranty.Judgement:
    return judge(part, accepted_on=ACCEPTED, found_on=found_on, policy=SHIPPED, **more)


class TestFloors:
    @pytest.mark.parametrize(
        ("part", "last_day"),
        [
            (WorkPart.TILING, date(2028, 3, 1)),
            (WorkPart.ELECTRICS, date(2028, 3, 1)),
            (WorkPart.WATERPROOFING, date(2031, 3, 1)),
            (WorkPart.HEATING_COOLING, date(2028, 3, 15)),
        ],
    )
    def test_the_last_day_is_covered_and_the_next_is_not(self, part: WorkPart, last_day: date) -> None:
        assert on(last_day, part).coverage is Coverage.IN_WARRANTY
        assert on(last_day + timedelta(days=1), part).coverage is Coverage.OUT_OF_WARRANTY
        assert on(last_day, part).until == last_day

    def test_a_season_under_way_does_not_count(self) -> None:
        assert Length(seasons=2).last_day(date(2024, 11, 15)) == date(2026, 9, 30)
        assert Length(seasons=2).last_day(date(2024, 11, 16)) == date(2027, 3, 15)

    @given(days, st.integers(1, 600))
    def test_months_keep_the_day_or_end_with_the_month(self, day: date, months: int) -> None:
        later = warranty.months_after(day, months)
        assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
        assert later.day == day.day or (later.day < day.day and (later + timedelta(days=1)).day == 1)

    @given(days, st.integers(1, 10))
    def test_seasons_never_last_longer_than_they_are_compared_at(self, day: date, count: int) -> None:
        assert Length(seasons=count).last_day(day) <= warranty.months_after(day, count * 12 + 4)


class TestContract:
    def test_the_longer_one_counts(self) -> None:
        longer = on(date(2029, 1, 1), contract_months=60)
        assert (longer.coverage, longer.until, longer.is_by_contract) == (Coverage.IN_WARRANTY, date(2031, 3, 1), True)
        shorter = on(date(2028, 1, 1), contract_months=6)
        assert (shorter.coverage, shorter.until, shorter.is_by_contract) == (
            Coverage.IN_WARRANTY,
            date(2028, 3, 1),
            False,
        )

    @pytest.mark.parametrize(
        ("part", "months", "is_fine"),
        [
            (WorkPart.TILING, 24, True),
            (WorkPart.TILING, 23, False),
            (WorkPart.WATERPROOFING, 59, False),
            (WorkPart.WATERPROOFING, 120, True),
            (WorkPart.HEATING_COOLING, 27, False),
            (WorkPart.HEATING_COOLING, 28, True),
            (WorkPart.TILING, 0, False),
            (WorkPart.TILING, 601, False),
        ],
    )
    def test_a_contract_may_only_promise_more_than_the_law(self, part: WorkPart, months: int, is_fine: bool) -> None:
        if is_fine:
            warranty.check_contract(part, months, SHIPPED)
            return
        with pytest.raises(Refusal) as refusal:
            warranty.check_contract(part, months, SHIPPED)
        assert refusal.value.field == "months"


class TestWhoPays:
    @pytest.mark.parametrize(
        ("found_on", "cause", "is_free"),
        [
            (date(2026, 9, 1), DefectCause.WORKMANSHIP, True),
            (date(2028, 3, 1), DefectCause.OUR_MATERIAL, True),
            (date(2028, 3, 2), DefectCause.WORKMANSHIP, False),
            (date(2026, 4, 1), DefectCause.USE, False),
            (date(2026, 4, 1), DefectCause.CUSTOMERS_MATERIAL, False),
            (date(2026, 4, 1), DefectCause.WEAR, False),
            (date(2026, 9, 1), DefectCause.UNKNOWN, True),
            (date(2026, 9, 2), DefectCause.UNKNOWN, False),
        ],
    )
    def test_free_is_what_is_ours_or_ours_to_disprove(self, found_on: date, cause: DefectCause, is_free: bool) -> None:
        assert on(found_on).is_free(cause) is is_free

    @pytest.mark.parametrize("accepted_on", [None, date(2026, 3, 2)])
    def test_what_is_not_accepted_is_ours_to_finish(self, accepted_on: date | None) -> None:
        found = judge(WorkPart.PAINT, accepted_on=accepted_on, found_on=ACCEPTED, policy=SHIPPED)
        assert (found.coverage, found.until, found.has_burden_of_proof) == (Coverage.NOT_ACCEPTED, None, True)
        assert found.is_free(DefectCause.WORKMANSHIP)
        assert found.is_free(DefectCause.UNKNOWN)
        assert not found.is_free(DefectCause.USE)

    @given(st.sampled_from(WorkPart), days, days, st.none() | st.integers(1, 600), st.sampled_from(DefectCause))
    def test_a_later_day_never_brings_a_repair_back_for_free(
        self, part: WorkPart, one: date, other: date, months: int | None, cause: DefectCause
    ) -> None:
        earlier, later = (
            judge(part, accepted_on=ACCEPTED, found_on=day, policy=SHIPPED, contract_months=months)
            for day in sorted((max(one, ACCEPTED), max(other, ACCEPTED)))
        )
        assert earlier.is_free(cause) or not later.is_free(cause)


class TestDocument:
    def test_the_shipped_one_is_the_law(self) -> None:
        assert SHIPPED.floors[WorkPart.WATERPROOFING] == Length(months=60)
        assert SHIPPED.floors[WorkPart.HEATING_COOLING] == Length(seasons=2)
        others = set(WorkPart) - {WorkPart.WATERPROOFING, WorkPart.HEATING_COOLING}
        assert {SHIPPED.floors[part] for part in others} == {Length(months=24)}

    @pytest.mark.parametrize(
        ("place", "change", "field"),
        [
            (0, {"part": "roof"}, "floors-0-part"),
            (1, {"part": "tiling"}, "floors-1-part"),
            (0, {"months": 0}, "floors-0-months"),
            (0, {"months": True}, "floors-0-months"),
            (0, {"months": "24"}, "floors-0-months"),
            (0, {"months": 601}, "floors-0-months"),
            (9, {"seasons": 21}, "floors-9-seasons"),
        ],
    )
    def test_nonsense_is_refused_beside_its_row(self, place: int, change: dict[str, Any], field: str) -> None:
        rows = [dict(row) for row in warranty.DEFAULT_DOCUMENT["floors"]]
        rows[place].update(change)
        with pytest.raises(Refusal) as refusal:
            WarrantyPolicy.from_document({"floors": rows})
        assert refusal.value.field == field

    def test_a_part_without_a_length_is_refused(self) -> None:
        with pytest.raises(Refusal):
            WarrantyPolicy.from_document({"floors": warranty.DEFAULT_DOCUMENT["floors"][1:]})

    def test_no_floor_is_under_the_law(self) -> None:
        rows = [dict(row) for row in warranty.DEFAULT_DOCUMENT["floors"]]
        rows[0]["months"] = 12
        with pytest.raises(Refusal) as refusal:
            WarrantyPolicy.from_document({"floors": rows}).refuse_shorter(SHIPPED)
        assert refusal.value.field == "floors-0-months"
        WarrantyPolicy.from_document(warranty.DEFAULT_DOCUMENT).refuse_shorter(SHIPPED)
