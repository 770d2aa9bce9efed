"""Inspections: typed tests with their numbers, both sides, the customer's word, water that stands a day (D-16, N11)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from models import Complaint, Inspection, Notification
from rules.refusals import Conflict, NotAllowed, Refusal
from rules.vocabulary import (
    AppointmentState,
    Category,
    ClockKind,
    ClockState,
    EventKind,
    EvidenceUse,
    FindingKind,
    FindingVerdict,
    NotificationKind,
    Side,
    Status,
    WorkPart,
)
from services import inspections
from services.inspections import Measured
from tests.cast import Cast
from tests.factories import AppointmentFactory, ComplaintFactory
from tests.services.conftest import lines
from tests.services.test_work_orders import signature

Messages = Callable[..., list[Notification]]
TILES = {"kind": FindingKind.HOLLOW_TILES, "part": WorkPart.TILING, "place": "客厅", "tapped": 60, "hollow": 9}


@pytest.fixture
def looking(complaint: Complaint, cast: Cast, now: datetime) -> Inspection:
    """赵磊 is there, with the customer."""
    return inspections.begin(
        complaint, inspector=cast.zhao, is_customer_present=True, words="客厅地砖", actor=cast.zhao, now=now
    )


def finish(inspection: Inspection, cast: Cast, now: datetime, **named: Any) -> None:
    said = {
        "conclusion": "9 块空鼓",
        "our_side": "砂浆配比不对",
        "customers_side": "铺完第二天就听到响",
        "absence": "",
        "confirmed_words": "业主当面认可",
        "signature": None,
    }
    inspections.end(inspection, **said | named, actor=cast.zhao, now=now)


class TestBeginning:
    def test_being_there_stops_the_clock_to_be_on_site(self, on_duty: object, cast: Cast, now: datetime) -> None:
        from tests.stories import recorded

        complaint = recorded(cast, now=now, category=Category.QUALITY)
        inspections.begin(
            complaint, inspector=cast.zhao, is_customer_present=True, words="卫生间", actor=cast.zhao, now=now
        )
        (clock,) = [clock for clock in complaint.clocks if clock.kind is ClockKind.ON_SITE]
        assert clock.state is ClockState.MET and complaint.contacted_at == now

    def test_nobody_at_home_is_on_site_but_no_contact(self, on_duty: object, cast: Cast, now: datetime) -> None:
        from tests.stories import recorded

        complaint = recorded(cast, now=now, category=Category.QUALITY)
        inspections.begin(
            complaint, inspector=cast.zhao, is_customer_present=False, words="外墙", actor=cast.zhao, now=now
        )
        (clock,) = [clock for clock in complaint.clocks if clock.kind is ClockKind.ON_SITE]
        assert clock.state is ClockState.MET and complaint.contacted_at is None

    def test_the_appointment_whose_hour_has_come_is_kept(self, complaint: Complaint, cast: Cast, now: datetime) -> None:
        planned = AppointmentFactory(
            complaint=complaint, starts_at=now - timedelta(minutes=5), ends_at=now + timedelta(hours=1)
        )
        begun = inspections.begin(
            complaint,
            inspector=cast.zhao,
            is_customer_present=True,
            words="客厅",
            appointment=planned,
            actor=cast.zhao,
            now=now,
        )
        assert (planned.state, begun.appointment) == (AppointmentState.KEPT, planned)

    def test_one_at_a_time(self, looking: Inspection, cast: Cast, now: datetime) -> None:
        with pytest.raises(Conflict):
            inspections.begin(
                looking.complaint,
                inspector=cast.zhao,
                is_customer_present=True,
                words="再看",
                actor=cast.zhao,
                now=now,
            )

    @pytest.mark.parametrize("who", ["xiaozhou", "approver", "auditor"])
    def test_not_everybody_inspects(self, who: str, complaint: Complaint, cast: Cast, now: datetime) -> None:
        with pytest.raises(NotAllowed):
            inspections.begin(
                complaint,
                inspector=cast.zhao,
                is_customer_present=True,
                words="x",
                actor=getattr(cast, who),
                now=now,
            )

    def test_what_is_over_is_not_looked_at(self, cast: Cast, now: datetime) -> None:
        with pytest.raises(Conflict):
            inspections.begin(
                ComplaintFactory(status=Status.CLOSED),
                inspector=cast.zhao,
                is_customer_present=True,
                words="x",
                actor=cast.zhao,
                now=now,
            )


class TestMeasuring:
    def test_each_test_says_what_it_means(self, looking: Inspection, cast: Cast, now: datetime) -> None:
        crack = {"kind": FindingKind.CRACK, "part": WorkPart.WALLS, "place": "主卧", "length": Decimal(300)}
        rows = [
            (TILES, FindingVerdict.DEFECTIVE),
            (TILES | {"hollow": 3}, FindingVerdict.SOUND),
            (crack | {"width": Decimal("0.5")}, FindingVerdict.DEFECTIVE),
            (crack | {"width": Decimal("0.1")}, FindingVerdict.OPEN),
            (
                {"kind": FindingKind.OTHER, "part": WorkPart.PAINT, "place": "玄关", "words": "流坠"},
                FindingVerdict.OPEN,
            ),
        ]
        for said, verdict in rows:
            found = inspections.measure(looking, Measured(**said), actor=cast.zhao, now=now)
            assert inspections.verdict(found) is verdict

    @pytest.mark.parametrize(
        ("said", "field"),
        [
            (TILES | {"place": " "}, "place"),
            (TILES | {"hollow": None}, "hollow"),
            (TILES | {"hollow": 61}, "hollow"),
            (TILES | {"tapped": 0, "hollow": 0}, "tapped"),
            (TILES | {"tapped": 10**9}, "tapped"),
            ({"kind": FindingKind.OTHER, "part": WorkPart.PAINT, "place": "玄关"}, "words"),
        ],
    )
    def test_what_cannot_be_is_refused_beside_its_field(
        self, said: dict[str, Any], field: str, looking: Inspection, cast: Cast, now: datetime
    ) -> None:
        with pytest.raises(Refusal) as refusal:
            inspections.measure(looking, Measured(**said), actor=cast.zhao, now=now)
        assert refusal.value.field == field and looking.findings == []


class TestWater:
    @pytest.fixture
    def water(self, looking: Inspection, cast: Cast, now: datetime) -> Any:
        said = {"kind": FindingKind.WATER_HOLDING, "part": WorkPart.WATERPROOFING, "place": "主卫"}
        return inspections.measure(
            looking, Measured(**said, filled_at=now, depth=Decimal(30)), actor=cast.zhao, now=now
        )

    def test_it_is_read_after_a_day_and_not_before(self, water: Any, cast: Cast, now: datetime) -> None:
        with pytest.raises(Refusal):
            inspections.read_water(water, drop=Decimal(0), actor=cast.zhao, now=now + timedelta(hours=23, minutes=59))
        assert inspections.verdict(water) is FindingVerdict.RUNNING
        inspections.read_water(water, drop=Decimal(0), actor=cast.zhao, now=now + timedelta(hours=24))
        assert inspections.verdict(water) is FindingVerdict.SOUND
        with pytest.raises(Conflict):
            inspections.read_water(water, drop=Decimal(1), actor=cast.zhao, now=now + timedelta(hours=25))

    @pytest.mark.parametrize("drop", [None, Decimal(-1), Decimal("30.001")])
    def test_a_reading_that_cannot_be_is_refused(
        self, drop: Decimal | None, water: Any, cast: Cast, now: datetime
    ) -> None:
        with pytest.raises(Refusal) as refusal:
            inspections.read_water(water, drop=drop, actor=cast.zhao, now=now + timedelta(days=2))
        assert refusal.value.field == "drop"

    def test_the_inspector_is_told_once_when_the_day_is_over(
        self, water: Any, cast: Cast, now: datetime, messages: Messages
    ) -> None:
        assert inspections.tell_of_water(now=now + timedelta(hours=23)) == 0
        assert inspections.tell_of_water(now=now + timedelta(hours=24)) == 1
        assert inspections.tell_of_water(now=now + timedelta(hours=25)) == 0
        assert [told.person for told in messages(NotificationKind.WATER_TEST_OVER)] == [cast.zhao]

    def test_the_next_steps_say_when_to_read_it(self, water: Any, looking: Inspection, now: datetime) -> None:
        dues = {step.sentence: step.due_at for step in inspections.todo(looking.complaint, now=now)}
        assert dues["Read the water-holding test"] == now + timedelta(hours=24)


class TestEnding:
    def test_both_sides_stand_there_and_the_customer_signed(
        self, looking: Inspection, cast: Cast, now: datetime
    ) -> None:
        """H-07."""
        finish(looking, cast, now + timedelta(hours=1), confirmed_words="", signature=signature())
        assert (looking.our_side, looking.customers_side) == ("砂浆配比不对", "铺完第二天就听到响")
        (signed,) = looking.evidence
        assert (signed.use, signed.side) == (EvidenceUse.SIGNATURE, Side.CUSTOMERS)
        steps = [line.details["step"] for line in lines(looking.complaint, EventKind.INSPECTED)]
        assert steps == ["begin", "end"]
        with pytest.raises(Conflict):
            finish(looking, cast, now + timedelta(hours=2))

    @pytest.mark.parametrize(
        ("named", "field"),
        [({"conclusion": ""}, "conclusion"), ({"confirmed_words": " "}, "confirmed_words")],
    )
    def test_what_is_missing_is_asked_for(
        self, named: dict[str, str], field: str, looking: Inspection, cast: Cast, now: datetime
    ) -> None:
        with pytest.raises(Refusal) as refusal:
            finish(looking, cast, now, **named)
        assert refusal.value.field == field and looking.ended_at is None

    def test_where_nobody_was_there_it_says_why(self, complaint: Complaint, cast: Cast, now: datetime) -> None:
        alone = inspections.begin(
            complaint, inspector=cast.zhao, is_customer_present=False, words="外墙", actor=cast.zhao, now=now
        )
        with pytest.raises(Refusal) as refusal:
            finish(alone, cast, now)
        assert refusal.value.field == "absence"
        finish(alone, cast, now, absence="业主出差，钥匙在物业")
        assert alone.ended_at == now


def test_quality_is_always_looked_at(cast: Cast, now: datetime) -> None:
    quality = ComplaintFactory(category=Category.QUALITY, status=Status.HANDLING)
    service = ComplaintFactory(category=Category.SERVICE, status=Status.HANDLING)
    assert len(inspections.todo(quality, now=now)) == 1 and inspections.todo(service, now=now) == []
