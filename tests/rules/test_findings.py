"""What the instruments say (D-16, N11)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.findings import Crack, HollowTiles, WaterHolding
from rules.refusals import Refusal
from rules.vocabulary import FindingVerdict as V

FILLED = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
OVER = FILLED + timedelta(hours=24)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("tapped", "hollow", "verdict"),
    [(100, 0, V.SOUND), (100, 5, V.SOUND), (100, 6, V.DEFECTIVE), (1, 1, V.DEFECTIVE), (32, 32, V.DEFECTIVE)],
)
def test_one_in_twenty_tiles_may_sound_hollow(tapped: int, hollow: int, verdict: V) -> None:
    tiles = HollowTiles(tapped, hollow)
    tiles.check()
    assert tiles.verdict is verdict


@pytest.mark.parametrize(
    ("tapped", "hollow", "field"),
    [(0, 0, "tapped"), (-1, 0, "tapped"), (100_001, 1, "tapped"), (5, 6, "hollow"), (5, -1, "hollow")],
)
def test_impossible_tiles_are_refused(tapped: int, hollow: int, field: str) -> None:
    with pytest.raises(Refusal) as refusal:
        HollowTiles(tapped, hollow).check()
    assert refusal.value.field == field


@given(st.integers(1, 100_000), st.data())
def test_a_share_lies_between_none_and_all(tapped: int, data: st.DataObject) -> None:
    assert 0 <= HollowTiles(tapped, data.draw(st.integers(0, tapped))).share <= 1


class TestWater:
    def test_it_runs_until_it_is_read(self) -> None:
        test = WaterHolding(FILLED, Decimal(30))
        test.check(now=FILLED)
        assert (test.over_at, test.verdict) == (OVER, V.RUNNING)

    @pytest.mark.parametrize(("drop", "verdict"), [("0", V.SOUND), ("0.5", V.DEFECTIVE), ("30", V.DEFECTIVE)])
    def test_it_holds_when_nothing_is_gone(self, drop: str, verdict: V) -> None:
        test = WaterHolding(FILLED, Decimal(30), OVER, Decimal(drop))
        test.check(now=OVER)
        assert test.verdict is verdict

    @pytest.mark.parametrize(
        ("test", "field"),
        [
            (WaterHolding(FILLED, Decimal(19)), "depth"),
            (WaterHolding(OVER + SECOND, Decimal(30)), "filled_at"),
            (WaterHolding(FILLED, Decimal(30), OVER - SECOND, Decimal(0)), "read_at"),
            (WaterHolding(FILLED, Decimal(30), OVER + SECOND, Decimal(0)), "read_at"),
            (WaterHolding(FILLED, Decimal(30), OVER, None), "drop"),
            (WaterHolding(FILLED, Decimal(30), None, Decimal(0)), "drop"),
            (WaterHolding(FILLED, Decimal(30), OVER, Decimal(31)), "drop"),
            (WaterHolding(FILLED, Decimal(30), OVER, Decimal(-1)), "drop"),
        ],
    )
    def test_impossible_water_is_refused(self, test: WaterHolding, field: str) -> None:
        with pytest.raises(Refusal) as refusal:
            test.check(now=OVER)
        assert refusal.value.field == field


@pytest.mark.parametrize(
    ("width", "verdict"), [("0.1", V.OPEN), ("0.2", V.OPEN), ("0.21", V.DEFECTIVE), ("5", V.DEFECTIVE)]
)
def test_a_hairline_is_for_a_person_to_judge(width: str, verdict: V) -> None:
    crack = Crack(Decimal(200), Decimal(width))
    crack.check()
    assert crack.verdict is verdict


@pytest.mark.parametrize(
    ("length", "width", "field"),
    [("0", "1", "length"), ("100001", "1", "length"), ("5", "6", "width"), ("5", "0", "width")],
)
def test_impossible_cracks_are_refused(length: str, width: str, field: str) -> None:
    with pytest.raises(Refusal) as refusal:
        Crack(Decimal(length), Decimal(width)).check()
    assert refusal.value.field == field
