"""Compensations: computed in the open, decided by somebody else, paid with proof (D-16, D-17, H-08)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from sqlalchemy.orm import Session, scoped_session
from sqlalchemy.orm.exc import StaleDataError

from extensions import COMPANY_ZONE, db
from models import Compensation, Complaint, HistoryIsFinal, Notification, Person
from rules.authority import WhySpecial
from rules.compensation import CompensationAction
from rules.refusals import Conflict, NotAllowed, Refusal
from rules.vocabulary import (
    CompensationBasis,
    CompensationKind,
    CompensationStatus,
    EventKind,
    NotificationKind,
    Position,
    Role,
    Status,
)
from services import compensations, substitutions
from services.authorities import Seat
from tests.cast import Cast
from tests.factories import CompensationFactory, ComplaintFactory, PersonFactory, ProjectFactory, SubstitutionFactory
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

    def test_whoever_may_decide_is_told_but_not_the_one_who_offers(
        self, offer: Callable[..., Compensation], cast: Cast, messages: Messages
    ) -> None:
        leader = PersonFactory(roles=[Role.HANDLER], position=Position.CS_SUPERVISOR)
        other = PersonFactory(roles=[Role.HANDLER], position=Position.CS_SUPERVISOR)
        offer(actor=other)
        assert leader in [told.person for told in messages(NotificationKind.COMPENSATION_TO_DECIDE)]
        assert other not in [told.person for told in messages(NotificationKind.COMPENSATION_TO_DECIDE)]

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
        assert CompensationAction.APPROVE not in compensations.possible_steps(own, Seat.of(cast.approver, now=now))

    def test_approved_then_accepted_then_paid_with_proof(
        self, complaint: Complaint, offer: Callable[..., Compensation], cast: Cast, now: datetime, session: Db
    ) -> None:
        offered = offer()
        compensations.approve(offered, note="同意", actor=cast.approver, now=now)
        assert (offered.status, offered.decided_by) == (CompensationStatus.APPROVED, cast.approver)
        with pytest.raises(Refusal) as refusal:
            compensations.accept(offered, note="", actor=cast.zhao, now=now)
        assert refusal.value.field == "note"
        compensations.accept(offered, note="电话里同意，选转账", actor=cast.zhao, now=now)
        assert (offered.answered_at, offered.answer) == (now, "电话里同意，选转账")
        with pytest.raises(Refusal) as refusal:
            compensations.pay(offered, proof=" ", actor=cast.approver, now=now)
        assert refusal.value.field == "proof"
        compensations.pay(offered, proof="转账 20261122-0007", actor=cast.approver, now=now)
        session.commit()
        assert (offered.status, offered.paid_at) == (CompensationStatus.PAID, now)
        steps = [line.details["step"] for line in lines(complaint, EventKind.COMPENSATION)]
        assert steps == ["offer", "approve", "accept", "pay"]
        assert [row.step.value for row in offered.decisions] == steps
        offered.decisions[1].words = "不同意"
        with pytest.raises(HistoryIsFinal):
            session.flush()

    @pytest.mark.parametrize("verb", ["refuse", "withdraw"])
    def test_a_no_wants_a_reason(
        self, verb: str, offer: Callable[..., Compensation], cast: Cast, now: datetime
    ) -> None:
        with pytest.raises(Refusal) as refusal:
            getattr(compensations, verb)(offer(), note="", actor=cast.approver, now=now)
        assert refusal.value.field == "note"

    def test_the_one_who_decides_does_not_only_watch(
        self, offer: Callable[..., Compensation], cast: Cast, now: datetime
    ) -> None:
        for who in ("lin", "roster", "analyst", "auditor", "xiaozhou", "admin"):
            person = getattr(cast, who)
            person.position = None
            with pytest.raises(NotAllowed):
                compensations.approve(offer(), note="", actor=person, now=now)

    @pytest.mark.parametrize("status", CompensationStatus)
    @pytest.mark.parametrize("step", [step for step in CompensationAction if step is not CompensationAction.SIGN])
    def test_every_step_is_possible_exactly_where_the_table_says(
        self, status: CompensationStatus, step: CompensationAction, session: Db, now: datetime
    ) -> None:
        from rules.compensation import COMPENSATION_TRANSITIONS

        admin = PersonFactory(roles=[Role.ADMINISTRATOR, Role.APPROVER])
        words = {"decided_by": admin, "paid_at": now, "payment_proof": "p"} if status != "offered" else {}
        compensation = CompensationFactory(status=status, **words)
        word = "proof" if step is CompensationAction.PAY else "note"
        after = COMPENSATION_TRANSITIONS.get((status, step))
        possible = compensations.possible_steps(compensation, Seat.of(admin, now=now))
        assert (step in possible) is (after is not None)
        if step is CompensationAction.OFFER:
            return  # An offer is where it begins.
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
        other = PersonFactory(roles=[Role.APPROVER])
        compensation_id, approver_id, other_id = offer().id, cast.approver.id, other.id

        def decide(verb: Callable[..., None], person_id: int) -> Callable[[], str]:
            def run() -> str:
                person = db.session.get_one(Person, person_id)
                verb(db.session.get_one(Compensation, compensation_id), note="决定", actor=person, now=now)
                return "decided"

            return run

        results = at_once(decide(compensations.approve, approver_id), decide(compensations.refuse, other_id))
        assert results.count("decided") == 1
        assert all(isinstance(result, Conflict | StaleDataError) for result in results if result != "decided")


class TestSpecialApproval:
    """G-05: above the ordinary limit or the project's cap, a form and a signature of every group."""

    FORM: ClassVar[dict[str, str]] = {"reason": "影响整栋楼", "risk": "媒体已联系", "budget": "客服专项"}

    @pytest.fixture
    def large(self, complaint: Complaint, offer: Callable[..., Compensation]) -> Compensation:
        """More than a fifth of the contract."""
        complaint.project = ProjectFactory(customer=complaint.customer, amount=Decimal(10_000))
        return offer(amount=Decimal(2_001))

    @pytest.fixture
    def signers(self) -> dict[str, Person]:
        """One of each group, and one who could be either's only once."""
        named = (Position.LEGAL_COUNSEL, Position.FINANCE, Position.GENERAL_MANAGER)
        return {post.value: PersonFactory(roles=[Role.APPROVER], position=post) for post in named}

    def test_an_ordinary_decision_is_not_enough(self, large: Compensation, cast: Cast, now: datetime) -> None:
        with pytest.raises(Conflict) as conflict:
            compensations.approve(large, note="", actor=cast.approver, now=now)
        assert conflict.value.params["why"] is WhySpecial.CAP

    def test_every_group_signs_once_and_the_last_signature_approves(
        self, large: Compensation, signers: dict[str, Person], cast: Cast, now: datetime
    ) -> None:
        legal, finance, general = (signers[name] for name in ("legal_counsel", "finance", "general_manager"))
        with pytest.raises(Conflict):
            compensations.sign(large, note="", actor=legal, now=now)
        compensations.ask_specially(large, **self.FORM, actor=cast.zhao, now=now)
        compensations.sign(large, note="合规", actor=legal, now=now)
        with pytest.raises(Conflict):
            compensations.sign(large, note="再签一次", actor=legal, now=now)
        compensations.sign(large, note="预算内", actor=finance, now=now)
        assert large.status is CompensationStatus.OFFERED, "two of one group are one signature"
        compensations.sign(large, note="同意", actor=general, now=now)
        assert (large.status, large.decided_by) == (CompensationStatus.APPROVED, general)

    def test_one_refusal_outweighs_the_signatures(
        self, large: Compensation, signers: dict[str, Person], cast: Cast, now: datetime
    ) -> None:
        compensations.ask_specially(large, **self.FORM, actor=cast.zhao, now=now)
        compensations.sign(large, note="", actor=signers["general_manager"], now=now)
        compensations.refuse(large, note="超出预算", actor=signers["finance"], now=now)
        assert large.status is CompensationStatus.REFUSED
        with pytest.raises(Conflict):
            compensations.sign(large, note="", actor=signers["legal_counsel"], now=now)

    @pytest.mark.parametrize("missing", ["reason", "risk", "budget"])
    def test_the_form_is_filled_in_whole(self, missing: str, large: Compensation, cast: Cast, now: datetime) -> None:
        with pytest.raises(Refusal) as refusal:
            compensations.ask_specially(large, **{**self.FORM, missing: " "}, actor=cast.zhao, now=now)
        assert refusal.value.field == missing

    def test_what_was_granted_counts_towards_the_cap(
        self, complaint: Complaint, offer: Callable[..., Compensation], cast: Cast, now: datetime
    ) -> None:
        complaint.project = ProjectFactory(customer=complaint.customer, amount=Decimal(10_000))
        first, second = offer(amount=Decimal(1_500)), offer(amount=Decimal(600))
        compensations.approve(first, note="", actor=cast.approver, now=now)
        with pytest.raises(Conflict):
            compensations.approve(second, note="", actor=cast.approver, now=now)
        compensations.decline(first, note="嫌少", actor=cast.zhao, now=now)
        compensations.approve(second, note="", actor=cast.approver, now=now)

    def test_two_approvals_at_once_do_not_pass_the_cap_together(
        self,
        complaint: Complaint,
        offer: Callable[..., Compensation],
        cast: Cast,
        now: datetime,
        session: Db,
        at_once: Callable[..., list[Any]],
    ) -> None:
        complaint.project = ProjectFactory(customer=complaint.customer, amount=Decimal(10_000))
        ids = [offer(amount=Decimal(1_500)).id for _ in range(2)]
        approver_id = cast.approver.id

        def approve(compensation_id: int) -> Callable[[], str]:
            def run() -> str:
                person = db.session.get_one(Person, approver_id)
                held = db.session.get_one(Compensation, compensation_id)
                compensations.approve(held, note="", actor=person, now=now)
                return "approved"

            return run

        results = at_once(*(approve(each) for each in ids))
        assert results.count("approved") == 1


