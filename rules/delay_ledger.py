"""The ledger of a project's days: which were lost and why, which were won back, and what the rest is worth (D-17, N8).

Owed are the days lost, without the customer's own and without those won back, at the contract's daily rate. Every line
is kept as the customer will read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from rules.compensation import MAX_DELAY_DAYS, DelayAmount, delay_amount
from rules.refusals import Conflict, Refusal
from rules.vocabulary import N_, DelayCause, DelayEntryKind

_A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Entry:
    """So many days from ``first_on`` to ``last_on``, both included; what was won back has no cause."""

    kind: DelayEntryKind
    cause: DelayCause | None
    first_on: date
    last_on: date
    days: int
    words: str = ""


@dataclass(frozen=True)
class Account:
    """What the entries come to, in days."""

    lost: int
    customers_own: int
    won_back: int

    @property
    def owed(self) -> int:
        """The days that the company owes for; never less than none."""
        return max(self.lost - self.customers_own - self.won_back, 0)

    def amount(self, daily_rate: Decimal) -> DelayAmount | None:
        """What they are worth in yuan at the contract's rate; None when nothing is owed.

        Raises:
            Refusal: the contract names no rate.
        """
        return delay_amount(self.owed, daily_rate) if self.owed else None


def account(entries: Iterable[Entry]) -> Account:
    """Add up what stands in the ledger."""
    rows = list(entries)
    return Account(
        lost=_days(row for row in rows if row.kind is DelayEntryKind.LOST),
        customers_own=_days(row for row in rows if _is_customers_own(row)),
        won_back=_days(row for row in rows if row.kind is DelayEntryKind.WON_BACK),
    )


def by_cause(entries: Iterable[Entry]) -> dict[DelayCause, int]:
    """The days lost to each cause, the worst first."""
    found: dict[DelayCause, int] = {}
    for entry in entries:
        if entry.kind is DelayEntryKind.LOST and entry.cause is not None:
            found[entry.cause] = found.get(entry.cause, 0) + entry.days
    return dict(sorted(found.items(), key=lambda each: -each[1]))


def check(entry: Entry, others: Sequence[Entry], *, today: date) -> None:
    """Let an entry into the ledger beside the ``others``.

    Raises:
        Refusal: its days end before they begin, lie ahead, are more than the span holds, or its cause does not fit.
        Conflict: some of the days are counted as lost already, or more would be won back than was lost.
    """
    _check_span(entry, today=today)
    if (entry.cause is None) is (entry.kind is DelayEntryKind.LOST):
        raise Refusal(N_("Days lost have a cause; days won back have none."), field="cause")
    if entry.kind is DelayEntryKind.LOST:
        _refuse_overlap(entry, others)
    elif account([*others, entry]).won_back > _ours(others):
        raise Conflict(N_("More days would be won back than were lost."), field="days")


def _check_span(entry: Entry, *, today: date) -> None:
    if entry.last_on < entry.first_on:
        raise Refusal(N_("The days end before they begin."), field="last_on")
    if entry.last_on > today:
        raise Refusal(N_("Days that lie ahead cannot be counted yet."), field="last_on")
    span = (entry.last_on - entry.first_on + _A_DAY).days
    if not 1 <= entry.days <= min(span, MAX_DELAY_DAYS):
        most = min(span, MAX_DELAY_DAYS)
        raise Refusal(N_("Between 1 and %(most)s days fit into this time."), field="days", most=most)


def _refuse_overlap(entry: Entry, others: Iterable[Entry]) -> None:
    """One day is lost once, whoever of two causes came first."""
    for other in others:
        touches = entry.first_on <= other.last_on and other.first_on <= entry.last_on
        if other.kind is DelayEntryKind.LOST and touches:
            raise Conflict(
                N_("Days from %(first)s to %(last)s are counted as lost already."),
                field="first_on",
                first=other.first_on,
                last=other.last_on,
            )


def _days(entries: Iterable[Entry]) -> int:
    return sum(entry.days for entry in entries)


def _ours(entries: Iterable[Entry]) -> int:
    return _days(row for row in entries if row.kind is DelayEntryKind.LOST and not _is_customers_own(row))


def _is_customers_own(entry: Entry) -> bool:
    return entry.kind is DelayEntryKind.LOST and entry.cause is DelayCause.CUSTOMER
