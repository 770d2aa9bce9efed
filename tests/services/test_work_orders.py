"""Work orders: free under warranty or at an accepted price, shown and confirmed before they end (A-03, A-04, N10)."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from PIL import Image, ImageDraw
from sqlalchemy.orm import Session, scoped_session

from extensions import COMPANY_ZONE, db
from models import Complaint, Person, WorkOrder
from rules.refusals import Conflict, NotAllowed, Refusal
from rules.vocabulary import (
    ClockKind,
    CostKind,
    Coverage,
    DefectCause,
    EventKind,
    EvidenceUse,
    PromiseKind,
    Status,
    WorkOrderKind,
    WorkOrderState,
    WorkPart,
)
from seed.demo import pictures
from services import next_steps, promises, warranties, work_orders
from services.work_orders import Plan
from tests.cast import Cast
from tests.factories import ComplaintFactory, CustomerFactory, PersonFactory, ProjectFactory
from tests.services.conftest import lines

Db = scoped_session[Session]
Make = Callable[..., WorkOrder]


def signature(*, is_drawn: bool = True) -> bytes:
    """A drawn name, or a blank sheet."""
    out = io.BytesIO()
    sheet = Image.new("RGB", (60, 22), (255, 255, 255))
    if is_drawn:
        ImageDraw.Draw(sheet).line((5, 5, 50, 18), fill=(0, 0, 0), width=2)
    sheet.save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def home(complaint: Complaint, now: datetime) -> Complaint:
    """The complaint's home, accepted a year ago."""
    accepted_on = now.astimezone(COMPANY_ZONE).date() - timedelta(days=365)
    complaint.project = ProjectFactory(
        customer=complaint.customer, starts_on=accepted_on - timedelta(days=90), accepted_on=accepted_on
    )
    return complaint


@pytest.fixture
def plan(home: Complaint, cast: Cast, now: datetime) -> Make:
    """Free rework of tiles, tomorrow for three days, or whatever is named."""

    def make(**named: Any) -> WorkOrder:
        planned = {
            "kind": WorkOrderKind.REWORK,
            "part": WorkPart.TILING,
            "words": "客厅空鼓砖返工",
            "starts_at": now + timedelta(days=1),
            "done_at": now + timedelta(days=4),
            "technician": cast.zhao,
        }
        order = Plan(**planned | {name: named.pop(name) for name in list(named) if name in planned or name == "crew"})
        said: dict[str, Any] = {
            "cause": DefectCause.WORKMANSHIP,
            "is_free": True,
            "why": "保修期内，本公司施工",
            "complaint": home,
            "actor": cast.zhao,
        }
        return work_orders.plan(order=order, **said | named, now=now)

    return make