class TestSubstitutes:
    """CA3: in somebody's place, on named days."""

    def test_a_substitute_decides_on_their_days_and_the_step_says_for_whom(
        self, offer: Callable[..., Compensation], cast: Cast, now: datetime
    ) -> None:
        helper = PersonFactory(roles=[Role.HANDLER])
        offered = offer(amount=Decimal(5_000))
        with pytest.raises(NotAllowed):
            compensations.approve(offered, note="", actor=helper, now=now)
        today = now.astimezone(COMPANY_ZONE).date()
        substitutions.name(
            cast.approver, substitute=helper, first_on=today, last_on=today, remarks="", actor=cast.approver, now=now
        )
        compensations.approve(offered, note="", actor=helper, now=now)
        step = offered.decisions[-1]
        assert (step.by, step.for_whom) == (helper, cast.approver)

    @pytest.mark.parametrize("days", [-1, 1], ids=["yesterday", "tomorrow"])
    def test_on_other_days_they_are_nobody(
        self, days: int, offer: Callable[..., Compensation], cast: Cast, now: datetime
    ) -> None:
        helper = PersonFactory(roles=[Role.HANDLER])
        day = now.astimezone(COMPANY_ZONE).date() + timedelta(days=days)
        SubstitutionFactory(person=cast.approver, substitute=helper, first_on=day, last_on=day)
        with pytest.raises(NotAllowed):
            compensations.approve(offer(amount=Decimal(5_000)), note="", actor=helper, now=now)

    def test_nobody_decides_in_the_name_of_whoever_offered(
        self, offer: Callable[..., Compensation], cast: Cast, now: datetime
    ) -> None:
        helper = PersonFactory(roles=[Role.HANDLER])
        SubstitutionFactory(person=cast.approver, substitute=helper)
        with pytest.raises(NotAllowed):
            compensations.approve(offer(actor=cast.approver, amount=Decimal(5_000)), note="", actor=helper, now=now)

    def test_two_substitutes_at_a_time_are_refused(self, cast: Cast, now: datetime) -> None:
        helper, today = PersonFactory(roles=[Role.HANDLER]), now.astimezone(COMPANY_ZONE).date()
        SubstitutionFactory(person=cast.approver, first_on=today, last_on=today + timedelta(days=3))
        days = {"first_on": today + timedelta(days=3), "last_on": today + timedelta(days=9)}
        with pytest.raises(Conflict):
            substitutions.name(cast.approver, substitute=helper, **days, remarks="", actor=cast.approver, now=now)

    @pytest.mark.parametrize(
        ("first", "last", "field"),
        [(0, -1, "last_on"), (-3, -1, "last_on"), (0, 400, "last_on")],
        ids=["ends before it begins", "over", "more than a year"],
    )
    def test_days_that_make_no_sense_are_refused(
        self, first: int, last: int, field: str, cast: Cast, now: datetime
    ) -> None:
        helper, today = PersonFactory(roles=[Role.HANDLER]), now.astimezone(COMPANY_ZONE).date()
        days = {"first_on": today + timedelta(days=first), "last_on": today + timedelta(days=last)}
        with pytest.raises(Refusal) as refusal:
            substitutions.name(cast.approver, substitute=helper, **days, remarks="", actor=cast.approver, now=now)
        assert refusal.value.field == field

    def test_one_names_a_substitute_for_oneself_only(self, cast: Cast, now: datetime) -> None:
        today = now.astimezone(COMPANY_ZONE).date()
        words = {"substitute": cast.zhao, "first_on": today, "last_on": today, "remarks": ""}
        with pytest.raises(NotAllowed):
            substitutions.name(cast.approver, **words, actor=cast.lin, now=now)
        made = substitutions.name(cast.approver, **words, actor=cast.admin, now=now)
        substitutions.end(made, actor=cast.admin, now=now)
        assert substitutions.stands_for(cast.zhao, now=now) == []


def test_the_customer_sees_nothing_before_it_is_approved(
    complaint: Complaint, offer: Callable[..., Compensation], cast: Cast, now: datetime
) -> None:
    """CA4."""
    offered = offer()
    assert compensations.visible_to_customer(complaint) == []
    compensations.approve(offered, note="", actor=cast.approver, now=now)
    assert compensations.visible_to_customer(complaint) == [offered]
    compensations.withdraw(offered, note="算错了", actor=cast.zhao, now=now)
    assert compensations.visible_to_customer(complaint) == []
