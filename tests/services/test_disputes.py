"""Extra items, catch-up plans and the short forms: found, decided, filled in, once and by those who may (D-14…D-19)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session, scoped_session

from extensions import db
from models import Complaint, ExtraItem, Person, RecordChange
from rules.refusals import Conflict, NotAllowed, Refusal
from rules.vocabulary import CaseFormKind, Category, EventKind, ExtraItemOutcome, SignatureState, Status
from services import case_forms, catch_up_plans, complaint_locks, delay_ledger, extra_items
from services.extra_items import Finding
from tests.cast import Cast
from tests.factories import DelayEntryFactory, ExtraItemFactory, ProjectFactory
from tests.services.conftest import lines

Db = scoped_session[Session]
OUTCOME = ExtraItemOutcome
SIGNED = Finding("第三条", "第 7 页", SignatureState.FOUND, "墙体空心，不加固柜子挂不住")


@pytest.fixture
def item(complaint: Complaint, cast: Cast, now: datetime, session: Db) -> ExtraItem:
    """墙面加固, ¥3200, signed on page 7 (D-18)."""
    made = extra_items.enter(complaint, what="墙面加固", amount=Decimal(3200), finding=SIGNED, actor=cast.zhao, now=now)
    session.commit()
    return made


class TestExtraItems:
    @pytest.mark.parametrize(
        ("outcome", "reduced_to", "left"),
        [
            pytest.param(OUTCOME.UPHELD, None, "3200.00", id="it stands"),
            pytest.param(OUTCOME.REDUCED, Decimal("1200.50"), "1200.50", id="less"),
            pytest.param(OUTCOME.WITHDRAWN, Decimal(7), "0.00", id="taken back, whatever else was typed"),
        ],
    )
    def test_a_decision_says_what_is_left_and_is_final(
        self, outcome: OUTCOME, reduced_to: Decimal | None, left: str, item: ExtraItem, cast: Cast, now: datetime
    ) -> None:
        def decide() -> None:
            extra_items.decide(
                item, outcome=outcome, reduced_to=reduced_to, necessity="已向客户说明", actor=cast.lin, now=now
            )

        assert [step.values for step in extra_items.todo(item.complaint, now=now)] == [{"what": "墙面加固"}]
        decide()
        assert (item.outcome, item.stands_at, item.decided_by) == (outcome, Decimal(left), cast.lin)
        assert extra_items.todo(item.complaint, now=now) == []
        with pytest.raises(Conflict, match="already"):
            decide()
        with pytest.raises(Conflict, match="already"):
            extra_items.look_up(item, finding=Finding(), version=item.version, actor=cast.zhao, now=now)
        told = lines(item.complaint, EventKind.EXTRA_ITEM)
        assert [line.details["step"] for line in told] == ["entered", "decided"]
        assert told[1].details["stands_at"] == left

    @pytest.mark.parametrize(
        "reduced_to",
        [None, *(Decimal(text) for text in ("0", "-1", "3200", "3201", "1.001", "NaN", "Infinity", "1" * 100))],
    )
    def test_less_lies_between_nothing_and_the_charge(
        self, reduced_to: Decimal | None, item: ExtraItem, cast: Cast, now: datetime
    ) -> None:
        with pytest.raises(Refusal) as refusal:
            extra_items.decide(
                item, outcome=OUTCOME.REDUCED, reduced_to=reduced_to, necessity="说明", actor=cast.lin, now=now
            )
        assert (refusal.value.field, item.outcome) == ("reduced_to", None)

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"what": " "}, "what"),
            ({"what": "长" * 201}, "what"),
            ({"amount": Decimal(0)}, "amount"),
            ({"amount": Decimal(-5)}, "amount"),
            ({"amount": Decimal("9" * 100)}, "amount"),
            ({"amount": Decimal("1.234")}, "amount"),
            ({"finding": Finding(page="页" * 21)}, "page"),
            ({"finding": Finding(necessity="a\x00b")}, "necessity"),
        ],
    )
    def test_what_is_no_charge_is_refused(
        self, changes: dict[str, Any], field: str, complaint: Complaint, cast: Cast, now: datetime
    ) -> None:
        asked: dict[str, Any] = {"what": "拆旧", "amount": Decimal(800), "finding": Finding(), **changes}
        with pytest.raises(Refusal) as refusal:
            extra_items.enter(complaint, **asked, actor=cast.zhao, now=now)
        assert (refusal.value.field, extra_items.of(complaint)) == (field, [])

    def test_what_was_found_is_on_record_and_a_stale_page_overwrites_nothing(
        self, item: ExtraItem, cast: Cast, now: datetime, session: Db
    ) -> None:
        seen = item.version
        extra_items.look_up(
            item, finding=Finding("第五条", "12", SignatureState.NOT_FOUND), version=seen, actor=cast.zhao, now=now
        )
        with pytest.raises(Conflict, match="meanwhile"):
            extra_items.look_up(item, finding=SIGNED, version=seen, actor=cast.lin, now=now)
        assert (item.clause, item.signature) == ("第五条", SignatureState.NOT_FOUND)
        change = session.query(RecordChange).filter_by(record_type="extra_items").one()
        assert change.changes["signature"] == ["found", "not_found"]

    def test_who_may_not(self, item: ExtraItem, cast: Cast, now: datetime) -> None:
        for person in (cast.xiaozhou, cast.analyst, cast.auditor):
            with pytest.raises(NotAllowed):
                extra_items.enter(
                    item.complaint, what="拆旧", amount=Decimal(1), finding=Finding(), actor=person, now=now
                )
            with pytest.raises(NotAllowed):
                extra_items.decide(
                    item, outcome=OUTCOME.UPHELD, reduced_to=None, necessity="说明", actor=person, now=now
                )

    def test_two_who_decide_at_once_decide_once(
        self, item: ExtraItem, cast: Cast, now: datetime, at_once: Callable[..., list[Any]]
    ) -> None:
        number, item_id, ids = item.complaint.number, item.id, (cast.lin.id, cast.zhao.id)

        def decide(person_id: int, outcome: OUTCOME) -> None:
            complaint_locks.by_number(number)
            extra_items.decide(
                db.session.get_one(ExtraItem, item_id),
                outcome=outcome,
                reduced_to=None,
                necessity="说明",
                actor=db.session.get_one(Person, person_id),
                now=now,
            )

        done = at_once(lambda: decide(ids[0], OUTCOME.UPHELD), lambda: decide(ids[1], OUTCOME.WITHDRAWN))
        assert sorted(type(each).__name__ for each in done) == ["Conflict", "NoneType"], done

    def test_a_dispute_begins_with_the_contract(self, complaint: Complaint, now: datetime) -> None:
        complaint.category = Category.EXTRA_ITEMS
        (step,) = extra_items.todo(complaint, now=now)
        assert "contract" in step.sentence
        ExtraItemFactory(complaint=complaint)
        assert [step.values["what"] for step in extra_items.todo(complaint, now=now)] == ["墙面加固"]
        complaint.status = Status.CLOSED
        assert extra_items.todo(complaint, now=now) == []


class TestCatchUpPlans:
    @pytest.fixture
    def make(self, complaint: Complaint, cast: Cast, now: datetime) -> Callable[..., Any]:
        """Two crews in shifts, two hours more a day, four days back by the 27th (D-17)."""

        def plan(**changes: Any) -> Any:
            asked = {"words": "两班轮换", "crews": 2, "more_hours": 2, "days": 4, "done_on": date(2026, 11, 27)}
            return catch_up_plans.make(complaint, **{**asked, **changes}, actor=cast.zhao, now=now)

        return plan

    def test_the_newest_plan_counts_and_is_asked_about_on_its_day(
        self, make: Callable[..., Any], complaint: Complaint, now: datetime
    ) -> None:
        make()
        newest = make(words="三班轮换", crews=3)
        assert [plan.words for plan in catch_up_plans.of(complaint)] == ["三班轮换", "两班轮换"]
        assert catch_up_plans.todo(complaint, now=now) == []
        later = now + timedelta(days=6)
        assert len(catch_up_plans.todo(complaint, now=later)) == 1
        assert catch_up_plans.is_running(complaint, now=now)
        assert not catch_up_plans.is_running(complaint, now=later + timedelta(days=1))
        complaint.project = ProjectFactory(customer=complaint.customer)
        DelayEntryFactory(project=complaint.project, kind="won_back", cause=None, entered_at=newest.made_at)
        assert catch_up_plans.todo(complaint, now=later) == []

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"words": ""}, "words"),
            ({"crews": 0}, "crews"),
            ({"crews": 10**12}, "crews"),
            ({"more_hours": -1}, "more_hours"),
            ({"more_hours": 25}, "more_hours"),
            ({"days": 0}, "days"),
            ({"done_on": date(2026, 11, 20)}, "done_on"),
            ({"done_on": date(2028, 1, 1)}, "done_on"),
        ],
    )
    def test_what_is_no_plan_is_refused(
        self, changes: dict[str, Any], field: str, make: Callable[..., Any], complaint: Complaint
    ) -> None:
        with pytest.raises(Refusal) as refusal:
            make(**changes)
        assert (refusal.value.field, catch_up_plans.of(complaint)) == (field, [])


class TestForms:
    CUPBOARD: dict[str, Any] = {"drawing": "G-03", "place": "厨房吊柜", "drawn_mm": 900, "measured_mm": 850}
    CUPBOARD |= {"measured_by": "赵磊", "found_at": "construction", "cause": "survey"}

    def test_a_form_is_filled_in_once_and_corrected_by_whoever_saw_it(
        self, complaint: Complaint, cast: Cast, now: datetime
    ) -> None:
        """D-15: the cupboard is 5 cm off the drawing."""
        complaint.category = Category.DESIGN
        kind = CaseFormKind.DESIGN_FAULT
        assert [step.values for step in case_forms.todo(complaint, now=now)] == [{"form": kind}]

        def fill(version: int | None, **changes: Any) -> Any:
            answers = {**self.CUPBOARD, **changes}
            return case_forms.fill_in(complaint, kind=kind, answers=answers, version=version, actor=cast.he, now=now)

        form = fill(None)
        assert case_forms.todo(complaint, now=now) == []
        with pytest.raises(Conflict):
            fill(None)
        seen = form.version
        fill(seen, measured_mm=853)
        with pytest.raises(Conflict):
            fill(seen, measured_mm=1)
        assert (form.answers["measured_mm"], form.filled_by) == (853, cast.he)
        told = lines(complaint, EventKind.CASE_FORM)
        assert [line.details["difference_mm"] for line in told] == [-50, -47]
        with pytest.raises(NotAllowed):
            case_forms.fill_in(
                complaint, kind=kind, answers=self.CUPBOARD, version=form.version, actor=cast.auditor, now=now
            )


def test_the_ledger_asks_nothing_of_a_complaint_without_a_project(complaint: Complaint, now: datetime) -> None:
    complaint.category = Category.DELAY
    assert delay_ledger.todo(complaint, now=now) == []