class TestPlanning:
    def test_warranty_is_judged_and_kept(self, plan: Make, home: Complaint) -> None:
        order = plan()
        assert (order.coverage, order.is_free, order.state) == (
            Coverage.IN_WARRANTY,
            True,
            WorkOrderState.PLANNED,
        )
        assert order.number.startswith("W-") and order.customer == home.customer
        assert lines(home, EventKind.WORK_ORDER)[0].details["number"] == order.number

    def test_what_the_warranty_covers_is_never_paid_by_the_customer(self, plan: Make) -> None:
        with pytest.raises(Conflict) as conflict:
            plan(is_free=False, why="客户自己付")
        assert conflict.value.field == "is_free"
        assert plan(is_free=False, cause=DefectCause.USE, why="使用不当").is_free is False

    @pytest.mark.parametrize(
        ("cause", "is_free"),
        [(DefectCause.WORKMANSHIP, True), (DefectCause.OUR_MATERIAL, True), (DefectCause.USE, False)],
    )
    def test_the_warranty_says_whether_it_is_free(self, cause: DefectCause, is_free: bool, plan: Make) -> None:
        """A-04: nobody need write why, unless the company gives more than it owes."""
        assert plan(is_free=None, cause=cause, why="").is_free is is_free
        assert plan(is_free=True, cause=cause, why="老客户，好意").is_free is True

    def test_waterproofing_is_covered_for_five_years_by_law(self, plan: Make, home: Complaint) -> None:
        assert home.project is not None and home.project.accepted_on is not None
        home.project.starts_on, home.project.accepted_on = None, home.project.accepted_on - timedelta(days=3 * 365)
        assert plan(part=WorkPart.TILING).coverage is Coverage.OUT_OF_WARRANTY
        assert plan(part=WorkPart.WATERPROOFING).coverage is Coverage.IN_WARRANTY

    def test_what_was_told_in_time_is_covered_though_it_is_planned_later(
        self, plan: Make, home: Complaint, now: datetime
    ) -> None:
        assert home.project is not None
        home.project.starts_on = None
        home.project.accepted_on = now.astimezone(COMPANY_ZONE).date() - timedelta(days=2 * 365 + 20)
        assert plan().coverage is Coverage.OUT_OF_WARRANTY
        home.first_word_at = now - timedelta(days=40)
        assert plan().coverage is Coverage.IN_WARRANTY
        with pytest.raises(Conflict):
            plan(is_free=False, why="已过保修")

    def test_a_contract_promises_more_and_never_less(
        self, plan: Make, home: Complaint, cast: Cast, now: datetime
    ) -> None:
        assert home.project is not None and home.project.accepted_on is not None
        home.project.starts_on, home.project.accepted_on = None, home.project.accepted_on - timedelta(days=2 * 365)
        with pytest.raises(Refusal):
            warranties.promise(home.project, part=WorkPart.TILING, months=12, actor=cast.zhao, now=now)
        warranties.promise(home.project, part=WorkPart.TILING, months=60, actor=cast.zhao, now=now)
        warranties.promise(home.project, part=WorkPart.TILING, months=48, actor=cast.zhao, now=now)
        assert plan().coverage is Coverage.IN_WARRANTY
        assert [each.months for each in warranties.promised(home.project)] == [48]

    @pytest.mark.parametrize(
        ("named", "field"),
        [
            pytest.param({"words": " "}, "words", id="no words"),
            pytest.param({"technician": None}, "technician", id="nobody"),
            pytest.param({"cause": DefectCause.WEAR, "why": " "}, "why", id="free without warranty, no reason"),
            pytest.param({"why": "签" * 501}, "why", id="endless reason"),
            pytest.param({"done_at": datetime(2020, 1, 1, tzinfo=COMPANY_ZONE)}, "planned_done_at", id="backwards"),
            pytest.param({"complaint": None}, "customer", id="for nobody"),
        ],
    )
    def test_what_cannot_be_planned_is_refused_beside_its_field(
        self, named: dict[str, Any], field: str, plan: Make
    ) -> None:
        with pytest.raises(Refusal) as refusal:
            plan(**named)
        assert refusal.value.field == field

    @pytest.mark.parametrize("status", [Status.CLOSED, Status.VOID])
    def test_nothing_is_planned_for_what_is_over(self, status: Status, plan: Make) -> None:
        with pytest.raises(Conflict):
            plan(complaint=ComplaintFactory(status=status))

    @pytest.mark.parametrize("who", ["xiaozhou", "approver", "analyst", "auditor"])
    def test_who_does_not_work_on_site_plans_nothing(self, who: str, plan: Make, cast: Cast) -> None:
        with pytest.raises(NotAllowed):
            plan(actor=getattr(cast, who))

    def test_maintenance_needs_no_complaint(self, plan: Make) -> None:
        order = plan(complaint=None, customer=CustomerFactory(), kind=WorkOrderKind.MAINTENANCE)
        assert (order.complaint, order.coverage) == (None, Coverage.OUT_OF_WARRANTY)

    def test_a_promised_rework_starts_its_clock_and_is_kept_with_the_confirmation(
        self, plan: Make, home: Complaint, cast: Cast, now: datetime
    ) -> None:
        """D-16: starts tomorrow, done in three days."""
        order = plan(is_promised=True)
        assert order.promise is not None
        assert (order.promise.kind, order.promise.due_at) == (PromiseKind.REWORK, order.planned_done_at)
        assert ClockKind.REWORK in {clock.kind for clock in home.clocks if clock.is_unstopped}
        _work_through(order, cast.zhao, now)
        assert order.promise.kept_at == now + timedelta(days=3)

    def test_with_the_work_its_promise_is_taken_back(
        self, plan: Make, home: Complaint, cast: Cast, now: datetime
    ) -> None:
        called_off, declined = plan(is_promised=True), plan(is_promised=True, is_free=None, cause=DefectCause.WEAR)
        work_orders.cancel(called_off, reason="客户要求换班组", actor=cast.zhao, now=now)
        work_orders.quote(declined, amount=Decimal(900), words="更换", actor=cast.zhao, now=now)
        work_orders.answer_quote(declined, is_accepted=False, answer="太贵", actor=cast.zhao, now=now)
        for order, why in ((called_off, "客户要求换班组"), (declined, "太贵")):
            assert order.promise is not None and not order.promise.is_open
            assert (order.promise.withdrawn_at, order.promise.withdrawn_why) == (now, why)
        assert ClockKind.REWORK not in {clock.kind for clock in home.clocks if clock.is_unstopped}
        assert promises.todo(home, now=now) == []


