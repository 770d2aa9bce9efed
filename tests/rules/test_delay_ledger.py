"""The ledger of days: lost, won back, owed (D-17, N8)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.delay_ledger import Account, Entry, account, by_cause, check
from rules.refusals import Conflict, Refusal
from rules.vocabulary import DelayCause, DelayEntryKind

TODAY = date(2026, 11, 22)
LOST, WON = DelayEntryKind.LOST, DelayEntryKind.WON_BACK


def lost(first: int, last: int, cause: DelayCause | None = DelayCause.MATERIAL, days: int | None = None) -> Entry:
    """Days of November 2026."""
    span = last - first + 1
    return Entry(LOST, cause, date(2026, 11, first), date(2026, 11, last), span if days is None else days)


def won(first: int, last: int, days: int) -> Entry:
    return Entry(WON, None, date(2026, 11, first), date(2026, 11, last), days)


def test_the_plan_s_own_example_is_five_hundred_yuan() -> None:
    """D-17: cement two days late, the tiler away for three; 5 × ¥100 = ¥500."""
    entries = [lost(2, 3), lost(4, 6, DelayCause.LABOUR)]
    assert account(entries) == Account(lost=5, customers_own=0, won_back=0)
    amount = account(entries).amount(Decimal(100))
    assert amount is not None
    assert (amount.days, amount.amount) == (5, Decimal("500.00"))


def test_days_won_back_and_the_customer_s_own_are_not_owed() -> None:
    """D-17: two crews and two hours more a day win back four days."""
    entries = [lost(1, 9), lost(10, 12, DelayCause.CUSTOMER), won(13, 20, days=4)]
    assert account(entries) == Account(lost=12, customers_own=3, won_back=4)
    assert account(entries).owed == 5
    assert by_cause(entries) == {DelayCause.MATERIAL: 9, DelayCause.CUSTOMER: 3}


def test_nothing_owed_is_no_amount_whatever_the_contract_says() -> None:
    assert account([lost(1, 3, DelayCause.CUSTOMER)]).amount(Decimal(0)) is None
    with pytest.raises(Refusal):
        account([lost(1, 3)]).amount(Decimal(0))


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        (Entry(LOST, DelayCause.WEATHER, date(2026, 11, 5), date(2026, 11, 4), 1), "last_on"),
        (lost(20, 23), "last_on"),
        (lost(1, 3, days=4), "days"),
        (lost(1, 3, days=0), "days"),
        (lost(1, 3, days=-2), "days"),
        (lost(1, 3, cause=None), "cause"),
        (Entry(WON, DelayCause.LABOUR, date(2026, 11, 5), date(2026, 11, 6), 1), "cause"),
        (Entry(LOST, DelayCause.OTHER, date(2000, 1, 1), date(2026, 1, 1), 9_000), "days"),
    ],
)
def test_nonsense_is_refused_beside_its_field(entry: Entry, field: str) -> None:
    with pytest.raises(Refusal) as refusal:
        check(entry, [lost(6, 19)], today=TODAY)
    assert refusal.value.field == field


@pytest.mark.parametrize(("first", "last"), [(1, 5), (5, 5), (8, 12), (4, 9), (6, 7)])
def test_a_day_is_lost_once(first: int, last: int) -> None:
    with pytest.raises(Conflict) as refusal:
        check(lost(first, last, DelayCause.WEATHER), [lost(5, 8)], today=TODAY)
    assert refusal.value.field == "first_on"


def test_days_beside_each_other_are_two_entries() -> None:
    check(lost(9, 10), [lost(5, 8), won(9, 10, days=1)], today=TODAY)


def test_no_more_is_won_back_than_was_lost() -> None:
    ledger = [lost(1, 4), lost(5, 9, DelayCause.CUSTOMER), won(10, 11, days=1)]
    check(won(12, 14, days=3), ledger, today=TODAY)
    with pytest.raises(Conflict) as refusal:
        check(won(12, 15, days=4), ledger, today=TODAY)
    assert refusal.value.field == "days"


@given(st.lists(st.tuples(st.sampled_from([*DelayCause, None]), st.integers(1, 30)), max_size=12))
def test_what_is_owed_is_what_the_days_say_one_by_one(rows: list[tuple[DelayCause | None, int]]) -> None:
    """The same, counted day by day."""
    entries, day, balance = [], date(2026, 1, 1), 0
    for cause, days in rows:
        last = day + timedelta(days=days - 1)
        entries.append(Entry(LOST if cause else WON, cause, day, last, days))
        balance += days if cause not in (None, DelayCause.CUSTOMER) else -days if cause is None else 0
        day = last + timedelta(days=1)
    assert account(entries).owed == max(balance, 0)
    assert sum(by_cause(entries).values()) == account(entries).lost
