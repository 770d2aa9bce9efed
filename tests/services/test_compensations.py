"""Compensations: computed in the open, decided by somebody else, paid with proof (D-16, D-17, H-08)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session, scoped_session
from sqlalchemy.orm.exc import StaleDataError

from extensions import db
from models import Compensation, Complaint, Notification, Person
from rules.compensation import CompensationAction
from rules.refusals import Conflict, NotAllowed, Refusal
from rules.vocabulary import (
    CompensationBasis,
    CompensationKind,
    CompensationStatus,
    EventKind,
    NotificationKind,
    Role,
    Status,
)
from services import compensations
from tests.cast import Cast
from tests.factories import CompensationFactory, ComplaintFactory, PersonFactory, ProjectFactory
from tests.services.conftest import lines

Db = scoped_session[Session]
Messages = Callable[..., list[Notification]]


@pytest.fixture
def offer(complaint: Complaint, cast: Cast, now: datetime) -> Callable[..., Compensation]:
    """赵磊 offers 200 yuan in cash, or whatever is named."""

    def make(**named: Any) -> Compensation:
        words: dict[str, Any] = {
            "kind": CompensationKind.CASH,
            "basis": CompensationBasis.AGREED,
            "amount": Decimal("200"),
            "delay_days": None,
            "reason": "返工期间的不便",
            "actor": cast.zhao,
        }
        return compensations.offer(complaint, **{**words, **named}, now=now)

    return make


DELAY = {"kind": CompensationKind.OFF_FINAL_PAYMENT, "basis": CompensationBasis.DELAY, "amount": None}


class TestOffering:
    def test_a_delay_is_days_times_the_contract_s_rate_and_shows_how(
        self, complaint: Complaint, offer: Callable[..., Compensation]
    ) -> None:
        """D-17: five days at a hundred yuan."""
        complaint.project = ProjectFactory(customer=complaint.customer, daily_delay_rate=Decimal("100.00"))
        offered = offer(**DELAY, delay_days=5)
        assert (offered.amount, offered.delay_days, offered.daily_rate) == (Decimal(500), 5, Decimal(100))
        assert lines(complaint, EventKind.COMPENSATION)[0].details == {
            "step": "offer",
            "kind": "off_final_payment",
            "amount": "500.00",
            "delay_days": 5,
            "daily_rate": "100.00",
        }

    def test_a_delay_s_amount_is_never_typed(self, complaint: Complaint, offer: Callable[..., Compensation]) -> None:
        complaint.project = ProjectFactory(customer=complaint.customer)
        assert offer(**{**DELAY, "amount": Decimal(9999)}, delay_days=1).amount == Decimal(100)

    @pytest.mark.parametrize(
        ("named", "field"),
        [
            pytest.param({"reason": "  "}, "reason", id="no reason"),
            pytest.param({"amount": None}, "amount", id="no amount"),
            pytest.param({"amount": Decimal("-1")}, "amount", id="a negative amount"),
            pytest.param({"amount": Decimal("0.001")}, "amount", id="a fraction of a cent"),
            pytest.param({**DELAY, "delay_days": 5}, "delay_days", id="a delay without a project"),
            pytest.param({**DELAY, "delay_days": None}, "delay_days", id="a delay without days"),
            pytest.param({**DELAY, "kind": CompensationKind.CASH, "delay_days": 5}, "kind", id="a delay in cash"),
        ],
    )
    def test_what_cannot_be_offered_is_refused_beside_its_field(
        self, named: dict[str, Any], field: str, offer: Callable[..., Compensation]
    ) -> None:
        with pytest.raises(Refusal) as refusal:
            offer(**named)
        assert refusal.value.field == field

    def test_a_contract_without_a_rate_is_refused(
        self, complaint: Complaint, offer: Callable[..., Compensation]
    ) -> None:
        complaint.project = ProjectFactory(customer=complaint.customer, daily_delay_rate=Decimal(0))
        with pytest.raises(Refusal):
            offer(**DELAY, delay_days=5)

    def test_the_approvers_are_told_but_not_the_one_who_offers(
        self, offer: Callable[..., Compensation], cast: Cast, messages: Messages
    ) -> None:
        other = PersonFactory(roles=[Role.APPROVER])
        offer(actor=cast.approver)
        assert [told.person for told in messages(NotificationKind.COMPENSATION_TO_DECIDE)] == [other]

    @pytest.mark.parametrize("who", ["xiaozhou", "analyst", "auditor"])
    def test_not_everybody_may_offer(self, who: str, offer: Callable[..., Compensation], cast: Cast) -> None:
        with pytest.raises(NotAllowed):
            offer(actor=getattr(cast, who))

    @pytest.mark.parametrize("status", [Status.CLOSED, Status.VOID])
    def test_nothing_is_offered_on_what_is_over(self, status: Status, cast: Cast, now: datetime) -> None:
        with pytest.raises(Conflict):
            compensations.offer(
                ComplaintFactory(status=status),
                kind=CompensationKind.CASH,
                basis=CompensationBasis.AGREED,
                amount=Decimal(1),
                delay_days=None,
                reason="补偿",
                actor=cast.zhao,
                now=now,
            )


class TestDeciding:
    def test_nobody_approves_their_own(self, offer: Callable[..., Compensation], cast: Cast, now: datetime) -> None:
        own = offer(actor=cast.approver)
        with pytest.raises(Conflict):
            compensations.approve(own, note="", actor=cast.approver, now=now)
        assert own.status is CompensationStatus.OFFERED
        assert CompensationAction.APPROVE not in compensations.possible_steps(own, cast.approver)

    def test_approved_then_paid_with_proof(
        self, complaint: Complaint, offer: Callable[..., Compensation], cast: Cast, now: datetime, session: Db
    ) -> None:
        offered = offer()
        compensations.approve(offered, note="同意", actor=cast.approver, now=now)
        assert (offered.status, offered.decided_by) == (CompensationStatus.APPROVED, cast.approver)
        with pytest.raises(Refusal) as refusal:
            compensations.pay(offered, proof=" ", actor=cast.approver, now=now)
        assert refusal.value.field == "proof"
        compensations.pay(offered, proof="转账 20261122-0007", actor=cast.approver, now=now)
        session.commit()
        assert (offered.status, offered.paid_at) == (CompensationStatus.PAID, now)
        steps = [line.details["step"] for line in lines(complaint, EventKind.COMPENSATION)]
        assert steps == ["offer", "approve", "pay"]

    @pytest.mark.parametrize("verb", ["refuse", "withdraw"])
    def test_a_no_wants_a_reason(
        self, verb: str, offer: Callable[..., Compensation], cast: Cast, now: datetime
    ) -> None:
        with pytest.raises(Refusal) as refusal:
            getattr(compensations, verb)(offer(), note="", actor=cast.admin, now=now)
        assert refusal.value.field == "note"

    def test_the_one_who_decides_does_not_only_watch(
        self, offer: Callable[..., Compensation], cast: Cast, now: datetime
    ) -> None:
        for who in ("zhao", "lin", "roster", "analyst", "auditor", "xiaozhou"):
            with pytest.raises(NotAllowed):
                compensations.approve(offer(), note="", actor=getattr(cast, who), now=now)

    @pytest.mark.parametrize("status", CompensationStatus)
    @pytest.mark.parametrize("step", CompensationAction)
    def test_every_step_is_possible_exactly_where_the_table_says(
        self, status: CompensationStatus, step: CompensationAction, session: Db, now: datetime
    ) -> None:
        from rules.compensation import COMPENSATION_TRANSITIONS

        admin = PersonFactory(roles=[Role.ADMINISTRATOR])
        words = {"decided_by": admin, "paid_at": now, "payment_proof": "p"} if status != "offered" else {}
        compensation = CompensationFactory(status=status, **words)
        word = "proof" if step is CompensationAction.PAY else "note"
        after = COMPENSATION_TRANSITIONS.get((status, step))
        assert (step in compensations.possible_steps(compensation, admin)) is (after is not None)
        verb = getattr(compensations, step.value)
        if after is None:
            with pytest.raises(Conflict):
                verb(compensation, **{word: "说明"}, actor=admin, now=now)
        else:
            verb(compensation, **{word: "说明"}, actor=admin, now=now)
            assert compensation.status is after

    def test_two_decisions_at_once_leave_one(
        self,
        offer: Callable[..., Compensation],
        cast: Cast,
        now: datetime,
        session: Db,
        at_once: Callable[..., list[Any]],
    ) -> None:
        compensation_id, approver_id, admin_id = offer().id, cast.approver.id, cast.admin.id

        def decide(verb: Callable[..., None], person_id: int) -> Callable[[], str]:
            def run() -> str:
                person = db.session.get_one(Person, person_id)
                verb(db.session.get_one(Compensation, compensation_id), note="决定", actor=person, now=now)
                return "decided"

            return run

        results = at_once(decide(compensations.approve, approver_id), decide(compensations.refuse, admin_id))
        assert results.count("decided") == 1
        assert all(isinstance(result, Conflict | StaleDataError) for result in results if result != "decided")