def _work_through(order: WorkOrder, who: Person, now: datetime) -> None:
    work_orders.start(order, actor=who, now=now + timedelta(days=1))
    done = now + timedelta(days=3)
    work_orders.finish(order, words="已重铺", uploads=[pictures.hollow_tiles()], actor=who, now=done)
    work_orders.confirm(order, signature=signature(), exception="", actor=who, now=done)


class TestWorking:
    def test_done_shown_and_signed(self, plan: Make, home: Complaint, cast: Cast, now: datetime, session: Db) -> None:
        order = plan()
        assert [step.is_in_the_way for step in work_orders.todo(home, now=now)] == [True]
        _work_through(order, cast.zhao, now)
        session.commit()
        assert (order.state, order.ended_at) == (WorkOrderState.CLOSED, now + timedelta(days=3))
        assert [item.use for item in order.evidence] == [EvidenceUse.AFTER, EvidenceUse.SIGNATURE]
        assert work_orders.todo(home, now=now) == [] and not _in_the_way(home, order, now)

    def test_without_photo_or_signature_somebody_writes_why(self, plan: Make, cast: Cast, now: datetime) -> None:
        order = plan()
        work_orders.start(order, actor=cast.zhao, now=now)
        work_orders.finish(order, words="已修", actor=cast.zhao, now=now)
        for signed in (None, signature()):
            with pytest.raises(Refusal) as refusal:
                work_orders.confirm(order, signature=signed, exception=" ", actor=cast.zhao, now=now)
            assert refusal.value.field == "exception"
        work_orders.confirm(order, signature=None, exception="客户出差，微信确认", actor=cast.zhao, now=now)
        assert (order.state, order.exception) == (WorkOrderState.CLOSED, "客户出差，微信确认")

    def test_a_price_is_accepted_before_anybody_begins(self, plan: Make, cast: Cast, now: datetime) -> None:
        """A-10: plan and price before the repair."""
        order = plan(is_free=False, cause=DefectCause.USE, why="使用不当")
        with pytest.raises(Conflict):
            work_orders.start(order, actor=cast.zhao, now=now)
        work_orders.quote(order, amount=Decimal("860.00"), words="换龙头及人工", actor=cast.zhao, now=now)
        with pytest.raises(Conflict):
            work_orders.start(order, actor=cast.zhao, now=now)
        work_orders.answer_quote(order, is_accepted=True, answer="电话同意", actor=cast.zhao, now=now)
        work_orders.start(order, actor=cast.zhao, now=now)
        assert order.state is WorkOrderState.RUNNING

    def test_what_is_next_of_a_price(self, plan: Make, home: Complaint, cast: Cast, now: datetime) -> None:
        def next_word() -> str:
            (step,) = work_orders.todo(home, now=now)
            return step.sentence.split(" of ")[0].split(" work order")[0]

        order = plan(is_free=None, cause=DefectCause.USE)
        assert next_word() == "Name the price"
        work_orders.quote(order, amount=Decimal(860), words="换龙头", actor=cast.zhao, now=now)
        assert next_word() == "Ask the customer about the price"
        work_orders.answer_quote(order, is_accepted=True, answer="电话同意", actor=cast.zhao, now=now)
        assert next_word() == "Begin and finish"

    def test_a_price_that_is_declined_calls_the_work_off(self, plan: Make, cast: Cast, now: datetime) -> None:
        order = plan(is_free=False, cause=DefectCause.WEAR, why="自然老化")
        work_orders.quote(order, amount=Decimal(900), words="更换", actor=cast.zhao, now=now)
        work_orders.answer_quote(order, is_accepted=False, answer="太贵", actor=cast.zhao, now=now)
        assert (order.state, order.ended_at) == (WorkOrderState.CANCELLED, now)

    @pytest.mark.parametrize("amount", ["-1", "0", "0.001", "1" + "0" * 100, "NaN"])
    def test_a_price_that_makes_no_sense_is_refused(self, amount: str, plan: Make, cast: Cast, now: datetime) -> None:
        order = plan(is_free=False, cause=DefectCause.USE, why="使用不当")
        with pytest.raises(Refusal) as refusal:
            work_orders.quote(order, amount=Decimal(amount), words="x", actor=cast.zhao, now=now)
        assert refusal.value.field == "amount" and order.state is WorkOrderState.PLANNED

    def test_free_work_has_no_price(self, plan: Make, cast: Cast, now: datetime) -> None:
        with pytest.raises(Conflict):
            work_orders.quote(plan(), amount=Decimal(1), words="x", actor=cast.zhao, now=now)

    def test_not_in_order_goes_on(self, plan: Make, cast: Cast, now: datetime) -> None:
        order = plan()
        work_orders.start(order, actor=cast.zhao, now=now)
        work_orders.finish(order, words="已修", actor=cast.zhao, now=now)
        work_orders.redo(order, words="还有两块空", actor=cast.zhao, now=now)
        assert (order.state, order.done_at) == (WorkOrderState.RUNNING, None)
        with pytest.raises(Refusal):
            work_orders.cancel(order, reason="", actor=cast.zhao, now=now)
        work_orders.cancel(order, reason="客户要求换班组", actor=cast.zhao, now=now)
        with pytest.raises(Conflict):
            work_orders.start(order, actor=cast.zhao, now=now)

    def test_a_photo_from_before_a_second_attempt_proves_nothing(self, plan: Make, cast: Cast, now: datetime) -> None:
        order = plan()
        work_orders.start(order, actor=cast.zhao, now=now)
        shown = {"uploads": [pictures.hollow_tiles()], "actor": cast.zhao}
        work_orders.finish(order, words="已修", **shown, now=now)
        assert work_orders.is_shown(order)
        work_orders.redo(order, words="还有两块空", actor=cast.zhao, now=now + timedelta(hours=1))
        work_orders.finish(order, words="又修", actor=cast.zhao, now=now + timedelta(hours=2))
        with pytest.raises(Refusal):
            work_orders.confirm(order, signature=signature(), exception="", actor=cast.zhao, now=now)
        work_orders.show(
            order,
            uploads=[pictures.hollow_tiles()],
            use=EvidenceUse.AFTER,
            actor=cast.zhao,
            now=now + timedelta(hours=3),
        )
        work_orders.confirm(order, signature=signature(), exception="", actor=cast.zhao, now=now + timedelta(hours=3))
        assert order.state is WorkOrderState.CLOSED

    @pytest.mark.parametrize("sheet", [signature(is_drawn=False), b"", b"no picture"])
    def test_a_blank_sheet_is_no_signature(self, sheet: bytes, plan: Make, cast: Cast, now: datetime) -> None:
        order = plan()
        work_orders.start(order, actor=cast.zhao, now=now)
        work_orders.finish(order, words="已修", uploads=[pictures.hollow_tiles()], actor=cast.zhao, now=now)
        with pytest.raises(Refusal) as refusal:
            work_orders.confirm(order, signature=sheet, exception="", actor=cast.zhao, now=now)
        assert refusal.value.field == "signature" and order.state is WorkOrderState.DONE

    def test_two_who_confirm_at_once_end_it_once(
        self, plan: Make, cast: Cast, now: datetime, session: Db, at_once: Callable[..., list[Any]]
    ) -> None:
        order = plan()
        work_orders.start(order, actor=cast.zhao, now=now)
        work_orders.finish(order, words="已修", actor=cast.zhao, now=now)
        order_id, person_id = order.id, cast.zhao.id

        def confirm() -> str:
            held = db.session.get_one(WorkOrder, order_id)
            person = db.session.get_one(Person, person_id)
            work_orders.confirm(held, signature=None, exception="客户口头确认", actor=person, now=now)
            return "confirmed"

        assert at_once(confirm, confirm).count("confirmed") == 1


