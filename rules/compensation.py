"""What a delay is worth (D-17) and which kinds of compensation carry an amount. Amounts are exact yuan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType

from rules.refusals import Refusal
from rules.vocabulary import N_, CompensationKind, CompensationStatus, Term

CENT = Decimal("0.01")
MAX_AMOUNT = Decimal("10000000.00")
MAX_DELAY_DAYS = 3650

DELAY_KINDS = frozenset({CompensationKind.OFF_FINAL_PAYMENT, CompensationKind.TRANSFER})
"""How a delay is settled: the customer chooses off the final payment or a transfer (D-17)."""


class CompensationAction(Term):
    """A step in the life of a compensation."""

    OFFER = "offer", N_("Offer")
    APPROVE = "approve", N_("Approve")
    SIGN = "sign", N_("Sign the special approval")
    REFUSE = "refuse", N_("Refuse")
    ACCEPT = "accept", N_("The customer accepts")
    DECLINE = "decline", N_("The customer declines")
    WITHDRAW = "withdraw", N_("Withdraw")
    PAY = "pay", N_("Confirm payment")


COMPENSATION_TRANSITIONS: Mapping[tuple[CompensationStatus, CompensationAction], CompensationStatus] = MappingProxyType(
    {
        (CompensationStatus.OFFERED, CompensationAction.APPROVE): CompensationStatus.APPROVED,
        (CompensationStatus.OFFERED, CompensationAction.REFUSE): CompensationStatus.REFUSED,
        (CompensationStatus.OFFERED, CompensationAction.SIGN): CompensationStatus.OFFERED,
        (CompensationStatus.OFFERED, CompensationAction.WITHDRAW): CompensationStatus.WITHDRAWN,
        (CompensationStatus.APPROVED, CompensationAction.ACCEPT): CompensationStatus.ACCEPTED,
        (CompensationStatus.APPROVED, CompensationAction.DECLINE): CompensationStatus.DECLINED,
        (CompensationStatus.APPROVED, CompensationAction.WITHDRAW): CompensationStatus.WITHDRAWN,
        (CompensationStatus.ACCEPTED, CompensationAction.PAY): CompensationStatus.PAID,
        (CompensationStatus.ACCEPTED, CompensationAction.WITHDRAW): CompensationStatus.WITHDRAWN,
    }
)
"""Which step is possible in which status; a refusal, the customer's no and a payment are final. A signature that is not
the last one leaves it waiting."""

FOR_THE_CUSTOMER = frozenset({CompensationStatus.APPROVED, CompensationStatus.ACCEPTED, CompensationStatus.PAID})
"""Statuses in which the customer may see it: nothing is shown or sent before it is approved (CA4)."""

GRANTED = FOR_THE_CUSTOMER
"""Statuses that count towards a project's cap."""

UNSETTLED = frozenset({CompensationStatus.OFFERED, CompensationStatus.APPROVED, CompensationStatus.ACCEPTED})
"""Statuses in which something is still to be decided, said or paid."""


@dataclass(frozen=True)
class DelayAmount:
    """A delay compensation and how it was computed: ``days`` × ``daily_rate`` yuan = ``amount`` yuan (D-17)."""

    days: int
    daily_rate: Decimal
    amount: Decimal


def delay_amount(days: int, daily_rate: Decimal) -> DelayAmount:
    """Days of delay × the contract's daily rate, in yuan (D-17: 5 days × ¥100 = ¥500).

    Raises:
        Refusal: the days are not between 1 and 3650, or the contract names no rate.
    """
    if not 1 <= days <= MAX_DELAY_DAYS:
        raise Refusal(N_("The days of delay must be between 1 and 3650."), field="delay_days")
    if daily_rate <= 0:
        raise Refusal(N_("The project's contract names no daily rate for delays."), field="delay_days")
    return DelayAmount(days, daily_rate, (days * daily_rate).quantize(CENT, ROUND_HALF_UP))


def checked_amount(amount: Decimal) -> Decimal:
    """The amount in yuan with two places.

    Raises:
        Refusal: it is negative, has fractions of a cent or is beyond all reason.
    """
    if not amount.is_finite() or not 0 <= amount <= MAX_AMOUNT:
        raise Refusal(N_("The amount must lie between 0 and 10,000,000 yuan."), field="amount")
    if amount != amount.quantize(CENT):
        raise Refusal(N_("An amount has at most two decimal places."), field="amount")
    return amount.quantize(CENT)
