"""The life of a work order (A-03, A-04, A-07, A-10)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.refusals import Conflict, Refusal
from rules.vocabulary import WorkOrderAction as A
from rules.vocabulary import WorkOrderState as S
from rules.work_orders import OPEN, TRANSITIONS, check_confirm, check_start, cost, next_state

ENDED = {S.CLOSED, S.CANCELLED}


@pytest.mark.parametrize("state", S)
@pytest.mark.parametrize("action", A)
def test_every_pair_is_in_the_table_or_refused(state: S, action: A) -> None:
    if (state, action) in TRANSITIONS:
        assert next_state(state, action) is TRANSITIONS[state, action]
        assert state not in ENDED
        return
    with pytest.raises(Conflict):
        next_state(state, action)


def test_every_open_order_can_come_to_an_end() -> None:
    assert set(S) - ENDED == OPEN
    reached = set(ENDED)
    for _ in S:
        reached |= {state for (state, _action), after in TRANSITIONS.items() if after in reached}
    assert reached == set(S)


def test_what_is_confirmed_was_done() -> None:
    assert {state for (state, _action), after in TRANSITIONS.items() if after is S.CLOSED} == {S.DONE}


@pytest.mark.parametrize(("is_free", "is_accepted"), [(True, False), (True, True), (False, True)])
def test_work_begins_when_it_is_free_or_agreed(is_free: bool, is_accepted: bool) -> None:
    check_start(is_free=is_free, is_quote_accepted=is_accepted)


def test_nobody_begins_what_the_customer_did_not_agree_to_pay() -> None:
    with pytest.raises(Conflict):
        check_start(is_free=False, is_quote_accepted=False)


@pytest.mark.parametrize(
    ("has_photo", "has_signature", "exception", "is_fine"),
    [
        (True, True, "", True),
        (True, False, "", False),
        (False, True, "", False),
        (False, False, "   ", False),
        (False, False, "业主不在家，电话确认", True),
    ],
)
def test_confirming_needs_photo_and_signature_or_a_reason(
    has_photo: bool, has_signature: bool, exception: str, is_fine: bool
) -> None:
    if is_fine:
        check_confirm(has_photo=has_photo, has_signature=has_signature, exception=exception)
        return
    with pytest.raises(Refusal) as refusal:
        check_confirm(has_photo=has_photo, has_signature=has_signature, exception=exception)
    assert refusal.value.field == "exception"


@pytest.mark.parametrize(
    ("quantity", "price", "amount"),
    [("3", "45.00", "135.00"), ("0.5", "0.01", "0.01"), ("1.333", "10", "13.33"), ("2", "0", "0.00")],
)
def test_a_cost_is_exact_to_the_cent(quantity: str, price: str, amount: str) -> None:
    assert cost(Decimal(quantity), Decimal(price)) == Decimal(amount)


@pytest.mark.parametrize(
    ("quantity", "price", "field"),
    [
        ("0", "1", "quantity"),
        ("-1", "1", "quantity"),
        ("0.0001", "1", "quantity"),
        ("NaN", "1", "quantity"),
        ("Infinity", "1", "quantity"),
        ("1000001", "1", "quantity"),
        ("1", "-0.01", "unit_price"),
        ("1", "0.001", "unit_price"),
        ("1", "1" + "0" * 100, "unit_price"),
        ("1000000", "10000000", "unit_price"),
    ],
)
def test_impossible_costs_are_refused(quantity: str, price: str, field: str) -> None:
    with pytest.raises(Refusal) as refusal:
        cost(Decimal(quantity), Decimal(price))
    assert refusal.value.field == field


@given(st.decimals(Decimal("0.001"), Decimal(1000), places=3), st.decimals(Decimal(0), Decimal(1000), places=2))
def test_half_a_cent_is_the_most_that_rounding_takes(quantity: Decimal, price: Decimal) -> None:
    assert abs(cost(quantity, price) - quantity * price) <= Decimal("0.005")