class TestCosts:
    def test_quantity_times_price_exactly_and_struck_ones_count_no_more(
        self, plan: Make, cast: Cast, now: datetime
    ) -> None:
        order = plan()
        costs = [
            work_orders.add_cost(
                order,
                kind=CostKind.MATERIAL,
                what="瓷砖",
                quantity=Decimal(quantity),
                unit="片",
                unit_price=Decimal(price),
                batch="B-07",
                actor=cast.zhao,
                now=now,
            )
            for quantity, price in (("10.5", "45.33"), ("1", "0.10"))
        ]
        assert [cost.amount for cost in costs] == [Decimal("475.97"), Decimal("0.10")]
        assert work_orders.total(order) == Decimal("476.07")
        work_orders.strike_cost(costs[0], actor=cast.zhao, now=now)
        assert work_orders.total(order) == Decimal("0.10")
        with pytest.raises(Conflict):
            work_orders.strike_cost(costs[0], actor=cast.zhao, now=now)

    @pytest.mark.parametrize(
        ("named", "field"),
        [
            ({"what": ""}, "what"),
            ({"quantity": Decimal(0)}, "quantity"),
            ({"quantity": Decimal("0.0001")}, "quantity"),
            ({"unit_price": Decimal(-1)}, "unit_price"),
            ({"unit_price": Decimal("1" + "0" * 100)}, "unit_price"),
        ],
    )
    def test_a_cost_that_makes_no_sense_is_refused(
        self, named: dict[str, Any], field: str, plan: Make, cast: Cast, now: datetime
    ) -> None:
        said: dict[str, Any] = {
            "kind": CostKind.LABOUR,
            "what": "泥工",
            "quantity": Decimal(1),
            "unit": "天",
            "unit_price": Decimal(400),
            "batch": "",
        }
        with pytest.raises(Refusal) as refusal:
            work_orders.add_cost(plan(), **said | named, actor=cast.zhao, now=now)
        assert refusal.value.field == field


def _in_the_way(complaint: Complaint, order: WorkOrder, now: datetime) -> bool:
    return any(step.values.get("number") == order.number for step in next_steps.in_the_way(complaint, now=now))


def test_the_burden_of_proof_is_shown_for_six_months(home: Complaint, now: datetime) -> None:
    assert home.project is not None
    assert warranties.burden_until(home.project, at=now) is None
    home.project.starts_on, home.project.accepted_on = None, now.astimezone(COMPANY_ZONE).date() - timedelta(days=30)
    assert warranties.burden_until(home.project, at=now) is not None
    assert warranties.burden_until(None, at=now) is None


def test_somebody_else_s_cost_struck_is_refused_to_who_only_reads(plan: Make, cast: Cast, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        work_orders.finish(plan(), words="x", actor=PersonFactory(), now=now)
