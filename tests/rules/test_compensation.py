"""What a delay is worth and which amounts can be (D-16, D-17)."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.compensation import (
    COMPENSATION_TRANSITIONS,
    DELAY_KINDS,
    MAX_AMOUNT,
    CompensationAction,
    checked_amount,
    delay_amount,
)
from rules.refusals import Refusal
from rules.vocabulary import CompensationKind, CompensationStatus

yuan = st.decimals(Decimal("0.01"), Decimal("2000"), places=2)


def test_five_days_at_a_hundred_yuan_are_five_hundred() -> None:
    """D-17."""
    computed = delay_amount(5, Decimal("100.00"))
    assert (computed.days, computed.daily_rate, computed.amount) == (5, Decimal("100.00"), Decimal("500.00"))


@given(st.integers(1, 3650), yuan)
def test_a_delay_amount_is_exact_to_the_cent(days: int, rate: Decimal) -> None:
    computed = delay_amount(days, rate)
    assert computed.amount == days * rate
    assert checked_amount(computed.amount) == computed.amount


@pytest.mark.parametrize("days", [0, -1, 3651])
def test_days_outside_one_to_3650_are_refused(days: int) -> None:
    with pytest.raises(Refusal) as refusal:
        delay_amount(days, Decimal(100))
    assert refusal.value.field == "delay_days"


@pytest.mark.parametrize("days", [1, 3650])
def test_the_bounds_themselves_are_accepted(days: int) -> None:
    assert delay_amount(days, Decimal(1)).amount == days


@pytest.mark.parametrize("rate", ["0", "0.00", "-100"])
def test_a_contract_without_a_rate_gives_no_delay_amount(rate: str) -> None:
    with pytest.raises(Refusal):
        delay_amount(5, Decimal(rate))


@pytest.mark.parametrize("amount", ["0", "0.01", "0.10", "200", "9999999.99", str(MAX_AMOUNT)])
def test_an_amount_keeps_two_places(amount: str) -> None:
    checked = checked_amount(Decimal(amount))
    assert checked == Decimal(amount)
    assert checked.as_tuple().exponent == -2


@pytest.mark.parametrize("amount", ["-0.01", "0.001", "10000000.01", "NaN", "sNaN", "Infinity", "-Infinity", "1e30"])
def test_an_amount_that_cannot_be_is_refused(amount: str) -> None:
    with pytest.raises(Refusal) as refusal:
        checked_amount(Decimal(amount))
    assert refusal.value.field == "amount"


def test_a_delay_is_settled_off_the_final_payment_or_by_transfer() -> None:
    """D-17."""
    assert {CompensationKind.OFF_FINAL_PAYMENT, CompensationKind.TRANSFER} == DELAY_KINDS


def test_only_an_offer_is_decided_and_only_what_the_customer_accepted_is_paid() -> None:
    offered, approved, accepted = (
        CompensationStatus.OFFERED,
        CompensationStatus.APPROVED,
        CompensationStatus.ACCEPTED,
    )
    possible = {
        pair for pair in itertools.product(CompensationStatus, CompensationAction) if pair in COMPENSATION_TRANSITIONS
    }
    assert possible == {
        (offered, CompensationAction.APPROVE),
        (offered, CompensationAction.SIGN),
        (offered, CompensationAction.REFUSE),
        (offered, CompensationAction.WITHDRAW),
        (approved, CompensationAction.ACCEPT),
        (approved, CompensationAction.DECLINE),
        (approved, CompensationAction.WITHDRAW),
        (accepted, CompensationAction.PAY),
        (accepted, CompensationAction.WITHDRAW),
    }
